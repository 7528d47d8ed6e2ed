import type { Payment } from "@payment-proxy/domain"
import { Machine, PaymentCommands } from "@payment-proxy/domain"
import { Orders, Vendors } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option } from "effect"
import { ask } from "./Ask.ts"
import { decide } from "./Decision.ts"
import { guarded } from "./Refund.ts"

const reason = "Paid after the order had ended"

/** How long after a refund of late money that failed was placed the next one is, by how many failed; the last wait repeats. */
const waits = [10, 30, 60, 120, 240, 480, 1440].map((minutes) => Duration.minutes(minutes))
const day = Duration.days(1)

/** An order as it then is, whether the vendor said what it is, and when it is to be looked at again, where that is known. */
export interface Settled {
  readonly payment: Payment.Payment
  readonly isHeard: boolean
  readonly wait: Duration.Duration | null
}

/** Whether its vendor's policy keeps money that comes late. */
export const isKept = ({ vendor }: Payment.Payment) =>
  Effect.map(Vendors, (vendors) => Option.getOrUndefined(vendors.get(vendor))?.latePaid === "accept")

const accept = ({ payOrderNo }: Payment.Payment) =>
  decide({ payOrderNo }, { cause: "accept", detail: "Money that comes late is accepted." }, (now) =>
    PaymentCommands.command(now, { type: "accept" })
  )

/** How long it is until the next refund is placed: none where none has failed. */
const restOf = Effect.fnUntraced(function* ({ ownRefunds }: Payment.Payment) {
  const failed = ownRefunds.filter(({ state }) => state === "failed")
  const last = failed.at(-1)
  if (last === undefined) return Duration.zero
  const orders = yield* Orders
  const placed = Option.getOrUndefined(yield* orders.refund(last.refundNo))
  if (placed === undefined) return Duration.zero
  const wait = waits[failed.length - 1] ?? day
  const leftMillis = placed.createdAtMillis + Duration.toMillis(wait) - (yield* Clock.currentTimeMillis)
  return Duration.millis(Math.max(leftMillis, 0))
})

/** Asks what the order is, and leaves it until then. */
const rest = (payment: Payment.Payment, wait: Duration.Duration) =>
  Effect.map(ask(payment), (asked): Settled => ({ payment: asked.payment, isHeard: asked.said !== null, wait }))

const alarmed = (alarm: string, { payOrderNo, vendor }: Payment.Payment) =>
  Effect.logWarning(`alarm ${alarm}`, { payOrderNo, vendor })

const refundAll = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const left = yield* restOf(payment)
  if (Duration.greaterThan(left, Duration.zero)) return yield* rest(payment, left)
  const { app, payOrderNo } = payment
  // What the vendor's desk gave back may be all that is left; and word of it that came late asks for a query.
  const asked = yield* ask(payment)
  if (asked.payment.version !== payment.version) return { payment: asked.payment, isHeard: true, wait: null }
  const wanted = { app, payOrderNo, idempotencyKey: null, fingerprint: "", amount: null, reason }
  // Somebody may have accepted it while the vendor was asked.
  const placed = yield* guarded(wanted, (now) =>
    now.version === payment.version ? Effect.void : Effect.fail(Machine.refuse("MOVED", "The order has moved on."))
  )
  return { payment: placed.payment, isHeard: false, wait: null }
})

/**
 * What becomes of money that came after the app had been told that none would (design §5): by the vendor's policy it is accepted, or
 * all of it that is left goes back, as often under a new number as that fails. A vendor that cannot refund leaves it to a person, aloud.
 */
export const settle = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const vendor = Option.getOrUndefined((yield* Vendors).get(payment.vendor))
  const accepts = yield* isKept(payment)
  if (!accepts && vendor?.abilities.includes("refund") !== true) {
    yield* alarmed("LATE_PAID_NOT_REFUNDABLE", payment)
    return yield* rest(payment, day)
  }
  const settled = accepts
    ? Effect.map(accept(payment), (after): Settled => ({ payment: after, isHeard: false, wait: null }))
    : refundAll(payment)
  return yield* settled.pipe(
    // It moved meanwhile: what it needs now is found out when it is due again.
    Effect.catchTag("Refused", () => Effect.succeed<Settled>({ payment, isHeard: false, wait: null }))
  )
})
