import { Days as DayRows, Differences } from "@payment-proxy/order-table"
import { Reconciliations, type Run } from "@payment-proxy/ports"
import { Effect, Layer, Schema } from "effect"
import * as Counterparts from "./Counterparts.ts"
import { Database, typed } from "./Database.ts"
import * as Days from "./Days.ts"

const RunRows = Schema.Array(Schema.Struct({ run: Schema.Number }))
const NumberRows = Schema.Array(Schema.Struct({ no: Schema.String }))

export const make = Effect.gen(function* () {
  const database = yield* Database
  const { sql, transaction } = database
  const columns = sql.literal(Differences.columns.join(", "))
  const isOpen = sql.literal("status <> 'resolved'")
  const clock = Effect.provideService(Days.nowMillis, Database, database)

  /** What was resolved only as no run found it again is found again, and as new; by whom it was resolved is read until it goes, last. */
  const anew = sql.csv(
    ["status", "action", "note", "body", "found_millis", "resolved_millis", "resolved_by"].map(
      (name) => sql`${sql(name)} = IF(resolved_by = 'run', VALUES(${sql(name)}), ${sql(name)})`
    )
  )

  /** Writes where the run is the day's last, and answers whether it is; nobody begins another meanwhile. */
  const ifLast = <E>({ vendor, day, run }: Run, write: (nowMillis: number) => Effect.Effect<void, E>) =>
    transaction(
      Effect.gen(function* () {
        const rows = yield* sql`SELECT run FROM payment_proxy_day WHERE id = ${DayRows.idOf(vendor, day)} FOR UPDATE`
        const [row] = yield* Effect.orDie(Schema.decodeUnknown(RunRows)(rows))
        if (row?.run !== run) return false
        yield* write(yield* clock)
        return true
      })
    )

  const resolvedNow = (nowMillis: number, by: string, note: string) =>
    sql`status = 'resolved', resolved_by = ${by}, resolved_millis = ${nowMillis}, note = ${note}`

  return Reconciliations.of({
    ...(yield* Days.make),
    ...(yield* Counterparts.make),
    note: (run, { differences, elsewhere }) =>
      ifLast(run, (nowMillis) =>
        Effect.gen(function* () {
          if (differences.length > 0)
            yield* sql`INSERT INTO payment_proxy_difference ${sql.insert(
              differences.map((difference) => ({ ...Differences.toRow(run, difference), found_millis: nowMillis }))
            )} ON DUPLICATE KEY UPDATE run = VALUES(run), ${anew}`.unprepared
          if (elsewhere.length > 0)
            yield* sql`INSERT INTO payment_proxy_elsewhere ${sql.insert(
              elsewhere.map((no) => ({ vendor: run.vendor, no, day: run.day }))
            )} ON DUPLICATE KEY UPDATE day = VALUES(day)`.unprepared
        })
      ),
    found: ({ vendor, day }, numbers) =>
      Effect.gen(function* () {
        if (numbers.length === 0) return
        const lacking = yield* typed(
          sql`SELECT no FROM payment_proxy_difference WHERE vendor = ${vendor} AND ${sql.in("no", numbers)}
            AND ${isOpen} AND kind = 'MISSING_THERE' AND day <> ${day}`.unprepared
        )
        const found = yield* Effect.orDie(Schema.decodeUnknown(NumberRows)(lacking))
        if (found.length === 0) return
        yield* transaction(
          Effect.flatMap(
            clock,
            (nowMillis) =>
              sql`UPDATE payment_proxy_difference SET ${resolvedNow(nowMillis, "bill", `It is in the bill of ${day}.`)}
              WHERE vendor = ${vendor} AND ${sql.in(
                "no",
                found.map(({ no }) => no)
              )} AND ${isOpen} AND kind = 'MISSING_THERE' AND day <> ${day}`.unprepared
          )
        )
      }),
    settle: (vendor, day, id, { status, action, note, resolvedBy }) =>
      transaction(
        Effect.gen(function* () {
          const key = sql`vendor = ${vendor} AND day = ${day} AND id = ${id}`
          const rows = yield* sql`SELECT id FROM payment_proxy_difference WHERE ${key} AND ${isOpen} FOR UPDATE`
          if (rows.length === 0) return false
          const atMillis = status === "resolved" ? yield* clock : null
          yield* sql`UPDATE payment_proxy_difference SET status = ${status}, action = ${action},
            note = ${Differences.noted(note)}, resolved_by = ${resolvedBy}, resolved_millis = ${atMillis} WHERE ${key}`
          return true
        })
      ),
    finish: (run, counted) =>
      ifLast(run, (nowMillis) =>
        Effect.gen(function* () {
          const { vendor, day } = run
          yield* sql`UPDATE payment_proxy_difference SET ${resolvedNow(nowMillis, "run", "It was not found again.")}
            WHERE vendor = ${vendor} AND day = ${day} AND run < ${run.run} AND ${isOpen}`
          yield* sql`UPDATE payment_proxy_difference SET status = 'open' WHERE vendor = ${vendor} AND status = 'awaited'
            AND day <> ${day} AND day <= ${DayRows.from(day, 1)}`
          yield* sql`DELETE FROM payment_proxy_elsewhere
            WHERE vendor = ${vendor} AND day < ${DayRows.from(day, -DayRows.rememberedDays)}`
          yield* sql`UPDATE payment_proxy_day SET finished_millis = ${nowMillis}, fault = NULL,
            counted = ${DayRows.encodeCounted(counted)} WHERE id = ${DayRows.idOf(vendor, day)}`
        })
      ),
    fail: (run, fault) =>
      ifLast(
        run,
        () => sql`UPDATE payment_proxy_day SET fault = ${Differences.noted(fault)}
          WHERE id = ${DayRows.idOf(run.vendor, run.day)}`
      ).pipe(Effect.asVoid),
    differences: ({ vendor, day, statuses, after, limit }) =>
      typed(
        Effect.flatMap(
          sql`SELECT ${columns} FROM payment_proxy_difference WHERE vendor = ${vendor} AND day = ${day}
            AND id > ${after ?? ""} ${statuses === null ? sql`` : sql`AND ${sql.in("status", statuses)}`}
            ORDER BY id LIMIT ${sql.literal(Days.limited(limit))}`.unprepared,
          (rows) => Effect.orDie(Differences.decode(rows))
        )
      ),
    counts: (vendor, day) =>
      typed(
        Effect.flatMap(
          sql`SELECT kind, status, COUNT(*) AS count FROM payment_proxy_difference
            WHERE vendor = ${vendor} AND day = ${day} GROUP BY kind, status ORDER BY kind, status`,
          (rows) => Effect.orDie(Differences.counts(rows))
        )
      )
  })
})

/** `Reconciliations` in MySQL or MariaDB. */
export const layer: Layer.Layer<Reconciliations, never, Database> = Layer.effect(Reconciliations, make)
