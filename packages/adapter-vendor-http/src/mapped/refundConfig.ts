import { Schema } from "effect"
import { optional } from "../Settings.ts"
import { RefundBody } from "./fields.ts"
import { Pointer, pathOf } from "./places.ts"

const RefundPath = pathOf("payOrderNo", "transactionNo", "refundNo")

/** How a refund is asked for. */
export const RefundCall = Schema.Struct({
  path: RefundPath,
  method: Schema.optionalWith(Schema.Literal("POST", "PUT"), { default: () => "POST" as const }),
  type: Schema.optionalWith(Schema.Literal("json", "form"), { default: () => "json" as const }),
  body: RefundBody
}).pipe(
  Schema.filter(({ path, type, body }) => {
    const members = Object.values(body).map(({ from }) => from)
    const isNumbered = path.includes("{refundNo}") || members.includes("refundNo")
    const isCounted = members.includes("refundMinor") || members.includes("refundMajor")
    return [
      ...Object.keys(body).flatMap((key) =>
        type === "form" && key.startsWith("/")
          ? [{ path: ["body", key], message: "A form has no members inside of members: use a plain name." }]
          : []
      ),
      ...(isNumbered
        ? []
        : [{ path: ["body"], message: "Nothing says the refund's number: map a member from refundNo." }]),
      ...(isCounted
        ? []
        : [
            {
              path: ["body"],
              message:
                "Nothing says how much goes back, and all of it might: map a member from refundMinor or refundMajor."
            }
          ])
    ]
  })
)

const NumberedPath = pathOf("payOrderNo", "transactionNo", "refundNo", "vendorRefundNo").pipe(
  Schema.filter((path) => /\{(?:refundNo|vendorRefundNo)\}/.test(path), {
    message: () => "The path names no refund: put {refundNo} or {vendorRefundNo} into it."
  })
)

/** How one asks what became of a refund: `path`, or the first of `also` whose numbers are known. */
export const QueryRefund = Schema.Struct({
  path: NumberedPath,
  also: Schema.optionalWith(Schema.Array(NumberedPath), { default: () => [] })
}).pipe(
  Schema.filter(({ path, also }) =>
    [path, ...also].some((one) => !one.includes("{vendorRefundNo}"))
      ? []
      : [
          {
            path: ["path"],
            message: "A refund that was not answered has our number alone: put a path with {refundNo} into also."
          }
        ]
  )
)

const Statuses = Schema.Record({
  key: Schema.String,
  value: Schema.Literal("pending", "succeeded", "failed").annotations({
    message: () => ({ message: "A refund's status means pending, succeeded or failed.", override: true })
  })
})

/** Where things stand in the vendor's refund, and what each of its status words means, in capitals. */
export const Refunds = Schema.Struct({
  /** Where the refund stands in an answer; the whole of it unless given. */
  refund: Schema.optionalWith(Pointer, { default: () => "" }),
  number: Pointer,
  id: optional(Pointer),
  status: Pointer,
  statuses: Statuses,
  /** A whole number of minor units, or its digits. */
  amountMinor: optional(Pointer),
  /** A decimal text in major units. */
  amountMajor: optional(Pointer),
  currency: optional(Pointer),
  failure: optional(Pointer)
})
