import { Registered } from "@payment-proxy/order-table"
import { Apps } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  return Apps.of({
    put: (app) =>
      transaction(
        sql`INSERT INTO payment_proxy_app ${sql.insert(Registered.toAppRow(app))}
          ON CONFLICT (id) DO UPDATE SET name = excluded.name, endpoints = excluded.endpoints`
      ).pipe(Effect.asVoid),
    byId: (id) =>
      reader`SELECT id, name, endpoints FROM payment_proxy_app WHERE id = ${id}`.pipe(
        Effect.flatMap(Registered.decodeApps),
        Effect.orDie,
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      ),
    addKey: (key) =>
      transaction(sql`INSERT INTO payment_proxy_app_key ${sql.insert(Registered.toKeyRow(key))}`).pipe(Effect.asVoid),
    keyById: (keyId) =>
      reader`SELECT key_id, app, secret_sha256 FROM payment_proxy_app_key WHERE key_id = ${keyId}`.pipe(
        Effect.flatMap(Registered.decodeKeys),
        Effect.orDie,
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      )
  })
})

/** Business systems and their keys in the embedded database. */
export const layer = Layer.effect(Apps, make)
