import type { Duration, Effect } from "effect"
import { Context } from "effect"
import type { Attempt } from "./Deliveries.ts"
import type { StoreUnavailable } from "./Store.ts"

/** What can be due: payments and refunds, events, notifications, and days to reconcile. */
export const queues = ["orders", "deliveries", "inbox", "reconcile"] as const
export type Queue = (typeof queues)[number]

/** A piece of due work that is ours until the lease ends; everything after the claim names its token. */
export interface Claimed {
  readonly queue: Queue
  /** The order's or refund's number, the delivery's id, the notification's id, or `vendor/day`. */
  readonly id: string
  /** Whose it is: the app of an order or a delivery, the vendor of a notification or a day. */
  readonly owner: string
  readonly token: string
  /** How often it was postponed since its due time was last set by a commit. */
  readonly tries: number
  /**
   * The vendor is to be asked about this payment or refund before anything else is sent: `hasten` or a commit said so, and
   * nobody has asked since. False in the other queues. Who has asked hands the piece in with false.
   */
  readonly isQueryOwed: boolean
}

/** What of a queue is not wanted now. */
export interface Leaving {
  /** A share of each owner's but this one's. */
  readonly besides?: string
  /** Deliveries to these endpoints stay where they are. */
  readonly avoiding?: ReadonlyArray<string>
}

/**
 * Work that is due, by lease. The clock is the database's. `renew`, `done` and `postpone` answer whether the token
 * still held: a worker that was paused past its lease changes nothing.
 */
export class DueWork extends Context.Tag("@payment-proxy/ports/DueWork")<
  DueWork,
  {
    /** At most `limit` pieces, the longest overdue first; each is nobody else's for `lease`. */
    readonly claim: (
      queue: Queue,
      limit: number,
      lease: Duration.Duration,
      leaving?: Leaving
    ) => Effect.Effect<ReadonlyArray<Claimed>, StoreUnavailable>
    readonly renew: (claimed: Claimed, lease: Duration.Duration) => Effect.Effect<boolean, StoreUnavailable>
    /** It needs nothing more, and owes nothing; `note` is what an operator reads, `attempts` what is remembered of a delivery's tries from now on. */
    readonly done: (
      claimed: Claimed,
      note: string | null,
      attempts?: ReadonlyArray<Attempt>
    ) => Effect.Effect<boolean, StoreUnavailable>
    /**
     * It is due again after `after`, with one try more. It owes a query where `claimed` says so: one that failed before its
     * vendor was asked is to be asked about the next time.
     */
    readonly postpone: (
      claimed: Claimed,
      after: Duration.Duration,
      note: string | null,
      attempts?: ReadonlyArray<Attempt>
    ) => Effect.Effect<boolean, StoreUnavailable>
    /** It is due again after `after`, as if it had not been claimed: no try is counted, and what was owed still is. */
    readonly giveBack: (claimed: Claimed, after: Duration.Duration) => Effect.Effect<boolean, StoreUnavailable>
    /**
     * A payment's or refund's vendor is to be asked now, whoever holds it: it is due, and owes a query until one was made. Tries
     * start anew.
     */
    readonly hasten: (payOrderNo: string) => Effect.Effect<void, StoreUnavailable>
  }
>() {}
