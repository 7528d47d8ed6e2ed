import { randomUUID } from "node:crypto"
import { SharedTokens } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import { Database, typed } from "./Database.ts"

const Rows = Schema.Array(
  Schema.Struct({
    generation: Schema.Number,
    sealed: Schema.String,
    put_millis: Schema.Number,
    end_millis: Schema.Number
  })
)

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database

  const of = (vendor: string, client: string) => sql`vendor = ${vendor} AND client = ${client}`
  const noLease = { lease_token: null, lease_millis: null }

  return SharedTokens.of({
    read: (vendor, client) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        reader`SELECT generation, sealed, put_millis, end_millis FROM payment_proxy_token
          WHERE vendor = ${vendor} AND client = ${client} AND sealed IS NOT NULL`.pipe(
          Effect.flatMap(Schema.decodeUnknown(Rows)),
          Effect.orDie,
          Effect.map(([row]) =>
            Option.map(Option.fromNullable(row), ({ generation, sealed, put_millis, end_millis }) => ({
              generation,
              sealed,
              leftMillis: end_millis - nowMillis,
              ageMillis: nowMillis - put_millis
            }))
          ),
          typed
        )
      ),
    lease: (vendor, client, generation, lease) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
        const set = { lease_token: randomUUID(), lease_millis: nowMillis + Duration.toMillis(lease) }
        return transaction(
          Effect.gen(function* () {
            yield* sql`INSERT INTO payment_proxy_token (vendor, client) VALUES (${vendor}, ${client}) ON CONFLICT DO NOTHING`
            const rows = yield* sql`UPDATE payment_proxy_token SET ${sql.update(set)}
              WHERE ${of(vendor, client)} AND generation = ${generation}
                AND (lease_token IS NULL OR lease_millis <= ${nowMillis}) RETURNING 1 AS one`
            return rows.length === 1 ? Option.some(set.lease_token) : Option.none()
          })
        )
      }),
    put: (vendor, client, lease, sealed, life) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
        const set = { sealed, put_millis: nowMillis, end_millis: nowMillis + Duration.toMillis(life), ...noLease }
        return transaction(
          sql`UPDATE payment_proxy_token SET ${sql.update(set)}, generation = generation + 1
            WHERE ${of(vendor, client)} AND lease_token = ${lease} AND lease_millis > ${nowMillis} RETURNING 1 AS one`
        ).pipe(Effect.map((rows) => rows.length === 1))
      }),
    release: (vendor, client, lease) =>
      transaction(
        sql`UPDATE payment_proxy_token SET ${sql.update(noLease)} WHERE ${of(vendor, client)} AND lease_token = ${lease}`
      ).pipe(Effect.asVoid),
    discard: (vendor, client, generation) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`UPDATE payment_proxy_token SET end_millis = ${nowMillis}
            WHERE ${of(vendor, client)} AND generation = ${generation} AND end_millis > ${nowMillis}`
        )
      ).pipe(Effect.asVoid)
  })
})

/** The tokens that processes share, in the embedded database; its clock is the process's. */
export const layer = Layer.effect(SharedTokens, make)
