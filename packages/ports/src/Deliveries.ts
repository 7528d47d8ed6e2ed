import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string
  readonly eventId: string
  readonly payOrderNo: string
  /** The order's version that the event tells of. */
  readonly version: number
  readonly app: string
  readonly endpoint: string
  readonly type: string
  readonly body: string
  readonly createdAtMillis: number
  readonly state: "waiting" | "delivered" | "given-up"
  readonly note: string | null
}

/**
 * Deliveries as committed with their orders. The `deliveries` queue of `DueWork` hands them out so that an order's next
 * event to an endpoint waits for the one before it, at most 10 minutes (design §6, promise 6).
 */
export class Deliveries extends Context.Tag("@payment-proxy/ports/Deliveries")<
  Deliveries,
  {
    readonly byId: (id: string) => Effect.Effect<Option.Option<Delivery>, StoreUnavailable>
    readonly ofOrder: (payOrderNo: string) => Effect.Effect<ReadonlyArray<Delivery>, StoreUnavailable>
    /** It will not be tried again: the endpoint is gone, or the schedule has ended. */
    readonly giveUp: (id: string, token: string, note: string) => Effect.Effect<boolean, StoreUnavailable>
  }
>() {}
