import { PaymentCommands } from "@payment-proxy/domain"
import type { Search } from "@payment-proxy/ports"
import { Orders } from "@payment-proxy/ports"
import { Duration, Effect, Option } from "effect"
import { Changes } from "./Changes.ts"
import { OrderNotFound } from "./Decision.ts"

/** An app's own order. */
export const order = (app: string, payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.ofApp(app, payOrderNo)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number: payOrderNo }), onSome: Effect.succeed }))
  )

/**
 * An app's own order, at the latest after `wait`: at once when it has a version above `version`, or, without one, when
 * it waits for nobody; otherwise as soon as it changes.
 */
export const orderWhenChanged = Effect.fnUntraced(function* (
  app: string,
  payOrderNo: string,
  wait: Duration.Duration,
  version: number | null
) {
  const now = yield* order(app, payOrderNo)
  const isNews = version === null ? !PaymentCommands.isAwaited(now) : now.version > version
  if (isNews || Duration.toMillis(wait) === 0) return now
  const changes = yield* Changes
  yield* changes.next(payOrderNo, Math.max(now.version, version ?? 0), wait)
  return yield* order(app, payOrderNo)
})

/** What happened to an app's own order, oldest first. */
export const history = Effect.fnUntraced(function* (app: string, payOrderNo: string) {
  yield* order(app, payOrderNo)
  return yield* Effect.flatMap(Orders, (orders) => orders.history(payOrderNo))
})

/** One page of an app's orders, newest first, and where the next begins. */
export const orders = Effect.fnUntraced(function* (search: Search) {
  const found = yield* Effect.flatMap(Orders, (orders) => orders.search({ ...search, limit: search.limit + 1 }))
  const items = found.slice(0, search.limit)
  return { items, next: found.length > search.limit ? (items.at(-1)?.payOrderNo ?? null) : null }
})
