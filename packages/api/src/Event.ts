import type { Payment } from "@payment-proxy/domain"
import { Schema } from "effect"
import { fromPayment, Order, timeOf } from "./Order.ts"

/** An event as a webhook brings it: the order as it then was, with its version. */
export const Event = Schema.Struct({ type: Schema.String, timestamp: Schema.String, data: Order })
export type Event = typeof Event.Type

/** `order.<state in lower case>` */
export const typeOf = (state: Payment.State): string => `order.${state.toLowerCase()}`

/** The event that tells of a payment as it is now: its type, and the JSON that is signed and sent. */
export const of = (payment: Payment.Payment, atMillis: number): { readonly type: string; readonly body: string } => {
  const type = typeOf(payment.state)
  const event: Event = { type, timestamp: timeOf(atMillis), data: fromPayment(payment) }
  return { type, body: JSON.stringify(event) }
}
