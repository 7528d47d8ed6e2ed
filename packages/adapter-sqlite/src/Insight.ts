import { Insights } from "@payment-proxy/order-table"
import { Insight } from "@payment-proxy/ports"
import { Clock, Effect, Layer } from "effect"
import { Database, typed } from "./Database.ts"

const dialect: Insights.Dialect = {
  by: (index) => `INDEXED BY ${index}`,
  // From one to the next in their index: SQLite would read all of it.
  places: `WITH RECURSIVE place(app, endpoint) AS (
      SELECT * FROM (SELECT app, endpoint FROM payment_proxy_delivery
        WHERE due_millis IS NOT NULL ORDER BY app, endpoint LIMIT 1)
      UNION ALL
      SELECT next.app, next.endpoint FROM place, payment_proxy_delivery next WHERE next.rowid = (
        SELECT rowid FROM payment_proxy_delivery
        WHERE due_millis IS NOT NULL AND (app, endpoint) > (place.app, place.endpoint) ORDER BY app, endpoint LIMIT 1))
    SELECT app, endpoint FROM place`,
  lastTriedAt: (column) => `json_extract(${column}, '$[#-1].atMillis')`
}

export const make = Effect.gen(function* () {
  const { reader } = yield* Database
  const now = Effect.map(Clock.currentTimeMillis, String)
  const insight = Insights.make(dialect, ({ text, values }) => reader.unsafe(text, [...values]).unprepared, now)
  return Insight.of({
    inDoubt: (limit) => typed(insight.inDoubt(limit)),
    held: (limit) => typed(insight.held(limit)),
    queues: typed(insight.queues),
    behind: (limit) => typed(insight.behind(limit)),
    dueAt: (numbers) => typed(insight.dueAt(numbers))
  })
})

/** How the whole stands, in the embedded database. */
export const layer = Layer.effect(Insight, make)
