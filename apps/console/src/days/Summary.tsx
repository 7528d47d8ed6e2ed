import { filled } from "../order/Amounts.ts"
import { Card } from "../parts/Card.tsx"
import { Empty } from "../parts/Empty.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { day as texts } from "../words/days.ts"
import { useFormats } from "../words/Formats.ts"
import { useWords } from "../words/Words.ts"
import type { Day } from "./Day.ts"
import css from "./days.module.css"

const kinds = ["MISSING_HERE", "MISSING_THERE", "AMOUNT", "STATUS", "FEE", "DUPLICATE"] as const

/** When a day was run, and how much its bill has. */
export const Summary = ({ day }: { readonly day: Day }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const { run, startedAt, finishedAt, dueAt, lines, matched } = day
  const counted = (value: number | null) => (value === null ? <span className="muted">–</span> : count(value))
  return (
    <Card title={text.summary}>
      <dl className={css["facts"]}>
        <dt>{text.lines}</dt>
        <dd className="figures">{counted(lines)}</dd>
        <dt>{text.matched}</dt>
        <dd className="figures">{counted(matched)}</dd>
        <dt>{text.runs}</dt>
        <dd className="figures">{count(run)}</dd>
        <dt>{text.started}</dt>
        <dd>
          <Moment at={startedAt} as="full" />
        </dd>
        <dt>{text.finished}</dt>
        <dd>
          <Moment at={finishedAt} as="full" />
        </dd>
        {dueAt === null ? null : (
          <>
            <dt>{text.due}</dt>
            <dd>
              <Moment at={dueAt} as="both" />
            </dd>
          </>
        )}
      </dl>
    </Card>
  )
}

/** What the bill books, by currency. */
export const Totals = ({ day: { totals } }: { readonly day: Day }) => {
  const text = useWords(texts)
  const { grouped } = useFormats()
  const names = { in: text.moneyIn, out: text.moneyOut, fee: text.fee }
  if (totals.length === 0)
    return (
      <Card title={text.totals}>
        <p className="muted">{text.totalsNone}</p>
      </Card>
    )
  return (
    <Card title={text.totals} flush>
      <Table
        caption={text.totals}
        columns={[
          { label: text.side, isHidden: true },
          ...totals.map(({ currency }) => ({ label: currency, align: "end" }) as const)
        ]}
      >
        {(["in", "out", "fee"] as const).map((sum) => (
          <tr key={sum}>
            <Cell head>{names[sum]}</Cell>
            {totals.map((one) => (
              <Cell key={one.currency} align="end">
                {grouped(filled(one[sum], one.currency))}
              </Cell>
            ))}
          </tr>
        ))}
      </Table>
    </Card>
  )
}

/** How many differences of each kind stand how. */
export const ByKind = ({ day: { differences, run } }: { readonly day: Day }) => {
  const text = useWords(texts)
  const { count } = useFormats()
  const rows = kinds.filter((kind) => differences.some((one) => one.kind === kind))
  if (rows.length === 0)
    return (
      <Card title={text.byKind}>
        {run === 0 ? (
          <p className="muted">{text.unknownTold}</p>
        ) : (
          <Empty title={text.noneTitle}>{text.noneTold}</Empty>
        )}
      </Card>
    )
  const of = (kind: (typeof kinds)[number], status: "open" | "awaited" | "resolved") =>
    differences.reduce((sum, one) => (one.kind === kind && one.status === status ? sum + one.count : sum), 0)
  return (
    <Card title={text.byKind} flush>
      <Table
        caption={text.byKind}
        columns={[
          { label: text.kind },
          { label: text.open, align: "end" },
          { label: text.awaited, align: "end" },
          { label: text.resolved, align: "end" }
        ]}
      >
        {rows.map((kind) => (
          <tr key={kind}>
            <Cell head>{text[kind]}</Cell>
            {(["open", "awaited", "resolved"] as const).map((status) => (
              <Cell key={status} align="end">
                {of(kind, status) === 0 ? <span className="muted">–</span> : count(of(kind, status))}
              </Cell>
            ))}
          </tr>
        ))}
      </Table>
    </Card>
  )
}
