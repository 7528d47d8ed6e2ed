import { Reactivity } from "@effect/experimental"
import { SqlClient, type SqlError } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Context, Duration, Effect, Exit, Layer, Schedule } from "effect"
import { migrate } from "./Migrations.ts"

/** Two connections to one file: what the one is in the middle of never shows on the other. */
export class Database extends Context.Tag("@payment-proxy/adapter-sqlite/Database")<
  Database,
  {
    /** Sees what was committed. */
    readonly reader: SqlClient.SqlClient
    /** For statements inside `transaction` alone. */
    readonly writer: SqlClient.SqlClient
    /** Runs `effect` in one transaction that owns the write lock from the start; durable when it answers. */
    readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, Typed<E>, R>
  }
>() {}

type Typed<E> = Exclude<E, { readonly _tag: "SqlError" }> | StoreUnavailable

/** How long SQLite itself waits for another process's write: it stands still for it, so not long. */
const busyTimeoutMillis = 50

/** How long we wait for it beside other work, in tries that come apart. */
const patience = Schedule.exponential(Duration.millis(5)).pipe(
  Schedule.union(Schedule.spaced(Duration.millis(100))),
  Schedule.jittered,
  Schedule.upTo(Duration.seconds(5))
)

/** Whatever the database fails with, also as a defect, as the ports' own error; other failures pass. */
export const typed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Typed<E>, R> =>
  effect.pipe(
    Effect.catchAllDefect((cause) => new StoreUnavailable({ cause })),
    Effect.mapError((error) => (isSqlError(error) ? new StoreUnavailable({ cause: error }) : (error as Typed<E>)))
  )

const isSqlError = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "_tag" in error && error._tag === "SqlError"

const isBusy = ({ cause }: SqlError.SqlError): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && cause.code === "SQLITE_BUSY"

const transactionOf =
  (writer: SqlClient.SqlClient) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Typed<E>, R> =>
    Effect.gen(function* () {
      const connection = yield* writer.reserve
      const run = (statement: string) => connection.executeUnprepared(statement, [], undefined)
      yield* Effect.retry(run("BEGIN IMMEDIATE"), { while: isBusy, schedule: patience })
      const exit = yield* Effect.exit(Effect.provideService(effect, SqlClient.TransactionConnection, [connection, 0]))
      if (Exit.isFailure(exit)) yield* run("ROLLBACK")
      // What a failed COMMIT leaves open would swallow the next transaction.
      else yield* Effect.onError(run("COMMIT"), () => Effect.ignore(run("ROLLBACK")))
      return yield* exit
    }).pipe(Effect.scoped, Effect.uninterruptible, typed)

const open = (filename: string) =>
  Effect.gen(function* () {
    const sql = yield* SqliteClient.make({ filename })
    yield* sql.unsafe(`PRAGMA busy_timeout = ${busyTimeoutMillis}`)
    yield* sql.unsafe("PRAGMA synchronous = FULL")
    return sql
  })

/** The database in a file, made and migrated where it is new: WAL, `synchronous=FULL`, 5 s of patience with other processes that write. */
export const make = (filename: string) =>
  Effect.gen(function* () {
    const writer = yield* open(filename)
    const transaction = transactionOf(writer)
    yield* transaction(Effect.orDie(Effect.provideService(migrate, SqlClient.SqlClient, writer)))
    const reader = yield* open(filename)
    return Database.of({ reader, writer, transaction })
  }).pipe(typed)

/** `make` as a layer. */
export const layer = (filename: string): Layer.Layer<Database, StoreUnavailable> =>
  Layer.scoped(Database, make(filename)).pipe(Layer.provide(Reactivity.layer))
