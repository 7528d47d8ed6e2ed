import type { SqlClient } from "@effect/sql"
import type { Payment } from "@payment-proxy/domain"
import { Orders as Rows } from "@payment-proxy/order-table"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Either, Option, Schema } from "effect"
import { typed } from "./Database.ts"
import * as Lanes from "./Lanes.ts"

type Answer = Effect.Effect<Option.Option<Payment.Payment>, StoreUnavailable>

/** One caller who wants an order. */
interface Asker {
  readonly payOrderNo: string
  readonly tell: (answer: Answer) => void
}

const lanes = 2
const maxAskers = 128
const maxWaiting = 4096

const maxKnown = 4096

const Numbered = Schema.Struct({ pay_order_no: Schema.String, version: Schema.Number })
const decodeNumbered = Schema.decodeUnknownOption(Numbered)

/** A row, with what tells whether it is known. */
interface Found {
  readonly version: number
  readonly row: unknown
}
const foundOf = (row: unknown): ReadonlyArray<readonly [payOrderNo: string, found: Found]> =>
  Option.match(decodeNumbered(row), {
    onNone: () => [],
    onSome: ({ pay_order_no, version }) => [[pay_order_no, { version, row }]]
  })

const unavailable = (cause: unknown): StoreUnavailable =>
  cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ cause })

/**
 * Reads of single orders by concurrent callers, sharing statements: what is asked for while a lane is busy goes out as one.
 * Where a statement fails, whoever waits is told at once, and a row that cannot be read is its own asker's trouble alone.
 */
export const make = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const { waiting, put, take } = yield* Lanes.make<Asker>(lanes, maxAskers)
    const columns = sql.literal(Rows.columns.join(", "))

    /** Orders as they were read last: a row of the same version is the same order. */
    const known = new Map<string, Payment.Payment>()

    const found = (askers: ReadonlyArray<Asker>) =>
      sql`SELECT ${columns} FROM payment_proxy_order
        WHERE ${sql.in("pay_order_no", [...new Set(askers.map(({ payOrderNo }) => payOrderNo))])}`.unprepared.pipe(
        Effect.map((rows) => new Map(rows.flatMap(foundOf))),
        typed
      )

    const keep = (payment: Payment.Payment): void => {
      const [oldest] = known.keys()
      if (oldest !== undefined && known.size >= maxKnown) known.delete(oldest)
      known.set(payment.payOrderNo, payment)
    }

    const answerOf = (payOrderNo: string, found: Found | undefined): Answer => {
      if (found === undefined) return Effect.succeedNone
      const before = known.get(payOrderNo)
      if (before?.version === found.version) return Effect.succeed(Option.some(before))
      const payment = Rows.toPayment(found.row)
      if (Either.isLeft(payment)) return Effect.fail(unavailable(payment.left))
      keep(payment.right)
      return Effect.succeed(Option.some(payment.right))
    }

    const round = Effect.gen(function* () {
      const askers = yield* take
      if (askers.length === 0) return
      const rows = yield* Effect.either(found(askers))
      if (Either.isRight(rows))
        for (const { payOrderNo, tell } of askers) tell(answerOf(payOrderNo, rows.right.get(payOrderNo)))
      else for (const { tell } of [...askers, ...waiting.splice(0)]) tell(Effect.fail(unavailable(rows.left)))
    })
    for (let count = 0; count < lanes; count++) yield* Lanes.forked(Effect.forever(round))

    /** The order with this number. */
    const byNumber = (payOrderNo: string): Answer =>
      Effect.async((tell) => {
        if (waiting.length >= maxWaiting) tell(new StoreUnavailable({ cause: "Too many reads wait for the database." }))
        else put({ payOrderNo, tell })
      })
    return { byNumber }
  })
