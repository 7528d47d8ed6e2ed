import type { Statement } from "@effect/sql"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"
import { format, type Connection as Link } from "mysql2"
import * as Connections from "./Connections.ts"
import { again, type Database, undone } from "./Database.ts"
import * as Failures from "./Failures.ts"
import * as Lanes from "./Lanes.ts"

/** One caller's statement, and whom to tell how many rows it found. */
interface Wish {
  readonly text: string
  readonly tell: (found: Effect.Effect<number, StoreUnavailable>) => void
}

const lanes = 2
const maxTogether = 64
const maxWaiting = 4096

const decodeHeaders = Schema.decodeUnknown(Schema.Array(Schema.Struct({ affectedRows: Schema.Number })))

/** One transaction in one packet: how many rows each statement found. */
const attempt = (link: Link, wishes: ReadonlyArray<Wish>, limitMillis: number) =>
  Connections.run(link, ["BEGIN", ...wishes.map(({ text }) => text), "COMMIT"].join(";\n"), [], limitMillis).pipe(
    Effect.flatMap((results) => Effect.orDie(decodeHeaders(results))),
    Effect.map((headers) => headers.slice(1, -1).map(({ affectedRows }) => affectedRows)),
    Connections.rolledBack(link, limitMillis)
  )

/** Texts, numbers and nothing: an update has no other values. */
const plain = (value: unknown): string | number | null =>
  typeof value === "number" ? value : value === null || value === undefined ? null : String(value)

/** What the server undid for another's sake is done again at once; a lock is waited for once, and by its own caller. */
const isUndone = (error: unknown): boolean => {
  const code = Connections.codeOf(error)
  return undone.has(code) && !locked.has(code)
}
const locked = Failures.codesOf("lock_wait")

/** What may be one statement's own fault: the others are not held up by it. */
const isBlamed = (error: unknown): boolean => {
  const code = Connections.codeOf(error)
  return locked.has(code) || Failures.kindOf(code) === "refused"
}

const unavailable = (cause: unknown) => Effect.fail(new StoreUnavailable({ cause }))

/**
 * Updates of concurrent callers, each of which stands alone and may be made again, sharing transactions: what comes in while
 * a lane is busy goes out together. A statement that fails is its own caller's trouble; where no answer comes, it may have
 * been done.
 */
export const make = ({ options }: Database["Type"]) =>
  Effect.gen(function* () {
    const lines = yield* Lanes.make<Wish>(lanes, maxTogether)
    const { waiting, put } = lines

    const failed = (wishes: ReadonlyArray<Wish>, cause: unknown) =>
      Effect.sync(() => {
        for (const { tell } of wishes) tell(unavailable(cause))
      })

    const lane = Effect.gen(function* () {
      const connected = yield* Connections.kept(options)
      const round = (wishes: ReadonlyArray<Wish>): Effect.Effect<void> =>
        Effect.flatMap(connected, (link) => attempt(link, wishes, options.statementMillis)).pipe(
          Effect.retry({ while: isUndone, schedule: again }),
          Effect.matchEffect({
            onSuccess: (counts) =>
              Effect.sync(() => {
                for (const [index, { tell }] of wishes.entries()) tell(Effect.succeed(counts[index] ?? 0))
              }),
            onFailure: (error) =>
              wishes.length > 1 && isBlamed(error)
                ? Effect.forEach(wishes, (wish) => round([wish]), { discard: true })
                : failed(wishes, error)
          })
        )
      yield* Lanes.forked(lines, round, failed)
    })
    for (let count = 0; count < lanes; count++) yield* lane

    /** Runs a statement; answers how many rows it found. */
    const update = (statement: Statement.Statement<unknown>): Effect.Effect<number, StoreUnavailable> =>
      Effect.async((tell) => {
        const [text, values] = statement.compile()
        if (waiting.length >= maxWaiting) tell(unavailable("Too many updates wait for the database."))
        else put({ text: format(text, values.map(plain)), tell })
      })
    return { update }
  })
