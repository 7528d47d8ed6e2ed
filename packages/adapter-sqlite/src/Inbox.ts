import { randomUUID } from "node:crypto"
import { Inbox as Rows } from "@payment-proxy/order-table"
import { crashPoint, Inbox } from "@payment-proxy/ports"
import { Clock, Effect, Layer, Option } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  return Inbox.of({
    keep: (notification) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`INSERT INTO payment_proxy_inbox ${sql.insert({
            ...Rows.toRow(`ntf_${randomUUID()}`, notification),
            received_millis: nowMillis,
            due_millis: nowMillis
          })} ON CONFLICT DO NOTHING RETURNING id`.pipe(Effect.zipLeft(crashPoint("K13")))
        )
      ).pipe(Effect.map((rows) => (rows.length === 1 ? "kept" : "known"))),
    byId: (id) =>
      reader`SELECT id, vendor, subject_by, subject_no, sha256, body, evidence, received_millis
        FROM payment_proxy_inbox WHERE id = ${id}`.pipe(
        Effect.flatMap(Rows.decode),
        Effect.orDie,
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      )
  })
})

/** Verified notifications in the embedded database. */
export const layer = Layer.effect(Inbox, make)
