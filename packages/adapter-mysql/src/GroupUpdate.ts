import type { Statement } from "@effect/sql"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"
import { format, type Connection as Link } from "mysql2"
import * as Connections from "./Connections.ts"
import { again, type Database, undone } from "./Database.ts"
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
  typeof value === "number" || value === null ? value : String(value)

const unavailable = (cause: unknown) => Effect.fail(new StoreUnavailable({ cause }))

/**
 * Updates of concurrent callers, each of which stands alone and may be made again, sharing transactions: what comes in while
 * a lane is busy goes out together. A statement that fails is its own caller's trouble; where no answer comes, it may have
 * been done, and whoever waits is told at once.
 */
export const make = ({ options }: Database["Type"]) =>
  Effect.gen(function* () {
    const { waiting, put, take } = yield* Lanes.make<Wish>(lanes, maxTogether)

    const lane = Effect.gen(function* () {
      const connected = yield* Connections.kept(options)
      const round = (wishes: ReadonlyArray<Wish>): Effect.Effect<void> =>
        Effect.flatMap(connected, (link) => attempt(link, wishes, options.statementMillis)).pipe(
          Effect.retry({ while: (error) => undone.has(Connections.codeOf(error)), schedule: again }),
          Effect.matchEffect({
            onSuccess: (counts) =>
              Effect.sync(() => {
                for (const [index, { tell }] of wishes.entries()) tell(Effect.succeed(counts[index] ?? 0))
              }),
            onFailure: (error) => {
              if (wishes.length > 1 && Connections.isAnswered(error))
                return Effect.forEach(wishes, (wish) => round([wish]), { discard: true })
              const others = Connections.isAnswered(error) ? [] : waiting.splice(0)
              return Effect.sync(() => {
                for (const { tell } of [...wishes, ...others]) tell(unavailable(error))
              })
            }
          })
        )
      return yield* Effect.forever(
        Effect.flatMap(take, (wishes) => (wishes.length === 0 ? Effect.void : round(wishes)))
      )
    })
    for (let count = 0; count < lanes; count++) yield* Lanes.forked(lane)

    /** Runs a statement; answers how many rows it found. */
    const update = (statement: Statement.Statement<unknown>): Effect.Effect<number, StoreUnavailable> =>
      Effect.async((tell) => {
        const [text, values] = statement.compile()
        if (waiting.length >= maxWaiting) tell(unavailable("Too many updates wait for the database."))
        else put({ text: format(text, values.map(plain)), tell })
      })
    return { update }
  })
