import { Payment, Words } from "@payment-proxy/domain"
import type { Found, FoundEntry, FoundRow, HistoryEntry } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

const Row = Schema.Struct({
  pay_order_no: Schema.String,
  version: Schema.Number,
  state: Payment.State,
  cause: Schema.String,
  detail: Schema.NullOr(Schema.String),
  at_millis: Schema.Number,
  answer: Schema.NullOr(Schema.String),
  hash: Schema.NullOr(Schema.String)
})

/** The columns of an order's history. */
export const columns = ["pay_order_no", "version", "state", "cause", "detail", "at_millis", "answer", "hash"] as const

/** An entry as a row. */
export const toRow = (entry: HistoryEntry): typeof Row.Type => ({
  pay_order_no: entry.payOrderNo,
  version: entry.version,
  state: entry.state,
  cause: entry.cause,
  detail: entry.detail,
  at_millis: entry.atMillis,
  answer: entry.answer,
  hash: entry.hash
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Rows as entries. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<HistoryEntry>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) =>
    all.map(({ pay_order_no, at_millis, ...row }) => ({ ...row, payOrderNo: pay_order_no, atMillis: at_millis }))
  )

/** The columns of `decodeFound`'s rows as they are selected of an order, and of an entry of its history. */
export const foundColumns = {
  order: `'order' AS shelf, pay_order_no, version, pay_status, trans_type, head AS hash,
    NULL AS state, NULL AS cause, NULL AS detail, NULL AS at_millis, NULL AS answer`,
  entry: `'entry' AS shelf, pay_order_no, version, NULL AS pay_status, NULL AS trans_type, hash,
    state, cause, detail, at_millis, answer`
} as const

const FoundRows = Schema.Array(
  Schema.Struct({
    shelf: Schema.Literal("order", "entry"),
    pay_order_no: Schema.String,
    version: Schema.Unknown,
    pay_status: Schema.Unknown,
    trans_type: Schema.Unknown,
    hash: Schema.Unknown,
    state: Schema.Unknown,
    cause: Schema.Unknown,
    detail: Schema.Unknown,
    at_millis: Schema.Unknown,
    answer: Schema.Unknown
  })
)
type FoundRecord = (typeof FoundRows.Type)[number]

const numberIn = (value: unknown): number => (typeof value === "number" ? value : Number.NaN)

/** What is no text was not written by us, and must not pass for what was. */
const textIn = (value: unknown): string => (typeof value === "string" ? value : `no text: ${typeof value}`)
const textOrNullIn = (value: unknown): string | null => (value === null ? null : textIn(value))

const toFoundEntry = (row: FoundRecord): FoundEntry => ({
  version: numberIn(row.version),
  state: textIn(row.state),
  cause: textIn(row.cause),
  detail: textOrNullIn(row.detail),
  atMillis: numberIn(row.at_millis),
  answer: textOrNullIn(row.answer),
  hash: textOrNullIn(row.hash)
})

const toFoundRow = (row: FoundRecord): FoundRow => ({
  state: Words.wordOf(Payment.states, numberIn(row.pay_status)) ?? `code ${numberIn(row.pay_status)}`,
  version: numberIn(row.version),
  head: textOrNullIn(row.hash),
  isRefund: row.trans_type === Words.transTypes.REFUND
})

const byVersion = (a: FoundEntry, b: FoundEntry): number => a.version - b.version || Number(Number.isNaN(a.version))

/** Rows of orders and entries, of these numbers and in their order, as they are found. */
export const decodeFound = (
  numbers: ReadonlyArray<string>,
  rows: unknown
): Effect.Effect<ReadonlyArray<Found>, ParseResult.ParseError> =>
  Effect.map(Schema.decodeUnknown(FoundRows)(rows), (all) => {
    const byNumber = Map.groupBy(all, (row) => row.pay_order_no)
    return numbers.map((payOrderNo): Found => {
      const its = byNumber.get(payOrderNo) ?? []
      const row = its.find(({ shelf }) => shelf === "order")
      const entries = its.filter(({ shelf }) => shelf === "entry").map(toFoundEntry)
      return { payOrderNo, row: row === undefined ? null : toFoundRow(row), entries: entries.sort(byVersion) }
    })
  })

const NumberRows = Schema.Array(Schema.Struct({ no: Schema.String }))

/** Rows of `no` as order numbers. */
export const decodeNumbers = (rows: unknown): Effect.Effect<ReadonlyArray<string>, ParseResult.ParseError> =>
  Effect.map(Schema.decodeUnknown(NumberRows)(rows), (all) => all.map(({ no }) => no))
