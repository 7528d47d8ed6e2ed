import * as Evidence from "./Evidence.ts"
import type { Cell, Settings, Step } from "./Machine.ts"
import { patched } from "./Machine.ts"
import type { OwnRefund, Payment, State } from "./Payment.ts"
import { enter, expectedCapture, isDead, isSettled, operate, refunded, reserved } from "./Payment.ts"
import { draft, learn, mismatch, statedRefunds } from "./PaymentFacts.ts"
import type { Column } from "./PaymentTable.ts"
import { table } from "./PaymentTable.ts"

/** The table's column for a piece of evidence: by the evidence's own words alone. */
export const columnOf = (payment: Payment, evidence: Evidence.Evidence): Column => {
  if (evidence.kind !== "refunds") return evidence.kind
  const stated = statedRefunds(evidence)
  if (stated === 0n) return "paid"
  return stated >= (payment.captured > 0n ? payment.captured : expectedCapture(payment))
    ? "refundedAll"
    : "refundedPart"
}

/** As `enter`, on this step's own copy. */
const entered = (before: Payment, order: Payment, state: State): Payment => {
  if (order.state === state) return order
  const copy = draft(before, order)
  copy.state = state
  copy.toldDead ||= isDead(state)
  return copy
}

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
  readonly owesQuery?: true
}

/** When the last call of an operation has settled at the vendor; long ago where none of its calls is open. */
const settledAt = ({ operation }: Payment, { settlingMillis }: Settings): number =>
  operation?.untilMillis !== undefined && operation.unknownCalls > 0 ? operation.untilMillis + settlingMillis : 0

/** The last moment at which the vendor could still take the money: by the order's deadline, or by a call of an operation. */
const lastMoment = (payment: Payment, settings: Settings): number =>
  Math.max(payment.deadlineMillis, settledAt(payment, settings))

/** Calls of an operation that have settled, and of which a fresh answer shows nothing, never arrived. */
const withoutLostCalls = (
  payment: Payment,
  { kind, asked }: Evidence.Evidence,
  isFresh: boolean,
  settings: Settings
): Payment => {
  const { operation } = payment
  const isUntaken = kind === "open" || kind === "approved" || kind === "authorized"
  if (operation === null || operation.unknownCalls === 0 || operation.untilMillis === undefined) return payment
  return isFresh && isUntaken && asked !== null && asked.atMillis > settledAt(payment, settings)
    ? { ...payment, operation: { ...operation, unknownCalls: 0 } }
    : payment
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
  if (cell.fresh === true && !isFresh) return { order: learnt, urgent: true, owesQuery: true }
  if (cell.act === "contradict") return contradicted(learnt, column, evidence, nowMillis, settings)
  if (cell.deadline !== undefined) {
    const isPast = evidence.asked !== null && evidence.asked.atMillis > lastMoment(before, settings)
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
  const learnt =
    reason === null
      ? withoutLostCalls(learn(payment, evidence, isFresh), evidence, isFresh, settings)
      : evidence.foreign === null
        ? learn(payment, evidence, isFresh)
        : payment
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
  const step: Step<Payment> = {
    order: numbered(payment, after),
    urgent: moved.urgent || (after.operation !== null && payment.operation === null),
    alarms: alarmsOf(payment, after, column)
  }
  return moved.owesQuery === undefined ? step : { ...step, owesQuery: true }
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
  // What the vendor has is followed by what it says of it: how one more call went adds nothing.
  if (payment.arrived) return { order: payment, urgent: false, alarms: [] }
  const counted = patched(payment, { unknownCalls: Math.max(payment.unknownCalls - 1, 0) })
  const neverArrived = counted.unknownCalls === 0
  const bump = (after: Payment): Payment => (after === payment ? payment : { ...after, version: payment.version + 1 })
  if (neverArrived && counted.state === "CLOSING")
    return { order: bump(enter(counted, "CLOSED")), urgent: false, alarms: [] }
  if (answer._tag !== "Rejected") return { order: bump(counted), urgent: false, alarms: [] }
  if (neverArrived && counted.state === "SUBMITTING") {
    const failure = { code: answer.code, detail: answer.detail }
    return { order: bump({ ...enter(counted, "FAILED"), failure }), urgent: false, alarms: [] }
  }
  return { order: bump(counted), urgent: false, alarms: [] }
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
    // Asked about on schedule: the vendor may refuse the next call, too, and a payer who approved once may have to act again.
    urgent: false,
    alarms: declined ? ["OPERATION_DECLINED"] : []
  }
}

/** Notes, before it goes out, that a further call of the stored create or of the open operation may reach the vendor until `untilMillis`. */
export const sending = (payment: Payment, call: Call, untilMillis?: number): Payment => {
  if (call === "create") return { ...payment, unknownCalls: payment.unknownCalls + 1, version: payment.version + 1 }
  const { operation } = payment
  return operation === null
    ? payment
    : {
        ...payment,
        operation: {
          ...operation,
          unknownCalls: operation.unknownCalls + 1,
          ...(untilMillis === undefined ? {} : { untilMillis: Math.max(untilMillis, operation.untilMillis ?? 0) })
        },
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
  const counted = payment.arrived ? payment : patched(payment, { unknownCalls: Math.max(payment.unknownCalls - 1, 0) })
  const step = absorb(counted, evidence, nowMillis, settings)
  return step.order === counted && counted !== payment
    ? { ...step, order: { ...counted, version: payment.version + 1 } }
    : step
}

/** Whether the vendor's list of refunds is older than this one, so that what its desk gave back beside it is to be asked for. */
const isListDue = (payment: Payment, refundNo: string): boolean =>
  isSettled(payment.state) &&
  payment.state !== "REFUNDED" &&
  (payment.refundItems.length > 0 || payment.refundTotal > 0n) &&
  !payment.refundItems.some(({ ourNo }) => ourNo === refundNo)

/**
 * A refund of ours was decided: the payment's sums and state follow (design §5: both rows move in one commit). `open`: it is held, and
 * counts again, should it have failed before.
 */
export const refundDecided = (payment: Payment, refundNo: string, state: OwnRefund["state"]): Step<Payment> => {
  const known = payment.ownRefunds.find((own) => own.refundNo === refundNo)
  if (known === undefined || known.state === state || known.state === "succeeded")
    return { order: payment, urgent: false, alarms: [] }
  const ownRefunds = payment.ownRefunds.map((own) => (own === known ? { ...own, state } : own))
  const counted: Payment = { ...payment, ownRefunds }
  const parted =
    counted.state === "SUCCEEDED" && refunded(counted) > 0n ? enter(counted, "PARTIALLY_REFUNDED") : counted
  const order = numbered(payment, settle(payment, recounted(payment, parted)))
  return { order, urgent: isListDue(order, refundNo), alarms: [] }
}
