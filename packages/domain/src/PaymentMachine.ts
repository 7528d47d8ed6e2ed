import * as Evidence from "./Evidence.ts"
import type { Cell, Settings, Step } from "./Machine.ts"
import { patched } from "./Machine.ts"
import * as Money from "./Money.ts"
import type { Payment, State } from "./Payment.ts"
import { enter, expectedCapture, isDead, isSettled, max, operate, refunded, reserved, sumOf } from "./Payment.ts"
import type { Column } from "./PaymentTable.ts"
import { table } from "./PaymentTable.ts"

const statedRefunds = ({ total, items }: Extract<Evidence.Evidence, { kind: "refunds" }>): bigint =>
  max(total ?? 0n, sumOf(items, "succeeded"))

/** The table's column for a piece of evidence: by the evidence's own words alone. */
export const columnOf = (payment: Payment, evidence: Evidence.Evidence): Column => {
  if (evidence.kind !== "refunds") return evidence.kind
  const stated = statedRefunds(evidence)
  if (stated === 0n) return "paid"
  return stated >= (payment.captured > 0n ? payment.captured : expectedCapture(payment))
    ? "refundedAll"
    : "refundedPart"
}

/** Why the evidence cannot be about this order as it stands, or `null`; such evidence holds it from anywhere, at once. */
const mismatch = (payment: Payment, evidence: Evidence.Evidence): string | null => {
  if (evidence.foreign !== null) return evidence.foreign
  const { amount } = evidence
  if (amount !== null && amount.currency !== payment.amount.currency) return "CURRENCY_MISMATCH"
  if (amount !== null && amount.amountMinor !== payment.amount.amountMinor) return "AMOUNT_MISMATCH"
  if (evidence.kind !== "paid" && evidence.kind !== "refunds") return null
  if (isSecondPayment(payment, evidence)) return "SECOND_PAYMENT"
  const { captured } = evidence
  if (captured === null) return null
  if (captured.currency !== payment.amount.currency) return "CURRENCY_MISMATCH"
  if (captured.amountMinor === expectedCapture(payment)) return null
  return payment.captured > 0n && captured.amountMinor > payment.captured ? "SECOND_PAYMENT" : "AMOUNT_MISMATCH"
}

const isSecondPayment = (payment: Payment, evidence: Evidence.Evidence): boolean =>
  payment.captured > 0n &&
  payment.transactionNo !== null &&
  evidence.transactionNo !== null &&
  evidence.transactionNo !== payment.transactionNo

/** A copy of `before` that this step may write on, as nobody else has seen it: `order`, where a copy was made already. */
const draft = (before: Payment, order: Payment): { -readonly [K in keyof Payment]: Payment[K] } =>
  order === before ? { ...before } : order

/** As `enter`, on this step's own copy. */
const entered = (before: Payment, order: Payment, state: State): Payment => {
  if (order.state === state) return order
  const copy = draft(before, order)
  copy.state = state
  copy.toldDead ||= isDead(state)
  return copy
}

const rank = { pending: 0, failed: 1, succeeded: 2 } as const

/** Items by the vendor's refund number; a state that is further along wins, whatever came first. */
const mergeItems = (
  known: ReadonlyArray<Evidence.RefundItem>,
  stated: ReadonlyArray<Evidence.RefundItem>
): ReadonlyArray<Evidence.RefundItem> => {
  const isKnown = (item: Evidence.RefundItem) =>
    known.some((old) => old.vendorRefundNo === item.vendorRefundNo && rank[old.state] >= rank[item.state])
  if (stated.every(isKnown)) return known
  const merged = [...known]
  for (const item of stated) {
    const at = merged.findIndex((old) => old.vendorRefundNo === item.vendorRefundNo)
    const old = merged[at]
    if (old === undefined) merged.push(item)
    else if (rank[old.state] < rank[item.state]) merged[at] = item
  }
  return merged.sort((a, b) => (a.vendorRefundNo < b.vendorRefundNo ? -1 : 1))
}

