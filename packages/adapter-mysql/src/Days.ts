import { randomUUID } from "node:crypto"
import { Days as Rows } from "@payment-proxy/order-table"
import type { Claimed } from "@payment-proxy/ports"
import { Duration, Effect, Option, Schema } from "effect"
import { Database, now, typed } from "./Database.ts"

const NowRows = Schema.Tuple(Schema.Struct({ now: Schema.Number }))
const TriesRows = Schema.Array(Schema.Struct({ due_tries: Schema.Number }))
const BegunRows = Schema.Array(
  Schema.Struct({ id: Schema.String, run: Schema.Number, token: Schema.String, begun: Schema.NullOr(Schema.String) })
)

/** The database's clock, in milliseconds since the epoch. */
export const nowMillis = Effect.gen(function* () {
  const { sql } = yield* Database
  const rows = yield* sql`SELECT ${sql.literal(yield* now)} AS now`.unprepared
  const [row] = yield* Effect.orDie(Schema.decodeUnknown(NowRows)(rows))
  return row.now
})

/** A limit as a statement has it. */
export const limited = (limit: number): string => String(Math.trunc(limit))

/** A vendor's days and their runs. */
export const make = Effect.gen(function* () {
  const database = yield* Database
  const { sql, transaction } = database
  const columns = sql.literal(Rows.columns.join(", "))
  const clock = Effect.provideService(nowMillis, Database, database)
  const dayRows = <E>(rows: Effect.Effect<unknown, E>) =>
    typed(Effect.flatMap(rows, (all) => Effect.orDie(Rows.decode(all))))

  const take = (vendor: string, day: string, lease: Duration.Duration) =>
    Effect.gen(function* () {
      const id = Rows.idOf(vendor, day)
      const token = randomUUID()
      const at = yield* clock
      yield* sql`INSERT IGNORE INTO payment_proxy_day (id, vendor, day) VALUES (${id}, ${vendor}, ${day})`
      const rows = yield* sql`SELECT due_tries FROM payment_proxy_day
        WHERE id = ${id} AND (due_token IS NULL OR due_lease_millis <= ${at}) FOR UPDATE`
      const [row] = yield* Effect.orDie(Schema.decodeUnknown(TriesRows)(rows))
      if (row === undefined) return Option.none<Claimed>()
      yield* sql`UPDATE payment_proxy_day SET due_millis = ${at}, due_token = ${token},
        due_lease_millis = ${at + Duration.toMillis(lease)} WHERE id = ${id}`
      return Option.some<Claimed>({
        queue: "reconcile",
        id,
        owner: vendor,
        token,
        tries: row.due_tries,
        isQueryOwed: false
      })
    })

  // Of two that begin at once, the second reads what the first wrote.
  const begin = ({ id, owner, token }: Claimed) =>
    Effect.gen(function* () {
      const at = yield* clock
      const found = yield* sql`SELECT id, run, due_token AS token, begun_token AS begun FROM payment_proxy_day
        WHERE vendor = ${owner} AND due_token IS NOT NULL AND due_lease_millis > ${at} ORDER BY id FOR UPDATE`
      const rows = yield* Effect.orDie(Schema.decodeUnknown(BegunRows)(found))
      const own = rows.find((row) => row.id === id && row.token === token)
      const isBusy = rows.some((row) => row.id !== id && row.begun === row.token)
      if (own === undefined || isBusy) return Option.none<number>()
      yield* sql`UPDATE payment_proxy_day SET run = ${own.run + 1}, begun_token = ${token}, started_millis = ${at}
        WHERE id = ${id}`
      return Option.some(own.run + 1)
    })

  return {
    open: (
      days: ReadonlyArray<{ readonly vendor: string; readonly day: string; readonly dueIn: Duration.Duration }>
    ) =>
      days.length === 0
        ? Effect.void
        : transaction(
            Effect.gen(function* () {
              const at = yield* clock
              yield* sql`INSERT IGNORE INTO payment_proxy_day ${sql.insert(
                days.map(({ vendor, day, dueIn }) => ({
                  id: Rows.idOf(vendor, day),
                  vendor,
                  day,
                  due_millis: at + Duration.toMillis(dueIn)
                }))
              )}`.unprepared
            })
          ),
    take: (vendor: string, day: string, lease: Duration.Duration) => transaction(take(vendor, day, lease)),
    begin: (claimed: Claimed) => transaction(begin(claimed)),
    day: (vendor: string, day: string) =>
      dayRows(sql`SELECT ${columns} FROM payment_proxy_day WHERE id = ${Rows.idOf(vendor, day)}`).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    days: (vendor: string, limit: number) =>
      dayRows(
        sql`SELECT ${columns} FROM payment_proxy_day WHERE vendor = ${vendor}
          ORDER BY day DESC LIMIT ${sql.literal(limited(limit))}`.unprepared
      )
  }
})
