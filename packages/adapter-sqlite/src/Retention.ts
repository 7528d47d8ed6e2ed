import { Retention, type Shelf } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Layer } from "effect"
import { Database } from "./Database.ts"

const tables = {
  history: "payment_proxy_history",
  deliveries: "payment_proxy_delivery",
  inbox: "payment_proxy_inbox"
} as const

export const make = Effect.gen(function* () {
  const { writer: sql, transaction } = yield* Database

  /** The key of what may go. */
  const old = (shelf: Shelf, until: number, limit: number) => {
    switch (shelf) {
      case "history":
        return sql`(pay_order_no, version) IN (SELECT entry.pay_order_no, entry.version FROM payment_proxy_history entry
          JOIN payment_proxy_order subject ON subject.pay_order_no = entry.pay_order_no
          WHERE entry.at_millis <= ${until} AND subject.due_millis IS NULL
          ORDER BY entry.pay_order_no, entry.version LIMIT ${limit})`
      case "deliveries":
        return sql`id IN (SELECT id FROM payment_proxy_delivery
          WHERE created_millis <= ${until} AND state <> 'waiting' AND due_millis IS NULL ORDER BY id LIMIT ${limit})`
      case "inbox":
        return sql`id IN (SELECT id FROM payment_proxy_inbox
          WHERE received_millis <= ${until} AND due_millis IS NULL ORDER BY received_millis LIMIT ${limit})`
    }
  }

  return Retention.of({
    moveOut: (shelf, age, limit) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
        const which = old(shelf, nowMillis - Duration.toMillis(age), limit)
        const from = sql(tables[shelf])
        return transaction(
          Effect.gen(function* () {
            yield* sql`INSERT INTO ${sql(`${tables[shelf]}_old`)} SELECT * FROM ${from} WHERE ${which}`
            const gone = yield* sql`DELETE FROM ${from} WHERE ${which} RETURNING 1 AS one`
            return gone.length
          })
        )
      })
  })
})

/** `Retention` in the embedded database. */
export const layer = Layer.effect(Retention, make)
