import { Payment, RefundMachine } from "@payment-proxy/domain"
import { Schema } from "effect"
import { fromRefund, list, Order, Refund, Time, textOf, timeOf, Version } from "./Order.ts"

/** Every type of event about a payment: `order.<state in lower case>`, and `order.disputed`. */
export const orderTypes: ReadonlyArray<string> = [
  ...Payment.State.literals.map((state) => `order.${state.toLowerCase()}`),
  "order.disputed"
]

/** Every type of event about a refund: `refund.<state in lower case>`. */
export const refundTypes: ReadonlyArray<string> = RefundMachine.Refund.fields.state.literals.map(
  (state) => `refund.${state.toLowerCase()}`
)

const timestamp = Schema.String.annotations({
  jsonSchema: { type: "string", description: "RFC 3339, UTC: when the event came about", format: "date-time" }
})

/** An event as a webhook brings it: the order or the refund as it then was, with its version. */
export const Event = Schema.Union(
  Schema.Struct({ type: Schema.Literal(...orderTypes), timestamp, data: Order }).annotations({
    identifier: "OrderEvent"
  }),
  Schema.Struct({ type: Schema.Literal(...refundTypes), timestamp, data: Refund }).annotations({
    identifier: "RefundEvent"
  })
).annotations({ identifier: "Event" })
export type Event = typeof Event.Type

const deliveryStates = ["waiting", "delivered", "given-up"] as const

/** What became of an event at one endpoint. */
export const Delivery = Schema.Struct({
  endpoint: Schema.String,
  state: Schema.Literal(...deliveryStates),
  tries: Schema.Number.annotations({
    jsonSchema: { type: "integer", description: "Tries in vain since it was sent first or again", minimum: 0 }
  }),
  nextTryAt: Schema.NullOr(Time),
  note: Schema.NullOr(Schema.String).annotations({ description: "What came of the last try" })
}).annotations({ identifier: "Delivery" })
export type Delivery = typeof Delivery.Type

/** An event as it is kept, with what became of it at each endpoint. */
export const Kept = Schema.Struct({
  id: Schema.String.annotations({ description: "As `webhook-id`" }),
  type: Schema.Literal(...orderTypes, ...refundTypes),
  version: Version,
  timestamp,
  data: Schema.Union(Order, Refund).annotations({ description: "The order or the refund as it then was" }),
  deliveries: Schema.Array(Delivery).annotations({ description: "Empty where no endpoint wanted it" })
}).annotations({ identifier: "KeptEvent" })
export type Kept = typeof Kept.Type

/** The events of an order and of its refunds, in the order in which they came about. */
export const EventList = list("EventList", Kept)

interface Told {
  readonly type: string
  readonly body: string
}

const told = (type: string, atMillis: number, data: string): Told => ({
  type,
  body: `{"type":"${type}","timestamp":"${timeOf(atMillis)}","data":${data}}`
})

/** The event that tells of a payment as it is now: its type, `order.<word>`, and the JSON that is signed and sent. */
export const of = (payment: Payment.Payment, word: string, atMillis: number): Told =>
  told(`order.${word}`, atMillis, textOf(payment))

/** The event that tells of a refund as it is now. */
export const ofRefund = (refund: RefundMachine.Refund, atMillis: number): Told =>
  told(`refund.${refund.state.toLowerCase()}`, atMillis, JSON.stringify(fromRefund(refund)))
