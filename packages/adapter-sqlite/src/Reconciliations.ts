import { randomUUID } from "node:crypto"
import { OrderNo } from "@payment-proxy/domain"
import { Counterparts, Days, Differences } from "@payment-proxy/order-table"
import { type MovedSearch, Reconciliations, type Run } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Layer, Option, Schema } from "effect"
import { Database, typed } from "./Database.ts"

const BegunRows = Schema.Array(
  Schema.Struct({ id: Schema.String, run: Schema.Number, token: Schema.String, begun: Schema.NullOr(Schema.String) })
)
const decodeBegun = Schema.decodeUnknown(BegunRows)
const TriesRows = Schema.Array(Schema.Struct({ due_tries: Schema.Number }))
const RunRows = Schema.Array(Schema.Struct({ run: Schema.Number }))
const NumberRows = Schema.Array(Schema.Struct({ no: Schema.String }))

/** A day and its runs. */
const daysOf = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  const columns = reader.literal(Days.columns.join(", "))
  const dayRows = (rows: Effect.Effect<unknown, unknown>) => typed(rows.pipe(Effect.flatMap(Days.decode), Effect.orDie))

  const take = (vendor: string, day: string, lease: Duration.Duration, nowMillis: number) =>
    Effect.gen(function* () {
      const id = Days.idOf(vendor, day)
      const token = randomUUID()
      yield* sql`INSERT INTO payment_proxy_day ${sql.insert({ id, vendor, day })} ON CONFLICT DO NOTHING`
      const rows = yield* sql`UPDATE payment_proxy_day SET ${sql.update({
        due_millis: nowMillis,
        due_token: token,
        due_lease_millis: nowMillis + Duration.toMillis(lease)
      })} WHERE id = ${id} AND (due_token IS NULL OR due_lease_millis <= ${nowMillis}) RETURNING due_tries`
      const [row] = yield* Effect.orDie(Schema.decodeUnknown(TriesRows)(rows))
      return Option.map(Option.fromNullable(row), ({ due_tries: tries }) => ({
        queue: "reconcile" as const,
        id,
        owner: vendor,
        token,
        tries,
        isQueryOwed: false
      }))
    })

  const begin = (id: string, vendor: string, token: string, nowMillis: number) =>
    Effect.gen(function* () {
      const rows = yield* Effect.orDie(
        decodeBegun(
          yield* sql`SELECT id, run, due_token AS token, begun_token AS begun FROM payment_proxy_day
          WHERE vendor = ${vendor} AND due_token IS NOT NULL AND due_lease_millis > ${nowMillis}`
        )
      )
      const own = rows.find((row) => row.id === id && row.token === token)
      const isBusy = rows.some((row) => row.id !== id && row.begun === row.token)
      if (own === undefined || isBusy) return Option.none<number>()
      yield* sql`UPDATE payment_proxy_day SET ${sql.update({
        run: own.run + 1,
        begun_token: token,
        started_millis: nowMillis
      })} WHERE id = ${id}`
      return Option.some(own.run + 1)
    })

  return {
    open: (days: ReadonlyArray<{ readonly vendor: string; readonly day: string; readonly dueIn: Duration.Duration }>) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        days.length === 0
          ? Effect.void
          : transaction(
              sql`INSERT INTO payment_proxy_day ${sql.insert(
                days.map(({ vendor, day, dueIn }) => ({
                  id: Days.idOf(vendor, day),
                  vendor,
                  day,
                  due_millis: nowMillis + Duration.toMillis(dueIn)
                }))
              )} ON CONFLICT DO NOTHING`
            ).pipe(Effect.asVoid)
      ),
    take: (vendor: string, day: string, lease: Duration.Duration) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => transaction(take(vendor, day, lease, nowMillis))),
    begin: ({ id, owner, token }: { readonly id: string; readonly owner: string; readonly token: string }) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => transaction(begin(id, owner, token, nowMillis))),
    day: (vendor: string, day: string) =>
      dayRows(reader`SELECT ${columns} FROM payment_proxy_day WHERE id = ${Days.idOf(vendor, day)}`).pipe(
        Effect.map(([row]) => Option.fromNullable(row))
      ),
    days: (vendor: string, limit: number) =>
      dayRows(
        reader`SELECT ${columns} FROM payment_proxy_day WHERE vendor = ${vendor} ORDER BY day DESC LIMIT ${limit}`
      )
  }
})

