import { Schema } from "effect"
import { optional } from "../Settings.ts"
import { Pointer, pathOf } from "./places.ts"

const Path = pathOf("day", "cursor").pipe(
  Schema.filter((path) => path.includes("{day}"), { message: () => "The path names no day: put {day} into it." })
)

/** The vendor's bill of a day: where it is, and where things stand in a line of it. */
export const Bill = Schema.Struct({
  /** `{day}` is yyyy-MM-dd; `{cursor}` is empty for the first page. */
  path: Path,
  /** JSON lines: an object a line. */
  type: Schema.optionalWith(Schema.Literal("jsonl"), { default: () => "jsonl" as const }),
  /** The header that says where the next page begins; the last page has none. */
  next: optional(
    Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9-]{1,64}$/, { message: () => "This is not a header's name." }))
  ),
  /** The code by which the vendor says that the day's bill is not there yet. */
  notReady: optional(Schema.NonEmptyString),
  kind: Pointer,
  /** What each word for a line's kind means, in capitals; `in` and `out` are other movements of the account. */
  kinds: Schema.Record({
    key: Schema.String,
    value: Schema.Literal("payment", "refund", "in", "out").annotations({
      message: () => ({ message: "A line is a payment, a refund, or another movement in or out.", override: true })
    })
  }),
  number: optional(Pointer),
  transactionNo: optional(Pointer),
  refundNo: optional(Pointer),
  vendorRefundNo: optional(Pointer),
  /** Without it, what is billed has succeeded. */
  status: optional(Pointer),
  statuses: Schema.optionalWith(
    Schema.Record({
      key: Schema.String,
      value: Schema.Literal("pending", "succeeded", "failed").annotations({
        message: () => ({ message: "A line's status means pending, succeeded or failed.", override: true })
      })
    }),
    { default: () => ({}) }
  ),
  /** A whole number of minor units, or its digits. */
  amountMinor: optional(Pointer),
  /** A decimal text in major units. */
  amountMajor: optional(Pointer),
  currency: Pointer,
  /** A decimal text in major units. */
  fee: optional(Pointer),
  at: optional(Pointer)
}).pipe(
  Schema.filter(({ path, next, amountMinor, amountMajor, number, transactionNo }) => [
    ...(path.includes("{cursor}") === (next !== undefined)
      ? []
      : [{ path: ["next"], message: "Pages need both: {cursor} in the path, and the header that says the next one." }]),
    ...(amountMinor === undefined && amountMajor === undefined
      ? [{ path: ["amountMinor"], message: "Nothing says a line's amount: give amountMinor or amountMajor." }]
      : []),
    ...(number === undefined && transactionNo === undefined
      ? [{ path: ["number"], message: "Nothing says which payment a line is about: give number or transactionNo." }]
      : [])
  ])
)
