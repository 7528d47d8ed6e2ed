import type { Effect } from "effect"
import { Context } from "effect"
import type { Queue } from "./DueWork.ts"
import type { StoreUnavailable } from "./Store.ts"

/** An order or refund that an operator should look at. */
export interface Troubled {
  /** The payment's or the refund's number. */
  readonly payOrderNo: string
  readonly vendor: string
  readonly app: string
  readonly state: string
  readonly sinceMillis: number
  readonly reason: string | null
}

/** What waits in a queue. */
export interface QueueLag {
  readonly queue: Queue
  /** Due now and not held by a worker; counted up to 10 000. */
  readonly waiting: number
  /** How long the oldest of them has been due. */
  readonly oldestMillis: number
}

/** How a delivery was last tried in vain. */
export interface LastFailure {
  /** When; null where only a note of it is left. */
  readonly atMillis: number | null
  /** What the endpoint answered with; null where no answer came. */
  readonly status: number | null
  /** The beginning of what it said, or what went wrong: at most 500 characters of foreign text, without secrets. */
  readonly said: string
}

/** An endpoint for which events have waited for 10 seconds or longer. */
export interface Behind {
  readonly app: string
  readonly endpoint: string
  readonly waiting: number
  /** How long the oldest has waited since it was made. */
  readonly oldestMillis: number
  /** When the first of them is due; in the past where they wait for an endpoint that is left alone, or for a worker. */
  readonly nextAtMillis: number
  /**
   * The last try in vain of those that wait, null where none of them was tried. Of more than 1000 it is the last of those that are
   * due last, and of what was tried among the 10 000 that are due first.
   */
  readonly lastFailure: LastFailure | null
}

/** How the whole stands, in questions that an index answers however many orders there are. */
export class Insight extends Context.Tag("@payment-proxy/ports/Insight")<
  Insight,
  {
    /**
     * Orders older than 10 seconds whose last call has an unknown outcome: how many (counted up to 10 000), and the oldest. Of those
     * that wait for their payer or for a capture, the oldest 2000 are looked at.
     */
    readonly inDoubt: (
      limit: number
    ) => Effect.Effect<{ readonly count: number; readonly oldest: ReadonlyArray<Troubled> }, StoreUnavailable>
    /** Payments and refunds that are HELD. */
    readonly held: (
      limit: number
    ) => Effect.Effect<{ readonly count: number; readonly oldest: ReadonlyArray<Troubled> }, StoreUnavailable>
    readonly queues: Effect.Effect<ReadonlyArray<QueueLag>, StoreUnavailable>
    /** The furthest behind first. */
    readonly behind: (limit: number) => Effect.Effect<ReadonlyArray<Behind>, StoreUnavailable>
    /** When the first of these payments and refunds needs us again; null where none does. */
    readonly dueAt: (payOrderNos: ReadonlyArray<string>) => Effect.Effect<number | null, StoreUnavailable>
  }
>() {}