/** Our side of a bill. */
const oursOf = Effect.gen(function* () {
  const { reader } = yield* Database
  const columns = reader.literal(Counterparts.columns.join(", "))
  const booked = reader.literal(Days.bookedColumns.join(", "))
  const rowsOf = (rows: Effect.Effect<ReadonlyArray<unknown>, unknown>) =>
    typed(rows.pipe(Effect.flatMap(Days.toBooked), Effect.orDie))

  const dated = ({ vendor, fromMillis, toMillis, after, limit }: MovedSearch) =>
    rowsOf(reader`SELECT ${booked} FROM payment_proxy_order WHERE vendor = ${vendor}
      AND paid_millis >= ${after?.atMillis ?? fromMillis} AND paid_millis < ${toMillis}
      AND (paid_millis > ${after?.atMillis ?? -1} OR pay_order_no > ${after?.no ?? ""})
      AND ((trans_type = 1 AND pay_status IN (${reader.literal(Days.paidStates)}))
        OR (trans_type = 2 AND pay_status = ${reader.literal(Days.refundedState)}))
      ORDER BY paid_millis, pay_order_no LIMIT ${limit}`)

  const undated = ({ vendor, fromMillis, toMillis, limit }: MovedSearch, after: string) =>
    rowsOf(reader`SELECT ${booked} FROM payment_proxy_order WHERE vendor = ${vendor} AND paid_millis IS NULL
      AND pay_order_no >= ${OrderNo.least(fromMillis)} AND pay_order_no < ${OrderNo.least(toMillis)}
      AND pay_order_no > ${after} AND trans_type = 1 AND pay_status IN (${reader.literal(Days.undatedStates)})
      ORDER BY pay_order_no LIMIT ${limit}`)

  return {
    counterparts: (
      vendor: string,
      { given, theirs }: { given: ReadonlyArray<string>; theirs: ReadonlyArray<string> }
    ) => {
      const questions = [
        ...(given.length === 0
          ? []
          : [
              reader`SELECT ${columns} FROM payment_proxy_order
                WHERE vendor = ${vendor} AND ${reader.in("third_party_customer_no", given)}`
            ]),
        ...(theirs.length === 0
          ? []
          : [
              reader`SELECT ${columns} FROM payment_proxy_order
                WHERE vendor = ${vendor} AND ${reader.in("transaction_no", theirs)}`
            ])
      ]
      const [first, second] = questions
      if (first === undefined) return Effect.succeed({ payments: [], refunds: [] })
      const asked = second === undefined ? first : reader`${first} UNION ALL ${second}`
      return typed(Effect.flatMap(asked.unprepared, Counterparts.read))
    },
    moved: (search: MovedSearch) =>
      Effect.gen(function* () {
        const { after, limit } = search
        const some = after === null || after.atMillis !== null ? yield* dated(search) : []
        if (some.length === limit) return some
        const since = after !== null && after.atMillis === null ? after.no : ""
        return [...some, ...(yield* undated({ ...search, limit: limit - some.length }, since))]
      }),
    elsewhere: (vendor: string, numbers: ReadonlyArray<string>, day: string) =>
      numbers.length === 0
        ? Effect.succeed(new Set<string>())
        : typed(
            reader`SELECT no FROM payment_proxy_elsewhere WHERE vendor = ${vendor} AND day <> ${day} AND ${reader.in("no", numbers)}`.unprepared.pipe(
              Effect.flatMap((rows) => Effect.orDie(Schema.decodeUnknown(NumberRows)(rows))),
              Effect.map((rows) => new Set(rows.map(({ no }) => no)))
            )
          )
  }
})

