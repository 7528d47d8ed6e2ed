import { Operators as Rows } from "@payment-proxy/order-table"
import { Deeds, OperatorAccounts, OperatorSessions, OperatorTaken, SavedFilters } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import { Database, typed } from "./Database.ts"

const maxAccounts = 10_000
const maxSwept = 1000

export const makeAccounts = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  const columns = reader.literal(Rows.accountColumns.join(", "))
  const read = (rows: Effect.Effect<unknown, unknown>) => rows.pipe(Effect.flatMap(Rows.decodeAccounts), Effect.orDie)
  const one = (rows: Effect.Effect<unknown, unknown>) =>
    typed(Effect.map(read(rows), ([row]) => Option.fromNullable(row)))
  return OperatorAccounts.of({
    add: (account) =>
      transaction(
        sql`INSERT INTO payment_proxy_operator ${sql.insert(Rows.accountRow(account))} ON CONFLICT DO NOTHING RETURNING name`
      ).pipe(Effect.flatMap(({ length }) => (length === 1 ? Effect.void : new OperatorTaken({ name: account.name })))),
    byName: (compared) => one(reader`SELECT ${columns} FROM payment_proxy_operator WHERE compared = ${compared}`),
    bySubject: (subject) => one(reader`SELECT ${columns} FROM payment_proxy_operator WHERE subject = ${subject}`),
    list: typed(read(reader`SELECT ${columns} FROM payment_proxy_operator ORDER BY compared LIMIT ${maxAccounts}`)),
    edit: (compared, change) =>
      transaction(
        read(sql`SELECT ${columns} FROM payment_proxy_operator WHERE compared = ${compared}`).pipe(
          Effect.flatMap(([account]) => {
            if (account === undefined) return Effect.succeedNone
            const after = { ...change(account), compared, createdAtMillis: account.createdAtMillis }
            return Effect.as(
              sql`UPDATE payment_proxy_operator SET ${sql.update(Rows.accountChange(after))} WHERE compared = ${compared}`,
              Option.some(after)
            )
          })
        )
      )
  })
})

export const makeSessions = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  const columns = reader.literal(Rows.sessionColumns.join(", "))
  return OperatorSessions.of({
    add: (session) =>
      transaction(sql`INSERT INTO payment_proxy_operator_session ${sql.insert(Rows.sessionRow(session))}`).pipe(
        Effect.asVoid
      ),
    byId: (id) =>
      reader`SELECT ${columns} FROM payment_proxy_operator_session WHERE id_sha256 = ${id}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeSessions(rows))),
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      ),
    seen: (id, atMillis) =>
      transaction(sql`UPDATE payment_proxy_operator_session SET seen_millis = ${atMillis}
        WHERE id_sha256 = ${id} AND seen_millis < ${atMillis}`).pipe(Effect.asVoid),
    end: (id) =>
      transaction(sql`DELETE FROM payment_proxy_operator_session WHERE id_sha256 = ${id}`).pipe(Effect.asVoid),
    endAll: (operator, but) =>
      transaction(sql`DELETE FROM payment_proxy_operator_session
        WHERE operator = ${operator} AND id_sha256 <> ${but ?? ""}`).pipe(Effect.asVoid),
    counts: (nowMillis, seenFromMillis) =>
      reader`SELECT operator, COUNT(*) AS sessions FROM payment_proxy_operator_session
        WHERE seen_millis >= ${seenFromMillis} AND ends_millis > ${nowMillis} GROUP BY operator`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeCounts(rows))),
        typed
      ),
    sweep: (nowMillis, seenFromMillis) =>
      transaction(sql`DELETE FROM payment_proxy_operator_session WHERE id_sha256 IN (
        SELECT id_sha256 FROM payment_proxy_operator_session
        WHERE ends_millis < ${nowMillis} OR seen_millis < ${seenFromMillis} LIMIT ${maxSwept})`).pipe(Effect.asVoid)
  })
})

export const makeDeeds = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  const columns = reader.literal(Rows.deedColumns.join(", "))
  return Deeds.of({
    add: (deed) =>
      transaction(sql`INSERT INTO payment_proxy_deed ${sql.insert(Rows.deedRow(deed))}`).pipe(Effect.asVoid),
    search: ({ operator, subject, after, limit }) =>
      reader`SELECT ${columns} FROM payment_proxy_deed WHERE ${reader.and([
        ...(operator === null ? [] : [reader`operator = ${operator}`]),
        ...(subject === null ? [] : [reader`subject = ${subject}`]),
        ...(after === null ? [] : [reader`id < ${after}`])
      ])} ORDER BY id DESC LIMIT ${limit}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeDeeds(rows))),
        typed
      )
  })
})

export const makeFilters = Effect.gen(function* () {
  const { reader, writer: sql, transaction } = yield* Database
  return SavedFilters.of({
    of: (operator) =>
      reader`SELECT name, filter FROM payment_proxy_operator_filter WHERE operator = ${operator} ORDER BY name`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeFilters(rows))),
        typed
      ),
    put: (operator, name, filter) =>
      transaction(sql`INSERT INTO payment_proxy_operator_filter ${sql.insert({ operator, name, filter })}
        ON CONFLICT (operator, name) DO UPDATE SET filter = excluded.filter`).pipe(Effect.asVoid),
    drop: (operator, name) =>
      transaction(sql`DELETE FROM payment_proxy_operator_filter WHERE operator = ${operator} AND name = ${name}`).pipe(
        Effect.asVoid
      )
  })
})

/** People who work here, their sessions, what they do and what they keep, in the embedded database. */
export const layer = Layer.mergeAll(
  Layer.effect(OperatorAccounts, makeAccounts),
  Layer.effect(OperatorSessions, makeSessions),
  Layer.effect(Deeds, makeDeeds),
  Layer.effect(SavedFilters, makeFilters)
)
