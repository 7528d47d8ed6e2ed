import type { SqlClient } from "@effect/sql"
import type { Payment } from "@payment-proxy/domain"
import { Orders as Rows } from "@payment-proxy/order-table"
import { StoreUnavailable } from "@payment-proxy/ports"
import { Deferred, Effect, Either, Option, Queue, Schema } from "effect"
import { typed } from "./Database.ts"

/** One caller who wants an order. */
interface Asker {
  readonly payOrderNo: string
  readonly answer: Deferred.Deferred<Option.Option<Payment.Payment>, StoreUnavailable>
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
    const queue = yield* Queue.unbounded<Asker>()
    const columns = sql.literal(Rows.columns.join(", "))

    const found = (askers: ReadonlyArray<Asker>) =>
      sql`SELECT ${columns} FROM payment_proxy_order
        WHERE ${sql.in("pay_order_no", [...new Set(askers.map(({ payOrderNo }) => payOrderNo))])}`.unprepared.pipe(
        Effect.map((rows) => new Map(rows.map((row) => [Option.getOrUndefined(numberOf(row))?.pay_order_no, row]))),
        typed
      )

    const told = (rows: ReadonlyMap<string | undefined, unknown>) => (asker: Asker) => {
      const row = rows.get(asker.payOrderNo)
      if (row === undefined) return Deferred.succeed(asker.answer, Option.none())
      return Effect.matchEffect(Rows.toPayment(row), {
        onSuccess: (payment) => Deferred.succeed(asker.answer, Option.some(payment)),
        onFailure: (cause) => Deferred.fail(asker.answer, unavailable(cause))
      })
    }

    const round = Effect.gen(function* () {
      const askers = [...(yield* Queue.takeBetween(queue, 1, maxAskers))]
      const rows = yield* Effect.either(found(askers))
      if (Either.isRight(rows)) return yield* Effect.forEach(askers, told(rows.right), { discard: true })
      const others = yield* Queue.takeAll(queue)
      const failure = unavailable(rows.left)
      return yield* Effect.forEach([...askers, ...others], ({ answer }) => Deferred.fail(answer, failure), {
        discard: true
      })
    })
    for (let count = 0; count < lanes; count++) yield* Effect.forkScoped(Effect.forever(round))

    /** The order with this number. */
    const byNumber = (payOrderNo: string): Effect.Effect<Option.Option<Payment.Payment>, StoreUnavailable> =>
      Effect.gen(function* () {
        if ((yield* Queue.size(queue)) >= maxWaiting)
          return yield* new StoreUnavailable({ cause: "Too many reads wait for the database." })
        const answer = yield* Deferred.make<Option.Option<Payment.Payment>, StoreUnavailable>()
        yield* Queue.offer(queue, { payOrderNo, answer })
        return yield* Deferred.await(answer)
      })
    return { byNumber }
  })
