import { Payment } from "@payment-proxy/domain"
import type { HistoryEntry } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

const Row = Schema.Struct({
  pay_order_no: Schema.String,
  version: Schema.Number,
  state: Payment.State,
  cause: Schema.String,
  detail: Schema.NullOr(Schema.String),
  at_millis: Schema.Number,
  hash: Schema.NullOr(Schema.String)
})

/** The columns of an order's history. */
export const columns = ["pay_order_no", "version", "state", "cause", "detail", "at_millis", "hash"] as const

/** An entry as a row. */
export const toRow = (entry: HistoryEntry): typeof Row.Type => ({
  pay_order_no: entry.payOrderNo,
  version: entry.version,
  state: entry.state,
  cause: entry.cause,
  detail: entry.detail,
  at_millis: entry.atMillis,
  hash: entry.hash
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Rows as entries. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<HistoryEntry>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) =>
    all.map(({ pay_order_no, at_millis, ...row }) => ({ ...row, payOrderNo: pay_order_no, atMillis: at_millis }))
  )
