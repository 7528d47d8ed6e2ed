import type { Evidence, Payment } from "@payment-proxy/domain"
import { PaymentMachine } from "@payment-proxy/domain"
import { Effect, Either } from "effect"
import { decide } from "./Decision.ts"
import { noted } from "./Hearing.ts"
import * as ListedRefunds from "./ListedRefunds.ts"

/** Takes in evidence about an order, whatever brought it: what is known already writes nothing. */
export const takeIn = (payOrderNo: string, evidence: Evidence.Evidence) => {
  const cause = { cause: `${evidence.source}:${evidence.kind}`, detail: detailOf(evidence) }
  return ListedRefunds.isAboutOurs(evidence)
    ? ListedRefunds.takeIn(payOrderNo, evidence, cause)
    : decide<never>({ payOrderNo }, cause, (payment, nowMillis, settings) =>
        Either.right(PaymentMachine.absorb(payment, evidence, nowMillis, settings))
      )
}

/** Takes in evidence that answers a create of ours, whose intent is `sent`: that call's outcome is known from here on. */
export const takeInCreated = (sent: Payment.Payment, evidence: Evidence.Evidence) =>
  decide<never>(
    { payOrderNo: sent.payOrderNo, from: sent },
    { cause: `create:${evidence.kind}`, detail: detailOf(evidence) },
    (payment, nowMillis, settings) => Either.right(PaymentMachine.created(payment, evidence, nowMillis, settings))
  )

/** Takes in the answer to a create that is not evidence: it speaks of that call alone. */
export const takeInAnswer = (sent: Payment.Payment, answer: Evidence.Answer) =>
  decide<never>(
    { payOrderNo: sent.payOrderNo, from: sent },
    { cause: `answer:${answer._tag}`, detail: answer.detail },
    (payment) => Either.right(PaymentMachine.answered(payment, "create", answer))
  )

/** Why there is no evidence. */
export type Silence = Evidence.Answer | { readonly _tag: "UnknownVendor"; readonly vendor: string }

/** A failure of a vendor call as the machine reads it; a vendor that is no longer configured was certainly not reached. */
export const answerOf = (failure: Silence): Evidence.Answer =>
  failure._tag === "UnknownVendor"
    ? { _tag: "Unreachable", detail: `No vendor ${failure.vendor} is configured.` }
    : failure

/** What leaves an order where it is, and operators ask why. */
const isPuzzling = ({ kind }: Evidence.Evidence): boolean => kind === "notFound" || kind === "known"

/** Takes in what the vendor says to a call about an order, and answers what that was; silence leaves the order as it is. */
export const heard = <R>(payment: Payment.Payment, call: Effect.Effect<Evidence.Evidence, Silence, R>) =>
  Effect.matchEffect(call, {
    onSuccess: (evidence) =>
      takeIn(payment.payOrderNo, evidence).pipe(
        Effect.tap((after) =>
          isPuzzling(evidence) && after.version === payment.version ? noted(payment.payOrderNo, null) : Effect.void
        ),
        Effect.map((after) => ({ payment: after, said: evidence.kind, silence: null }))
      ),
    onFailure: (failure) =>
      Effect.logInfo(`The vendor did not say what became of the order: ${failure._tag}.`).pipe(
        Effect.annotateLogs({ payOrderNo: payment.payOrderNo, detail: answerOf(failure).detail }),
        Effect.zipRight(noted(payment.payOrderNo, answerOf(failure).detail)),
        Effect.as({ payment, said: null, silence: failure._tag })
      )
  })

const detailOf = (evidence: Evidence.Evidence): string | null => {
  if (evidence.foreign !== null) return evidence.foreign
  if (evidence.kind === "failed") return `${evidence.code}: ${evidence.detail}`
  return evidence.kind === "known" ? `The vendor's status is ${JSON.stringify(evidence.word)}.` : null
}
