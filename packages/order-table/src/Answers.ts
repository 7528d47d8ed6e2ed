import type { NotedAnswer } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

const Rows = Schema.Array(
  Schema.Struct({ pay_order_no: Schema.String, at_millis: Schema.Number, answer: Schema.String })
)

/** Rows as answers. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<NotedAnswer>, ParseResult.ParseError> =>
  Effect.map(Schema.decodeUnknown(Rows)(rows), (all) =>
    all.map(({ pay_order_no, at_millis, answer }) => ({ payOrderNo: pay_order_no, atMillis: at_millis, answer }))
  )

/** An answer as a row. */
export const toRow = ({ payOrderNo, atMillis, answer }: NotedAnswer) => ({
  pay_order_no: payOrderNo,
  at_millis: atMillis,
  answer
})
