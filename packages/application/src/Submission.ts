import type { Evidence, Payment } from "@payment-proxy/domain"
import { PaymentMachine } from "@payment-proxy/domain"
import { crashPoint, Orders, Vault, Vendors } from "@payment-proxy/ports"
import { Clock, Context, Effect, Either, Option } from "effect"
import { decide, limitsOf } from "./Decision.ts"
import { using } from "./Services.ts"
import { takeInAnswer, takeInCreated } from "./TakeIn.ts"

/** Where a vendor's request is kept: what it is sealed to. */
export const requestContext = (payOrderNo: string): string => `payment_proxy_order/${payOrderNo}/sealed_request`

/**
 * One create, whose intent is on disk: the order as it is after the vendor's answer, or after its silence. It is over
 * before the order is due again, also for a process that was paused in between.
 */
export const submit = (payment: Payment.Payment, prepared: string, intentMillis: number) =>
  using<Vendors>()((services) => {
    const vendors = Context.get(services, Vendors)
    const { createTimeLimitMillis } = limitsOf(vendors, payment)
    return vendors.create(payment, prepared, intentMillis + createTimeLimitMillis).pipe(
      Effect.zipLeft(crashPoint("K08")),
      Effect.matchEffect({
        onSuccess: (evidence) => takeInCreated(payment, evidence),
        onFailure: (failure) => takeInAnswer(payment, answerOf(failure))
      })
    )
  })

/** Sends the stored request once more, under the same number and absolute expiry; its intent is committed first. */
export const submitAgain = (payment: Payment.Payment) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const vault = yield* Vault
    const sealed = yield* orders.sealedRequest(payment.payOrderNo)
    if (Option.isNone(sealed)) {
      yield* Effect.logError("The stored request is missing: only queries are left.")
      return payment
    }
    const prepared = yield* vault.open(requestContext(payment.payOrderNo), sealed.value)
    const intentMillis = yield* Clock.currentTimeMillis
    const sending = yield* decide(
      { payOrderNo: payment.payOrderNo },
      { cause: "send again", detail: null },
      (now, nowMillis) =>
        now.version === payment.version && nowMillis < now.expiresAtMillis
          ? Either.right({ order: PaymentMachine.sending(now, "create"), urgent: false, alarms: [] })
          : Either.left("moved" as const)
    ).pipe(Effect.catchAll((failure) => (failure === "moved" ? Effect.succeed(null) : Effect.fail(failure))))
    return sending === null ? payment : yield* submit(sending, prepared, intentMillis)
  })

/** A failure of a vendor call as the machine reads it; a vendor that is no longer configured was certainly not reached. */
export const answerOf = (
  failure: Evidence.Answer | { readonly _tag: "UnknownVendor"; readonly vendor: string }
): Evidence.Answer =>
  failure._tag === "UnknownVendor"
    ? { _tag: "Unreachable", detail: `No vendor ${failure.vendor} is configured.` }
    : failure
