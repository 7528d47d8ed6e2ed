import type { Evidence, Payment } from "@payment-proxy/domain"
import { PaymentMachine } from "@payment-proxy/domain"
import { Either } from "effect"
import { decide } from "./Decision.ts"

/** Takes in evidence about an order, whatever brought it: what is known already writes nothing. */
export const takeIn = (payOrderNo: string, evidence: Evidence.Evidence) =>
  decide<never>(
    { payOrderNo },
    { cause: `${evidence.source}:${evidence.kind}`, detail: detailOf(evidence) },
    (payment, nowMillis, settings) => Either.right(PaymentMachine.absorb(payment, evidence, nowMillis, settings))
  )

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

const detailOf = (evidence: Evidence.Evidence): string | null => {
  if (evidence.foreign !== null) return evidence.foreign
  if (evidence.kind === "failed") return `${evidence.code}: ${evidence.detail}`
  return evidence.kind === "known" ? `The vendor's status is ${JSON.stringify(evidence.word)}.` : null
}
