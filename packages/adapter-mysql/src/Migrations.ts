import type { SqlError } from "@effect/sql"
import { crashPoint } from "@payment-proxy/ports"
import { Duration, Effect, Schedule, Schema } from "effect"
import * as Connections from "./Connections.ts"
import { type Database, DatabaseUnfit, patiently } from "./Database.ts"
import { originalColumns, type Step, steps } from "./Schema.ts"

const lockSeconds = 10
/** How often another process's migration is waited for: as long as one of its steps may take. */
const lockTries = 2160
/** A start has more patience than a call, on a server that is busy. */
const limitMillis = 60_000
/** A table with many rows is altered for as long as it takes. */
const stepLimitMillis = lockSeconds * lockTries * 1000
/** Whatever is behind an ALTER that waits for the table waits, too: it makes way, and comes again. */
const makeWay = "SET SESSION lock_wait_timeout = 5"
const comingAgain = Schedule.intersect(Schedule.spaced(Duration.seconds(5)), Schedule.recurs(120))
const isLocked = (error: unknown): boolean => Connections.codeOf(error) === 1205

const Lock = Schema.Tuple(Schema.Struct({ held: Schema.NullOr(Schema.Number) }))
const Recorded = Schema.Array(
  Schema.Struct({ id: Schema.Number, name: Schema.String, finished_at: Schema.NullOr(Schema.String) })
)
const Parts = Schema.Array(Schema.Struct({ name: Schema.String }))
const AllParts = Schema.Array(Schema.Struct({ of: Schema.String, name: Schema.String }))

type Run = (
  statement: string,
  values?: ReadonlyArray<unknown>,
  millis?: number
) => Effect.Effect<unknown, SqlError.SqlError>

/** Where the steps that ran are written down. */
export const record = `CREATE TABLE IF NOT EXISTS payment_proxy_migration (
  id int NOT NULL, name varchar(64) NOT NULL, started_at datetime(3) NOT NULL, finished_at datetime(3) NULL,
  PRIMARY KEY (id)) ENGINE=InnoDB`

/** The columns and indexes of a table, by name. */
const partsOf = (run: Run, table: string) =>
  run(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?
      UNION SELECT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ?`,
    [table, table]
  ).pipe(
    Effect.flatMap(Schema.decodeUnknown(Parts)),
    Effect.map((rows) => new Set(rows.map(({ name }) => name)))
  )

const nameOf = (column: string): string => column.split(" ", 1)[0] ?? ""

/** A table of ours that is there already: the original one is taken over, with its rows; any other is not ours. */
const takenOver = (step: Step, parts: ReadonlySet<string>) => {
  if (parts.size === 0) return Effect.succeed(false)
  const missing = originalColumns.map(nameOf).filter((name) => !parts.has(name))
  if (step.id === 1 && missing.length === 0) return Effect.succeed(true)
  return new DatabaseUnfit({
    detail:
      step.id === 1
        ? `it has a table payment_proxy_order without ${missing.join(", ")}, which is not the one that is taken over.`
        : `it has a table ${step.makes.table} that is not ours: rename it, or name another database.`
  })
}

const isCreate = ({ statement }: Step): boolean => statement.startsWith("CREATE")

/** One step: named before it runs and after it ran, so that one that was cut off in between is known. */
const take = (run: Run, step: Step, recorded: (typeof Recorded.Type)[number] | undefined) =>
  Effect.gen(function* () {
    if (recorded !== undefined && recorded.finished_at !== null) return
    const parts = yield* partsOf(run, step.makes.table)
    const isMade = parts.has(step.makes.part)
    if (recorded !== undefined)
      yield* Effect.logWarning(`Migration ${step.id} (${step.name}) was cut off; it ${isMade ? "had" : "had not"} run.`)
    const isThere = recorded === undefined && isCreate(step) ? yield* takenOver(step, parts) : isMade
    yield* run("INSERT IGNORE INTO payment_proxy_migration (id, name, started_at) VALUES (?, ?, NOW(3))", [
      step.id,
      step.name
    ])
    if (!isThere)
      yield* Effect.retry(run(step.statement, [], stepLimitMillis), { while: isLocked, schedule: comingAgain })
    yield* crashPoint("K25")
    yield* run("UPDATE payment_proxy_migration SET finished_at = NOW(3) WHERE id = ?", [step.id])
  })

/** What must be there, and is not: someone changed the schema behind our back. */
const check = (run: Run, all: ReadonlyArray<Step>) =>
  run(
    `SELECT table_name AS \`of\`, column_name AS name FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name LIKE 'payment_proxy%'
      UNION SELECT table_name, index_name FROM information_schema.statistics
      WHERE table_schema = DATABASE() AND table_name LIKE 'payment_proxy%'`
  ).pipe(
    Effect.flatMap(Schema.decodeUnknown(AllParts)),
    Effect.flatMap((rows) => {
      const parts = new Set(rows.map(({ of, name }) => `${of}.${name}`))
      const lacking = all.map(({ makes }) => `${makes.table}.${makes.part}`).find((part) => !parts.has(part))
      return lacking === undefined ? Effect.void : new DatabaseUnfit({ detail: `${lacking} is missing.` })
    })
  )

const migrated = (run: Run, server: Connections.Server) =>
  Effect.gen(function* () {
    yield* run(record)
    const known = yield* Effect.flatMap(
      run("SELECT id, name, finished_at FROM payment_proxy_migration ORDER BY id"),
      Schema.decodeUnknown(Recorded)
    )
    const all = steps(server)
    const newest = all.at(-1)?.id ?? 0
    const newer = known.find(({ id }) => id > newest)
    if (newer !== undefined)
      return yield* new DatabaseUnfit({
        detail: `its schema is at ${newer.id} (${newer.name}), and this program knows up to ${newest}: run a newer one.`
      })
    yield* Effect.forEach(
      all,
      (step) =>
        take(
          run,
          step,
          known.find(({ id }) => id === step.id)
        ),
      { discard: true }
    )
    yield* check(run, all)
  })

/** Brings the schema up to date: one statement a step, forward only; one process at a time, the others wait. */
export const migrate = ({ options, server }: Database["Type"]) =>
  Effect.gen(function* () {
    const link = yield* patiently(options)(Connections.own(options))
    const run: Run = (statement, values = [], millis = limitMillis) => Connections.run(link, statement, values, millis)
    const lock = "CONCAT('payment_proxy_migration ', DATABASE())"
    yield* run(makeWay)
    const held = run(`SELECT GET_LOCK(${lock}, ${lockSeconds}) AS held`).pipe(
      Effect.flatMap(Schema.decodeUnknown(Lock)),
      Effect.map(([row]) => row.held === 1),
      Effect.tap((isHeld) =>
        isHeld ? Effect.void : Effect.logWarning("Another process brings the schema up to date: this one waits.")
      ),
      Effect.repeat({ until: (isHeld) => isHeld, times: lockTries })
    )
    if (!(yield* held)) return yield* new DatabaseUnfit({ detail: "another process migrates it, and does not end." })
    yield* Effect.ensuring(migrated(run, server), Effect.ignore(run(`SELECT RELEASE_LOCK(${lock})`)))
  }).pipe(Effect.scoped)
