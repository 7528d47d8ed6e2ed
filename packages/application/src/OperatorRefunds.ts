import { createHash } from "node:crypto"
import type { Money, Payment, RefundMachine } from "@payment-proxy/domain"
import { Orders, type Proposal, type RefundAction } from "@payment-proxy/ports"
import { Clock, Data, Effect } from "effect"
import * as Actor from "./Actor.ts"
import * as Operator from "./Operator.ts"
import { paymentOf } from "./OperatorOrders.ts"
import * as Proposing from "./Proposing.ts"
import * as Refund from "./Refund.ts"
import { SecondPerson } from "./SecondPerson.ts"

/** A refund as an operator wants it. */
export interface Wanted {
  readonly payOrderNo: string
  /** Null: what is left. */
  readonly amount: Money.Money | null
  /** Null where none is given: what takes a second person takes one. */
  readonly reason: string | null
  /** A text of his own: with the same one, what is asked again is done once. */
  readonly key?: string | null
}

/** Money that is on its way back, or the proposal that waits for a second person. */
export type Outcome =
  | {
      readonly type: "refunded"
      readonly payment: Payment.Payment
      readonly refund: RefundMachine.Refund
      readonly isNew: boolean
    }
  | { readonly type: "proposed"; readonly proposal: Proposal }

/** It takes a second person. */
class AboveLimit extends Data.TaggedError("AboveLimit")<{ readonly amountMinor: bigint }> {}

/** For so long what one person sends back of a payment is taken together. */
const togetherMillis = 86_400_000

/** Whether one operator placed a refund, and no second one stands for it: its history says so. */
const isAlone = ({ refundNo }: RefundMachine.Refund) =>
  Effect.flatMap(Orders, ({ history }) =>
    Effect.map(history(refundNo), ([first]) => first !== undefined && Actor.isAlone(first.detail))
  )

/** What of a payment operators have sent back, each alone, within 24 hours; small refunds make a large one. */
const aloneMinor = Effect.fnUntraced(function* ({ payOrderNo }: Payment.Payment) {
  const nowMillis = yield* Clock.currentTimeMillis
  const refunds = yield* Effect.flatMap(Orders, ({ refundsOf }) => refundsOf(payOrderNo))
  const recent = refunds.filter(
    ({ createdAtMillis, state }) => state !== "FAILED" && nowMillis - createdAtMillis < togetherMillis
  )
  const alone = yield* Effect.filter(recent, isAlone)
  return alone.reduce((sum, { amount }) => sum + amount.amountMinor, 0n)
})

/** What one operator may send back of a payment now without a second one, in minor units; null: all that is left. */
export const aloneLeftMinor = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const { refundsAboveMinor } = yield* SecondPerson
  const mostMinor = refundsAboveMinor(payment.amount.currency)
  if (mostMinor === null) return null
  const leftMinor = mostMinor - (yield* aloneMinor(payment))
  return leftMinor > 0n ? leftMinor : 0n
})

/** Lets through what one operator may send back alone; of two at once that are too much together one is placed anew, and stopped. */
const guard = Effect.fnUntraced(function* (payment: Payment.Payment, amountMinor: bigint) {
  const leftMinor = yield* aloneLeftMinor(payment)
  if (leftMinor !== null && amountMinor > leftMinor) return yield* new AboveLimit({ amountMinor })
})

const fingerprintOf = (...parts: ReadonlyArray<string | null>): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex")

/**
 * Refunds as an operator: at once, or, where he alone has sent back more than he may, as a proposal for a second one. What the
 * machine would refuse now is refused.
 */
export const refund = Effect.fnUntraced(function* (wanted: Wanted, by: Operator.Acting) {
  const proposedBy = yield* Operator.allowed(by, "operator")
  const reason = wanted.reason === null ? null : yield* Operator.note(wanted.reason)
  const { payOrderNo, amount, key = null } = wanted
  const { app } = yield* paymentOf(payOrderNo)
  return yield* Refund.guarded(
    {
      app,
      payOrderNo,
      // Apps' own keys are beside it.
      idempotencyKey: key === null ? null : `operator:${key}`,
      fingerprint: fingerprintOf(payOrderNo, amount === null ? null : `${amount.amountMinor}`, reason),
      amount,
      reason
    },
    guard
  ).pipe(
    Actor.as(proposedBy, reason),
    Effect.map((placed): Outcome => ({ type: "refunded", ...placed })),
    Effect.catchTag("AboveLimit", ({ amountMinor }) =>
      Effect.flatMap(Operator.note(reason ?? ""), (note) =>
        Proposing.add({
          subject: payOrderNo,
          version: 0,
          action: { type: "refund", amountMinor, reason },
          note,
          proposedBy
        })
      ).pipe(Effect.map((proposal): Outcome => ({ type: "proposed", proposal })))
    )
  )
})

/** Places the refund that two persons stand for: once, however often this is gone on with. */
export const carriedOut = Effect.fnUntraced(function* (
  { id, subject: payOrderNo, proposedBy, note }: Proposal,
  { amountMinor, reason }: RefundAction,
  second: { readonly name: string; readonly remark: string | null }
) {
  const payment = yield* paymentOf(payOrderNo)
  return yield* Refund.refund({
    app: payment.app,
    payOrderNo,
    idempotencyKey: `proposal:${id}`,
    fingerprint: fingerprintOf(payOrderNo, `${amountMinor}`, id),
    amount: { ...payment.amount, amountMinor },
    reason
  }).pipe(Effect.provideService(Actor.Actor, { name: proposedBy, reason: note, second: { ...second, proposal: id } }))
})