const mergeDispute = (
  payment: Payment,
  { disputeNo, disputedMinor: amountMinor, state }: Extract<Evidence.Evidence, { kind: "disputed" }>
): Payment => {
  const known = payment.disputes.find((dispute) => dispute.disputeNo === disputeNo)
  const isNews =
    known === undefined || (known.state === "open" && (state !== "open" || known.amountMinor < amountMinor))
  return isNews
    ? {
        ...payment,
        disputes: [...payment.disputes.filter((d) => d !== known), { disputeNo, amountMinor, state }]
      }
    : payment
}

/** The same second payment is one fact, however often it is stated. */
const withSecondPayment = (payment: Payment, transactionNo: string, amountMinor: bigint): Payment =>
  payment.secondPayments.some((second) => second.transactionNo === transactionNo)
    ? payment
    : { ...payment, secondPayments: [...payment.secondPayments, { transactionNo, amountMinor }] }

type Paid = Extract<Evidence.Evidence, { kind: "paid" | "refunds" }>

/** What was captured by the vendor's own words; where it states none, what was asked for, unless it names another amount. */
const capturedBy = (payment: Payment, { captured, amount }: Paid): Money.Money => {
  if (captured !== null) return captured
  return amount === null || Money.equals(amount, payment.amount)
    ? Money.make(expectedCapture(payment), payment.amount.currency)
    : amount
}

/** What was paid and went back; of another payment only that it is there. One copy is made, where anything is new. */
const learnPaid = (payment: Payment, evidence: Paid): Payment => {
  const stated = capturedBy(payment, evidence)
  if (stated.currency !== payment.amount.currency) return seen(payment, evidence)
  if (isSecondPayment(payment, evidence))
    return withSecondPayment(seen(payment, evidence), evidence.transactionNo ?? "", stated.amountMinor)
  const isList = evidence.kind === "refunds"
  const captured = max(payment.captured, stated.amountMinor)
  const authorized = max(payment.authorized, captured)
  const transactionNo =
    payment.captured > 0n
      ? (payment.transactionNo ?? evidence.transactionNo)
      : (evidence.transactionNo ?? payment.transactionNo)
  const paidAtMillis = payment.paidAtMillis ?? (isList ? null : evidence.paidAtMillis)
  const refundTotal = isList ? max(payment.refundTotal, evidence.total ?? 0n) : payment.refundTotal
  const refundItems = isList ? mergeItems(payment.refundItems, evidence.items) : payment.refundItems
  const isKnown =
    payment.arrived &&
    payment.operation === null &&
    payment.captured === captured &&
    payment.authorized === authorized &&
    payment.transactionNo === transactionNo &&
    payment.paidAtMillis === paidAtMillis &&
    payment.refundTotal === refundTotal &&
    payment.refundItems === refundItems
  if (isKnown) return payment
  return {
    ...payment,
    arrived: true,
    operation: null,
    captured,
    authorized,
    transactionNo,
    paidAtMillis,
    refundTotal,
    refundItems
  }
}

/** The vendor has the order, under the number that it gave first. */
const seen = (payment: Payment, { transactionNo }: Evidence.Evidence): Payment =>
  payment.arrived && (payment.transactionNo !== null || transactionNo === null)
    ? payment
    : { ...payment, arrived: true, transactionNo: payment.transactionNo ?? transactionNo }

