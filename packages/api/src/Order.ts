import { Currency, Money, Payment, RefundMachine, Words } from "@payment-proxy/domain"
import { Schema } from "effect"
import * as Text from "./Text.ts"

const said = (detail: string) => ({ message: () => detail })

const AmountText = Schema.Struct({
  value: Schema.String.annotations({
    ...said('An amount is text, so that no digit is lost: write "12.34" with its quotes.'),
    jsonSchema: {
      type: "string",
      description: "Major units, more than nothing, with no more decimals than the currency has",
      pattern: "^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,4})?$"
    }
  }),
  currency: Schema.String.annotations(
    said("A currency is text: its three capital letters of ISO 4217, like CNY.")
  ).pipe(
    Schema.filter(
      (text) =>
        Currency.is(text) || "This is not a currency of ISO 4217 in use: write its three capital letters, like CNY.",
      { jsonSchema: { pattern: "^[A-Z]{3}$" } }
    )
  )
}).annotations({ ...said('An amount is like { "value": "12.34", "currency": "CNY" }.'), identifier: "Money" })

/** The fault of an amount of nothing. */
export const zeroAmount = "The amount is zero: ask for more than nothing."
const zero = { path: ["value"], message: zeroAmount }

/** An amount that is asked for: more than nothing. */
export const PositiveMoney = Schema.compose(AmountText, Money.Schema).pipe(
  Schema.filter((money) => (Money.isPositive(money) ? undefined : zero))
)

/** A field that may be left out, but not be null: a fault of it is told in its own words. */
export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const Payer = Schema.Struct({
  openId: optional(Text.between(1, 128)),
  buyerId: optional(Text.between(1, 128)),
  ip: optional(Text.between(1, 128))
}).annotations(said('A payer is an object: { "openId", "buyerId", "ip" }, each of which may be left out.'))

/** What an order is that does not say so: how long a payer has, in seconds, and whether the money is taken at once. */
export const defaults = { expiresIn: 900, capture: "automatic" } as const
const expiry = "A payer has a whole number of seconds, from 60 to 86400."

const ExpiresIn = Schema.Number.annotations(said(expiry)).pipe(
  Schema.filter((value) => (Number.isInteger(value) && value >= 60 && value <= 86_400 ? undefined : expiry), {
    jsonSchema: {
      type: "integer",
      description: "Seconds until the order expires",
      minimum: 60,
      maximum: 86_400,
      default: defaults.expiresIn
    }
  })
)

const Capture = Schema.Literal("automatic", "manual").annotations({
  message: () => ({ message: 'This is "automatic" or "manual".', override: true }),
  jsonSchema: { type: "string", enum: ["automatic", "manual"], default: defaults.capture }
})

/** How many pairs of notes an order takes. */
export const maxMetadata = 20
/** The fault of more notes than that. */
export const tooManyNotes = `There are more than ${maxMetadata} notes: keep at most ${maxMetadata}.`
/** The fault of a note's name. */
export const badName =
  "A note's name is 1 to 40 characters without control characters, and not __proto__: choose another."

const NoteName = Text.between(1, 40).pipe(Schema.filter((name) => (name === "__proto__" ? badName : undefined)))

const Metadata = Schema.Record({ key: NoteName, value: Text.between(0, 256) })
  .annotations(said('Notes are an object of texts, like { "policy": "0001" }.'))
  .pipe(
    Schema.filter((notes) => (Object.keys(notes).length <= maxMetadata ? undefined : tooManyNotes), {
      description: "Notes of the app, given back as they came",
      jsonSchema: { maxProperties: maxMetadata }
    })
  )

/** An order as an app asks for it. */
export const PlaceOrder = Schema.Struct({
  vendor: Text.VendorName,
  businessNo: optional(Text.BusinessNo),
  amount: PositiveMoney,
  method: Words.Method,
  source: Words.Source,
  description: Text.between(1, 127),
  payer: optional(Payer),
  returnUrl: optional(Text.WebAddress),
  expiresIn: optional(ExpiresIn),
  capture: optional(Capture),
  metadata: optional(Metadata)
}).annotations({ identifier: "PlaceOrder" })
export type PlaceOrder = typeof PlaceOrder.Type

/** An amount of money as it is shown: a decimal string in major units. */
const Amount = Schema.Struct({ value: Schema.String, currency: Schema.String }).annotations({ identifier: "Amount" })
/** A time as it is shown. */
export const Time = Schema.String.annotations({
  jsonSchema: { type: "string", description: "RFC 3339, UTC", format: "date-time" }
})
/** The version of an order or a refund. */
export const Version = Schema.Number.annotations({
  jsonSchema: { type: "integer", description: "Rises with every change", minimum: 0 }
})
const Failure = Schema.Struct({ code: Schema.String, detail: Schema.String }).annotations({ identifier: "Failure" })
const Status = Payment.State.annotations({ identifier: "Status" })

