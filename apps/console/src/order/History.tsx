import { Switch } from "@mantine/core"
import { useState } from "react"
import { Badge } from "../parts/Badge.tsx"
import { Card } from "../parts/Card.tsx"
import { Foreign } from "../parts/Foreign.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Status } from "../parts/Status.tsx"
import { order as texts } from "../words/order.ts"
import { useWords } from "../words/Words.ts"
import { Evidence } from "./Evidence.tsx"
import css from "./Order.module.css"
import { useCauses } from "./useCauses.ts"
import type { Detail } from "./useOrder.ts"

type Row = Detail["history"][number]
type Heard = Detail["answers"][number]

type Entry =
  | {
      readonly id: string
      readonly at: string
      readonly row: Row
      readonly isMove: boolean
      readonly answer: Heard | null
    }
  | { readonly id: string; readonly at: string; readonly row: null; readonly answer: Heard }

/** History's rows with the vendor's word that each came of, and the words that moved nothing, by time. */
const entriesOf = ({ history, answers }: Detail): ReadonlyArray<Entry> => {
  const before = new Map<string, string>()
  const rows = history.map((row): Entry => {
    const isMove = before.get(row.number) !== row.status
    before.set(row.number, row.status)
    const answer = answers.find(({ number, version }) => number === row.number && version === row.version) ?? null
    return { id: `${row.number} ${row.version}`, at: row.at, row, isMove, answer }
  })
  const silent = answers
    .filter(({ number, version }) => !history.some((row) => row.number === number && row.version === version))
    .map((answer, index): Entry => ({ id: `answer ${index}`, at: answer.at, row: null, answer }))
  return [...rows, ...silent].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

const Line = ({ entry, payOrderNo }: { readonly entry: Entry; readonly payOrderNo: string }) => {
  const t = useWords(texts)
  const { cause, source } = useCauses()
  const { row, answer } = entry
  return (
    <li className={css["entry"]} data-move={(row !== null && entry.isMove) || undefined}>
      <div className={css["when"]}>
        <Moment at={entry.at} as="full" />
      </div>
      <div className={css["what"]}>
        <div className={css["entryHead"]}>
          <span className={css["cause"]}>
            {row === null ? source(answer.call) : cause(row.cause, row.number !== payOrderNo)}
          </span>
          {row !== null && entry.isMove ? <Status status={row.status} /> : null}
          {row === null ? <Badge>{t.movedNothing}</Badge> : null}
        </div>
        <p className={`${css["small"]} muted`}>
          {row === null ? null : (
            <>
              <code className="mono">{row.cause}</code> · {t.versionShort(row.version)}
            </>
          )}
          {(row ?? answer).number === payOrderNo ? null : (
            <>
              {row === null ? "" : " · "}
              {t.ofRefund} <code className="mono">{(row ?? answer).number}</code>
            </>
          )}
          {row?.chained === false ? ` · ${t.unchained}` : null}
        </p>
        {row?.detail == null ? null : <Foreign text={row.detail} />}
        {answer === null ? null : <Evidence answer={answer} />}
      </div>
    </li>
  )
}

/** What happened to the order and its refunds, why, and what vendors said. */
export const History = ({ detail }: { readonly detail: Detail }) => {
  const t = useWords(texts)
  const [isNewestFirst, setNewestFirst] = useState(false)
  const entries = entriesOf(detail)
  const shown = isNewestFirst ? entries.toReversed() : entries
  return (
    <Card
      title={t.history}
      actions={
        entries.length < 2 ? undefined : (
          <Switch
            size="xs"
            label={t.newestFirst}
            checked={isNewestFirst}
            onChange={(event) => setNewestFirst(event.currentTarget.checked)}
          />
        )
      }
    >
      {entries.length === 0 ? (
        <p className="muted">{t.noHistory}</p>
      ) : (
        <ol className={css["entries"]} reversed={isNewestFirst}>
          {shown.map((entry) => (
            <Line key={entry.id} entry={entry} payOrderNo={detail.order.payOrderNo} />
          ))}
        </ol>
      )}
    </Card>
  )
}
