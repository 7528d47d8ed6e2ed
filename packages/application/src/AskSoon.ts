import { Payment } from "@payment-proxy/domain"
import { DueWork } from "@payment-proxy/ports"
import { Clock, Context, Effect } from "effect"
import { Changes } from "./Changes.ts"

/** What proves nothing makes us ask about an order at most so often, however often it comes. */
const restMillis = 5000

/** When such a thing last made us ask, by order; the longest ago come first. */
class LastAsked extends Context.Reference<LastAsked>()("@payment-proxy/application/AskSoon/LastAsked", {
  defaultValue: () => new Map<string, number>()
}) {}

/** Whether the vendor is to be asked at once; noted where it is. */
const isTurn = (lastAsked: Map<string, number>, payOrderNo: string, nowMillis: number): boolean => {
  for (const [no, atMillis] of lastAsked) {
    if (Math.abs(nowMillis - atMillis) < restMillis) break
    lastAsked.delete(no)
  }
  if (Math.abs(nowMillis - (lastAsked.get(payOrderNo) ?? Number.NEGATIVE_INFINITY)) < restMillis) return false
  lastAsked.delete(payOrderNo)
  lastAsked.set(payOrderNo, nowMillis)
  return true
}

/**
 * Makes an order due now, unless that was just done, or a call of ours may be on its way, which is asked about when its time is
 * over. Answers whether it did.
 */
export const askSoon = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const due = yield* DueWork
  const changes = yield* Changes
  const nowMillis = yield* Clock.currentTimeMillis
  if (Payment.inDoubt(payment) || !isTurn(yield* LastAsked, payment.payOrderNo, nowMillis)) return false
  yield* due.hasten(payment.payOrderNo)
  yield* changes.nudge("orders")
  return true
})
