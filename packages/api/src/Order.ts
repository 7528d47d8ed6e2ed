import { Money, Payment, Words } from "@payment-proxy/domain"
import { Schema } from "effect"

/** Text that can be stored, shown and signed as it came: no control characters, no half characters. */
const text = (max: number, min = 1) =>
  Schema.String.pipe(
    Schema.minLength(min, { message: () => "This is empty: give it a value or leave it out." }),
    Schema.maxLength(max, { message: () => `This is longer than ${max} characters: shorten it.` }),
    Schema.filter((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), {
      message: () => "This has control characters or halves of characters: take them out."
    })
  )

const VendorName = Schema.String.pipe(
  Schema.pattern(/^[a-z0-9-]{1,64}$/, { message: () => "A vendor's name is 1 to 64 of a-z, 0-9 and -." })
)

const BusinessNo = Schema.String.pipe(
  Schema.pattern(/^[\x21-\x7e]{1,64}$/, { message: () => "A business number is 1 to 64 visible ASCII characters." })
)

const WebAddress = text(2048).pipe(
  Schema.filter((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), {
    message: () => "This is not an http or https address."
  })
)

const maxMetadata = 20

const Metadata = Schema.Record({ key: text(40), value: text(256, 0) }).pipe(
  Schema.filter((pairs) => Object.keys(pairs).length <= maxMetadata, {
    message: () => `There are more than ${maxMetadata} pairs.`
  })
)

const PositiveMoney = Money.Schema.pipe(
  Schema.filter((money) => Money.isPositive(money), { message: () => "The amount is zero: ask for more than nothing." })
)

/** A field that may be left out, but not be null or undefined: a fault of it is told in its own words. */
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** An order as an app asks for it. */
export const PlaceOrder = Schema.Struct({
  vendor: VendorName,
  businessNo: optional(BusinessNo),
  amount: PositiveMoney,
  method: Words.Method,
  source: Words.Source,
  description: text(127),
  payer: optional(
    Schema.Struct({
      openId: optional(text(128)),
      buyerId: optional(text(128)),
      ip: optional(text(64))
    })
  ),
  returnUrl: optional(WebAddress),
  expiresIn: optional(
    Schema.Int.pipe(
      Schema.between(60, 86_400, { message: () => "A payer has between 60 and 86400 whole seconds." })
    ).annotations({ description: "Seconds until the order expires; 900 unless given" })
  ),
  capture: optional(Schema.Literal("automatic", "manual")),
  metadata: optional(Metadata)
}).annotations({ identifier: "PlaceOrder" })
export type PlaceOrder = typeof PlaceOrder.Type

/** An amount of money as it is shown. */
const Amount = Schema.Struct({ value: Schema.String, currency: Schema.String }).annotations({ identifier: "Amount" })
const Time = Schema.String.annotations({ description: "RFC 3339, UTC" })

/** An order as apps see it. */
export const Order = Schema.Struct({
  payOrderNo: Schema.String,
  status: Payment.State,
  inDoubt: Schema.Boolean.annotations({ description: "The vendor's last word is outstanding" }),
  version: Schema.Number.annotations({ description: "Rises with every change" }),
  vendor: Schema.String,
  businessNo: Schema.NullOr(Schema.String),
  amount: Amount,
  refunded: Amount,
  method: Words.Method,
  source: Words.Source,
  transactionNo: Schema.NullOr(Schema.String),
  createdAt: Time,
  paidAt: Schema.NullOr(Time),
  expiresAt: Time,
  failure: Schema.NullOr(Schema.Struct({ code: Schema.String, detail: Schema.String })),
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  next: Schema.NullOr(Words.Next)
}).annotations({ identifier: "Order" })
export type Order = typeof Order.Type

/** Milliseconds since the epoch as RFC 3339. */
export const timeOf = (millis: number): string => new Date(millis).toISOString()

const amountOf = (amountMinor: bigint, { currency }: Money.Money) => ({
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
  refunded: amountOf(Payment.refunded(payment), payment.amount),
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

/** One row of an order's history. */
export const HistoryItem = Schema.Struct({
  version: Schema.Number,
  status: Payment.State,
  cause: Schema.String.annotations({ examples: ["submit", "create:open", "notification:paid"] }),
  detail: Schema.NullOr(Schema.String),
  at: Time
}).annotations({ identifier: "HistoryItem" })
export type HistoryItem = typeof HistoryItem.Type
