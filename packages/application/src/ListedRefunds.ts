import type { Evidence, Payment } from "@payment-proxy/domain"
import { type Machine, PaymentMachine, RefundMachine } from "@payment-proxy/domain"
import type { Change } from "@payment-proxy/ports"
import { DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Option } from "effect"
import { Changes } from "./Changes.ts"
import { announce, type Cause, Contended, changeOf as changeOfPayment, limitsOf, OrderNotFound } from "./Decision.ts"
import { announceRefund, changeOf, followed } from "./RefundDecision.ts"
import { pause } from "./Tries.ts"
import { inTurn } from "./Turns.ts"

type Listed = Extract<Evidence.Evidence, { kind: "refunds" }>

/** Whether a vendor's list of refunds names any by a number of ours; what is of another order tells nothing of ours. */
export const isAboutOurs = (evidence: Evidence.Evidence): evidence is Listed =>
  evidence.kind === "refunds" && evidence.foreign === null && evidence.items.some(({ ourNo }) => ourNo !== null)

/** Those of the listed refunds that are ours and that we know otherwise; where one number stands twice, the one that succeeded. */
const newsOf = ({ ownRefunds }: Payment.Payment, { items }: Listed): ReadonlyArray<Evidence.RefundItem> => {
  const news = items.filter(({ ourNo, state }) =>
    ownRefunds.some(
      (own) => own.refundNo === ourNo && own.state !== "succeeded" && state !== "pending" && !(own.state === state)
    )
  )
  const succeededFirst = news.toSorted(
    (one, other) => Number(other.state === "succeeded") - Number(one.state === "succeeded")
  )
  return succeededFirst.filter(({ ourNo }, at) => succeededFirst.findIndex((other) => other.ourNo === ourNo) === at)
}

/** What a listed refund says about ours; in a list that was asked for about the payment it is late. */
const evidenceOf = (
  { vendorRefundNo, ourNo, amountMinor, state }: Evidence.RefundItem,
  { source }: Listed,
  { amount }: Payment.Payment
): Evidence.RefundEvidence => ({
  kind: state,
  source,
  asked: null,
  // A bill that says no number of the vendor's own lists it by ours.
  vendorRefundNo: source === "bill" && vendorRefundNo === ourNo ? null : vendorRefundNo,
  amount: { ...amount, amountMinor },
  detail: null
})

interface Moved {
  readonly before: RefundMachine.Refund
  readonly step: RefundMachine.RefundStep
}

/** The payment with what its moved refunds do to it; all of it is one version. */
const counted = (
  before: Payment.Payment,
  step: Machine.Step<Payment.Payment>,
  moved: ReadonlyArray<Moved>
): Payment.Payment => {
  const after = moved.reduce((payment, { step: { order } }) => followed(payment, order).order, step.order)
  const version = before.version + 1
  return after === before || after.version === version ? after : { ...after, version, learntVersion: version }
}

const takeInOnce = Effect.fnUntraced(function* (payOrderNo: string, evidence: Listed, cause: Cause) {
  const orders = yield* Orders
  const found = yield* orders.byNumber(payOrderNo)
  if (Option.isNone(found)) return yield* new OrderNotFound({ number: payOrderNo })
  const payment = found.value
  const nowMillis = yield* Clock.currentTimeMillis
  const settings = { settlingMillis: limitsOf(yield* Vendors, payment).settlingMillis }
  const step = PaymentMachine.absorb(payment, evidence, nowMillis, settings)
  const moved: Array<Moved> = []
  for (const item of newsOf(payment, evidence)) {
    const refund = Option.getOrUndefined(yield* orders.refund(item.ourNo ?? ""))
    if (refund !== undefined)
      moved.push({
        before: refund,
        step: RefundMachine.absorb(refund, evidenceOf(item, evidence, payment), nowMillis, settings)
      })
  }
  const after = counted(payment, step, moved)
  const changes: Array<Change> = []
  const owner = after === payment ? null : yield* changeOfPayment(payment, after, cause, step, null)
  if (owner !== null) changes.push(owner)
  const announced: Array<Effect.Effect<void, never, Changes>> =
    owner === null ? [] : [announce(payment.state, owner, step.alarms)]
  for (const { before, step: own } of moved)
    if (own.order !== before) {
      const change = yield* changeOf(owner?.payment ?? payment, before, own.order, cause, own, null)
      changes.push(change)
      announced.push(announceRefund(before.state, change, own.alarms))
    }
  const due = yield* DueWork
  const urgent = moved.filter(({ before, step: own }) => own.urgent && own.order === before)
  yield* Effect.forEach(urgent, ({ before }) => due.hasten(before.refundNo), { discard: true })
  if (step.urgent && after === payment) yield* due.hasten(payOrderNo)
  if (urgent.length > 0 || step.urgent) yield* Effect.flatMap(Changes, (all) => all.nudge("orders"))
  if (changes.length === 0) return payment
  return yield* orders
    .commit(changes)
    .pipe(
      Effect.zipRight(Effect.all(announced, { discard: true })),
      Effect.as(owner?.payment ?? payment),
      Effect.catchTags({ Stale: () => Effect.succeed(null), Duplicate: () => Effect.succeed(null) })
    )
})

const maxTries = 12

/** Takes in a vendor's list of refunds that names some of ours: what it says of them is on disk with what it says of their payment. */
export const takeIn = (payOrderNo: string, evidence: Listed, cause: Cause) =>
  Effect.gen(function* () {
    for (let tries = 0; tries < maxTries; tries++) {
      const after = yield* takeInOnce(payOrderNo, evidence, cause)
      if (after !== null) return after
      yield* pause(tries)
    }
    return yield* new Contended({ payOrderNo })
  }).pipe(inTurn(payOrderNo))
