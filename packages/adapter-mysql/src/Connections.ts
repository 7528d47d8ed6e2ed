import { SqlError } from "@effect/sql"
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect, ExecutionStrategy, Exit, Scope, Stream } from "effect"
import {
  type ConnectionOptions,
  createConnection,
  createPool,
  format,
  type Connection as Link,
  type PoolConnection
} from "mysql2"
import * as Metrics from "./Metrics.ts"

/** Where the database is, and how patient we are with it. */
export interface Options {
  /** `mysql://user:password@host:port/database` */
  readonly url: string
  /** For reads and single statements; two more are the commits' own. */
  readonly maxConnections: number
  readonly acquireMillis: number
  readonly statementMillis: number
  /** How long a commit of unknown outcome is looked for before it is said to be unknown. */
  readonly settleMillis: number
  /** How long a start waits for a database that is not there yet, or busy. */
  readonly startSeconds: number
}

/** The kind of server; it decides what collations and session settings are called. */
export type Server = "mariadb" | "mysql"

/** Compares by the byte and without padding: `abc`, `ABC` and `abc ` are three. */
export const collations = { mariadb: "utf8mb4_nopad_bin", mysql: "utf8mb4_0900_bin" } as const

const shared = ({ url }: Options): ConnectionOptions => ({
  uri: url,
  connectTimeout: 3000,
  enableKeepAlive: true,
  supportBigNumbers: true,
  bigNumberStrings: false,
  dateStrings: true,
  timezone: "Z",
  charset: "utf8mb4"
})

