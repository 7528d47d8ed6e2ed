import type { Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** What happened with a vendor in one minute. */
export interface Tally {
  /** Minutes since the epoch. */
  readonly minute: number
  readonly vendor: string
  readonly placed: number
  readonly succeeded: number
  /** Orders that FAILED. */
  readonly failed: number
  /** Calls to the vendor, and those without a definite answer. */
  readonly calls: number
  readonly errors: number
  /** Calls by how long they took: `tallyBoundsMillis[i]` is the upper end of the i-th, the last has none. */
  readonly buckets: ReadonlyArray<number>
}

/** The upper ends of a tally's buckets, in milliseconds; one bucket more than ends. */
export const tallyBoundsMillis = [
  5, 10, 20, 35, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 15_000, 30_000
] as const

/** Counts of each process, put together for all: kept for a day. */
export class Tallies extends Context.Tag("@payment-proxy/ports/Tallies")<
  Tallies,
  {
    /** Adds to what this process (its id) has for the same minutes and vendors. */
    readonly add: (process: string, tallies: ReadonlyArray<Tally>) => Effect.Effect<void, StoreUnavailable>
    /** From a minute on, summed over all processes, the oldest first. */
    readonly since: (minute: number) => Effect.Effect<ReadonlyArray<Tally>, StoreUnavailable>
    /** Takes away what is older than a minute, at most 10 000 rows. */
    readonly forget: (beforeMinute: number) => Effect.Effect<void, StoreUnavailable>
  }
>() {}
