import { Tallies as Rows } from "@payment-proxy/order-table"
import { Tallies } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import { Database, typed } from "./Database.ts"

const most = 10_000

export const make = Effect.gen(function* () {
  const { reader, writer, transaction } = yield* Database
  const columns = reader.literal(Rows.columns.join(", "))
  const read = <E>(rows: Effect.Effect<unknown, E>) => Effect.flatMap(rows, Rows.decode)

  return Tallies.of({
    add: (process, tallies) =>
      tallies.length === 0
        ? Effect.void
        : transaction(
            Effect.gen(function* () {
              const minutes = [...new Set(tallies.map(({ minute }) => minute))]
              const known = yield* read(
                writer`SELECT ${columns} FROM payment_proxy_tally
                  WHERE ${writer.in("minute", minutes)} AND process = ${process}`.unprepared
              )
              for (const tally of Rows.sum([...known, ...tallies]))
                yield* writer`INSERT OR REPLACE INTO payment_proxy_tally ${writer.insert(Rows.toRow(process, tally))}`
            })
          ),
    since: (minute) =>
      typed(Effect.map(read(reader`SELECT ${columns} FROM payment_proxy_tally WHERE minute >= ${minute}`), Rows.sum)),
    forget: (beforeMinute) =>
      Effect.asVoid(
        transaction(
          writer`DELETE FROM payment_proxy_tally WHERE (minute, vendor, process) IN (
            SELECT minute, vendor, process FROM payment_proxy_tally WHERE minute < ${beforeMinute} LIMIT ${most})`
        )
      )
  })
})

/** Counts of processes, in the embedded database. */
export const layer = Layer.effect(Tallies, make)
