import type { Duration, Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** What piles up: entries of histories, deliveries, and notifications. */
export const shelves = ["history", "deliveries", "inbox"] as const
export type Shelf = (typeof shelves)[number]

/**
 * Moves what is old out of the way, into tables that nothing else writes. Orders stay, and so does whatever is still needed:
 * the history of an order that waits for something, a delivery that is on its way, a notification that is not applied. An
 * order's history reads the same wherever its entries are.
 */
export class Retention extends Context.Tag("@payment-proxy/ports/Retention")<
  Retention,
  {
    /** Moves at most `limit` of what is older than `age`, all or none of them; answers how many. */
    readonly moveOut: (shelf: Shelf, age: Duration.Duration, limit: number) => Effect.Effect<number, StoreUnavailable>
  }
>() {}
