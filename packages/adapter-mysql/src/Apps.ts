import { Registered } from "@payment-proxy/order-table"
import { Apps } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { sql } = yield* Database
  return Apps.of({
    put: (app) =>
      typed(
        sql`INSERT INTO payment_proxy_app ${sql.insert(Registered.toAppRow(app))}
          ON DUPLICATE KEY UPDATE name = VALUES(name), endpoints = VALUES(endpoints)`
      ).pipe(Effect.asVoid),
    byId: (id) =>
      sql`SELECT id, name, endpoints FROM payment_proxy_app WHERE id = ${id}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Registered.decodeApps(rows))),
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      ),
    addKey: (key) =>
      typed(sql`INSERT INTO payment_proxy_app_key ${sql.insert(Registered.toKeyRow(key))}`).pipe(Effect.asVoid),
    keyById: (keyId) =>
      sql`SELECT key_id, app, secret_sha256 FROM payment_proxy_app_key WHERE key_id = ${keyId}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Registered.decodeKeys(rows))),
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      )
  })
})

/** Business systems and their keys in MySQL or MariaDB. */
export const layer = Layer.effect(Apps, make)
