import { Deliveries, History, Orders, Refunds } from "@payment-proxy/order-table"
import type { Change } from "@payment-proxy/ports"
import { Duration } from "effect"
import { escape as escapeValue } from "mysql2"

/** A change with what its transaction adds to it: the database's clock as an expression, and what tells its rows from another's. */
export interface Written {
  readonly change: Change
  readonly now: string
  readonly nonce: string
}

type Cell = string | number | null
type Cells = Readonly<Record<string, Cell>>

/** A value as a statement has it; in text only quotes and backslashes mean anything to the server (its sql_mode leaves the latter its meaning). */
const literal = (value: Cell | undefined): string => {
  if (typeof value === "number") return String(value)
  return typeof value === "string" && !value.includes("'") && !value.includes("\\")
    ? `'${value}'`
    : escapeValue(value ?? null)
}

/** A row: its columns in parts, and after them expressions of the database's clock, each behind a comma. */
interface Row {
  readonly parts: ReadonlyArray<Cells>
  readonly clocked: string
}

const tupleOf = (names: ReadonlyArray<ReadonlyArray<string>>, { parts, clocked }: Row): string => {
  let cells = ""
  for (const [index, part] of parts.entries())
    for (const name of names[index] ?? []) cells += `, ${literal(part[name])}`
  return `(${cells.slice(2)}${clocked})`
}

/** Rows of equal columns as one INSERT; `clocked` names the columns of the database's clock. */
const insert = (table: string, clocked: ReadonlyArray<string>, rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  const [first] = rows
  if (first === undefined) return []
  const names = first.parts.map((part) => Object.keys(part))
  const tuples = rows.map((row) => tupleOf(names, row))
  return [`INSERT INTO ${table} (${[...names.flat(), ...clocked].join(", ")}) VALUES ${tuples.join(", ")}`]
}

/** When a change makes its order due, by the database's clock. */
const dueOf = ({ change: { dueIn }, now }: Written): string =>
  dueIn === null ? "NULL" : `${now} + ${Duration.toMillis(dueIn)}`

const changingNames = [
  "pay_status",
  "transaction_no",
  "third_party_no",
  "pay_date",
  "paid_millis",
  "facts",
  "version",
  "learnt_version",
  "head"
] as const

const changing = ({ payment, refund }: Change) =>
  refund === null ? Orders.changing(payment) : Refunds.changing(refund)

const lasting = ({ payment, refund }: Change) =>
  refund === null ? Orders.lasting(payment) : Refunds.lasting(refund, payment)

/**
 * Versions that move as one UPDATE: it finds as many rows as there are members that are not stale. Each column takes its
 * value by the order's place in the list of numbers; a join to a list of rows would be made into a file on its way.
 */
const update = (moved: ReadonlyArray<Written>): ReadonlyArray<string> => {
  if (moved.length === 0) return []
  const numbers = moved.map(({ change }) => literal(change.entry.payOrderNo)).join(", ")
  const rows = moved.map(({ change }) => changing(change))
  const byPlace = (values: ReadonlyArray<string>): string =>
    values.every((value) => value === values[0])
      ? `${values[0]}`
      : `ELT(FIELD(pay_order_no, ${numbers}), ${values.join(", ")})`
  const set = changingNames.map((name) => `${name} = ${byPlace(rows.map((row) => literal(row[name])))}`)
  const expected = byPlace(moved.map(({ change }) => literal(change.expected)))
  const now = byPlace(moved.map((written) => written.now))
  const putsOff = byPlace(moved.map(({ change }) => String(change.putsOff)))
  // Assignments go from left to right: this one sees whose the row was.
  const isOpen = `due_millis <= ${now} AND (due_token IS NULL OR due_lease_millis <= ${now})`
  const owes = byPlace(moved.map(({ change }) => (change.owesQuery ? "1" : "0")))
  const askedBy = byPlace(moved.map(({ change }) => literal(change.askedBy)))
  // What still owes a query stays due, whatever the change says.
  const owed = `IF(due_token = ${askedBy}, NULL, IF(due_asks = 1, due_millis, NULL))`
  const due = `IF(${isOpen} AND NOT ${putsOff}, due_millis, COALESCE(${byPlace(moved.map(dueOf))}, ${owed}))`
  return [
    `UPDATE payment_proxy_order SET ${set.join(", ")}, due_millis = ${due},
      due_asks = IF(${owes} = 1, 1, IF(due_token = ${askedBy}, 0, due_asks)), due_token = NULL,
      due_lease_millis = NULL, due_tries = 0, due_note = NULL
      WHERE pay_order_no IN (${numbers}) AND version = ${expected}`
  ]
}

/** Whether a change places its order. */
export const isNew = ({ expected }: Change): boolean => expected === 0

/** The first packet: new orders and moved ones, and how many rows each of its statements must find. */
export const orders = (all: ReadonlyArray<Written>) => {
  const placed = all.filter(({ change }) => isNew(change))
  const moved = all.filter(({ change }) => !isNew(change))
  const rows = placed.map((written) => ({
    parts: [lasting(written.change), changing(written.change), Orders.placing(written.change)],
    clocked: `, ${dueOf(written)}`
  }))
  return {
    statements: ["BEGIN", ...insert("payment_proxy_order", ["due_millis"], rows), ...update(moved)],
    expected: [placed.length, moved.length].filter((count) => count > 0)
  }
}

/** The second packet: history, events, and the COMMIT. */
export const consequences = (all: ReadonlyArray<Written>): ReadonlyArray<string> => [
  ...insert(
    "payment_proxy_history",
    [],
    all.map(({ change, nonce }) => ({ parts: [History.toRow(change.entry), { nonce }], clocked: "" }))
  ),
  ...insert(
    "payment_proxy_delivery",
    ["created_millis", "due_millis"],
    all.flatMap(({ change, now }) =>
      Deliveries.toRows(change).map((row) => ({
        parts: [row],
        clocked: `, ${now}, ${row.state === "kept" ? "NULL" : now}`
      }))
    )
  ),
  "COMMIT"
]