/** An order as apps see it. */
export const Order = Schema.Struct({
  payOrderNo: Schema.String,
  status: Status,
  inDoubt: Schema.Boolean.annotations({ description: "The vendor's last word is outstanding" }),
  version: Version,
  vendor: Schema.String,
  businessNo: Schema.NullOr(Schema.String),
  amount: Amount,
  captured: Amount.annotations({ description: "What was taken" }),
  refunded: Amount.annotations({ description: "What has gone back" }),
  disputed: Amount.annotations({ description: "What the payer or the bank took or asks back: it cannot be refunded" }),
  method: Words.Method.annotations({ identifier: "Method" }),
  source: Words.Source.annotations({ identifier: "Source" }),
  transactionNo: Schema.NullOr(Schema.String),
  createdAt: Time,
  paidAt: Schema.NullOr(Time),
  expiresAt: Time,
  failure: Schema.NullOr(Failure),
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  next: Schema.NullOr(Words.Next.annotations({ identifier: "Next" })).annotations({
    description: "What to show to the payer, while there is something to show"
  })
}).annotations({ identifier: "Order" })
export type Order = typeof Order.Type

const dayMillis = 86_400_000
/** The day that was written last: most times are of the same. */
let day = Number.NaN
let date = ""
const digits = (value: number, count: number): string => String(value).padStart(count, "0")

/** Milliseconds since the epoch as RFC 3339. */
export const timeOf = (millis: number): string => {
  const its = Math.floor(millis / dayMillis)
  if (its !== day) {
    date = new Date(its * dayMillis).toISOString().slice(0, -"00:00:00.000Z".length)
    day = its
  }
  const left = Math.floor(millis - its * dayMillis)
  const [hours, minutes, seconds] = [
    Math.floor(left / 3_600_000),
    Math.floor(left / 60_000) % 60,
    Math.floor(left / 1000) % 60
  ]
  return `${date}${digits(hours, 2)}:${digits(minutes, 2)}:${digits(seconds, 2)}.${digits(left % 1000, 3)}Z`
}

/** An amount in minor units as it is shown, in the currency of another. */
export const amountOf = (amountMinor: bigint, { currency }: Money.Money) => ({
  value: Money.format(Money.make(amountMinor, currency)),
  currency
})

/** A payment as apps see it; `next` while there is something to show to the payer. */
export const fromPayment = (payment: Payment.Payment): Order => ({
  payOrderNo: payment.payOrderNo,
  status: payment.state,
  inDoubt: Payment.inDoubt(payment),
  version: payment.version,
  vendor: payment.vendor,
  businessNo: payment.businessNo,
  amount: amountOf(payment.amount.amountMinor, payment.amount),
  captured: amountOf(payment.captured, payment.amount),
  refunded: amountOf(Payment.refunded(payment), payment.amount),
  disputed: amountOf(Payment.disputed(payment), payment.amount),
  method: payment.method,
  source: payment.source,
  transactionNo: payment.transactionNo,
  createdAt: timeOf(payment.createdAtMillis),
  paidAt: payment.paidAtMillis === null ? null : timeOf(payment.paidAtMillis),
  expiresAt: timeOf(payment.expiresAtMillis),
  failure: payment.failure,
  metadata: payment.metadata,
  next: payment.state === "PENDING" || payment.state === "SUBMITTING" ? payment.next : null
})

const texts = new WeakMap<Payment.Payment, string>()

/** `fromPayment` as JSON: made once, as the answer and the event show the same. */
export const textOf = (payment: Payment.Payment): string => {
  const known = texts.get(payment)
  if (known !== undefined) return known
  const text = JSON.stringify(fromPayment(payment))
  texts.set(payment, text)
  return text
}

const RefundStatus = Schema.Literal(...RefundMachine.Refund.fields.state.literals).annotations({
  identifier: "RefundStatus"
})

/** A refund as apps see it. */
export const Refund = Schema.Struct({
  refundNo: Schema.String,
  payOrderNo: Schema.String,
  status: RefundStatus,
  inDoubt: Schema.Boolean.annotations({ description: "The vendor's last word is outstanding" }),
  version: Version,
  amount: Amount,
  reason: Schema.NullOr(Schema.String),
  createdAt: Time,
  refundedAt: Schema.NullOr(Time),
  failure: Schema.NullOr(Failure)
}).annotations({ identifier: "Refund" })
export type Refund = typeof Refund.Type

/** A refund in the words of its schema. */
export const fromRefund = (refund: RefundMachine.Refund): Refund => ({
  refundNo: refund.refundNo,
  payOrderNo: refund.payOrderNo,
  status: refund.state,
  inDoubt: refund.state === "SUBMITTING",
  version: refund.version,
  amount: amountOf(refund.amount.amountMinor, refund.amount),
  reason: refund.reason,
  createdAt: timeOf(refund.createdAtMillis),
  refundedAt: refund.refundedAtMillis === null ? null : timeOf(refund.refundedAtMillis),
  failure: refund.state === "FAILED" ? refund.failure : null
})

/** One row of an order's history. */
export const HistoryItem = Schema.Struct({
  version: Version,
  status: Status,
  cause: Schema.String.annotations({ examples: ["submit", "create:open", "notification:paid"] }),
  detail: Schema.NullOr(Schema.String),
  at: Time
}).annotations({ identifier: "HistoryItem" })
export type HistoryItem = typeof HistoryItem.Type

/** A list of items as every call answers it. */
export const list = <A, I>(identifier: string, item: Schema.Schema<A, I>) =>
  Schema.Struct({
    items: Schema.Array(item),
    next: Schema.NullOr(Schema.String).annotations({ description: "The cursor of the next page; null on the last" })
  }).annotations({ identifier })

/** A page of orders, newest first. */
export const OrderList = list("OrderList", Order)

/** The refunds of an order, oldest first. */
export const RefundList = list("RefundList", Refund)

/** An order's history, oldest first. */
export const History = list("History", HistoryItem)
