import { type Evidence, type Machine, Money, RefundMachine } from "@payment-proxy/domain"
import { createdAtMillis, settings, settlingMillis } from "./orders.ts"

/** The refund table of design §5, written down from the page: `↻` sent again under the same number, `>` past the settling time, `†` and `‡` as for a payment. */
const page = `
in         | notFound | pending | succeeded | failed  | abnormal
CREATED    |          |         | HELD      | HELD    | HELD
SUBMITTING | ↻†       | PENDING | SUCCEEDED | FAILED† | HELD
PENDING    | ↻†>      |         | SUCCEEDED | FAILED† | HELD
HELD       |          |         | SUCCEEDED | FAILED† |
SUCCEEDED  |          |         |           | HELD‡   | HELD‡
FAILED     |          |         | HELD      |         |
`

/** One cell as the page writes it. */
export interface Written {
  readonly state: RefundMachine.State
  readonly column: RefundMachine.Column
  readonly text: string
}

const rows = page
  .trim()
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))

/** Every cell of the page. */
export const written: ReadonlyArray<Written> = rows.slice(1).flatMap(([state = "", ...cells]) =>
  cells.map((text, index) => ({
    state: state as RefundMachine.State,
    column: rows[0]?.[index + 1] as RefundMachine.Column,
    text
  }))
)

/** A cell of a refund's table, sent again or as a payment's. */
export type AnyCell =
  | Machine.Cell<RefundMachine.State>
  | { readonly act: "resend"; readonly fresh?: true; readonly deadline?: "after" }

/** A table of any content in the shape of ours, as a planted fault could make it. */
export type AnyTable = {
  readonly [S in RefundMachine.State]: { readonly [C in RefundMachine.Column]: AnyCell }
}

const inWriting = (cell: AnyCell): string => {
  if (cell.act === "stay") return ""
  if (cell.act === "ask") return "asked"
  if (cell.act === "contradict") return `${cell.to}${cell.fresh ? "‡" : ""}`
  const deadline = cell.deadline === undefined ? "" : cell.deadline === "after" ? ">" : "<"
  const late = cell.act === "move" && cell.late === true ? "³" : ""
  return `${cell.act === "resend" ? "↻" : cell.to}${cell.fresh === true ? "†" : ""}${deadline}${late}`
}

/** Where a table differs from the page: empty for the real one. */
export const differences = (table: AnyTable): ReadonlyArray<string> => {
  const cells = Object.values(table).reduce((count, row) => count + Object.keys(row).length, 0)
  const wrong = written.flatMap(({ state, column, text }) => {
    const here = inWriting(table[state][column])
    return here === text ? [] : [`${state} × ${column}: the page says "${text}", the table "${here}"`]
  })
  return cells === written.length ? wrong : [...wrong, `${written.length} cells on the page, ${cells} in the table`]
}

/** The deadline of the refund's last call, in milliseconds. */
export const deadlineMillis = createdAtMillis + 60_000

const amount = Money.make(500n, "CNY")

/** A refund of 5.00 CNY in `state`. */
export const inState = (
  state: RefundMachine.State,
  more: Partial<RefundMachine.Refund> = {}
): RefundMachine.Refund => ({
  refundNo: "01J0000000000000000000000000R",
  payOrderNo: "01J0000000000000000000000000A",
  amount,
  reason: null,
  createdAtMillis,
  deadlineMillis,
  state,
  version: 7,
  learntVersion: 5,
  vendorRefundNo: null,
  unknownCalls: state === "SUBMITTING" ? 1 : 0,
  contradiction: null,
  failure: null,
  heldReason: state === "HELD" ? "VENDOR_ABNORMAL" : null,
  refundedAtMillis: state === "SUCCEEDED" ? createdAtMillis : null,
  head: null,
  ...more
})

/** What a notification says about a refund. */
export const late = (
  kind: RefundMachine.Column,
  more: Partial<Evidence.RefundEvidence> = {}
): Evidence.RefundEvidence => ({
  kind,
  source: "notification",
  asked: null,
  vendorRefundNo: null,
  amount: null,
  detail: null,
  ...more
})

/** What a vendor answers to a query that was sent at `atMillis`, when the refund was as it is. */
export const fresh = (
  refund: RefundMachine.Refund,
  kind: RefundMachine.Column,
  atMillis: number,
  more: Partial<Evidence.RefundEvidence> = {}
): Evidence.RefundEvidence => late(kind, { source: "query", asked: { version: refund.version, atMillis }, ...more })

const ways = [false, true].flatMap((isFresh) => [false, true].map((isPast) => ({ isFresh, isPast })))
type Way = (typeof ways)[number]

const promised = ({ state, column, text }: Written, { isFresh, isPast }: Way) => {
  const unmoved = { state, urgent: false, owesQuery: false, resend: false, contradiction: null as string | null }
  if (text === "") return unmoved
  if (/[†‡]/.test(text) && !isFresh) return { ...unmoved, urgent: true, owesQuery: true }
  if (text.includes("‡")) return { ...unmoved, contradiction: column }
  if (text.includes("↻")) {
    const resend = isPast || !text.includes(">")
    return { ...unmoved, urgent: resend, resend }
  }
  return { ...unmoved, state: text.replace("†", "") as RefundMachine.State }
}

/** Walks one cell of the running machine in every way; says where it does otherwise than the page. */
export const failures = (cell: Written): ReadonlyArray<string> =>
  ways.flatMap((way) => {
    const before = inState(cell.state)
    const nowMillis = deadlineMillis + settlingMillis + (way.isPast ? 1 : 0)
    const evidence = way.isFresh ? fresh(before, cell.column, nowMillis) : late(cell.column)
    const { order, urgent, owesQuery, resend } = RefundMachine.absorb(before, evidence, nowMillis, settings)
    const want = JSON.stringify(promised(cell, way))
    const got = JSON.stringify({
      state: order.state,
      urgent,
      owesQuery: owesQuery === true,
      resend,
      contradiction: order.contradiction?.column ?? null
    })
    return want === got ? [] : [`${cell.state} × ${cell.column} ${JSON.stringify(way)}: promised ${want}, got ${got}`]
  })
