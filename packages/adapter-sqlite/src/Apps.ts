import { Apps } from "@payment-proxy/ports"
import { Effect, Layer, Option, Schema } from "effect"
import { Database, typed } from "./Database.ts"

const Endpoints = Schema.parseJson(
  Schema.Array(Schema.Struct({ id: Schema.String, url: Schema.String, sealedSecret: Schema.String }))
)
const encodeEndpoints = Schema.encodeSync(Endpoints)
const AppRows = Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String, endpoints: Endpoints }))
const KeyRows = Schema.Array(Schema.Struct({ key_id: Schema.String, app: Schema.String, secret_sha256: Schema.String }))

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  return Apps.of({
    put: ({ id, name, endpoints }) =>
      transaction(
        sql`INSERT INTO payment_proxy_app ${sql.insert({ id, name, endpoints: encodeEndpoints(endpoints) })}
          ON CONFLICT (id) DO UPDATE SET name = excluded.name, endpoints = excluded.endpoints`
      ).pipe(Effect.asVoid),
    byId: (id) =>
      reader`SELECT id, name, endpoints FROM payment_proxy_app WHERE id = ${id}`.pipe(
        Effect.flatMap(Schema.decodeUnknown(AppRows)),
        Effect.orDie,
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      ),
    addKey: ({ keyId, app, secretSha256 }) =>
      transaction(
        sql`INSERT INTO payment_proxy_app_key ${sql.insert({ key_id: keyId, app, secret_sha256: secretSha256 })}`
      ).pipe(Effect.asVoid),
    keyById: (keyId) =>
      reader`SELECT key_id, app, secret_sha256 FROM payment_proxy_app_key WHERE key_id = ${keyId}`.pipe(
        Effect.flatMap(Schema.decodeUnknown(KeyRows)),
        Effect.orDie,
        Effect.map(([row]) =>
          Option.map(Option.fromNullable(row), ({ key_id, secret_sha256, app: owner }) => ({
            keyId: key_id,
            app: owner,
            secretSha256: secret_sha256
          }))
        ),
        typed
      )
  })
})

/** Business systems and their keys in the embedded database. */
export const layer = Layer.effect(Apps, make)
