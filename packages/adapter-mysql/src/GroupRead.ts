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

const Numbered = Schema.Struct({ pay_order_no: Schema.String })
const numberOf = Schema.decodeUnknownOption(Numbered)

const unavailable = (cause: unknown): StoreUnavailable =>
  cause instanceof StoreUnavailable ? cause : new StoreUnavailable({ cause })

/**
 * Reads of single orders by concurrent callers, sharing statements: what is asked for while a lane is busy goes out as one.
 * Where a statement fails, whoever waits is told at once, and a row that cannot be read is its own asker's trouble alone.
 */
export const make = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const { waiting, put, take } = Lanes.make<Asker>(maxAskers)
    const columns = sql.literal(Rows.columns.join(", "))

    const found = (askers: ReadonlyArray<Asker>) =>
      sql`SELECT ${columns} FROM payment_proxy_order
        WHERE ${sql.in("pay_order_no", [...new Set(askers.map(({ payOrderNo }) => payOrderNo))])}`.unprepared.pipe(
        Effect.map((rows) => new Map(rows.map((row) => [Option.getOrUndefined(numberOf(row))?.pay_order_no, row]))),
        typed
      )

    const answerOf = (row: unknown): Answer =>
      row === undefined
        ? Effect.succeedNone
        : Effect.mapBoth(Rows.toPayment(row), { onFailure: unavailable, onSuccess: Option.some })

    const round = Effect.gen(function* () {
      const askers = yield* take
      if (askers.length === 0) return
      const rows = yield* Effect.either(found(askers))
      if (Either.isRight(rows)) for (const { payOrderNo, tell } of askers) tell(answerOf(rows.right.get(payOrderNo)))
      else for (const { tell } of [...askers, ...waiting.splice(0)]) tell(Effect.fail(unavailable(rows.left)))
    })
    for (let count = 0; count < lanes; count++) yield* Effect.forkScoped(Effect.forever(round))

    /** The order with this number. */
    const byNumber = (payOrderNo: string): Answer =>
      Effect.async((tell) => {
        if (waiting.length >= maxWaiting) tell(new StoreUnavailable({ cause: "Too many reads wait for the database." }))
        else put({ payOrderNo, tell })
      })
    return { byNumber }
  })
