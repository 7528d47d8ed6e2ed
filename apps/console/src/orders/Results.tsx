import { Link, useNavigate } from "@tanstack/react-router"
import type { KeyboardEvent, MouseEvent } from "react"
import type { Answer } from "../Admin.ts"
import { Amount } from "../parts/Amount.tsx"
import { Foreign } from "../parts/Foreign.tsx"
import { Moment } from "../parts/Moment.tsx"
import { Mono } from "../parts/Mono.tsx"
import { Status } from "../parts/Status.tsx"
import { Cell, Table } from "../parts/Table.tsx"
import { useFormats } from "../words/Formats.ts"
import { methods, orders, sources } from "../words/orders.ts"
import { useWords } from "../words/Words.ts"
import css from "./Orders.module.css"

type Row = Answer<"orders.search">["items"][number]

const isNothing = ({ value }: Row["refunded"]): boolean => /^[0.]+$/.test(value)

const linkMark = "data-order"

const steps: Readonly<Record<string, number | "first" | "last">> = {
  ArrowDown: 1,
  ArrowUp: -1,
  j: 1,
  k: -1,
  Home: "first",
  End: "last"
}

/** Goes from one order's link to another by the keyboard. */
const move = (event: KeyboardEvent<HTMLElement>): void => {
  const step = steps[event.key]
  if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return
  const links = [...document.querySelectorAll<HTMLElement>(`[${linkMark}]`)]
  const at = links.indexOf(event.currentTarget)
  const next = step === "first" ? links[0] : step === "last" ? links.at(-1) : links[at + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

const OrderLink = ({ payOrderNo }: { readonly payOrderNo: string }) => (
  <Link
    to="/orders/$payOrderNo"
    params={{ payOrderNo }}
    className="link"
    onKeyDown={move}
    {...{ [linkMark]: payOrderNo }}
  >
    {payOrderNo}
  </Link>
)

const Line = ({ row, open }: { readonly row: Row; readonly open: () => void }) => {
  const t = useWords(orders)
  const methodWords = useWords(methods)
  const sourceWords = useWords(sources)
  const { amount } = useFormats()
  const click = (event: MouseEvent<HTMLElement>) => {
    const isControl = event.target instanceof Element && event.target.closest("a, button") !== null
    if (!isControl && window.getSelection()?.isCollapsed !== false) open()
  }
  return (
    <tr className={css["row"]} onClick={click}>
      <Cell label={t.order} head>
        <div className={css["stack"]}>
          <Mono value={row.payOrderNo} href={<OrderLink payOrderNo={row.payOrderNo} />} />
          {row.businessNo === null ? (
            <span className={`${css["small"]} muted`}>{t.noBusinessNo}</span>
          ) : (
            <span className={`${css["small"]} ${css["business"]}`}>
              <Foreign text={row.businessNo} line mono />
            </span>
          )}
        </div>
      </Cell>
      <Cell label={t.state}>
        <Status status={row.status} inDoubt={row.inDoubt} bare />
      </Cell>
      <Cell label={t.amount} align="end">
        <div className={css["stack"]}>
          <Amount amount={row.amount} />
          {isNothing(row.refunded) ? null : (
            <span className={`${css["small"]} muted`}>{t.refunded(amount(row.refunded))}</span>
          )}
          {isNothing(row.disputed) ? null : (
            <span className={`${css["small"]} muted`}>{t.disputed(amount(row.disputed))}</span>
          )}
        </div>
      </Cell>
      <Cell label={t.vendor}>
        <div className={css["stack"]}>
          <Foreign text={row.vendor} line />
          <span className={`${css["small"]} muted`}>
            {methodWords[row.method]} · {sourceWords[row.source]}
          </span>
        </div>
      </Cell>
      <Cell label={t.app}>
        <span className={css["app"]}>
          <Foreign text={row.app} line />
        </span>
      </Cell>
      <Cell label={t.placed}>
        <div className={css["stack"]}>
          <Moment at={row.createdAt} as="full" />
          <span className={`${css["small"]} muted`}>
            <Moment at={row.createdAt} />
          </span>
        </div>
      </Cell>
    </tr>
  )
}

/** A page of orders: a table, on a phone cards. */
export const Results = ({ rows }: { readonly rows: ReadonlyArray<Row> }) => {
  const t = useWords(orders)
  const navigate = useNavigate()
  return (
    <Table
      cards
      caption={t.table}
      columns={[
        { label: t.order },
        { label: t.state },
        { label: t.amount, align: "end" },
        { label: t.vendor },
        { label: t.app },
        { label: t.placed }
      ]}
    >
      {rows.map((row) => (
        <Line
          key={row.payOrderNo}
          row={row}
          open={() => void navigate({ to: "/orders/$payOrderNo", params: { payOrderNo: row.payOrderNo } })}
        />
      ))}
    </Table>
  )
}
