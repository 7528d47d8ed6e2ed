import type { Order as Calls, Event, Operation, Parameters } from "@payment-proxy/api"

/** An order as the gateway has it. */
export type Order = Calls.Order

/** A refund as the gateway has it. */
export type Refund = Calls.Refund

/** A page of orders, and the cursor of the next. */
export type OrderList = typeof Calls.OrderList.Type

/** One thing that happened to an order. */
export type HistoryItem = Calls.HistoryItem

/** An event, and what became of it at the app's endpoints. */
export type KeptEvent = Event.Kept

/** An order as it is asked for; amounts are decimal strings in major units. */
export type NewOrder = typeof Calls.PlaceOrder.Encoded

/** A refund as it is asked for; without an amount, what is left. */
export type NewRefund = typeof Operation.PlaceRefund.Encoded

/** An amount: a decimal string in major units and an ISO 4217 currency. */
export type Amount = NewOrder["amount"]

/** Which orders to list. */
export type Criteria = typeof Parameters.SearchParameters.Type

/** How a create or a refund is made: under a key of the caller's own, or one that is made and answered. */
export interface Keyed {
  readonly idempotencyKey?: string | undefined
}

/** How a read waits: for a change above `version`, or for any while the order waits for somebody. */
export interface Waiting {
  readonly waitSeconds?: number | undefined
  readonly version?: number | undefined
}

/** How long to wait for what is wanted; 5 min unless given. */
export interface Within {
  readonly withinMillis?: number | undefined
}

/** An order as the gateway has it, and the key that answers it again. `order.inDoubt` says that its vendor has not decided. */
export interface Placed {
  readonly order: Order
  readonly idempotencyKey: string
}

/** A refund as the gateway has it, and the key that answers it again. */
export interface Refunded {
  readonly refund: Refund
  readonly idempotencyKey: string
}
