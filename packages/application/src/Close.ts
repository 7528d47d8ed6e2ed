import type { Payment } from "@payment-proxy/domain"
import { PaymentCommands } from "@payment-proxy/domain"
import { Orders, Vendors, WrittenPoint } from "@payment-proxy/ports"
import { Effect, Either, Option } from "effect"
import { signed } from "./Actor.ts"
import { ask } from "./Ask.ts"
import { attended, decide, OrderNotFound } from "./Decision.ts"
import { hearing } from "./Hearing.ts"
import { heard } from "./TakeIn.ts"

/**
 * Asks the vendor to close an order that is CLOSING; it can still turn out paid, and is asked again until it is decided. Where the
 * vendor refuses, or says nothing that is understood ("already paid", "no such order"), it is asked what the order is.
 */
export const askToClose = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const vendors = yield* Vendors
  const closed = yield* heard(payment, Effect.provideService(vendors.close(payment), WrittenPoint, "K20")).pipe(
    hearing("close")
  )
  const isRefused = closed.silence === "Rejected" || closed.silence === "InDoubt"
  return isRefused ? (yield* ask(closed.payment)).payment : closed.payment
})

/** Closes an app's order on its request; answers the order as it then is, CLOSING while the vendor has not decided. */
export const close = Effect.fnUntraced(function* (app: string, payOrderNo: string) {
  const orders = yield* Orders
  const found = yield* orders.ofApp(app, payOrderNo)
  if (Option.isNone(found)) return yield* new OrderNotFound({ number: payOrderNo })
  if (found.value.state === "CLOSING" || found.value.state === "CLOSED") return found.value
  const cause = yield* signed({ cause: "close", detail: null })
  const closing = yield* decide({ payOrderNo }, cause, (payment) =>
    Either.map(PaymentCommands.command(payment, { type: "close" }), attended)
  )
  if (closing.state !== "CLOSING") return closing
  return yield* askToClose(closing).pipe(
    Effect.catchAll((fault) =>
      Effect.logWarning("The vendor's answer could not be taken in; the order is still being closed.", fault).pipe(
        Effect.as(closing)
      )
    )
  )
})
