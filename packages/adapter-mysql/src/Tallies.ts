import { Tallies as Rows } from "@payment-proxy/order-table"
import { Tallies } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, typed } from "./Database.ts"

const most = 10_000

export const make = Effect.gen(function* () {
  const { sql, transaction } = yield* Database
  const columns = sql.literal(Rows.columns.join(", "))
  const read = <E>(rows: Effect.Effect<unknown, E>) => Effect.flatMap(rows, Rows.decode)

  return Tallies.of({
    add: (process, tallies) =>
      tallies.length === 0
        ? Effect.void
        : transaction(
            Effect.gen(function* () {
              const minutes = [...new Set(tallies.map(({ minute }) => minute))]
              const vendors = [...new Set(tallies.map(({ vendor }) => vendor))]
              const known = yield* read(
                sql`SELECT ${columns} FROM payment_proxy_tally WHERE ${sql.in("minute", minutes)}
                  AND ${sql.in("vendor", vendors)} AND process = ${process} FOR UPDATE`.unprepared
              )
              const rows = Rows.sum([...known, ...tallies]).map((tally) => Rows.toRow(process, tally))
              yield* sql`REPLACE INTO payment_proxy_tally ${sql.insert(rows)}`.unprepared
            })
          ),
    since: (minute) =>
      typed(
        Effect.map(read(sql`SELECT ${columns} FROM payment_proxy_tally WHERE minute >= ${minute}`.unprepared), Rows.sum)
      ),
    forget: (beforeMinute) =>
      Effect.asVoid(
        typed(
          sql`DELETE FROM payment_proxy_tally WHERE minute < ${beforeMinute} LIMIT ${sql.literal(String(most))}`
            .unprepared
        )
      )
  })
})

/** Counts of processes, in MySQL or MariaDB. */
export const layer = Layer.effect(Tallies, make)
