import { Operators as Rows } from "@payment-proxy/order-table"
import { Deeds, OperatorAccounts, OperatorSessions, OperatorTaken, SavedFilters } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"
import * as Connections from "./Connections.ts"
import { Database, typed } from "./Database.ts"

const maxAccounts = 10_000
const maxSwept = 1000

/** Another has what is one's alone. */
const isTaken = (error: unknown): boolean => Connections.codeOf(error) === 1062

export const makeAccounts = Effect.gen(function* () {
  const { sql, transaction } = yield* Database
  const columns = sql.literal(Rows.accountColumns.join(", "))
  const read = <E>(rows: Effect.Effect<unknown, E>) =>
    Effect.flatMap(rows, (all) => Effect.orDie(Rows.decodeAccounts(all)))
  const one = <E>(rows: Effect.Effect<unknown, E>) => typed(Effect.map(read(rows), ([row]) => Option.fromNullable(row)))
  return OperatorAccounts.of({
    add: (account) =>
      sql`INSERT INTO payment_proxy_operator ${sql.insert(Rows.accountRow(account))}`.pipe(
        Effect.asVoid,
        Effect.catchIf(isTaken, () => new OperatorTaken({ name: account.name })),
        typed
      ),
    byName: (compared) => one(sql`SELECT ${columns} FROM payment_proxy_operator WHERE compared = ${compared}`),
    bySubject: (subject) => one(sql`SELECT ${columns} FROM payment_proxy_operator WHERE subject = ${subject}`),
    list: typed(read(sql`SELECT ${columns} FROM payment_proxy_operator ORDER BY compared LIMIT ${maxAccounts}`)),
    edit: (compared, change) =>
      transaction(
        read(sql`SELECT ${columns} FROM payment_proxy_operator WHERE compared = ${compared} FOR UPDATE`).pipe(
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
  const { sql } = yield* Database
  const columns = sql.literal(Rows.sessionColumns.join(", "))
  const done = <E>(statement: Effect.Effect<unknown, E>) => typed(Effect.asVoid(statement))
  return OperatorSessions.of({
    add: (session) => done(sql`INSERT INTO payment_proxy_operator_session ${sql.insert(Rows.sessionRow(session))}`),
    byId: (id) =>
      sql`SELECT ${columns} FROM payment_proxy_operator_session WHERE id_sha256 = ${id}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeSessions(rows))),
        Effect.map(([row]) => Option.fromNullable(row)),
        typed
      ),
    seen: (id, atMillis) =>
      done(sql`UPDATE payment_proxy_operator_session SET seen_millis = ${atMillis}
        WHERE id_sha256 = ${id} AND seen_millis < ${atMillis}`),
    end: (id) => done(sql`DELETE FROM payment_proxy_operator_session WHERE id_sha256 = ${id}`),
    endAll: (operator, but) =>
      done(sql`DELETE FROM payment_proxy_operator_session
        WHERE operator = ${operator} AND id_sha256 <> ${but ?? ""}`),
    counts: (nowMillis, seenFromMillis) =>
      sql`SELECT operator, COUNT(*) AS sessions FROM payment_proxy_operator_session
        WHERE seen_millis >= ${seenFromMillis} AND ends_millis > ${nowMillis} GROUP BY operator`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeCounts(rows))),
        typed
      ),
    sweep: (nowMillis, seenFromMillis) =>
      done(sql`DELETE FROM payment_proxy_operator_session
        WHERE ends_millis < ${nowMillis} OR seen_millis < ${seenFromMillis} LIMIT ${sql.literal(String(maxSwept))}`)
  })
})

export const makeDeeds = Effect.gen(function* () {
  const { sql } = yield* Database
  const columns = sql.literal(Rows.deedColumns.join(", "))
  return Deeds.of({
    add: (deed) => typed(Effect.asVoid(sql`INSERT INTO payment_proxy_deed ${sql.insert(Rows.deedRow(deed))}`)),
    search: ({ operator, subject, after, limit }) =>
      sql`SELECT ${columns} FROM payment_proxy_deed WHERE ${sql.and([
        ...(operator === null ? [] : [sql`operator = ${operator}`]),
        ...(subject === null ? [] : [sql`subject = ${subject}`]),
        ...(after === null ? [] : [sql`id < ${after}`])
      ])} ORDER BY id DESC LIMIT ${limit}`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeDeeds(rows))),
        typed
      )
  })
})

export const makeFilters = Effect.gen(function* () {
  const { sql } = yield* Database
  const done = <E>(statement: Effect.Effect<unknown, E>) => typed(Effect.asVoid(statement))
  return SavedFilters.of({
    of: (operator) =>
      sql`SELECT name, filter FROM payment_proxy_operator_filter WHERE operator = ${operator} ORDER BY name`.pipe(
        Effect.flatMap((rows) => Effect.orDie(Rows.decodeFilters(rows))),
        typed
      ),
    put: (operator, name, filter) =>
      done(sql`INSERT INTO payment_proxy_operator_filter ${sql.insert({ operator, name, filter })}
        ON DUPLICATE KEY UPDATE filter = VALUES(filter)`),
    drop: (operator, name) =>
      done(sql`DELETE FROM payment_proxy_operator_filter WHERE operator = ${operator} AND name = ${name}`)
  })
})

/** People who work here, their sessions, what they do and what they keep, in MySQL or MariaDB. */
export const layer = Layer.mergeAll(
  Layer.effect(OperatorAccounts, makeAccounts),
  Layer.effect(OperatorSessions, makeSessions),
  Layer.effect(Deeds, makeDeeds),
  Layer.effect(SavedFilters, makeFilters)
)
