import { Reactivity } from "@effect/experimental"
import { SqlClient, SqlError } from "@effect/sql"
import { MysqlClient } from "@effect/sql-mysql2"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Context, Data, Duration, Effect, Exit, Layer, Schedule, Schema } from "effect"
import * as Connections from "./Connections.ts"
import * as Failures from "./Failures.ts"

/** The database's clock in milliseconds since the epoch, as an expression of SQL; leases and due times are in it. */
export class Now extends Context.Reference<Now>()("@payment-proxy/adapter-mysql/Now", {
  defaultValue: (): Effect.Effect<string> => Effect.succeed("CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)")
}) {}

/** `Now`, in one step of the runtime. */
export const now: Effect.Effect<string> = Effect.withFiberRuntime((fiber) => Context.get(fiber.currentContext, Now))

/** The database: for statements that stand alone, and for some that belong together. */
export class Database extends Context.Tag("@payment-proxy/adapter-mysql/Database")<
  Database,
  {
    readonly sql: SqlClient.SqlClient
    readonly server: Connections.Server
    readonly options: Connections.Options
    /** Runs `effect` in one transaction, again where the server undid it for another's sake. */
    readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, Typed<E>, R>
  }
>() {}

/** This database cannot be ours: its schema is not known, or it does not keep what it says that it keeps. Nothing was changed in it. */
export class DatabaseUnfit extends Data.TaggedError("DatabaseUnfit")<{ readonly detail: string }> {
  override get message(): string {
    return `The database cannot be used: ${this.detail}`
  }
}

export type Typed<E> = Exclude<E, { readonly _tag: "SqlError" }> | StoreUnavailable

const isSqlError = (error: unknown): error is SqlError.SqlError => error instanceof SqlError.SqlError

/** Whatever the database fails with, also as a defect, as the ports' own error; other failures pass. */
export const typed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Typed<E>, R> =>
  effect.pipe(
    Effect.catchAllDefect((cause) => new StoreUnavailable({ cause })),
    Effect.mapError((error) => (isSqlError(error) ? new StoreUnavailable({ cause: error }) : (error as Typed<E>)))
  )

/** Deadlock, lock wait, and a row that changed under a snapshot: the server undid the statement or all of it. */
export const undone: ReadonlySet<unknown> = Failures.codesOf("deadlock", "lock_wait", "snapshot")

/** How often, and after what waits, something is done again that the server undid. */
export const again = Schedule.exponential(Duration.millis(5), 3).pipe(
  Schedule.jittered,
  Schedule.intersect(Schedule.recurs(5))
)

const transactionOf =
  ({ acquire, discard }: Effect.Effect.Success<ReturnType<typeof Connections.pool>>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Typed<E>, R> =>
    Effect.gen(function* () {
      const { link, connection } = yield* acquire
      const step = (statement: string) =>
        Effect.onError(connection.executeUnprepared(statement, [], undefined), () => discard(link))
      yield* step("BEGIN")
      const exit = yield* Effect.exit(Effect.provideService(effect, SqlClient.TransactionConnection, [connection, 0]))
      yield* step(Exit.isSuccess(exit) ? "COMMIT" : "ROLLBACK")
      return yield* exit
    }).pipe(
      Effect.scoped,
      Effect.uninterruptible,
      Effect.retry({ while: (error) => undone.has(Connections.codeOf(error)), schedule: again }),
      typed
    )

const saidBy = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** How a start waits for a database that is not there yet, or busy. */
export const patience = ({ startSeconds }: Pick<Connections.Options, "startSeconds">) =>
  Schedule.spaced(Duration.seconds(1)).pipe(Schedule.upTo(Duration.seconds(startSeconds)))

/** What a start needs of a database, waited for where it is not there yet. */
export const patiently =
  (options: Connections.Options) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    effect.pipe(
      Effect.tapError((error) =>
        isSqlError(error) ? Effect.logWarning(`The database is not there yet: ${saidBy(error.cause)}`) : Effect.void
      ),
      Effect.retry({ schedule: patience(options), while: isSqlError })
    )

/** No such database, or not for this user: waiting does not help. */
const denied = Failures.codesOf("denied")
const isDenied = (error: unknown): boolean => denied.has(Connections.codeOf(error))

const Variables = Schema.Array(Schema.Struct({ Value: Schema.String }))

/** A server that syncs its log now and then forgets orders that were answered; where it has no such setting, nothing is said. */
const durable = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const rows = yield* sql`SHOW GLOBAL VARIABLES LIKE 'innodb_flush_log_at_trx_commit'`.unprepared
    const [setting] = yield* Schema.decodeUnknown(Variables)(rows)
    if (setting !== undefined && setting.Value !== "1")
      return yield* new DatabaseUnfit({
        detail: `it does not sync each commit: set innodb_flush_log_at_trx_commit to 1, where it is ${setting.Value}.`
      })
  }).pipe(Effect.catchTag("ParseError", Effect.die))

/** The database at an address, waited for where it is not there yet; nothing is changed in it. */
export const make = (options: Connections.Options) =>
  Effect.gen(function* () {
    const pool = yield* Connections.pool(options)
    const acquirer = Effect.map(pool.acquire, ({ connection }) => connection)
    const sql = yield* SqlClient.make({
      acquirer,
      compiler: MysqlClient.makeCompiler(),
      transactionAcquirer: acquirer,
      spanAttributes: []
    })
    const { server } = yield* Effect.scoped(pool.acquire).pipe(
      Effect.catchIf(isDenied, ({ cause }) => new DatabaseUnfit({ detail: `${saidBy(cause)}. Look at DATABASE_URL.` })),
      Effect.zipLeft(durable(sql)),
      patiently(options)
    )
    return Database.of({ sql, server, options, transaction: transactionOf(pool) })
  }).pipe(typed)

/** `make` as a layer. */
export const layer = (options: Connections.Options): Layer.Layer<Database, StoreUnavailable | DatabaseUnfit> =>
  Layer.scoped(Database, make(options)).pipe(Layer.provide(Reactivity.layer))