export const make = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  const columns = reader.literal(Differences.columns.join(", "))
  const isOpen = sql.literal("status <> 'resolved'")

  /** What was resolved only as no run found it again is found again, and as new. */
  const anew = sql.csv(
    ["status", "action", "note", "body", "found_millis", "resolved_millis", "resolved_by"].map((name) => {
      const [kept, found] = [sql.literal(`payment_proxy_difference.${name}`), sql.literal(`excluded.${name}`)]
      return sql`${sql(name)} = CASE WHEN payment_proxy_difference.resolved_by = 'run' THEN ${found} ELSE ${kept} END`
    })
  )

  /** Writes where the run is the day's last, and answers whether it is. */
  const ifLast = <E>({ vendor, day, run }: Run, write: (nowMillis: number) => Effect.Effect<void, E>) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
      transaction(
        Effect.gen(function* () {
          const rows = yield* sql`SELECT run FROM payment_proxy_day WHERE id = ${Days.idOf(vendor, day)}`
          const [row] = yield* Effect.orDie(Schema.decodeUnknown(RunRows)(rows))
          if (row?.run !== run) return false
          yield* write(nowMillis)
          return true
        })
      )
    )

  const resolvedNow = (nowMillis: number, by: string, note: string) =>
    sql.update({ status: "resolved", resolved_by: by, resolved_millis: nowMillis, note })

  return Reconciliations.of({
    ...(yield* daysOf),
    ...(yield* oursOf),
    note: (run, { differences, elsewhere }) =>
      ifLast(run, (nowMillis) =>
        Effect.gen(function* () {
          if (differences.length > 0)
            yield* sql`INSERT INTO payment_proxy_difference ${sql.insert(
              differences.map((difference) => ({ ...Differences.toRow(run, difference), found_millis: nowMillis }))
            )} ON CONFLICT (vendor, day, id) DO UPDATE SET run = excluded.run, ${anew}`.unprepared
          if (elsewhere.length > 0)
            yield* sql`INSERT INTO payment_proxy_elsewhere ${sql.insert(
              elsewhere.map((no) => ({ vendor: run.vendor, no, day: run.day }))
            )} ON CONFLICT (vendor, no) DO UPDATE SET day = excluded.day`.unprepared
        })
      ),
    found: ({ vendor, day }, numbers) =>
      Effect.gen(function* () {
        if (numbers.length === 0) return
        const lacking = yield* typed(
          reader`SELECT no FROM payment_proxy_difference WHERE vendor = ${vendor} AND ${reader.in("no", numbers)}
            AND ${isOpen} AND kind = 'MISSING_THERE' AND day <> ${day}`.unprepared
        )
        const found = yield* Effect.orDie(Schema.decodeUnknown(NumberRows)(lacking))
        if (found.length === 0) return
        const nowMillis = yield* Clock.currentTimeMillis
        yield* transaction(
          sql`UPDATE payment_proxy_difference SET ${resolvedNow(nowMillis, "bill", `It is in the bill of ${day}.`)}
          WHERE vendor = ${vendor} AND ${sql.in(
            "no",
            found.map(({ no }) => no)
          )} AND ${isOpen} AND kind = 'MISSING_THERE' AND day <> ${day}`.unprepared
        )
      }),
    settle: (vendor, day, id, { status, action, note, resolvedBy }) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
        transaction(
          sql`UPDATE payment_proxy_difference SET ${sql.update({
            status,
            action,
            note: Differences.noted(note),
            resolved_by: resolvedBy,
            resolved_millis: status === "resolved" ? nowMillis : null
          })} WHERE vendor = ${vendor} AND day = ${day} AND id = ${id} AND ${isOpen} RETURNING id`
        )
      ).pipe(Effect.map((rows) => rows.length === 1)),
    finish: (run, counted) =>
      ifLast(run, (nowMillis) =>
        Effect.gen(function* () {
          const { vendor, day } = run
          yield* sql`UPDATE payment_proxy_difference SET ${resolvedNow(nowMillis, "run", "It was not found again.")}
            WHERE vendor = ${vendor} AND day = ${day} AND run < ${run.run} AND ${isOpen}`
          yield* sql`UPDATE payment_proxy_difference SET status = 'open' WHERE vendor = ${vendor} AND status = 'awaited'
            AND day <> ${day} AND day <= ${Days.from(day, 1)}`
          yield* sql`DELETE FROM payment_proxy_elsewhere WHERE vendor = ${vendor} AND day < ${Days.from(day, -Days.rememberedDays)}`
          yield* sql`UPDATE payment_proxy_day SET ${sql.update({
            finished_millis: nowMillis,
            fault: null,
            counted: Days.encodeCounted(counted)
          })} WHERE id = ${Days.idOf(vendor, day)}`
        })
      ),
    fail: (run, fault) =>
      Effect.asVoid(
        ifLast(run, () =>
          Effect.asVoid(
            sql`UPDATE payment_proxy_day SET fault = ${Differences.noted(fault)} WHERE id = ${Days.idOf(run.vendor, run.day)}`
          )
        )
      ),
    differences: ({ vendor, day, statuses, after, limit }) =>
      typed(
        reader`SELECT ${columns} FROM payment_proxy_difference WHERE vendor = ${vendor} AND day = ${day}
          AND id > ${after ?? ""} ${statuses === null ? reader`` : reader`AND ${reader.in("status", statuses)}`}
          ORDER BY id LIMIT ${limit}`.unprepared.pipe(Effect.flatMap(Differences.decode), Effect.orDie)
      ),
    counts: (vendor, day) =>
      typed(
        reader`SELECT kind, status, COUNT(*) AS count FROM payment_proxy_difference
          WHERE vendor = ${vendor} AND day = ${day} GROUP BY kind, status ORDER BY kind, status`.pipe(
          Effect.flatMap(Differences.counts),
          Effect.orDie
        )
      )
  })
})

/** `Reconciliations` in the embedded database. */
export const layer: Layer.Layer<Reconciliations, never, Database> = Layer.effect(Reconciliations, make)
