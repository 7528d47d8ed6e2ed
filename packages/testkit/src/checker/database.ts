import { Diagram, type Payment } from "@payment-proxy/domain"
import type { HistoryRow, Sources } from "./Sources.ts"
import type { Violation } from "./Violation.ts"
import { found, grouped } from "./Violation.ts"

/** Moves that no arrow of the picture shows: answers to one call, what the last refund completes, what is foreign. */
const unpictured: { readonly [from in Payment.State]?: ReadonlyArray<Payment.State> } = {
  SUBMITTING: ["FAILED"],
  CLOSING: ["CLOSED"],
  SUCCEEDED: ["REFUNDED"],
  PARTIALLY_REFUNDED: ["REFUNDED"],
  LATE_PAID: ["REFUNDED", "PARTIALLY_REFUNDED"]
}
const pictured = new Set(Diagram.arrows(Diagram.payment).map(({ from, to }) => `${from} ${to}`))

const picturedOfRefunds = new Set(Diagram.arrows(Diagram.refund).map(({ from, to }) => `${from} ${to}`))

/** Whether a payment may move so, by the table and by answers to single calls. */
export const isLegal = (from: Payment.State, to: Payment.State): boolean =>
  from === to ||
  to === "HELD" ||
  pictured.has(`${from} ${to}`) ||
  (unpictured[from] ?? []).includes(to) ||
  from === "HELD"

/** Whether a refund may move so; a refusal ends it without an arrow. */
export const isLegalOfRefund = (from: Payment.State, to: Payment.State): boolean =>
  from === to ||
  to === "HELD" ||
  from === "HELD" ||
  picturedOfRefunds.has(`${from} ${to}`) ||
  (from === "SUBMITTING" && to === "FAILED")

const steps = (
  rows: ReadonlyArray<HistoryRow>,
  payOrderNo: string,
  isLegal: (from: Payment.State, to: Payment.State) => boolean
): ReadonlyArray<Violation> =>
  rows.flatMap(({ version, state }, index) => {
    const from = rows[index - 1]?.state ?? "CREATED"
    return [
      ...found(version !== index + 1, "I7", payOrderNo, `Its history has ${version} where ${index + 1} belongs.`),
      ...found(!isLegal(from, state), "I7", payOrderNo, `It moved from ${from} to ${state}.`)
    ]
  })

/** I7: history without gaps, by the table, up to the row; one delivery for each row and endpoint. */
const history = ({ dump }: Sources): ReadonlyArray<Violation> => {
  const rowsOf = grouped(dump.history, ({ payOrderNo }) => payOrderNo)
  const deliveriesOf = grouped(dump.deliveries, ({ payOrderNo }) => payOrderNo)
  const all = [
    ...dump.orders.map((row) => ({ ...row, no: row.payOrderNo, isLegal })),
    ...(dump.refunds ?? []).map((row) => ({ ...row, no: row.refundNo, isLegal: isLegalOfRefund }))
  ]
  return all.flatMap(({ no: payOrderNo, app, version, state, isLegal }) => {
    const rows = [...(rowsOf.get(payOrderNo) ?? [])].sort((a, b) => a.version - b.version)
    const last = rows.at(-1)
    const told = deliveriesOf.get(payOrderNo) ?? []
    const endpoints = dump.endpoints.filter((one) => one.app === app).map(({ endpoint }) => endpoint)
    const missing = rows.flatMap((row) =>
      endpoints.flatMap((endpoint) => {
        const count = told.filter((one) => one.version === row.version && one.endpoint === endpoint).length
        return found(count !== 1, "I7", payOrderNo, `Version ${row.version} has ${count} deliveries to ${endpoint}.`)
      })
    )
    const isWhole = last?.version === version && last.state === state
    return [
      ...steps(rows, payOrderNo, isLegal),
      ...found(!isWhole, "I7", payOrderNo, `It is ${state} at ${version}; its history ends otherwise.`),
      ...missing
    ]
  })
}

const graceMillis = 5000

/**
 * I10: at rest nothing is overdue, nobody holds what he no longer works at, and nothing is in doubt that the vendor can
 * answer for: of an order that never reached it, it can say before the deadline neither that it is closed nor that it is not.
 */
const rest = ({ dump, ledger }: Sources): ReadonlyArray<Violation> => {
  const { nowMillis } = dump
  const there = new Set(ledger.payments.map(({ number }) => number))
  const rows = [
    ...dump.orders.map((row) => ({ ...row, name: row.payOrderNo })),
    ...(dump.refunds ?? []).map((row) => ({ ...row, name: row.refundNo })),
    ...dump.deliveries.map((row) => ({ ...row, name: row.eventId })),
    ...dump.inbox.map((row) => ({ ...row, name: row.number }))
  ]
  return [
    ...rows.flatMap(({ name, dueMillis, leaseMillis }) => [
      ...found(dueMillis !== null && dueMillis < nowMillis - graceMillis, "I10", name, "It is overdue."),
      ...found(leaseMillis !== null && leaseMillis < nowMillis - graceMillis, "I10", name, "Its lease has ended.")
    ]),
    ...dump.orders.flatMap(({ payOrderNo, merchantOrderNo, state, isInDoubt }) =>
      found(
        state === "CLOSING" ? there.has(merchantOrderNo) : isInDoubt || state === "SUBMITTING",
        "I10",
        payOrderNo,
        `It rests in ${state}${isInDoubt ? ", in doubt" : ""}.`
      )
    ),
    ...(dump.refunds ?? []).flatMap(({ refundNo, state }) =>
      found(state === "SUBMITTING" || state === "PENDING", "I10", refundNo, `It rests in ${state}.`)
    ),
    ...dump.deliveries.flatMap(({ eventId, state }) => found(state === "waiting", "I10", eventId, "It still waits."))
  ]
}

/** The invariants of the database alone: I7 and I10. */
export const check = (sources: Sources): ReadonlyArray<Violation> => [...history(sources), ...rest(sources)]
