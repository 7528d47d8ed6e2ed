import { Registered } from "@payment-proxy/order-table"
import type { App } from "@payment-proxy/ports"
import { Apps } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  const appColumns = reader.literal(Registered.appColumns.join(", "))
  const keyColumns = reader.literal(Registered.keyColumns.join(", "))
  const apps = (rows: Effect.Effect<unknown, unknown>) => rows.pipe(Effect.flatMap(Registered.decodeApps), Effect.orDie)
  const keys = (rows: Effect.Effect<unknown, unknown>) =>
    typed(rows.pipe(Effect.flatMap(Registered.decodeKeys), Effect.orDie))
  const put = (app: App) => sql`INSERT INTO payment_proxy_app ${sql.insert(Registered.toAppRow(app))}
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, endpoints = excluded.endpoints, is_disabled = excluded.is_disabled,
    limits = excluded.limits`
  return Apps.of({
    put: (app) => transaction(put(app)).pipe(Effect.asVoid),
    edit: (id, change) =>
      transaction(
        apps(sql`SELECT ${appColumns} FROM payment_proxy_app WHERE id = ${id}`).pipe(
          Effect.flatMap(([app]) => {
            if (app === undefined) return Effect.succeedNone
            const changed = change(app)
            return Effect.as(put(changed), Option.some(changed))
          })
        )
      ),
    byId: (id) =>
      typed(apps(reader`SELECT ${appColumns} FROM payment_proxy_app WHERE id = ${id}`)).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    list: typed(apps(reader`SELECT ${appColumns} FROM payment_proxy_app ORDER BY id`)),
    addKey: (key) =>
      transaction(sql`INSERT INTO payment_proxy_app_key ${sql.insert(Registered.toKeyRow(key))}`).pipe(Effect.asVoid),
    keyById: (keyId) =>
      keys(reader`SELECT ${keyColumns} FROM payment_proxy_app_key WHERE key_id = ${keyId}`).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    keysOf: (app) =>
      keys(reader`SELECT ${keyColumns} FROM payment_proxy_app_key WHERE app = ${app} ORDER BY created_millis, key_id`),
    revokeKey: (keyId, atMillis) =>
      transaction(sql`UPDATE payment_proxy_app_key SET revoked_millis = ${atMillis}
        WHERE key_id = ${keyId} AND (revoked_millis IS NULL OR revoked_millis > ${atMillis}) RETURNING key_id`).pipe(
        Effect.map((rows) => rows.length === 1)
      )
  })
})

/** Business systems and their keys in the embedded database. */
export const layer = Layer.effect(Apps, make)
