import { JsonPointer } from "@payment-proxy/domain"
import { Schema } from "effect"

/** The stable codes of the faults that a body of an order can have; a vendor adds codes of its own. */
export type Code =
  | "AMOUNT_INVALID"
  | "CURRENCY_UNKNOWN"
  | "FIELD_MISSING"
  | "FIELD_UNKNOWN"
  | "FIELD_INVALID"
  | "FIELD_REPEATED"
  | "TOO_MANY_FIELDS"

/** One fault of a request: where (RFC 6901 JSON Pointer), which, and how to mend it. */
export const Fault = Schema.Struct({
  pointer: Schema.String.annotations({ description: "RFC 6901 JSON Pointer into the body; empty for the whole of it" }),
  code: Schema.String,
  detail: Schema.String.annotations({ description: "How to mend it" })
}).annotations({ identifier: "Fault" })
export type Fault = typeof Fault.Type

/** The JSON Pointer (RFC 6901) to a place in a body. */
export const pointerOf = JsonPointer.of
