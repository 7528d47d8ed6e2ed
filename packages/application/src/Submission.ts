import type { Evidence, Payment } from "@payment-proxy/domain"
import { PaymentMachine } from "@payment-proxy/domain"
import { crashPoint, Orders, Vault, Vendors } from "@payment-proxy/ports"
import { Clock, Context, Effect, Either, Option } from "effect"
import { decide, limitsOf } from "./Decision.ts"
import { hearing } from "./Hearing.ts"
import { requestContext } from "./Intent.ts"
import { using } from "./Services.ts"
import { answerOf, type Silence, takeInAnswer, takeInCreated } from "./TakeIn.ts"

/** Takes in what one create came to, whose intent is `sent`: the order as it is after the vendor's answer, or after its silence. */
export const outcome = <R>(sent: Payment.Payment, call: Effect.Effect<Evidence.Evidence, Silence, R>) =>
  call.pipe(
    Effect.zipLeft(crashPoint("K08")),
    Effect.matchEffect({
      onSuccess: (evidence) => takeInCreated(sent, evidence),
      onFailure: (failure) => takeInAnswer(sent, answerOf(failure))
    }),
    hearing("create")
  )

/** Until when a create may be written whose intent was decided at `intentMillis`. */
export const sendableUntil = (vendors: Vendors["Type"], payment: Payment.Payment, intentMillis: number): number =>
  intentMillis + limitsOf(vendors, payment).createTimeLimitMillis

/**
 * One create, whose intent is on disk. It is over before the order is due again, also for a process that was paused in
 * between.
 */
export const submit = (payment: Payment.Payment, prepared: string, intentMillis: number) =>
  using<Vendors>()((services) => {
    const vendors = Context.get(services, Vendors)
    return outcome(payment, vendors.create(payment, prepared, sendableUntil(vendors, payment, intentMillis)))
  })

/** Puts the intent to send a create once more on disk, while it is `wanted` and the payer still has time; refused otherwise. */
export const intendAgain = <E>(
  known: { readonly payOrderNo: string; readonly from?: Payment.Payment },
  isWanted: (now: Payment.Payment) => boolean,
  refusal: (now: Payment.Payment) => E
) =>
  decide(known, { cause: "send again", detail: null }, (now, nowMillis) =>
    isWanted(now) && nowMillis < now.expiresAtMillis
      ? Either.right({ order: PaymentMachine.sending(now, "create"), urgent: false, alarms: [] })
      : Either.left(refusal(now))
  )

/** Sends the stored request once more, under the same number and absolute expiry; its intent is committed first. */
export const submitAgain = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const orders = yield* Orders
  const vault = yield* Vault
  const { payOrderNo, version } = payment
  const sealed = yield* orders.sealedRequest(payOrderNo)
  if (Option.isNone(sealed)) {
    yield* Effect.logError("The stored request is missing: only queries are left.")
    return payment
  }
  const prepared = yield* vault.open(requestContext(payOrderNo), sealed.value)
  const intentMillis = yield* Clock.currentTimeMillis
  const sending = yield* intendAgain(
    { payOrderNo },
    (now) => now.version === version,
    () => "moved" as const
  ).pipe(Effect.catchAll((failure) => (failure === "moved" ? Effect.succeed(null) : Effect.fail(failure))))
  return sending === null ? payment : yield* submit(sending, prepared, intentMillis)
})
