import { DueWork, Orders } from "@payment-proxy/ports"
import { Clock, Context, Effect, Option } from "effect"
import { ask } from "./Ask.ts"
import { Changes } from "./Changes.ts"
import { OrderNotFound } from "./Decision.ts"

/** Whoever asks makes us ask a vendor about one order at most so often. */
const restMillis = 2000

/** When an order was last asked about on request, by number; the longest ago come first. */
class LastSynced extends Context.Reference<LastSynced>()("@payment-proxy/application/Sync/LastSynced", {
  defaultValue: () => new Map<string, number>()
}) {}

const isTurn = (last: Map<string, number>, payOrderNo: string, nowMillis: number): boolean => {
  for (const [no, atMillis] of last) {
    if (Math.abs(nowMillis - atMillis) < restMillis) break
    last.delete(no)
  }
  if (Math.abs(nowMillis - (last.get(payOrderNo) ?? Number.NEGATIVE_INFINITY)) < restMillis) return false
  last.delete(payOrderNo)
  last.set(payOrderNo, nowMillis)
  return true
}

/**
 * Asks the vendor what an app's order is, now, and answers the order as it then is; asked again within two seconds, it answers what is
 * known. Refunds of it that are open are asked about by the loops at once.
 */
export const sync = Effect.fnUntraced(function* (app: string, payOrderNo: string) {
  const orders = yield* Orders
  const due = yield* DueWork
  const found = yield* orders.ofApp(app, payOrderNo)
  if (Option.isNone(found)) return yield* new OrderNotFound({ number: payOrderNo })
  if (!isTurn(yield* LastSynced, payOrderNo, yield* Clock.currentTimeMillis)) return found.value
  const open = found.value.ownRefunds.filter(({ state }) => state === "open")
  yield* Effect.forEach(open, ({ refundNo }) => due.hasten(refundNo), { discard: true })
  if (open.length > 0) yield* Effect.flatMap(Changes, (changes) => changes.nudge("orders"))
  return (yield* ask(found.value)).payment
})
