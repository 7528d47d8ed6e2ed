import { HttpServerResponse } from "@effect/platform"
import { Admin, Order } from "@payment-proxy/api"
import { Operators, OrderNotFound } from "@payment-proxy/application"
import { Money, OrderNo, type Payment } from "@payment-proxy/domain"
import { Effect, Either } from "effect"
import * as Caller from "../Caller.ts"
import { type Refused, refuse, vendorGone } from "../Problems.ts"
import * as Detail from "./Detail.ts"
import * as Proposed from "./Proposed.ts"
import { acting, body, recorded, recordedAs } from "./Recorded.ts"

/** An amount in major units of a payment's currency; null where none is said: all that is there. */
const moneyOf = (
  { amount: { currency } }: Payment.Payment,
  text: string | undefined,
  pointer: string
): Either.Either<Money.Money | null, Refused> => {
  if (text === undefined) return Either.right(null)
  return Either.mapLeft(Money.parse(text, currency), ({ detail }) =>
    refuse("BODY_INVALID", detail, [{ pointer, code: "AMOUNT_INVALID", detail }])
  )
}

/** Asks the vendor now. */
export const synced = Effect.fnUntraced(function* (number: string) {
  const { reason } = yield* body(Admin.Orders.Because)
  const by = yield* acting
  return yield* Effect.flatMap(Detail.paymentOf(number), ({ payOrderNo }) => Operators.sync(payOrderNo, by)).pipe(
    recorded({ action: "order.sync", subject: number, reason }),
    Effect.map(Detail.row)
  )
})

/** Closes an order. */
export const closed = Effect.fnUntraced(function* (number: string) {
  const { reason } = yield* body(Admin.Orders.Because)
  const by = yield* acting
  return yield* Effect.flatMap(Detail.paymentOf(number), ({ payOrderNo }) =>
    Operators.close({ payOrderNo, reason }, by)
  ).pipe(recorded({ action: "order.close", subject: number, reason }), Effect.map(Detail.row))
})

/** Takes what an order holds, or a part of it. */
export const captured = Effect.fnUntraced(function* (number: string) {
  const { reason, amount } = yield* body(Admin.Orders.PartBecause)
  const by = yield* acting
  return yield* Effect.flatMap(Detail.paymentOf(number), (payment) =>
    Effect.flatMap(moneyOf(payment, amount, "/amount"), (wanted) =>
      Operators.capture({ payOrderNo: payment.payOrderNo, amount: wanted, reason }, by)
    )
  ).pipe(
    Effect.catchTag("UnknownVendor", vendorGone),
    recorded({ action: "order.capture", subject: number, reason }),
    Effect.map(Detail.row)
  )
})

/** What is put before it has to have room beside it. */
const maxKeyChars = 200

const idempotencyKey = Effect.flatMap(Caller.incoming, Caller.idempotencyKey).pipe(
  Effect.filterOrFail(
    ({ length }) => length <= maxKeyChars,
    () => refuse("IDEMPOTENCY_KEY_INVALID", `An operator's key has at most ${maxKeyChars} characters.`)
  )
)

/** Refunds an order, or proposes it; the same key again is the same refund. */
export const refunded = Effect.fnUntraced(function* (number: string) {
  const key = yield* idempotencyKey
  const { reason, amount } = yield* body(Admin.Orders.PartBecause)
  const by = yield* acting
  const outcome = yield* Effect.flatMap(Detail.paymentOf(number), (payment) =>
    Effect.flatMap(moneyOf(payment, amount, "/amount"), (wanted) =>
      Operators.refund({ payOrderNo: payment.payOrderNo, amount: wanted, reason, key }, by)
    )
  ).pipe(
    Effect.catchTag("UnknownVendor", vendorGone),
    recordedAs({ action: "order.refund", subject: number, reason }, Operators.outcomeOf)
  )
  if (outcome.type === "proposed") {
    const proposal = yield* Proposed.shown(outcome.proposal, by)
    return HttpServerResponse.unsafeJson({ refund: null, proposal }, { status: 202 })
  }
  const refund = Order.fromRefund(outcome.refund)
  return HttpServerResponse.unsafeJson({ refund, proposal: null })
})

/** Accepts money that came late. */
export const accepted = Effect.fnUntraced(function* (number: string) {
  const { reason } = yield* body(Admin.Orders.Because)
  const by = yield* acting
  return yield* Effect.flatMap(Detail.paymentOf(number), ({ payOrderNo }) =>
    Operators.accept({ payOrderNo, note: reason }, by)
  ).pipe(recorded({ action: "order.accept", subject: number, reason }), Effect.map(Detail.row))
})

/** The payment, or the refund of it that is named. */
const subjectOf = (payment: Payment.Payment, refundNo: string | undefined) => {
  if (refundNo === undefined) return Effect.succeed(payment.payOrderNo)
  return OrderNo.paymentOf(refundNo) === payment.payOrderNo
    ? Effect.succeed(refundNo)
    : Effect.fail(new OrderNotFound({ number: refundNo }))
}

/** Proposes how what is held goes on. */
export const resolved = Effect.fnUntraced(function* (number: string) {
  const { refundNo, state, acceptedAmount, reason } = yield* body(Admin.Orders.ResolveBecause)
  const by = yield* acting
  return yield* Effect.gen(function* () {
    const payment = yield* Detail.paymentOf(number)
    const payOrderNo = yield* subjectOf(payment, refundNo)
    const money = yield* moneyOf(payment, acceptedAmount, "/acceptedAmount")
    return yield* Operators.propose({ payOrderNo, state, acceptedMinor: money?.amountMinor ?? null, note: reason }, by)
  }).pipe(
    recordedAs({ action: "order.resolve", subject: refundNo ?? number, reason }, () => "proposed"),
    Effect.flatMap((proposal) => Proposed.shown(proposal, by))
  )
})
