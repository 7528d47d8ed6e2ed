import { DataKeys } from "@payment-proxy/ports"
import { Effect, Layer, Schema } from "effect"
import { Database } from "./Database.ts"

const Rows = Schema.Tuple(Schema.Struct({ sealed: Schema.String }))

export const make = Effect.gen(function* () {
  const { writer: sql, transaction } = yield* Database
  return DataKeys.of({
    getOrPut: (name, sealed) =>
      transaction(
        Effect.gen(function* () {
          yield* sql`INSERT INTO payment_proxy_data_key (name, sealed) VALUES (${name}, ${sealed}) ON CONFLICT DO NOTHING`
          const rows = yield* sql`SELECT sealed FROM payment_proxy_data_key WHERE name = ${name}`
          const [kept] = yield* Effect.orDie(Schema.decodeUnknown(Rows)(rows))
          return kept.sealed
        })
      )
  })
})

/** Keys of the installation in the embedded database. */
export const layer = Layer.effect(DataKeys, make)
