import { Payment } from "@payment-proxy/domain"
import { Schema } from "effect"
import { Order, textOf, timeOf } from "./Order.ts"

/** `order.<state in lower case>` */
export const typeOf = (state: Payment.State): string => `order.${state.toLowerCase()}`

/** An event as a webhook brings it: the order as it then was, with its version. */
export const Event = Schema.Struct({
  type: Schema.Literal(...Payment.State.literals.map(typeOf)),
  timestamp: Schema.String.annotations({
    jsonSchema: { type: "string", description: "RFC 3339, UTC: when the event came about", format: "date-time" }
  }),
  data: Order
}).annotations({ identifier: "Event" })
export type Event = typeof Event.Type

/** The event that tells of a payment as it is now: its type, and the JSON that is signed and sent. */
export const of = (payment: Payment.Payment, atMillis: number): { readonly type: string; readonly body: string } => {
  const type = typeOf(payment.state)
  return { type, body: `{"type":"${type}","timestamp":"${timeOf(atMillis)}","data":${textOf(payment)}}` }
}
