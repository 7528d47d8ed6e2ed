import type { Payment } from "@payment-proxy/domain"
import type { Duration, Effect, Option } from "effect"
import { Context } from "effect"
import type { Duplicate, PlacedOrder, Stale, StoreUnavailable, Unsettled } from "./Store.ts"

/** One row of an order's history: what it became, when, and by what. */
export interface HistoryEntry {
  readonly payOrderNo: string
  /** Gapless from 1. */
  readonly version: number
  readonly state: Payment.State
  /** `submit`, `notification:paid`, `query:open`, `answer:Rejected`, … */
  readonly cause: string
  /** What was said, as text without secrets, where something was. */
  readonly detail: string | null
  readonly atMillis: number
}

/** An event on its way to one endpoint of an app; `body` is signed and sent as it stands. */
export interface NewDelivery {
  /** `evt_…`, without a dot; the same on every repeat. */
  readonly eventId: string
  readonly endpoint: string
  readonly type: string
  readonly body: string
}

/** How an order came in; stored once, with its first version. */
export interface Placing {
  /** Null for a proxied order: the caller's own number is its key. */
  readonly idempotencyKey: string | null
  readonly fingerprint: string
  /** The vendor's request, sealed: sent again byte for byte while the order is in doubt. */
  readonly sealedRequest: string
}

/** The next version of one payment, with all that must be on disk together with it (design §6, promise 4). */
export interface Change {
  /** The version that it was decided from; 0 places the order. */
  readonly expected: number
  readonly payment: Payment.Payment
  readonly entry: HistoryEntry
  readonly placing: Placing | null
  /** When the order needs us again, from now; `null` where it never does. Takes a worker's token away. */
  readonly dueIn: Duration.Duration | null
  readonly deliveries: ReadonlyArray<NewDelivery>
}

/** Which of an app's orders to list, newest first. Times are milliseconds since the epoch. */
export interface Search {
  readonly app: string
  readonly businessNo: string | null
  readonly state: Payment.State | null
  readonly vendor: string | null
  readonly createdFromMillis: number | null
  readonly createdToMillis: number | null
  /** The last order number of the page before. */
  readonly after: string | null
  readonly limit: number
}

/** Where orders live. */
export class Orders extends Context.Tag("@payment-proxy/ports/Orders")<
  Orders,
  {
    /** All of `changes` or none; each is checked against the version that it was decided from. */
    readonly commit: (
      changes: ReadonlyArray<Change>
    ) => Effect.Effect<void, Stale | Duplicate | StoreUnavailable | Unsettled>
    readonly byNumber: (payOrderNo: string) => Effect.Effect<Option.Option<Payment.Payment>, StoreUnavailable>
    /** One app's order by number; another app's is not there. */
    readonly ofApp: (app: string, payOrderNo: string) => Effect.Effect<Option.Option<Payment.Payment>, StoreUnavailable>
    readonly byKey: (app: string, idempotencyKey: string) => Effect.Effect<Option.Option<PlacedOrder>, StoreUnavailable>
    /** The order that the vendor knows by this number, whichever door it came in by; numbers compare by the byte. */
    readonly byMerchantOrderNo: (
      vendor: string,
      merchantOrderNo: string
    ) => Effect.Effect<Option.Option<PlacedOrder>, StoreUnavailable>
    readonly byTransactionNo: (
      vendor: string,
      transactionNo: string
    ) => Effect.Effect<Option.Option<Payment.Payment>, StoreUnavailable>
    /** The vendor's stored request, sealed. */
    readonly sealedRequest: (payOrderNo: string) => Effect.Effect<Option.Option<string>, StoreUnavailable>
    readonly history: (payOrderNo: string) => Effect.Effect<ReadonlyArray<HistoryEntry>, StoreUnavailable>
    readonly search: (search: Search) => Effect.Effect<ReadonlyArray<Payment.Payment>, StoreUnavailable>
    /** The versions of those of `payOrderNos` that are there. */
    readonly versions: (
      payOrderNos: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, number>, StoreUnavailable>
    /** Succeeds where the store takes orders. */
    readonly ready: Effect.Effect<void, StoreUnavailable>
  }
>() {}
