import type { Evidence, Payment, RefundMachine } from "@payment-proxy/domain"
import { InDoubt, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect, Either } from "effect"
import type { Answer } from "../Http.ts"
import type { Failure } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import { captureIdOf, fromRefund, refundsOf, type Said } from "./evidence.ts"
import { type Desk, heard, keptOf, listed, sent, unnumbered } from "./operations.ts"
import * as Requests from "./requests.ts"

type Asked = Effect.Effect<Evidence.RefundEvidence, Failure>

/** How long PayPal knows a refund's request by its id: 45 days (vendors' reference §4b), less a day. */
const repeatMillis = 44 * 24 * 3_600_000

const notFound = ({ source, asked }: Said): Evidence.RefundEvidence => ({
  kind: "notFound",
  source,
  asked,
  vendorRefundNo: null,
  amount: null,
  detail: null
})

/** The capture that a refund is made of: as kept, else as the order lists it. */
const captureOf = (desk: Desk, payment: Payment.Payment, untilMillis: number): Effect.Effect<string, Failure> => {
  const kept = keptOf(payment, "capture")
  if (kept !== null) return Effect.succeed(kept)
  if (payment.transactionNo === null) return Effect.fail(unnumbered)
  const limit = { millis: desk.config.limits.queryMillis, untilMillis }
  return Effect.flatMap(listed(desk, payment, payment.transactionNo, limit, "refund"), ({ order }) => {
    const id = captureIdOf(order)
    return id === null
      ? new Unreachable({ detail: "The order shows no capture that could be refunded: nothing was sent." })
      : Effect.succeed(id)
  })
}

/** Our refund among those that the order lists; null where it is not there. */
const amongListed = (
  desk: Desk,
  payment: Payment.Payment,
  refund: RefundMachine.Refund,
  source: "query" | "operation",
  untilMillis: number
): Effect.Effect<Evidence.RefundEvidence, Failure> => {
  if (payment.transactionNo === null) return Effect.fail(unnumbered)
  const limit = { millis: desk.config.limits.queryMillis, untilMillis }
  return Effect.flatMap(
    listed(desk, payment, payment.transactionNo, limit, "queryRefund"),
    ({ order, askedAtMillis }): Asked => {
      const asked = source === "query" ? { version: refund.version, atMillis: askedAtMillis } : null
      const ours = refundsOf(order).find(({ custom_id }) => custom_id === refund.refundNo)
      return ours === undefined
        ? Effect.succeed(notFound({ source, asked }))
        : Either.mapLeft(fromRefund(ours, refund, payment, { source, asked }), (detail) => new InDoubt({ detail }))
    }
  )
}

const refusedRefund = (
  desk: Desk,
  answer: Answer,
  payment: Payment.Payment,
  refund: RefundMachine.Refund,
  untilMillis: number
): Asked => {
  const refused = Answers.refused(answer)
  switch (refused.meaning) {
    // All of it went back already: by this very refund, or by others.
    case "done":
      return Effect.filterOrFail(
        amongListed(desk, payment, refund, "operation", untilMillis),
        ({ kind }) => kind !== "notFound",
        () => Answers.rejected(refused)
      )
    case "missing":
      return Effect.fail(Answers.rejected(refused))
    default:
      return heard(desk, answer, "refund", payment.payOrderNo, Either.left(Answers.failure(answer)))
  }
}

/** Sends a refund of the payment's capture. */
export const refund = (desk: Desk, payment: Payment.Payment, ours: RefundMachine.Refund, untilMillis: number): Asked =>
  Effect.gen(function* () {
    const { config } = desk
    if ((yield* Clock.currentTimeMillis) >= ours.createdAtMillis + repeatMillis)
      return yield* new Unreachable({
        detail: "PayPal knows a repeated refund for 45 days only: after that it would be another one."
      })
    const captureId = yield* captureOf(desk, payment, untilMillis)
    const call = Requests.refund(config, captureId, ours)
    if (call === null) return yield* Answers.rejected({ issue: "DECIMALS_NOT_SUPPORTED" })
    const limit = { millis: config.limits.createMillis, untilMillis }
    const answer = yield* sent(desk, call, limit, "refund", payment.payOrderNo)
    if (!Answers.isSuccess(answer)) return yield* refusedRefund(desk, answer, payment, ours, untilMillis)
    const read = Answers.refund(answer, ours, payment, { source: "operation", asked: null })
    return yield* heard(desk, answer, "refund", payment.payOrderNo, read)
  })

/** Asks what became of a refund: by PayPal's number, else among those that the order lists. */
export const queryRefund = (desk: Desk, payment: Payment.Payment, ours: RefundMachine.Refund): Asked => {
  const { config } = desk
  if (ours.vendorRefundNo === null) return amongListed(desk, payment, ours, "query", Number.POSITIVE_INFINITY)
  const call = Requests.refundById(config, ours.vendorRefundNo)
  const limit = { millis: config.limits.queryMillis, untilMillis: Number.POSITIVE_INFINITY }
  return Effect.flatMap(sent(desk, call, limit, "queryRefund", payment.payOrderNo), (answer) => {
    const said = { source: "query", asked: { version: ours.version, atMillis: answer.askedAtMillis } } as const
    if (!Answers.isSuccess(answer) && Answers.refused(answer).meaning === "missing")
      return Effect.succeed(notFound(said))
    const read = Answers.isSuccess(answer)
      ? Answers.refund(answer, ours, payment, said)
      : Either.left(Answers.unread(answer))
    return heard(desk, answer, "queryRefund", payment.payOrderNo, read)
  })
}
