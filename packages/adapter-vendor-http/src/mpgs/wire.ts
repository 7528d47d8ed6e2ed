import { Currency, Money } from "@payment-proxy/domain"
import { Either, Predicate, Schema } from "effect"

const asWritten = (_: string, value: unknown, ...[context]: ReadonlyArray<unknown>): unknown =>
  typeof value === "number" && Predicate.hasProperty(context, "source") && typeof context.source === "string"
    ? context.source
    : value

/** JSON with each number as the very text that it was written as: no amount is ever a floating point number. */
export const parse = (text: string): Either.Either<unknown, unknown> =>
  Either.try((): unknown => JSON.parse(text, asWritten))

const number = /^(0|[1-9]\d{0,17})(?:\.(\d{1,18}))?(?:[eE]([+-]?\d{1,2}))?$/

/** A JSON number that is not negative as plain digits without superfluous zeros; null where it is none. */
const plain = (written: string): string | null => {
  const parts = number.exec(written)
  if (parts === null) return null
  const [, whole = "", decimals = "", power = "0"] = parts
  const digits = whole + decimals
  const point = whole.length + Number(power)
  const before = digits.slice(0, Math.max(point, 0)).padEnd(Math.max(point, 0), "0").replace(/^0+/, "")
  const after = `${"0".repeat(Math.max(-point, 0))}${digits.slice(Math.max(point, 0))}`.replace(/0+$/, "")
  return `${before === "" ? "0" : before}${after === "" ? "" : `.${after}`}`
}

/** An amount in major units as the gateway writes it, a JSON number such as 12.3, exactly; a left says what is wrong. */
export const amount = (written: string, currency: string): Either.Either<Money.Money, string> => {
  if (!Currency.is(currency)) return Either.left("The answer's currency is not of ISO 4217.")
  const digits = plain(written)
  return digits === null
    ? Either.left("The answer's amount is not a number.")
    : Either.mapLeft(Money.parse(digits, currency), () => "The answer's amount does not fit its currency.")
}

/** When something was, in milliseconds since the epoch; null where the gateway says no time of ISO 8601 in UTC. */
export const time = (text: string | undefined): number | null => {
  const isTime = text !== undefined && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/.test(text)
  const millis = isTime ? Date.parse(text) : Number.NaN
  return millis >= 0 ? millis : null
}

const text = Schema.optional(Schema.String)

/** What is common to an order as it is retrieved and as a transaction's answer tells of it. */
const totals = {
  id: Schema.String,
  amount: text,
  currency: text,
  status: text,
  totalAuthorizedAmount: text,
  totalCapturedAmount: text,
  totalRefundedAmount: text,
  chargeback: Schema.optional(Schema.Struct({ amount: text, currency: text }))
}

/** One transaction: the answer of a PUT, of RETRIEVE_TRANSACTION, and an item of an order's list. */
export const Transaction = Schema.Struct({
  merchant: text,
  order: Schema.optional(Schema.Struct(totals)),
  result: text,
  response: Schema.optional(Schema.Struct({ gatewayCode: text })),
  transaction: Schema.Struct({
    id: Schema.String,
    type: text,
    amount: text,
    currency: text,
    targetTransactionId: text
  }),
  timeOfRecord: text
})
export type Transaction = typeof Transaction.Type

/** The answer of RETRIEVE_ORDER. */
export const Order = Schema.Struct({
  ...totals,
  amount: Schema.String,
  currency: Schema.String,
  status: Schema.String,
  merchant: Schema.String,
  result: text,
  transaction: Schema.optionalWith(Schema.Array(Transaction), { default: () => [] })
})
export type Order = typeof Order.Type

/** The answer of INITIATE_CHECKOUT; its indicator is a secret between the gateway and us. */
export const Checkout = Schema.Struct({
  result: Schema.Literal("SUCCESS"),
  merchant: Schema.String,
  session: Schema.Struct({ id: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{31,35}$/)) }),
  successIndicator: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{1,100}$/))
})

/** An error; `field` and `validationType` are there where a part of the request is at fault. */
export const Fault = Schema.Struct({
  result: Schema.Literal("ERROR"),
  error: Schema.Struct({ cause: Schema.String, field: text, validationType: text })
})

/** What a notification tells of itself (the answer of RETRIEVE_TRANSACTION). */
export const Notice = Schema.Struct({
  merchant: Schema.String,
  order: Schema.Struct({ id: Schema.String.pipe(Schema.pattern(/^[\x21-\x7e]{1,40}$/)) })
})