/** What the evidence adds to the facts. It adds only: late evidence never undoes (rule 2). */
const learn = (payment: Payment, evidence: Evidence.Evidence, isFresh: boolean): Payment => {
  if (evidence.kind === "notFound") return payment
  if (evidence.kind === "paid" || evidence.kind === "refunds") return learnPaid(payment, evidence)
  const known = seen(payment, evidence)
  switch (evidence.kind) {
    case "open": {
      if (evidence.next === null) return known
      if (known.next !== null && (!isFresh || sameNext(known.next, evidence.next))) return known
      const copy = draft(payment, known)
      copy.next = evidence.next
      return copy
    }
    case "authorized":
      return patched(known, {
        authorized: max(known.authorized, known.amount.amountMinor),
        authorizedUntilMillis: known.authorizedUntilMillis ?? evidence.untilMillis
      })
    case "disputed":
      return mergeDispute(known, evidence)
    default:
      return known
  }
}

const sameNext = (a: Payment["next"], b: Payment["next"]): boolean => JSON.stringify(a) === JSON.stringify(b)

const hold = (payment: Payment, reason: string): Payment =>
  payment.state === "HELD" ? payment : { ...enter(payment, "HELD"), heldReason: reason, contradiction: null }

/** In REFUNDED as soon as all that was captured went back, whichever of several refunds was heard of last. */
const settle = (before: Payment, order: Payment): Payment =>
  isSettled(order.state) && order.state !== "REFUNDED" && order.captured > 0n && refunded(order) >= order.captured
    ? entered(before, order, "REFUNDED")
    : order

/**
 * What a contradicting answer does: the first is kept, the same kind again holds, if it was asked for at least the
 * settling time later (an answer that was long on its way still speaks of the moment it was asked for).
 */
const contradicted = (
  payment: Payment,
  column: string,
  evidence: Evidence.Evidence,
  nowMillis: number,
  settings: Settings
): { readonly order: Payment; readonly urgent: boolean } => {
  const pending = payment.contradiction
  if (pending === null || pending.column !== column)
    return { order: { ...payment, contradiction: { column, sinceMillis: nowMillis } }, urgent: false }
  const askedMillis = evidence.asked?.atMillis ?? nowMillis
  return askedMillis - pending.sinceMillis >= settings.settlingMillis
    ? { order: hold(payment, `CONTRADICTED:${column}`), urgent: false }
    : { order: payment, urgent: false }
}

/** More went back than when lower totals were first seen: they contradicted what was known then, and count anew. */
const recounted = (before: Payment, after: Payment): Payment =>
  after.contradiction?.column === "refundsLower" && refunded(after) > refunded(before)
    ? { ...after, contradiction: null }
    : after

interface Moved {
  readonly order: Payment
  readonly urgent: boolean
}

const move = (
  before: Payment,
  learnt: Payment,
  cell: Cell<State>,
  evidence: Evidence.Evidence,
  column: Column,
  isFresh: boolean,
  nowMillis: number,
  settings: Settings
): Moved => {
  if (cell.act === "stay") return { order: withdraw(before, learnt, isFresh, column), urgent: false }
  if (cell.act === "ask") return { order: learnt, urgent: !isFresh }
  if (cell.fresh === true && !isFresh) return { order: learnt, urgent: true }
  if (cell.act === "contradict") return contradicted(learnt, column, evidence, nowMillis, settings)
  if (cell.deadline !== undefined) {
    const isPast = evidence.asked !== null && evidence.asked.atMillis > before.deadlineMillis
    if (isPast !== (cell.deadline === "after")) return { order: learnt, urgent: false }
  }
  const state = cell.late === true && learnt.toldDead && !learnt.lateAccepted ? "LATE_PAID" : cell.to
  const order = entered(before, withdraw(before, learnt, isFresh, column), state)
  const isFailure = state === "FAILED" && order.failure === null
  return {
    order: isFailure ? { ...order, failure: failureOf(evidence) } : order,
    urgent: state === "CLOSING"
  }
}

/** A fresh answer that agrees with what is established withdraws a pending contradiction. */
const withdraw = (before: Payment, learnt: Payment, isFresh: boolean, column: Column): Payment =>
  isFresh && before.contradiction !== null && column !== "notFound" && column !== "known" && column !== "disputed"
    ? { ...learnt, contradiction: null }
    : learnt

