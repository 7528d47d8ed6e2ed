import { OrderNo } from "@payment-proxy/domain"
import { Retention, type Shelf } from "@payment-proxy/ports"
import { Duration, Effect, Layer, Schema } from "effect"
import { Database, now } from "./Database.ts"
import * as Inbox from "./Inbox.ts"

const Keys = Schema.Array(Schema.Struct({ id: Schema.String, version: Schema.Number }))
const NowRows = Schema.Array(Schema.Struct({ now: Schema.Number }))

/** Deliveries' ids begin with the time of their event (application/Decision.ts). */
const leastDelivery = (millis: number): string => `dlv_evt_${Math.max(millis, 0).toString(16).padStart(12, "0")}`

export const make = Effect.gen(function* () {
  const { sql, transaction } = yield* Database

  /** What may go. Numbers and ids begin with their time, so that this looks at the oldest end of a table alone. */
  const old = (shelf: Shelf, until: number, limit: number) => {
    const count = sql.literal(String(Math.trunc(limit)))
    switch (shelf) {
      case "history":
        return sql`SELECT entry.pay_order_no AS id, entry.version FROM payment_proxy_history entry
          JOIN payment_proxy_order subject ON subject.pay_order_no = entry.pay_order_no
          WHERE entry.pay_order_no < ${OrderNo.least(until)} AND entry.at_millis <= ${until} AND subject.due_millis IS NULL
          ORDER BY entry.pay_order_no, entry.version LIMIT ${count}`
      case "deliveries":
        return sql`SELECT id, version FROM payment_proxy_delivery
          WHERE id < ${leastDelivery(until)} AND created_millis <= ${until} AND state <> 'waiting' AND due_millis IS NULL
          ORDER BY id LIMIT ${count} FOR UPDATE`
      case "inbox":
        return sql`SELECT id, 0 AS version FROM payment_proxy_inbox
          WHERE id < ${Inbox.least(until)} AND received_millis <= ${until} AND due_millis IS NULL ORDER BY id LIMIT ${count}`
    }
  }

  const which = (shelf: Shelf, keys: typeof Keys.Type) =>
    shelf === "history"
      ? sql.or(keys.map(({ id, version }) => sql`(pay_order_no = ${id} AND version = ${version})`))
      : sql.in(
          "id",
          keys.map(({ id }) => id)
        )

  const tables = {
    history: ["payment_proxy_history", "payment_proxy_history_old"],
    deliveries: ["payment_proxy_delivery", "payment_proxy_delivery_old"],
    inbox: ["payment_proxy_inbox", "payment_proxy_inbox_old"]
  } as const

  return Retention.of({
    // Nothing writes these rows any more, but for who sends a delivery again, who waits and finds it gone. Who else moves the same ones waits for this commit, and finds them gone.
    moveOut: (shelf, age, limit) =>
      transaction(
        Effect.gen(function* () {
          const clock = sql.literal(yield* now)
          const [row] = yield* Effect.orDie(
            Schema.decodeUnknown(NowRows)(yield* sql`SELECT ${clock} AS now`.unprepared)
          )
          const until = (row?.now ?? 0) - Duration.toMillis(age)
          const keys = yield* Effect.orDie(Schema.decodeUnknown(Keys)(yield* old(shelf, until, limit).unprepared))
          if (keys.length === 0) return 0
          const [from, to] = tables[shelf].map((name) => sql(name))
          if (from === undefined || to === undefined) return 0
          yield* sql`INSERT IGNORE INTO ${to} SELECT * FROM ${from} WHERE ${which(shelf, keys)}`.unprepared
          yield* sql`DELETE FROM ${from} WHERE ${which(shelf, keys)}`.unprepared
          return keys.length
        })
      )
  })
})

/** `Retention` in MySQL or MariaDB. */
export const layer = Layer.effect(Retention, make)
