import type { Duration, Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** What can be due. */
export type Queue = "orders" | "deliveries" | "inbox"

/** A piece of due work that is ours until the lease ends; everything after the claim names its token. */
export interface Claimed {
  readonly queue: Queue
  /** The order's number, the delivery's id, or the notification's id. */
  readonly id: string
  /** Whose it is: the app of an order or a delivery, the vendor of a notification. */
  readonly owner: string
  readonly token: string
  /** How often it was postponed since its due time was last set by a commit. */
  readonly tries: number
}

/**
 * Work that is due, by lease. The clock is the database's. `renew`, `done` and `postpone` answer whether the token
 * still held: a worker that was paused past its lease changes nothing.
 */
export class DueWork extends Context.Tag("@payment-proxy/ports/DueWork")<
  DueWork,
  {
    /**
     * At most `limit` pieces, the longest overdue first; each is nobody else's for `lease`. With `besides`, a share of each
     * owner's but this one's.
     */
    readonly claim: (
      queue: Queue,
      limit: number,
      lease: Duration.Duration,
      besides?: string
    ) => Effect.Effect<ReadonlyArray<Claimed>, StoreUnavailable>
    readonly renew: (claimed: Claimed, lease: Duration.Duration) => Effect.Effect<boolean, StoreUnavailable>
    /** It needs nothing more; `note` is what an operator reads. */
    readonly done: (claimed: Claimed, note: string | null) => Effect.Effect<boolean, StoreUnavailable>
    /** It is due again after `after`, with one try more. */
    readonly postpone: (
      claimed: Claimed,
      after: Duration.Duration,
      note: string | null
    ) => Effect.Effect<boolean, StoreUnavailable>
    /** An order's need is due now, whoever holds it; tries start anew. */
    readonly hasten: (payOrderNo: string) => Effect.Effect<void, StoreUnavailable>
  }
>() {}
