import type { Payment } from "@payment-proxy/domain"
import { Evidence } from "@payment-proxy/domain"
import { InDoubt, Throttled, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect, Either } from "effect"
import type { Answer, Call, Limit, Send } from "../Http.ts"
import { told } from "../Reading.ts"
import type { Failure } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import type { PayPal } from "./config.ts"
import { authorizationIdOf, isUndecided, type Said } from "./evidence.ts"
import * as Requests from "./requests.ts"
import type { Order } from "./wire.ts"

/** What calls are made with: the vendor's settings, and a way to send with its token. */
export interface Desk {
  readonly config: PayPal
  readonly send: Send
}

type Asked = Effect.Effect<Evidence.Evidence, Failure>

const forever = Number.POSITIVE_INFINITY
const debugForm = /^[A-Za-z0-9-]{1,64}$/

/** Sends a call, and tells operators what PayPal calls it where it was no success. */
export const sent = ({ config, send }: Desk, call: Call, limit: Limit, what: string, payOrderNo: string) =>
  Effect.tap(send(call, limit), (answer) => {
    if (Answers.isSuccess(answer) || answer.status === 204) return Effect.void
    const debugId = answer.headers["paypal-debug-id"] ?? ""
    return Effect.logInfo(`PayPal answered HTTP ${answer.status}.`).pipe(
      Effect.annotateLogs({
        vendor: config.name,
        call: what,
        payOrderNo,
        issue: Answers.issueOf(answer),
        debugId: debugForm.test(debugId) ? debugId : null
      })
    )
  })

/** What was read of an answer; one that was not understood is shown to operators. */
export const heard = <A>(
  { config: { name } }: Desk,
  answer: Answer,
  what: string,
  payOrderNo: string,
  read: Either.Either<A, Failure>
): Effect.Effect<A, Failure> => told(read, { vendor: name, call: what, payOrderNo }, answer)

const askedOf = ({ version }: Payment.Payment, atMillis: number): Evidence.Evidence["asked"] => ({ version, atMillis })

/** An order that PayPal gave no number was shown to nobody: it cannot be paid. A create whose answer was lost is sent again. */
const neverShown = (payment: Payment.Payment, source: "query" | "close"): Asked =>
  Effect.map(Clock.currentTimeMillis, (nowMillis) =>
    Evidence.make("notFound", source, { asked: askedOf(payment, nowMillis) })
  )

/** Asks for the order. */
const orderAnswer = (desk: Desk, payment: Payment.Payment, orderId: string, limit: Limit, what: string) =>
  sent(desk, Requests.order(desk.config, orderId), limit, what, payment.payOrderNo)

const undecided = new Throttled({
  retryAfterMillis: null,
  detail: "PayPal has the payer's money and has not decided on it yet: the order cannot be closed before."
})

/** What an answer to the question for an order says about ours; of one that is being closed nothing until all is decided. */
const saidOfOrder = (
  { config }: Desk,
  answer: Answer,
  payment: Payment.Payment,
  said: Said
): Either.Either<Evidence.Evidence, Failure> => {
  const isClosing = said.source === "close" || payment.state === "CLOSING"
  if (Answers.isSuccess(answer))
    return isClosing && Either.getOrElse(Either.map(Answers.order(answer), isUndecided), () => false)
      ? Either.left(undecided)
      : Answers.evidence(answer, payment, config, said)
  return Answers.refused(answer).meaning === "missing"
    ? Either.right(Evidence.make("notFound", said.source, { asked: said.asked }))
    : Either.left(Answers.unread(answer))
}

/** Reads the order after a call of ours that did not say how it stands. */
const readAfter = (desk: Desk, payment: Payment.Payment, orderId: string, untilMillis: number): Asked =>
  Effect.flatMap(
    orderAnswer(desk, payment, orderId, { millis: desk.config.limits.queryMillis, untilMillis }, "operation"),
    (answer) => {
      const read = saidOfOrder(desk, answer, payment, { source: "operation", asked: null })
      return heard(desk, answer, "operation", payment.payOrderNo, read)
    }
  )

/** Asks what became of an order. */
export const query = (desk: Desk, payment: Payment.Payment): Asked => {
  const { transactionNo } = payment
  if (transactionNo === null) return neverShown(payment, "query")
  const limit = { millis: desk.config.limits.queryMillis, untilMillis: forever }
  return Effect.flatMap(orderAnswer(desk, payment, transactionNo, limit, "query"), (answer) => {
    const said = { source: "query", asked: askedOf(payment, answer.askedAtMillis) } as const
    return heard(desk, answer, "query", payment.payOrderNo, saidOfOrder(desk, answer, payment, said))
  })
}

