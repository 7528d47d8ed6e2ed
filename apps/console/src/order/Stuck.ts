import type { Answer } from "../Admin.ts"

type Detail = Answer<"orders.read">

/** Why an order does not go on by itself, or not yet, and what helps; `tone` says how much it wants a person. */
export interface Reason {
  readonly id:
    | "held"
    | "refundHeld"
    | "submittingInDoubt"
    | "submitting"
    | "pendingWaiting"
    | "pendingExpired"
    | "operationOpen"
    | "authorized"
    | "closing"
    | "latePaid"
    | "refundInDoubt"
    | "deliveryGivenUp"
    | "deliveryWaiting"
  readonly tone: "wait" | "act"
  /** The number of the refund, the count of deliveries … */
  readonly about: string
}

const ofPayment = ({ order }: Detail, nowMillis: number): ReadonlyArray<Reason> => {
  const reason = (id: Reason["id"], tone: Reason["tone"], about = ""): ReadonlyArray<Reason> => [{ id, tone, about }]
  switch (order.status) {
    case "HELD":
      return reason("held", "act", order.heldReason ?? "")
    case "SUBMITTING":
      return reason(order.inDoubt ? "submittingInDoubt" : "submitting", "wait")
    case "PENDING":
      return Date.parse(order.expiresAt) < nowMillis
        ? reason("pendingExpired", "wait")
        : reason(order.inDoubt ? "operationOpen" : "pendingWaiting", "wait")
    case "AUTHORIZED":
      return reason(order.inDoubt ? "operationOpen" : "authorized", order.inDoubt ? "wait" : "act")
    case "CLOSING":
      return reason("closing", "wait")
    case "LATE_PAID":
      return reason("latePaid", "act")
    default:
      return []
  }
}

const ofRefunds = ({ refunds }: Detail): ReadonlyArray<Reason> =>
  refunds.flatMap(({ refundNo, status, heldReason }): ReadonlyArray<Reason> => {
    if (status === "HELD") return [{ id: "refundHeld", tone: "act", about: `${refundNo} ${heldReason ?? ""}` }]
    return status === "SUBMITTING" ? [{ id: "refundInDoubt", tone: "wait", about: refundNo }] : []
  })

/** Everything that an order waits for, what wants a person first. */
export const reasons = (detail: Detail, nowMillis: number): ReadonlyArray<Reason> => {
  const count = (state: string) => detail.deliveries.filter((delivery) => delivery.state === state).length
  const late = detail.deliveries.filter(({ state, tries }) => state === "waiting" && tries.length > 0).length
  const found: Array<Reason> = [...ofPayment(detail, nowMillis), ...ofRefunds(detail)]
  if (count("given-up") > 0) found.push({ id: "deliveryGivenUp", tone: "act", about: String(count("given-up")) })
  if (late > 0) found.push({ id: "deliveryWaiting", tone: "wait", about: String(late) })
  return found.toSorted((a, b) => Number(a.tone === "wait") - Number(b.tone === "wait"))
}
