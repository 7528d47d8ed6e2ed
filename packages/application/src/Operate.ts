import type { Payment } from "@payment-proxy/domain"
import { PaymentMachine } from "@payment-proxy/domain"
import { Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Either } from "effect"
import { ask } from "./Ask.ts"
import { decide } from "./Decision.ts"
import { hearing } from "./Hearing.ts"
import { sendableUntil } from "./Submission.ts"
import { answerOf, takeIn } from "./TakeIn.ts"

type Operation = Payment.Operation

/** The open operation, if it is this one. */
const isStill = ({ operation }: Payment.Payment, { no }: Operation): boolean => operation?.no === no

/** Whether it is still to be sent: an order that is held, being closed or at its end wants no call more (design §5). */
const isWanted = (payment: Payment.Payment, operation: Operation): boolean =>
  isStill(payment, operation) && (payment.state === "PENDING" || payment.state === "AUTHORIZED")

/** Puts the intent to send the operation once more on disk; `null` where the order has moved on. */
const intendOnce = (known: Payment.Payment, operation: Operation, untilMillis: number) =>
  decide(
    { payOrderNo: known.payOrderNo },
    { cause: operation.kind, detail: operation.no },
    (now): Either.Either<{ order: Payment.Payment; urgent: boolean; alarms: ReadonlyArray<string> }, "moved"> =>
      isWanted(now, operation) && now.version === known.version
        ? Either.right({ order: PaymentMachine.sending(now, "operation", untilMillis), urgent: false, alarms: [] })
        : Either.left("moved")
  ).pipe(
    Effect.catchIf(
      (failure) => failure === "moved",
      () => Effect.succeed(null)
    )
  )

/** Sends the operation, whose intent is `sent`, and takes in what comes of it; who is stopped meanwhile leaves it in doubt. */
const send = Effect.fnUntraced(function* (sent: Payment.Payment, operation: Operation, untilMillis: number) {
  const vendors = yield* Vendors
  // Who was paused with an answer in his hands may find that it was given up for lost, and sent again: this says nothing of that call.
  const isLastCall = (now: Payment.Payment) => isStill(now, operation) && now.operation?.untilMillis === untilMillis
  return yield* vendors[operation.kind](sent, operation, untilMillis).pipe(
    Effect.interruptible,
    Effect.matchEffect({
      onSuccess: (evidence) => takeIn(sent.payOrderNo, evidence),
      onFailure: (failure) => {
        const answer = answerOf(failure)
        return decide<never>(
          { payOrderNo: sent.payOrderNo },
          { cause: `${operation.kind}:${answer._tag}`, detail: answer.detail },
          (now) =>
            Either.right(
              isLastCall(now)
                ? PaymentMachine.answered(now, "operation", answer)
                : { order: now, urgent: false, alarms: [] }
            )
        )
      }
    }),
    hearing(operation.kind)
  )
})

/**
 * Runs an order's open operation, which takes the money (design §5): its intent is on disk before the call leaves, and it has
 * the same number however often. Where a call of it may have arrived, the vendor is asked first; while one may be in the air, none follows.
 */
export const operate = Effect.fnUntraced(function* (payment: Payment.Payment, operation: Operation) {
  const asked = operation.unknownCalls > 0 ? yield* ask(payment) : { payment, said: null }
  if (!isWanted(asked.payment, operation)) return asked.payment
  const nowMillis = yield* Clock.currentTimeMillis
  // Another process may have sent it while we asked.
  const isInTheAir = nowMillis <= (asked.payment.operation?.untilMillis ?? 0)
  if (operation.unknownCalls > 0 && (asked.said === null || isInTheAir)) return asked.payment
  const vendors = yield* Vendors
  const untilMillis = sendableUntil(vendors, asked.payment, nowMillis)
  const sent = yield* intendOnce(asked.payment, operation, untilMillis)
  return sent === null ? asked.payment : yield* Effect.uninterruptible(send(sent, operation, untilMillis))
})