const hourMillis = 3_600_000
/** How long PayPal knows an order's request by its id (vendors' reference §4b), less what a call may take. */
const orderRepeatMillis = 6 * hourMillis - 60_000

/** Sends a stored create. */
export const create = (desk: Desk, payment: Payment.Payment, prepared: string, untilMillis: number): Asked =>
  Effect.gen(function* () {
    const { config } = desk
    const call = Requests.create(prepared, payment, config)
    if (Either.isLeft(call)) return yield* new Unreachable({ detail: "The stored request cannot be read." })
    const lastMillis = payment.createdAtMillis + orderRepeatMillis
    if ((yield* Clock.currentTimeMillis) >= lastMillis)
      return yield* new Unreachable({
        detail: "PayPal knows a repeated create for 6 hours only: after that it would be another order."
      })
    const limit = { millis: config.limits.createMillis, untilMillis: Math.min(untilMillis, lastMillis) }
    const answer = yield* sent(desk, call.right, limit, "create", payment.payOrderNo)
    const read = Answers.isSuccess(answer)
      ? Either.flatMap(Answers.evidence(answer, payment, config, { source: "create", asked: null }), oneOrder(payment))
      : Either.left(Answers.failure(answer))
    return yield* heard(desk, answer, "create", payment.payOrderNo, read)
  })

/** A repeat has to answer the order that the first create made. */
const oneOrder =
  ({ transactionNo }: Payment.Payment) =>
  (evidence: Evidence.Evidence): Either.Either<Evidence.Evidence, InDoubt> =>
    transactionNo !== null && evidence.transactionNo !== transactionNo
      ? Either.left(new InDoubt({ detail: "PayPal answered a repeated create with another order." }))
      : Either.right(evidence)

/** A kept number of PayPal's, the newest of its kind. */
export const keptOf = ({ kept }: Payment.Payment, kind: "capture" | "authorization"): string | null =>
  kept.findLast((text) => text.startsWith(`${kind}:`))?.slice(kind.length + 1) ?? null

/** PayPal can only be asked for an order by its own number. */
export const unnumbered = new Unreachable({
  detail: "PayPal's number of the order is not known: it has to be asked for first."
})

/** Whether an ended order answers a call that came too late, or the call alone was refused. */
const isDecisive = ({ kind }: Evidence.Evidence): boolean =>
  kind !== "open" && kind !== "approved" && kind !== "notFound" && kind !== "known"

/** What a refused operation comes to; `isFinal`: whether a payment that is refused for good is at its end by it. */
const operationRefused = (
  desk: Desk,
  answer: Answer,
  payment: Payment.Payment,
  orderId: string,
  untilMillis: number,
  isFinal: boolean
): Asked => {
  const refused = Answers.refused(answer)
  const { issue, meaning } = refused
  switch (meaning) {
    case "unaccepted":
    case "again":
    case "missing":
      return Effect.fail(Answers.rejected(refused))
    case "refused":
      return isFinal
        ? Effect.succeed(
            Evidence.make("failed", "operation", {
              transactionNo: orderId,
              code: issue,
              detail: `PayPal refused the payment for good (${issue}).`
            })
          )
        : Effect.fail(Answers.rejected(refused))
    case "done":
      return readAfter(desk, payment, orderId, untilMillis)
    case "over":
      return Effect.filterOrFail(readAfter(desk, payment, orderId, untilMillis), isDecisive, () =>
        Answers.rejected(refused)
      )
    case "ours":
    case "later":
      return Effect.fail(Answers.failure(answer))
    case "doubt":
      return heard(desk, answer, "operation", payment.payOrderNo, Either.left(Answers.failure(answer)))
  }
}

/** Takes the money that the payer approved, or holds it where the order captures by hand. */
export const complete = (
  desk: Desk,
  payment: Payment.Payment,
  operation: Payment.Operation,
  untilMillis: number
): Asked => {
  const { config } = desk
  const { transactionNo: orderId, payOrderNo } = payment
  if (orderId === null) return Effect.fail(unnumbered)
  const call = Requests.complete(config, orderId, payment, operation)
  const limit = { millis: config.limits.createMillis, untilMillis }
  return Effect.flatMap(sent(desk, call, limit, "operation", payOrderNo), (answer) =>
    Answers.isSuccess(answer)
      ? heard(
          desk,
          answer,
          "operation",
          payOrderNo,
          Answers.evidence(answer, payment, config, { source: "operation", asked: null })
        )
      : operationRefused(desk, answer, payment, orderId, untilMillis, true)
  )
}

