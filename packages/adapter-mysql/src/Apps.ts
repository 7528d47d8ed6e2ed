import { Registered } from "@payment-proxy/order-table"
import type { App } from "@payment-proxy/ports"
import { Apps } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import { Database, typed } from "./Database.ts"

export const make = Effect.gen(function* () {
  const { sql, transaction } = yield* Database
  const appColumns = sql.literal(Registered.appColumns.join(", "))
  const keyColumns = sql.literal(Registered.keyColumns.join(", "))
  const apps = <E>(rows: Effect.Effect<unknown, E>) =>
    Effect.flatMap(rows, (all) => Effect.orDie(Registered.decodeApps(all)))
  const keys = <E>(rows: Effect.Effect<unknown, E>) =>
    typed(Effect.flatMap(rows, (all) => Effect.orDie(Registered.decodeKeys(all))))
  const put = (app: App) => sql`INSERT INTO payment_proxy_app ${sql.insert(Registered.toAppRow(app))}
    ON DUPLICATE KEY UPDATE name = VALUES(name), endpoints = VALUES(endpoints), is_disabled = VALUES(is_disabled),
      limits = VALUES(limits)`
  return Apps.of({
    put: (app) => typed(put(app)).pipe(Effect.asVoid),
    edit: (id, change) =>
      transaction(
        apps(sql`SELECT ${appColumns} FROM payment_proxy_app WHERE id = ${id} FOR UPDATE`).pipe(
          Effect.flatMap(([app]) => {
            if (app === undefined) return Effect.succeedNone
            const changed = change(app)
            return Effect.as(put(changed), Option.some(changed))
          })
        )
      ),
    byId: (id) =>
      typed(apps(sql`SELECT ${appColumns} FROM payment_proxy_app WHERE id = ${id}`)).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    list: typed(apps(sql`SELECT ${appColumns} FROM payment_proxy_app ORDER BY id`)),
    addKey: (key) =>
      typed(sql`INSERT INTO payment_proxy_app_key ${sql.insert(Registered.toKeyRow(key))}`).pipe(Effect.asVoid),
    keyById: (keyId) =>
      keys(sql`SELECT ${keyColumns} FROM payment_proxy_app_key WHERE key_id = ${keyId}`).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    keysOf: (app) =>
      keys(sql`SELECT ${keyColumns} FROM payment_proxy_app_key WHERE app = ${app} ORDER BY created_millis, key_id`),
    revokeKey: (keyId, atMillis) =>
      transaction(
        Effect.gen(function* () {
          const open = yield* sql`SELECT key_id FROM payment_proxy_app_key
            WHERE key_id = ${keyId} AND (revoked_millis IS NULL OR revoked_millis > ${atMillis}) FOR UPDATE`
          if (open.length === 0) return false
          yield* sql`UPDATE payment_proxy_app_key SET revoked_millis = ${atMillis} WHERE key_id = ${keyId}`
          return true
        })
      )
  })
})

/** Business systems and their keys in MySQL or MariaDB. */
export const layer = Layer.effect(Apps, make)
