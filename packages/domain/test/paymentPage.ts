import { type Evidence, type Machine, type Payment, PaymentMachine, type PaymentTable } from "@payment-proxy/domain"
import { createdAtMillis, deadlineMillis, fresh, inState, late, settings } from "./orders.ts"

/**
 * The evidence table of design §5, written down from the page: a blank stays, `†` fresh only, `>` past the deadline (¹),
 * `<` before it (⁶), `³` LATE_PAID instead if told dead, `²` the further call of ours follows, `↻` asked again (⁵),
 * `‡` kept as a contradiction (⁸).
 */
const page = `
in                 | notFound  | known   | open      | approved  | authorized    | paid        | refundedPart         | refundedAll | failed  | closed  | disputed
CREATED            |           |         |           |           | HELD          | HELD        | HELD                 | HELD        |         |         |
SUBMITTING         | FAILED†>  | PENDING | PENDING   | PENDING²  | AUTHORIZED²   | SUCCEEDED³  | PARTIALLY_REFUNDED³  | REFUNDED    | FAILED  | CLOSED  |
PENDING            |           |         |           | ²         | AUTHORIZED²   | SUCCEEDED³  | PARTIALLY_REFUNDED³  | REFUNDED    | FAILED  | CLOSED  |
AUTHORIZED         |           |         |           |           |               | SUCCEEDED³  | PARTIALLY_REFUNDED³  | REFUNDED    | FAILED† | CLOSED† |
CLOSING            | CLOSED†>  |         | CLOSED†>  | CLOSED†>  | ↻             | SUCCEEDED³  | PARTIALLY_REFUNDED³  | REFUNDED    | FAILED† | CLOSED† |
FAILED             |           |         | CLOSING†< | CLOSING†< | CLOSING†      | LATE_PAID   | LATE_PAID            | REFUNDED    |         |         |
CLOSED             |           |         | CLOSING†< | CLOSING†< | CLOSING†      | LATE_PAID   | LATE_PAID            | REFUNDED    |         |         |
SUCCEEDED          |           |         | HELD‡     | HELD‡     | HELD‡         |             | PARTIALLY_REFUNDED   | REFUNDED    | HELD‡   | HELD‡   |
LATE_PAID          |           |         | HELD‡     | HELD‡     | HELD‡         |             |                      | REFUNDED    | HELD‡   | HELD‡   |
PARTIALLY_REFUNDED |           |         | HELD‡     | HELD‡     | HELD‡         |             |                      | REFUNDED    | HELD‡   | HELD‡   |
REFUNDED           |           |         | HELD‡     | HELD‡     | HELD‡         |             |                      |             | HELD‡   |         |
HELD               |           |         |           |           |               |             |                      |             |         |         |
`

/** One cell as the page writes it. */
export interface Written {
  readonly state: Payment.State
  readonly column: PaymentTable.Column
  readonly text: string
}

const rows = page
  .trim()
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))

/** Every cell of the page. */
export const written: ReadonlyArray<Written> = rows.slice(1).flatMap(([state = "", ...cells]) =>
  cells.map((text, index) => ({
    state: state as Payment.State,
    column: rows[0]?.[index + 1] as PaymentTable.Column,
    text
  }))
)

/** A table of any content in the shape of ours, as a planted fault could make it. */
export type AnyTable = {
  readonly [S in Payment.State]: { readonly [C in PaymentTable.Column]: Machine.Cell<Payment.State> }
}

/** A cell of the code in the page's own writing. */
const inWriting = (cell: Machine.Cell<Payment.State>): string => {
  if (cell.act === "stay") return ""
  if (cell.act === "ask") return "↻"
  if (cell.act === "contradict") return `${cell.to}${cell.fresh ? "‡" : ""}`
  const deadline = cell.deadline === undefined ? "" : cell.deadline === "after" ? ">" : "<"
  return `${cell.to}${cell.fresh === true ? "†" : ""}${deadline}${cell.late === true ? "³" : ""}`
}

