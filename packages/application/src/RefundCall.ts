import type { Evidence } from "@payment-proxy/domain"
import { RefundMachine } from "@payment-proxy/domain"
import { crashPoint, Vendors, WrittenPoint } from "@payment-proxy/ports"
import { Clock, Effect, Either } from "effect"
import { limitsOf } from "./Decision.ts"
import { hearing, noted } from "./Hearing.ts"
import { type Decided, decide, type Pair } from "./RefundDecision.ts"
import { answerOf, type Silence } from "./TakeIn.ts"

/** Takes in evidence about a refund, whatever brought it. */
export const takeIn = ({ refundNo, payOrderNo }: RefundMachine.Refund, evidence: Evidence.RefundEvidence) =>
  decide<never>(
    refundNo,
    payOrderNo,
    { cause: `${evidence.source}:${evidence.kind}`, detail: evidence.detail },
    (refund, nowMillis, settings) => Either.right(RefundMachine.absorb(refund, evidence, nowMillis, settings))
  )

const takeInAnswer = ({ refundNo, payOrderNo }: RefundMachine.Refund, answer: Evidence.Answer) =>
  decide<never>(refundNo, payOrderNo, { cause: `answer:${answer._tag}`, detail: answer.detail }, (refund) =>
    Either.right(RefundMachine.answered(refund, answer))
  )

/** What one refund call came to, whose intent is on disk: taken in, or the refund as it is after the vendor's silence. */
const outcome = <R>({ refund }: Pair, call: Effect.Effect<Evidence.RefundEvidence, Silence, R>) =>
  Effect.matchEffect(call, {
    onSuccess: (evidence) => takeIn(refund, evidence),
    onFailure: (failure) => takeInAnswer(refund, answerOf(failure))
  }).pipe(hearing("refund"))

const call = ({ payment, refund }: Pair) =>
  Effect.flatMap(Vendors, (vendors) => vendors.refund(payment, refund, refund.deadlineMillis)).pipe(
    Effect.provideService(WrittenPoint, "K19")
  )

/** Sends a refund whose intent is on disk, until its deadline, and takes in what comes of it. */
export const send = (pair: Pair) => Effect.zipRight(crashPoint("K18"), outcome(pair, call(pair)))

/** Puts the intent to send a refund once more on disk; `null` where it has moved on, or its payment waits for a person. */
const intendAgain = ({ refund: known }: Pair, untilMillis: number) =>
  decide(
    known.refundNo,
    known.payOrderNo,
    { cause: "send again", detail: null },
    (refund, _nowMillis, _settings, payment): Either.Either<RefundMachine.RefundStep, "moved"> =>
      refund.version === known.version &&
      payment.state !== "HELD" &&
      (refund.state === "SUBMITTING" || refund.state === "PENDING")
        ? Either.right({
            order: RefundMachine.sending(refund, untilMillis),
            urgent: false,
            resend: false,
            alarms: []
          })
        : Either.left("moved")
  ).pipe(
    Effect.catchIf(
      (failure) => failure === "moved",
      () => Effect.succeed(null)
    )
  )

/** Sends a refund once more, the same bytes under its own number; the intent is committed first. Who is stopped meanwhile leaves it in doubt. */
export const sendAgain = Effect.fnUntraced(function* (pair: Pair) {
  const vendors = yield* Vendors
  const { createTimeLimitMillis } = limitsOf(vendors, pair.payment)
  const untilMillis = (yield* Clock.currentTimeMillis) + createTimeLimitMillis
  const sent = yield* intendAgain(pair, untilMillis)
  if (sent === null) return pair
  return yield* Effect.zipRight(crashPoint("K18"), outcome(sent, Effect.interruptible(call(sent)))).pipe(
    Effect.uninterruptible
  )
})

/** Asks the vendor what became of a refund, and takes in what it says; `said` is null where it said nothing of it. */
export const ask = Effect.fnUntraced(function* (pair: Pair) {
  const vendors = yield* Vendors
  const { payment, refund } = pair
  return yield* vendors.queryRefund(payment, refund).pipe(
    Effect.zipLeft(crashPoint("K17")),
    Effect.matchEffect({
      onSuccess: (evidence) =>
        takeIn(refund, evidence).pipe(
          Effect.tap((after) =>
            evidence.kind === "notFound" && after.refund.version === refund.version
              ? noted(refund.refundNo, null)
              : Effect.void
          ),
          Effect.map((after: Decided) => ({ ...after, said: evidence.kind, silence: null }))
        ),
      // A refusal speaks of the question, not of the refund.
      onFailure: (failure) =>
        Effect.logInfo(`The vendor did not say what became of the refund: ${failure._tag}.`).pipe(
          Effect.annotateLogs({ refundNo: refund.refundNo, detail: answerOf(failure).detail }),
          Effect.zipRight(noted(refund.refundNo, answerOf(failure).detail)),
          Effect.as({ ...pair, resend: false, said: null, silence: failure._tag })
        )
    }),
    hearing("queryRefund")
  )
})
