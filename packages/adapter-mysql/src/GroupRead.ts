import type { SqlClient } from "@effect/sql"
import type { Payment } from "@payment-proxy/domain"
import { Orders as Rows } from "@payment-proxy/order-table"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Effect, Either, Option } from "effect"
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

type Row = { readonly [column: string]: unknown }

/** Whether two rows say the same, column by column: a version alone does not prove it where a database lost what it had. */
const isSame = (one: Row, other: Row): boolean => Rows.columns.every((column) => one[column] === other[column])

const unavailable = (cause: unknown): StoreUnavailable =>
  cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ cause })

/**
 * Reads of single orders by concurrent callers, sharing statements: what is asked for while a lane is busy goes out as one.
 * Where a statement fails, whoever waits is told at once, and a row that cannot be read is its own asker's trouble alone.
 */
export const make = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const lines = yield* Lanes.make<Asker>(lanes, maxAskers)
    const { waiting, put } = lines
    const columns = sql.literal(Rows.columns.join(", "))

    /** Orders as they were read last: of a row that says the same. */
    const known = new Map<string, { readonly row: Row; readonly payment: Payment.Payment }>()

    const found = (askers: ReadonlyArray<Asker>) =>
      sql`SELECT ${columns} FROM payment_proxy_order
        WHERE ${sql.in("pay_order_no", [...new Set(askers.map(({ payOrderNo }) => payOrderNo))])}`.unprepared.pipe(
        Effect.map((rows: ReadonlyArray<Row>) => new Map(rows.map((row) => [row["pay_order_no"], row]))),
        typed
      )

    const keep = (row: Row, payment: Payment.Payment): void => {
      const [oldest] = known.keys()
      if (oldest !== undefined && known.size >= maxKnown) known.delete(oldest)
      known.set(payment.payOrderNo, { row, payment })
    }

    const answerOf = (payOrderNo: string, row: Row | undefined): Answer => {
      if (row === undefined) return Effect.succeedNone
      const before = known.get(payOrderNo)
      if (before !== undefined && isSame(before.row, row)) return Effect.succeed(Option.some(before.payment))
      const payment = Rows.toPayment(row)
      if (Either.isLeft(payment)) return Effect.fail(unavailable(payment.left))
      keep(row, payment.right)
      return Effect.succeed(Option.some(payment.right))
    }

    const failed = (askers: ReadonlyArray<Asker>, cause: unknown) =>
      Effect.sync(() => {
        for (const { tell } of askers) tell(Effect.fail(unavailable(cause)))
      })

    const round = (askers: ReadonlyArray<Asker>) =>
      Effect.matchEffect(found(askers), {
        onSuccess: (rows) =>
          Effect.sync(() => {
            for (const { payOrderNo, tell } of askers) tell(answerOf(payOrderNo, rows.get(payOrderNo)))
          }),
        onFailure: (cause) => failed([...askers, ...waiting.splice(0)], cause)
      })
    for (let count = 0; count < lanes; count++) yield* Lanes.forked(lines, round, failed)

    /** The order with this number. */
    const byNumber = (payOrderNo: string): Answer =>
      Effect.async((tell) => {
        if (waiting.length >= maxWaiting) tell(new StoreUnavailable({ cause: "Too many reads wait for the database." }))
        else put({ payOrderNo, tell })
      })
    return { byNumber }
  })