/** Where a table differs from the page: empty for the real one. ² is done outside the table, and tested by walking. */
export const differences = (table: AnyTable): ReadonlyArray<string> => {
  const cells = Object.values(table).reduce((count, row) => count + Object.keys(row).length, 0)
  const wrong = written.flatMap(({ state, column, text }) => {
    const here = inWriting(table[state][column])
    const there = text.replace("²", "")
    return here === there ? [] : [`${state} × ${column}: the page says "${there}", the table "${here}"`]
  })
  return cells === written.length ? wrong : [...wrong, `${written.length} cells on the page, ${cells} in the table`]
}

/** One way to walk a cell. */
export interface Way {
  readonly isFresh: boolean
  readonly isPast: boolean
  readonly toldDead: boolean
}
const either = [false, true]
const ways: ReadonlyArray<Way> = either.flatMap((isFresh) =>
  either.flatMap((isPast) => either.map((toldDead) => ({ isFresh, isPast, toldDead })))
)

interface Outcome {
  readonly state: Payment.State
  readonly urgent: boolean
  readonly owesQuery: boolean
  readonly contradiction: string | null
  readonly operation: string | null
}

const timeOf = (way: Way): number => (way.isPast ? deadlineMillis + 1 : createdAtMillis + 1000)

/** What the page promises for a cell, walked in one way. */
const promised = ({ state, column, text }: Written, way: Way, toldDead: boolean): Outcome => {
  const unmoved: Outcome = { state, urgent: false, owesQuery: false, contradiction: null, operation: null }
  if (text === "") return unmoved
  if (text === "↻") return { ...unmoved, urgent: !way.isFresh }
  if (/[†‡]/.test(text) && !way.isFresh) return { ...unmoved, urgent: true, owesQuery: true }
  if (text.includes("‡")) return { ...unmoved, contradiction: column }
  if (text.includes(">") && !way.isPast) return unmoved
  if (text.includes("<") && way.isPast) return unmoved
  const named = text.replace(/[†²³<>]/g, "")
  const to = (named === "" ? state : named) as Payment.State
  const operation = !text.includes("²") ? null : column === "approved" ? "complete" : "capture"
  return {
    state: text.includes("³") && toldDead ? "LATE_PAID" : to,
    urgent: operation !== null || to === "CLOSING",
    owesQuery: false,
    contradiction: null,
    operation
  }
}

const evidenceOf = (payment: Payment.Payment, column: PaymentTable.Column, way: Way): Evidence.Evidence =>
  way.isFresh ? fresh(payment, column, timeOf(way)) : late(column)

const walked = (state: Payment.State, column: PaymentTable.Column, way: Way) => {
  const before = inState(state, {
    toldDead: way.toldDead || inState(state).toldDead,
    capture: "automatic",
    operation: state === "AUTHORIZED" ? { no: "OPEN", kind: "capture", amountMinor: 1234n, unknownCalls: 1 } : null
  })
  const step = PaymentMachine.absorb(before, evidenceOf(before, column, way), timeOf(way), settings)
  const { order } = step
  const outcome: Outcome = {
    state: order.state,
    urgent: step.urgent,
    owesQuery: step.owesQuery === true,
    contradiction: order.contradiction?.column ?? null,
    operation: order.operation === null || order.operation === before.operation ? null : order.operation.kind
  }
  return { before, order, outcome }
}

/** Walks one cell of the running machine in every way; says where it does otherwise than the page. */
export const failures = (cell: Written): ReadonlyArray<string> =>
  ways.flatMap((way) => {
    const { before, outcome } = walked(cell.state, cell.column, way)
    const want = JSON.stringify(promised(cell, way, before.toldDead))
    const got = JSON.stringify(outcome)
    return want === got ? [] : [`${cell.state} × ${cell.column} ${JSON.stringify(way)}: promised ${want}, got ${got}`]
  })
