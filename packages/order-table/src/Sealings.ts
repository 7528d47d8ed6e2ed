import type { SealedColumn, Sealing } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

/** Where each column of sealed texts is, and what its rows are named by, in order. */
export const places = {
  requests: { table: "payment_proxy_order", column: "sealed_request", key: ["pay_order_no"] },
  tokens: { table: "payment_proxy_token", column: "sealed", key: ["vendor", "client"] },
  dataKeys: { table: "payment_proxy_data_key", column: "sealed", key: ["name"] }
} as const satisfies Record<
  SealedColumn,
  { readonly table: string; readonly column: string; readonly key: ReadonlyArray<string> }
>

const Rows = Schema.Array(Schema.Record({ key: Schema.String, value: Schema.String }))

/** Rows of a column's key and text as sealings. */
export const decode = (
  column: SealedColumn,
  rows: unknown
): Effect.Effect<ReadonlyArray<Sealing>, ParseResult.ParseError> =>
  Effect.map(Schema.decodeUnknown(Rows)(rows), (all) => {
    const { key, column: text } = places[column]
    return all.map((row) => ({ column, row: key.map((name) => row[name] ?? ""), sealed: row[text] ?? "" }))
  })
