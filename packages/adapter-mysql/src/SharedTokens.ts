import { randomUUID } from "node:crypto"
import type { Statement } from "@effect/sql"
import { SharedTokens } from "@payment-proxy/ports"
import { Duration, Effect, Layer, Option, Schema } from "effect"
import { Database, now, typed } from "./Database.ts"

const Rows = Schema.Array(
  Schema.Struct({
    generation: Schema.Number,
    sealed: Schema.String,
    left_millis: Schema.Number,
    age_millis: Schema.Number
  })
)
const decodeHeader = Schema.decodeUnknown(Schema.Struct({ affectedRows: Schema.Number }))

/** Runs a statement that stands alone; whether it found its row. */
const found = (statement: Statement.Statement<unknown>) =>
  typed(
    Effect.map(
      Effect.flatMap(statement.raw, (header) => Effect.orDie(decodeHeader(header))),
      ({ affectedRows }) => affectedRows === 1
    )
  )

export const make = Effect.gen(function* () {
  const { sql } = yield* Database
  const clock = Effect.map(now, (said) => sql.literal(said))

  const of = (vendor: string, client: string) => sql`vendor = ${vendor} AND client = ${client}`
  const noLease = sql`lease_token = NULL, lease_millis = NULL`

  const added = (vendor: string, client: string) =>
    found(sql`INSERT IGNORE INTO payment_proxy_token (vendor, client, generation) VALUES (${vendor}, ${client}, 0)`)

  return SharedTokens.of({
    read: (vendor, client) =>
      Effect.flatMap(clock, (now) =>
        sql`SELECT generation, sealed, end_millis - ${now} AS left_millis, ${now} - put_millis AS age_millis
          FROM payment_proxy_token WHERE ${of(vendor, client)} AND sealed IS NOT NULL`.pipe(
          Effect.flatMap((rows) => Effect.orDie(Schema.decodeUnknown(Rows)(rows))),
          Effect.map(([row]) =>
            Option.map(Option.fromNullable(row), ({ generation, sealed, left_millis, age_millis }) => ({
              generation,
              sealed,
              leftMillis: left_millis,
              ageMillis: age_millis
            }))
          ),
          typed
        )
      ),
    lease: (vendor, client, generation, lease) =>
      Effect.gen(function* () {
        const now = yield* clock
        const token = randomUUID()
        if (generation === 0) yield* added(vendor, client)
        const isOurs = yield* found(sql`UPDATE payment_proxy_token
          SET lease_token = ${token}, lease_millis = ${now} + ${Duration.toMillis(lease)}
          WHERE ${of(vendor, client)} AND generation = ${generation}
            AND (lease_token IS NULL OR lease_millis <= ${now})`)
        return isOurs ? Option.some(token) : Option.none()
      }),
    put: (vendor, client, lease, sealed, life) =>
      Effect.flatMap(clock, (now) =>
        found(sql`UPDATE payment_proxy_token SET generation = generation + 1, sealed = ${sealed},
            put_millis = ${now}, end_millis = ${now} + ${Duration.toMillis(life)}, ${noLease}
          WHERE ${of(vendor, client)} AND lease_token = ${lease} AND lease_millis > ${now}`)
      ),
    release: (vendor, client, lease) =>
      Effect.asVoid(
        found(sql`UPDATE payment_proxy_token SET ${noLease} WHERE ${of(vendor, client)} AND lease_token = ${lease}`)
      ),
    discard: (vendor, client, generation) =>
      Effect.flatMap(clock, (now) =>
        found(sql`UPDATE payment_proxy_token SET end_millis = ${now}
          WHERE ${of(vendor, client)} AND generation = ${generation} AND end_millis > ${now}`)
      ).pipe(Effect.asVoid)
  })
})

/** The tokens that processes share, in MySQL or MariaDB; the clock is the database's. */
export const layer = Layer.effect(SharedTokens, make)
