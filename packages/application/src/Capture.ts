import { Machine, type Money, PaymentCommands } from "@payment-proxy/domain"
import { Orders, UnknownVendor, Vendors } from "@payment-proxy/ports"
import { Effect, Either, Option } from "effect"
import { signed } from "./Actor.ts"
import { attended, decide, OrderNotFound } from "./Decision.ts"
import { operate } from "./Operate.ts"

const unable = Machine.refuse("NOT_SUPPORTED", "This vendor's adapter cannot capture.")

/**
 * Takes held funds, all or a part, on an app's request: the operation is on disk before its call (design §5), which is made at once;
 * answers the order as it then is. One part can be taken of an authorization; the vendor releases the rest, or it lapses.
 */
export const capture = Effect.fnUntraced(function* (app: string, payOrderNo: string, amount: Money.Money | null) {
  const orders = yield* Orders
  const vendors = yield* Vendors
  const found = yield* orders.ofApp(app, payOrderNo)
  if (Option.isNone(found)) return yield* new OrderNotFound({ number: payOrderNo })
  const vendor = Option.getOrUndefined(vendors.get(found.value.vendor))
  if (vendor === undefined) return yield* new UnknownVendor({ vendor: found.value.vendor })
  if (!vendor.abilities.includes("capture")) return yield* Effect.fail(unable)
  const cause = yield* signed({ cause: "capture asked", detail: null })
  const intent = decide({ payOrderNo }, cause, (payment) =>
    amount !== null && amount.currency !== payment.amount.currency
      ? Either.left(Machine.refuse("AMOUNT_INVALID", `The payment is in ${payment.amount.currency}.`))
      : Either.map(
          PaymentCommands.command(payment, {
            type: "capture",
            amountMinor: amount?.amountMinor ?? payment.acceptedMinor ?? payment.authorized
          }),
          attended
        )
  )
  return yield* Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(restore(intent), (payment) =>
      payment.operation === null
        ? Effect.succeed(payment)
        : operate(payment, payment.operation).pipe(
            Effect.catchAll((fault) =>
              Effect.logWarning("The vendor's answer could not be taken in; the capture stays in doubt.", fault).pipe(
                Effect.as(payment)
              )
            )
          )
    )
  )
})
