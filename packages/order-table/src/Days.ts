import { Currency, Money, Payment, Words } from "@payment-proxy/domain"
import type { Booked, Counted, Day } from "@payment-proxy/ports"
import { Effect, Either, type ParseResult, Schema } from "effect"

const StoredCounted = Schema.parseJson(
  Schema.Struct({
    lines: Schema.Number,
    others: Schema.Number,
    matched: Schema.Number,
    totals: Schema.Array(Schema.Struct({ in: Money.Schema, out: Money.Schema, fee: Schema.String })),
    disputes: Schema.Array(
      Schema.Struct({
        payOrderNo: Schema.String,
        disputeNo: Schema.String,
        amount: Money.Schema,
        state: Schema.Literal("open", "lost")
      })
    )
  })
)

/** What a run counted, as its column has it. */
export const encodeCounted: (counted: Counted) => string = Schema.encodeSync(StoredCounted)

const Row = Schema.Struct({
  vendor: Schema.String,
  day: Schema.String,
  run: Schema.Number,
  started_millis: Schema.NullOr(Schema.Number),
  finished_millis: Schema.NullOr(Schema.Number),
  fault: Schema.NullOr(Schema.String),
  counted: Schema.NullOr(StoredCounted),
  due_millis: Schema.NullOr(Schema.Number)
})

/** The columns of a day. */
export const columns = Object.keys(Row.fields)

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Rows as days. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Day>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) =>
    all.map(({ started_millis, finished_millis, due_millis, ...day }) => ({
      ...day,
      startedAtMillis: started_millis,
      finishedAtMillis: finished_millis,
      dueAtMillis: due_millis
    }))
  )

/** What names a vendor's day in its queue. */
export const idOf = (vendor: string, day: string): string => `${vendor}/${day}`

const dayMillis = 86_400_000

/** The day (yyyy-MM-dd) that is so many after another, or before it. */
export const from = (day: string, count: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + count * dayMillis).toISOString().slice(0, 10)

/** For how many days it is remembered that another day's bill has an order. */
export const rememberedDays = 60

const { SUCCEEDED, PARTIALLY_REFUNDED, REFUNDED, LATE_PAID, HELD } = Payment.states

/** The states of payments whose money came, as a list of SQL; one that is held may have a paid time, too. */
export const paidStates = [SUCCEEDED, PARTIALLY_REFUNDED, REFUNDED, LATE_PAID, HELD].join(", ")

/** The same where the vendor said no time. */
export const undatedStates = [SUCCEEDED, PARTIALLY_REFUNDED, REFUNDED, LATE_PAID].join(", ")

/** The state of refunds whose money went. */
export const refundedState = String(SUCCEEDED)

/** The columns of our money that moved. */
export const bookedColumns = [
  "pay_order_no",
  "parent_no",
  "third_party_customer_no",
  "transaction_no",
  "amount",
  "currency",
  "pay_status",
  "paid_millis"
] as const

const BookedRow = Schema.Struct({
  pay_order_no: Schema.String,
  parent_no: Schema.NullOr(Schema.String),
  third_party_customer_no: Schema.NullOr(Schema.String),
  transaction_no: Schema.NullOr(Schema.String),
  amount: Schema.String,
  currency: Schema.Number,
  pay_status: Schema.Number,
  paid_millis: Schema.NullOr(Schema.Number)
})
const decodeBooked = Schema.decodeUnknownEither(Schema.Array(BookedRow))
const decodeMoney = Schema.decodeUnknownEither(Money.Schema)

/** Rows of payments and refunds as money that moved. */
export const toBooked = (rows: unknown): Either.Either<ReadonlyArray<Booked>, ParseResult.ParseError> =>
  Either.flatMap(decodeBooked(rows), (all) =>
    Either.all(
      all.map((row) =>
        Either.map(
          decodeMoney({ value: row.amount, currency: Currency.fromNumeric(row.currency) }),
          (amount): Booked => ({
            no: row.pay_order_no,
            of: row.parent_no === null ? "payment" : "refund",
            payOrderNo: row.parent_no ?? row.pay_order_no,
            merchantOrderNo: row.third_party_customer_no ?? row.pay_order_no,
            vendorNo: row.transaction_no,
            amount,
            state: Words.wordOf(Payment.states, row.pay_status) ?? String(row.pay_status),
            atMillis: row.paid_millis
          })
        )
      )
    )
  )
