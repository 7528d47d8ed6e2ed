import { Insights } from "@payment-proxy/order-table"
import { Insight } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, now, typed } from "./Database.ts"

const dialect: Insights.Dialect = {
  by: (index) => `FORCE INDEX (${index})`,
  places: "SELECT DISTINCT app, endpoint FROM payment_proxy_delivery FORCE INDEX (payment_proxy_delivery_place)",
  lastTriedAt: (column) => `JSON_EXTRACT(${column}, CONCAT('$[', JSON_LENGTH(${column}) - 1, '].atMillis')) + 0`
}

export const make = Effect.gen(function* () {
  const { sql } = yield* Database
  const insight = Insights.make(dialect, ({ text, values }) => sql.unsafe(text, [...values]).unprepared, now)
  return Insight.of({
    inDoubt: (limit) => typed(insight.inDoubt(limit)),
    held: (limit) => typed(insight.held(limit)),
    queues: typed(insight.queues),
    behind: (limit) => typed(insight.behind(limit)),
    dueAt: (numbers) => typed(insight.dueAt(numbers))
  })
})

/** How the whole stands, in MySQL or MariaDB. */
export const layer = Layer.effect(Insight, make)
