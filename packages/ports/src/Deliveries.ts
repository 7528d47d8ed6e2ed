import type { Duration, Effect, Option } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** What became of an event at one endpoint. `kept`: no endpoint wants it. */
export const deliveryStates = ["waiting", "delivered", "given-up", "kept"] as const
export type DeliveryState = (typeof deliveryStates)[number]

/** One try of a delivery. */
export interface Attempt {
  readonly atMillis: number
  readonly millis: number
  /** What the endpoint answered with; null where no answer came. */
  readonly status: number | null
  /** The beginning of what it said, or what went wrong: at most 500 characters, without secrets. */
  readonly said: string
}

/** So many tries of a delivery are remembered, the last ones. */
export const maxAttempts = 20

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string
  readonly eventId: string
  /** The number of the payment or refund that it tells of. */
  readonly payOrderNo: string
  /** The order's version that the event tells of. */
  readonly version: number
  readonly app: string
  /** Null where it is only kept. */
  readonly endpoint: string | null
  readonly type: string
  readonly body: string
  readonly createdAtMillis: number
  /** When its schedule began: when it was committed, or last asked for again. */
  readonly sinceMillis: number
  readonly state: DeliveryState
  /** How often it was tried in vain since it was committed or asked for again. */
  readonly tries: number
  /** When it is tried next; null where it is not. */
  readonly dueAtMillis: number | null
  /** What came of the last try. */
  readonly note: string | null
  /** Oldest first, at most the last 20. */
  readonly attempts: ReadonlyArray<Attempt>
}

/** An endpoint and whose it is. */
export interface Place {
  readonly app: string
  readonly endpoint: string
}

/** Which deliveries to list, newest first; null leaves a part open. */
export interface DeliverySearch {
  readonly app: string | null
  readonly endpoint: string | null
  readonly state: DeliveryState | null
  /** The last id of the page before. */
  readonly after: string | null
  readonly limit: number
}

/**
 * Deliveries as committed with their orders. The `deliveries` queue of `DueWork` hands them out so that an order's next
 * event to an endpoint waits for the one before it, at most 10 minutes (design §6, promise 6), and never overtakes one
 * that is due or on its way.
 */
export class Deliveries extends Context.Tag("@payment-proxy/ports/Deliveries")<
  Deliveries,
  {
    readonly byId: (id: string) => Effect.Effect<Option.Option<Delivery>, StoreUnavailable>
    /** Of a payment and of all its refunds, in the order of their events. */
    readonly ofOrder: (payOrderNo: string) => Effect.Effect<ReadonlyArray<Delivery>, StoreUnavailable>
    /** All deliveries of one event. */
    readonly ofEvent: (eventId: string) => Effect.Effect<ReadonlyArray<Delivery>, StoreUnavailable>
    readonly search: (search: DeliverySearch) => Effect.Effect<ReadonlyArray<Delivery>, StoreUnavailable>
    /** It will not be tried again: the endpoint is gone, or the schedule has ended. */
    readonly giveUp: (
      id: string,
      token: string,
      note: string,
      attempts?: ReadonlyArray<Attempt>
    ) => Effect.Effect<boolean, StoreUnavailable>
    /** It is due now, whatever became of it before, and its schedule begins anew; false where there is none or it is only kept. */
    readonly resend: (id: string) => Effect.Effect<boolean, StoreUnavailable>
    /**
     * The event goes to these endpoints, now: to each it is a delivery of its own, and no longer only kept; how many there
     * are. Where one goes there already, it is due again as by `resend`.
     */
    readonly address: (eventId: string, endpoints: ReadonlyArray<string>) => Effect.Effect<number, StoreUnavailable>
    /**
     * At most `limit` of those that wait for their next try at the endpoint are due now, as if since they were made, of all
     * orders or of one; how many.
     */
    readonly hasten: (
      at: Place & { readonly payOrderNo?: string },
      limit: number
    ) => Effect.Effect<number, StoreUnavailable>
    /** At most `limit` of those that have waited for the endpoint for `age` and that nobody holds will not be tried again; how many. */
    readonly giveUpAged: (
      at: Place,
      age: Duration.Duration,
      limit: number,
      note: string
    ) => Effect.Effect<number, StoreUnavailable>
  }
>() {}