/** What every session is set to, whatever the server's defaults are. */
const settings = (server: Server): ReadonlyArray<string> => [
  `SET NAMES utf8mb4 COLLATE ${collations[server]}`,
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO', time_zone = '+00:00', innodb_lock_wait_timeout = 2${
    server === "mariadb" ? ", idle_write_transaction_timeout = 5" : ""
  }`
]

/** The server's error number, or what the connection said; `undefined` where it said neither. */
export const codeOf = (error: unknown): number | string | undefined => {
  const cause = error instanceof SqlError.SqlError ? error.cause : error
  if (typeof cause !== "object" || cause === null) return undefined
  if ("errno" in cause && typeof cause.errno === "number" && cause.errno > 0) return cause.errno
  return "code" in cause && typeof cause.code === "string" ? cause.code : undefined
}

/** A failure as an error, counted unless it only repeats what ended the connection. */
const failed = (cause: unknown, message: string, isEcho = false): SqlError.SqlError => {
  if (!isEcho) Metrics.countFailure(codeOf(cause))
  return new SqlError.SqlError({ cause, message })
}

/** Whether the server itself said no: everything else leaves open what became of the statement. */
export const isAnswered = (error: unknown): boolean => typeof codeOf(error) === "number"

const dead = new WeakSet<object>()

/** Ends a connection on which something may be open. */
export const destroy = (link: Link): Effect.Effect<void> =>
  Effect.sync(() => {
    dead.add(link)
    link.destroy()
  })

/** Whether a statement may be tried on it. */
export const isAlive = (link: Link): boolean => !dead.has(link)

const unanswered = () => Object.assign(new Error("No answer within the limit."), { code: "PROTOCOL_SEQUENCE_TIMEOUT" })

/** Runs a statement, or several in one packet, once; a connection on which one did not end is not used again. */
export const run = (link: Link, sql: string, values: ReadonlyArray<unknown>, limitMillis: number, isPrepared = false) =>
  Effect.async<unknown, SqlError.SqlError>((resume) => {
    // Ours, as mysql2's limit is for the first packet of an answer alone, and there is none while it prepares a statement.
    const timer = setTimeout(() => done(unanswered(), undefined), limitMillis)
    const done = (cause: unknown, result: unknown): void => {
      clearTimeout(timer)
      if (cause === null) return resume(Effect.succeed(result))
      const failure = failed(cause, "A statement failed.", !isAlive(link))
      if (!isAnswered(cause)) Effect.runSync(destroy(link))
      resume(Effect.fail(failure))
    }
    const statement = { sql, ...(values.length === 0 ? {} : { values: [...values] }) }
    if (isPrepared) link.execute(statement as { sql: string; values: Array<never> }, done)
    else link.query(statement, done)
    return Effect.sync(() => clearTimeout(timer)).pipe(Effect.zipRight(destroy(link)))
  })

const serverOf = (version: unknown): Server => (/mariadb/i.test(JSON.stringify(version)) ? "mariadb" : "mysql")

/** Settles a new session; answers what server it is on. */
const settle = (link: Link, limitMillis: number): Effect.Effect<Server, SqlError.SqlError> =>
  Effect.gen(function* () {
    const server = serverOf(yield* run(link, "SELECT VERSION() AS version", [], limitMillis))
    for (const statement of settings(server)) yield* run(link, statement, [], limitMillis)
    return server
  })

/** Statements without values go out as they are: looking for places to put some takes as long as writing them. */
const queryFormat = (sql: string, values: unknown): string =>
  Array.isArray(values) && values.length > 0 ? format(sql, values) : sql

/** A connection of one's own, on which several statements may go out in one packet; closed with the scope. */
export const own = (options: Options): Effect.Effect<Link, SqlError.SqlError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Link, SqlError.SqlError>((resume) => {
      const link = createConnection({ ...shared(options), multipleStatements: true, queryFormat })
      // Nobody listens for what happens to an idle connection: the next statement on it says so.
      link.on("error", () => dead.add(link))
      link.connect((cause) =>
        resume(cause === null ? Effect.succeed(link) : Effect.fail(failed(cause, "No connection to the database.")))
      )
      return Effect.sync(() => link.destroy())
    }),
    (link) => Effect.sync(() => link.destroy())
  ).pipe(Effect.tap((link) => settle(link, options.statementMillis)))

/** A connection of one's own for as long as the scope lives: opened when it is asked for, and anew where it has died. */
export const kept = (options: Options): Effect.Effect<Effect.Effect<Link, SqlError.SqlError>, never, Scope.Scope> =>
  Effect.map(Effect.scope, (scope) => {
    let link: Link | undefined
    let current: Scope.CloseableScope | undefined
    const dropped = Effect.suspend(() => {
      const closing = current
      link = undefined
      current = undefined
      return closing === undefined ? Effect.void : Scope.close(closing, Exit.void)
    })
    return Effect.gen(function* () {
      if (link !== undefined && isAlive(link)) return link
      yield* dropped
      current = yield* Scope.fork(scope, ExecutionStrategy.sequential)
      link = yield* Scope.extend(own(options), current)
      return link
    })
  })

/** Unless `effect` succeeds, nothing of it is left open on the connection; without an answer to that it is not used again. */
export const rolledBack =
  (link: Link, limitMillis: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.tapErrorCause(effect, () => Effect.catchAll(run(link, "ROLLBACK", [], limitMillis), () => destroy(link)))

const connectionOf = (link: Link, { statementMillis }: Options): Connection => {
  const rows = (sql: string, params: ReadonlyArray<unknown>, isPrepared: boolean) =>
    Effect.map(run(link, sql, params, statementMillis, isPrepared), (result) => (Array.isArray(result) ? result : []))
  return {
    execute: (sql, params) => rows(sql, params, true),
    executeRaw: (sql, params) => run(link, sql, params, statementMillis),
    executeStream: (sql, params) => Stream.fromIterableEffect(rows(sql, params, false)),
    executeValues: (sql, params) => Effect.map(rows(sql, params, false), (all) => all.map((row) => Object.values(row))),
    executeUnprepared: (sql, params) => rows(sql, params, false)
  }
}

/** Connections from a pool, each settled before its first use, given back unless something was left open on it. */
export const pool = (options: Options) =>
  Effect.gen(function* () {
    Metrics.register(options.maxConnections)
    const links = yield* Effect.acquireRelease(
      Effect.sync(() =>
        createPool({ ...shared(options), connectionLimit: options.maxConnections, maxIdle: options.maxConnections })
      ),
      (open) =>
        Effect.async<void>((resume) => {
          open.end(() => resume(Effect.void))
        }).pipe(Effect.timeoutOption("5 seconds"))
    )
    const settled = new WeakMap<object, Server>()
    const broken = new WeakSet<object>()

    const taken = Effect.async<PoolConnection, SqlError.SqlError>((resume) => {
      let isLate = false
      Metrics.addConnectionWaiting(1)
      const give = (outcome: Effect.Effect<PoolConnection, SqlError.SqlError>) => {
        clearTimeout(timer)
        Metrics.addConnectionWaiting(-1)
        resume(outcome)
      }
      const timer = setTimeout(() => {
        isLate = true
        Metrics.addConnectionWaiting(-1)
        resume(Effect.fail(failed({ code: "ACQUIRE_TIMEOUT" }, "No connection is free.")))
      }, options.acquireMillis)
      links.getConnection((cause, link) => {
        if (isLate) link?.release()
        else if (cause) give(Effect.fail(failed(cause, "No connection to the database.")))
        else {
          Metrics.addInUse(1)
          give(Effect.succeed(link))
        }
      })
    }).pipe(Effect.uninterruptible)

    const acquire = Effect.acquireRelease(taken, (link) =>
      Effect.sync(() => {
        Metrics.addInUse(-1)
        return broken.has(link) || !isAlive(link) ? link.destroy() : link.release()
      })
    ).pipe(
      Effect.tap((link) =>
        settled.has(link)
          ? Effect.void
          : Effect.map(settle(link, options.statementMillis), (server) => settled.set(link, server))
      )
    )
    return {
      /** A settled connection for the scope, and what server it is on. */
      acquire: Effect.map(acquire, (link) => ({
        link,
        server: settled.get(link) ?? ("mysql" as Server),
        connection: connectionOf(link, options)
      })),
      /** Something is open on it: it is ended, not given back. */
      discard: (link: object) => Effect.sync(() => broken.add(link))
    }
  })
