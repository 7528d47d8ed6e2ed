import type { Payment } from "@payment-proxy/domain"
import { PaymentCommands } from "@payment-proxy/domain"
import { Orders, Vendors } from "@payment-proxy/ports"
import { Effect, Either, Option } from "effect"
import { decide, OrderNotFound } from "./Decision.ts"
import { heard } from "./TakeIn.ts"

/** Asks the vendor to close an order that is CLOSING; it can still turn out paid, and is asked again until it is decided. */
export const askToClose = (payment: Payment.Payment) =>
  Effect.flatMap(Vendors, (vendors) => heard(payment, vendors.close(payment))).pipe(
    Effect.map((after) => after.payment)
  )

/** Closes an app's order on its request; answers the order as it then is, CLOSING while the vendor has not decided. */
export const close = Effect.fnUntraced(function* (app: string, payOrderNo: string) {
  const orders = yield* Orders
  const found = yield* orders.ofApp(app, payOrderNo)
  if (Option.isNone(found)) return yield* new OrderNotFound({ number: payOrderNo })
  if (found.value.state === "CLOSING" || found.value.state === "CLOSED") return found.value
  const closing = yield* decide({ payOrderNo }, { cause: "close", detail: null }, (payment) =>
    Either.mapLeft(PaymentCommands.command(payment, { type: "close" }), (refused) => refused)
  )
  return closing.state === "CLOSING" ? yield* askToClose(closing) : closing
})