const failureOf = (evidence: Evidence.Evidence) =>
  evidence.kind === "failed"
    ? { code: evidence.code, detail: evidence.detail }
    : { code: "NEVER_ARRIVED", detail: "The vendor never received the order." }

/** The operation that the evidence calls for (design §5, footnote 2). */
const operated = (payment: Payment, column: Column): Payment => {
  if (payment.state === "AUTHORIZED" && column === "authorized" && payment.capture === "automatic")
    return operate(payment, "capture")
  return payment.state === "PENDING" && column === "approved" ? operate(payment, "complete") : payment
}

/** A total of refunds lower than known, from a vendor that states totals and in a fresh answer (design §5, footnote 8). */
const takesBackRefunds = (payment: Payment, evidence: Evidence.Evidence, isFresh: boolean): boolean =>
  isFresh &&
  isSettled(payment.state) &&
  evidence.kind === "refunds" &&
  evidence.total !== null &&
  statedRefunds(evidence) < refunded(payment)

/** Gives the copy that a step made its version, in place: nobody else has seen it yet. No copy, no version. */
const numbered = (before: Payment, after: Payment): Payment => {
  if (before === after) return before
  const copy = draft(before, after)
  copy.version = before.version + 1
  copy.learntVersion = copy.version
  return copy
}

/**
 * Takes in evidence about a payment: total, and a no-op for what is known already. `nowMillis` is the time of
 * absorbing; answers the next payment, whether its need is due at once, and alarms.
 */
export const absorb = (
  payment: Payment,
  evidence: Evidence.Evidence,
  nowMillis: number,
  settings: Settings
): Step<Payment> => {
  const isFresh = Evidence.isFresh(payment, evidence)
  const reason = mismatch(payment, evidence)
  const learnt = reason === null || evidence.foreign === null ? learn(payment, evidence, isFresh) : payment
  if (payment.state === "HELD") return { order: numbered(payment, learnt), urgent: false, alarms: [] }
  if (reason !== null)
    return { order: numbered(payment, hold(learnt, reason)), urgent: false, alarms: [`HELD:${reason}`] }
  const column = columnOf(payment, evidence)
  const moved: Moved = takesBackRefunds(payment, evidence, isFresh)
    ? contradicted(learnt, "refundsLower", evidence, nowMillis, settings)
    : move(payment, learnt, table[payment.state][column], evidence, column, isFresh, nowMillis, settings)
  const held = moved.order.state === "HELD" && moved.order.heldReason === null
  const after = held
    ? hold({ ...moved.order, state: payment.state }, "NEVER_SENT")
    : operated(moved.order === payment ? payment : settle(payment, recounted(payment, moved.order)), column)
  return {
    order: numbered(payment, after),
    urgent: moved.urgent || (after.operation !== null && payment.operation === null),
    alarms: alarmsOf(payment, after, column)
  }
}

/** Refunds at the vendor's desk may exceed what was paid: an alarm, not HELD (design §5). */
const exceeds = (payment: Payment): boolean => reserved(payment) > payment.captured

const none: ReadonlyArray<string> = []

const alarmsOf = (before: Payment, after: Payment, column: Column): ReadonlyArray<string> => {
  if (before === after && column !== "known") return none
  const alarms: Array<string> = []
  if (after.state === "HELD" && before.state !== "HELD") alarms.push(`HELD:${after.heldReason}`)
  if (after.state === "LATE_PAID" && before.state !== "LATE_PAID") alarms.push("LATE_PAID")
  if (column === "known") alarms.push("UNKNOWN_STATUS")
  if (after.refundItems !== before.refundItems || after.refundTotal !== before.refundTotal)
    if (exceeds(after) && !exceeds(before)) alarms.push("REFUNDS_EXCEED")
  if (after.contradiction !== null && before.contradiction === null) alarms.push("CONTRADICTION")
  return alarms
}

