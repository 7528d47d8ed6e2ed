import type { Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** An entry of a history as it is found, whatever it says: it may have been tampered with. A number that is none is NaN. */
export interface FoundEntry {
  readonly version: number
  readonly state: string
  readonly cause: string
  readonly detail: string | null
  readonly atMillis: number
  readonly answer: string | null
  readonly hash: string | null
}

/** What an order's own row says of its history's end, whatever it says. */
export interface FoundRow {
  /** The state's word; `code <n>` where it is none. */
  readonly state: string
  readonly version: number
  readonly head: string | null
  readonly isRefund: boolean
}

/** A payment or a refund with its history, all as of one moment, wherever its entries are. */
export interface Found {
  readonly payOrderNo: string
  /** Null where there are entries, but no order. */
  readonly row: FoundRow | null
  /** By version; where two have the same one, in no particular order. */
  readonly entries: ReadonlyArray<FoundEntry>
}

/** All orders and histories as they are on disk, for who looks whether they are as they were written. */
export class Histories extends Context.Tag("@payment-proxy/ports/Histories")<
  Histories,
  {
    /** At most `limit` numbers above `after`, in their order: of orders, of refunds, and of entries that belong to none. */
    readonly page: (after: string | null, limit: number) => Effect.Effect<ReadonlyArray<Found>, StoreUnavailable>
  }
>() {}
