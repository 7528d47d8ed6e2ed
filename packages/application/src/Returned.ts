import { PaymentCommands } from "@payment-proxy/domain"
import type { ReturnQuery } from "@payment-proxy/ports"
import { Orders, Vault, Vendors } from "@payment-proxy/ports"
import { Duration, Effect, Option } from "effect"
import { askSoon } from "./AskSoon.ts"
import { Changes } from "./Changes.ts"
import { OrderNotFound } from "./Decision.ts"
import { requestContext } from "./Intent.ts"

/** How long a payer who came back waits for the vendor's word before he is sent on. */
const patience = Duration.seconds(4)

/** Where the app wants the payer; null where it named no page, or the stored request is gone. */
const onwardOf = Effect.fnUntraced(function* (payOrderNo: string) {
  const orders = yield* Orders
  const vault = yield* Vault
  const vendors = yield* Vendors
  const found = yield* orders.byNumber(payOrderNo)
  const sealed = yield* orders.sealedRequest(payOrderNo)
  if (Option.isNone(found) || Option.isNone(sealed)) return null
  const prepared = yield* vault.open(requestContext(payOrderNo), sealed.value)
  return yield* vendors.onward(found.value, prepared)
})

/**
 * A payer came back from the vendor's page. What he brings proves nothing: it is compared where the vendor gave us something to
 * compare with, and the vendor is asked, whatever came out. Answers where he is to be sent on to.
 */
export const returned = Effect.fnUntraced(function* (vendor: string, payOrderNo: string, query: ReturnQuery) {
  const orders = yield* Orders
  const vendors = yield* Vendors
  const changes = yield* Changes
  const found = yield* orders.byNumber(payOrderNo)
  if (Option.isNone(found) || found.value.vendor !== vendor) return yield* new OrderNotFound({ number: payOrderNo })
  const payment = found.value
  const isMatched = yield* vendors.returned(payment, query)
  yield* Effect.logInfo("A payer came back.", { vendor, payOrderNo, isMatched })
  if (PaymentCommands.isAwaited(payment)) {
    yield* askSoon(payment)
    yield* changes.next(payOrderNo, payment.version, patience)
  }
  return yield* onwardOf(payOrderNo).pipe(
    Effect.catchTags({ Unsealable: () => Effect.succeed(null), UnknownVendor: () => Effect.succeed(null) })
  )
})