/** Which call of ours an answer belongs to. */
export type Call = "create" | "operation"

/**
 * Takes in the answer to one call that is not evidence: it ends an order only if no earlier call under the same number
 * may have arrived (design §5). `Throttled` and `Unreachable` were not accepted; `InDoubt` changes nothing that is known.
 */
export const answered = (payment: Payment, call: Call, answer: Evidence.Answer): Step<Payment> => {
  if (answer._tag === "InDoubt") return { order: payment, urgent: false, alarms: [] }
  if (call === "operation") return operationAnswered(payment, answer)
  const counted = patched(payment, { unknownCalls: Math.max(payment.unknownCalls - 1, 0) })
  const neverArrived = !counted.arrived && counted.unknownCalls === 0
  const bump = (after: Payment): Payment => (after === payment ? payment : { ...after, version: payment.version + 1 })
  if (neverArrived && counted.state === "CLOSING")
    return { order: bump(enter(counted, "CLOSED")), urgent: false, alarms: [] }
  if (answer._tag !== "Rejected") return { order: bump(counted), urgent: false, alarms: [] }
  if (neverArrived && counted.state === "SUBMITTING") {
    const failure = { code: answer.code, detail: answer.detail }
    return { order: bump({ ...enter(counted, "FAILED"), failure }), urgent: false, alarms: [] }
  }
  return { order: bump(counted), urgent: true, alarms: [] }
}

const operationAnswered = (payment: Payment, answer: Evidence.Answer): Step<Payment> => {
  const { operation } = payment
  if (operation === null) return { order: payment, urgent: false, alarms: [] }
  const unknownCalls = Math.max(operation.unknownCalls - 1, 0)
  const declined = answer._tag === "Rejected" && unknownCalls === 0
  return {
    order: {
      ...payment,
      operation: declined ? null : { ...operation, unknownCalls },
      version: payment.version + 1
    },
    urgent: answer._tag === "Rejected",
    alarms: declined ? ["OPERATION_DECLINED"] : []
  }
}

/** Notes, before it goes out, that a further call of the stored create or of the open operation may reach the vendor. */
export const sending = (payment: Payment, call: Call): Payment => {
  if (call === "create") return { ...payment, unknownCalls: payment.unknownCalls + 1, version: payment.version + 1 }
  const { operation } = payment
  return operation === null
    ? payment
    : {
        ...payment,
        operation: { ...operation, unknownCalls: operation.unknownCalls + 1 },
        version: payment.version + 1
      }
}

/** Takes in evidence that answers a create of ours: that call's outcome is known from here on. */
export const created = (
  payment: Payment,
  evidence: Evidence.Evidence,
  nowMillis: number,
  settings: Settings
): Step<Payment> => {
  const counted = patched(payment, { unknownCalls: Math.max(payment.unknownCalls - 1, 0) })
  const step = absorb(counted, evidence, nowMillis, settings)
  return step.order === counted && counted !== payment
    ? { ...step, order: { ...counted, version: payment.version + 1 } }
    : step
}

/** A refund of ours was decided: the payment's sums and state follow (design §5: both rows move in one commit). */
export const refundDecided = (payment: Payment, refundNo: string, state: "succeeded" | "failed"): Step<Payment> => {
  const known = payment.ownRefunds.find((own) => own.refundNo === refundNo)
  if (known === undefined || known.state === state || known.state === "succeeded")
    return { order: payment, urgent: false, alarms: [] }
  const ownRefunds = payment.ownRefunds.map((own) => (own === known ? { ...own, state } : own))
  const counted: Payment = { ...payment, ownRefunds }
  const parted =
    counted.state === "SUCCEEDED" && refunded(counted) > 0n ? enter(counted, "PARTIALLY_REFUNDED") : counted
  return { order: numbered(payment, settle(payment, recounted(payment, parted))), urgent: false, alarms: [] }
}