/** The authorization that a capture is made of, or what the order is instead. */
const authorizationOf = (
  desk: Desk,
  payment: Payment.Payment,
  orderId: string,
  untilMillis: number
): Effect.Effect<string | Evidence.Evidence, Failure> => {
  const kept = keptOf(payment, "authorization")
  if (kept !== null) return Effect.succeed(kept)
  return Effect.map(
    readAfter(desk, payment, orderId, untilMillis),
    (evidence) => (evidence.foreign === null ? authorizationIdOf(evidence) : null) ?? evidence
  )
}

/** Takes held funds, finally: what is not taken is released. */
export const capture = (
  desk: Desk,
  payment: Payment.Payment,
  operation: Payment.Operation,
  untilMillis: number
): Asked =>
  Effect.gen(function* () {
    const { config } = desk
    const { transactionNo: orderId, payOrderNo } = payment
    if (orderId === null) return yield* unnumbered
    const held = yield* authorizationOf(desk, payment, orderId, untilMillis)
    if (typeof held !== "string") return held
    const call = Requests.capture(config, held, payment, operation)
    if (call === null) return yield* Answers.rejected({ issue: "DECIMALS_NOT_SUPPORTED" })
    const answer = yield* sent(desk, call, { millis: config.limits.createMillis, untilMillis }, "operation", payOrderNo)
    return yield* Answers.isSuccess(answer)
      ? heard(
          desk,
          answer,
          "operation",
          payOrderNo,
          Answers.captured(answer, payment, { source: "operation", asked: null })
        )
      : operationRefused(desk, answer, payment, orderId, untilMillis, false)
  })

/** What an order is when we want it closed. */
const closing = (desk: Desk, payment: Payment.Payment, orderId: string): Asked => {
  const limit = { millis: desk.config.limits.closeMillis, untilMillis: forever }
  return Effect.flatMap(orderAnswer(desk, payment, orderId, limit, "close"), (answer) => {
    const said = { source: "close", asked: askedOf(payment, answer.askedAtMillis) } as const
    return heard(desk, answer, "close", payment.payOrderNo, saidOfOrder(desk, answer, payment, said))
  })
}

/**
 * Asks to close an order: what is held is released. PayPal has no other way to close: an order that is not completed by us
 * cannot be paid.
 */
export const close = (desk: Desk, payment: Payment.Payment): Asked =>
  Effect.gen(function* () {
    const { config } = desk
    const { transactionNo: orderId, payOrderNo } = payment
    if (orderId === null) return yield* neverShown(payment, "close")
    const evidence = yield* closing(desk, payment, orderId)
    const held = authorizationIdOf(evidence)
    if (held === null || evidence.foreign !== null) return evidence
    const limit = { millis: config.limits.closeMillis, untilMillis: forever }
    const answer = yield* sent(desk, Requests.release(config, held), limit, "close", payOrderNo)
    const { meaning, issue } = Answers.refused(answer)
    const isReleased = Answers.isSuccess(answer) || answer.status === 204
    if (isReleased || meaning === "done" || meaning === "over" || issue === "CANNOT_BE_VOIDED")
      return yield* closing(desk, payment, orderId)
    return yield* heard(desk, answer, "close", payOrderNo, Either.left(Answers.unread(answer)))
  })

/** The order itself, for what it lists; another one than was asked for is in doubt. */
export const listed = (desk: Desk, payment: Payment.Payment, orderId: string, limit: Limit, what: string) =>
  Effect.flatMap(orderAnswer(desk, payment, orderId, limit, what), (answer) => {
    const read: Either.Either<Order, Failure> = Answers.isSuccess(answer)
      ? Either.filterOrLeft(
          Answers.order(answer),
          ({ id }) => id === orderId,
          () => new InDoubt({ detail: "PayPal answered with another order." })
        )
      : Either.left(Answers.unread(answer))
    return Effect.map(heard(desk, answer, what, payment.payOrderNo, read), (order) => ({
      order,
      askedAtMillis: answer.askedAtMillis
    }))
  })
