import type { Currency, Payment, RefundMachine, Words } from "@payment-proxy/domain"
import type { Duration, Effect, Option } from "effect"
import { Context } from "effect"
import type { Duplicate, PlacedOrder, PlacedRefund, Stale, StoreUnavailable, Unsettled } from "./Store.ts"

/** One row of an order's history, a payment's or a refund's: what it became, when, and by what. */
export interface HistoryEntry {
  /** The number of the payment or of the refund. */
  readonly payOrderNo: string
  /** Gapless from 1. */
  readonly version: number
  readonly state: Payment.State
  /** `submit`, `notification:paid`, `query:open`, `answer:Rejected`, … */
  readonly cause: string
  /** What was said, as text without secrets, where something was. */
  readonly detail: string | null
  readonly atMillis: number
  /** What the vendor's answer was that it came of, as JSON without secrets (`VendorAnswers.ts`); null where it came of none. */
  readonly answer: string | null
  /** Chains it to the entry before it: the hash of both; null where it is older than the chain. */
  readonly hash: string | null
}

/** An event on its way to one endpoint of an app; `body` is signed and sent as it stands. */
export interface NewDelivery {
  /** `evt_…`, without a dot; the same on every repeat. */
  readonly eventId: string
  /** Null: no endpoint wants it, and it is kept for who asks. */
  readonly endpoint: string | null
  readonly type: string
  readonly body: string
}

/** How an order came in; stored once, with its first version. */
export interface Placing {
  /** Null for a proxied order: the caller's own number is its key. */
  readonly idempotencyKey: string | null
  readonly fingerprint: string
  /** The vendor's request, sealed: sent again byte for byte while the order is in doubt. Null for a refund, which is made of its row. */
  readonly sealedRequest: string | null
}

/** The next version of one payment or of one refund, with all that must be on disk together with it (design §6, promise 4). */
export interface Change {
  /** The version that it was decided from; 0 places the order. */
  readonly expected: number
  /** What is changed where `refund` is null; else the payment that the refund belongs to, as it is with this commit. */
  readonly payment: Payment.Payment
  readonly refund: RefundMachine.Refund | null
  /** Its `payOrderNo` is the number of the row that is changed. */
  readonly entry: HistoryEntry
  readonly placing: Placing | null
  /**
   * When the order needs us again, from now; `null` where it never does. Takes a worker's token away. What is due already and
   * nobody's stays due, as nobody has seen to it, unless `putsOff`; and what goes on to owe a query is due, also where this says never.
   */
  readonly dueIn: Duration.Duration | null
  /** A call of ours leaves with this commit: until `dueIn` is over nobody is to ask what became of it, whatever was due. */
  readonly putsOff: boolean
  /** A query is owed from now on: late evidence came that only a fresh answer decides upon, or a person named the state (design §5). */
  readonly owesQuery: boolean
  /**
   * The token of the claim in whose name the vendor was asked before this was decided: while the row is still that claim's, the
   * query that it owed is settled. No other commit settles it, whatever it is about: its author may have asked before the debt
   * came up, or not at all, and one query too many harms nobody.
   */
  readonly askedBy: string | null
  readonly deliveries: ReadonlyArray<NewDelivery>
}

/** Which payments to find; null leaves a part open. Times are milliseconds since the epoch. */
export interface OrderFilter {
  /** Null: of all apps, for operators. */
  readonly app: string | null
  readonly businessNo: string | null
  /** Any number of it, by the byte: ours, the app's, the one that the vendor knows it by, the vendor's own, or either of a refund. */
  readonly number: string | null
  readonly state: Payment.State | null
  readonly vendor: string | null
  readonly method: Words.Method | null
  /** Amounts count in this currency alone. */
  readonly currency: Currency.Currency | null
  /** Both ends included; without a currency they are not looked at. */
  readonly amountFromMinor: bigint | null
  readonly amountToMinor: bigint | null
  readonly createdFromMillis: number | null
  /** Not included. */
  readonly createdToMillis: number | null
}

/** Every order. */
export const anyOrder: OrderFilter = {
  app: null,
  businessNo: null,
  number: null,
  state: null,
  vendor: null,
  method: null,
  currency: null,
  amountFromMinor: null,
  amountToMinor: null,
  createdFromMillis: null,
  createdToMillis: null
}

/** Which payments to list, newest first. */
export interface Search extends OrderFilter {
  /** The last order number of the page before. */
  readonly after: string | null
  readonly limit: number
}

/** Where orders live. */
export class Orders extends Context.Tag("@payment-proxy/ports/Orders")<
  Orders,
  {
    /**
     * All of `changes` or none: one payment and its refunds, each checked against the version that it was decided from. A refund
     * whose number or key is taken is `Stale`: it was placed with a newer version of its payment.
     */
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
    /** How many a filter finds: exact up to 10 000, an estimate beyond. */
    readonly count: (
      filter: OrderFilter
    ) => Effect.Effect<{ readonly count: number; readonly isExact: boolean }, StoreUnavailable>
    readonly refund: (refundNo: string) => Effect.Effect<Option.Option<RefundMachine.Refund>, StoreUnavailable>
    /** The refunds of a payment, oldest first. */
    readonly refundsOf: (payOrderNo: string) => Effect.Effect<ReadonlyArray<RefundMachine.Refund>, StoreUnavailable>
    /** The refund that was placed with this key; a key is unique within its payment. */
    readonly refundByKey: (
      payOrderNo: string,
      idempotencyKey: string
    ) => Effect.Effect<Option.Option<PlacedRefund>, StoreUnavailable>
    /** The versions of those of `payOrderNos`, of payments and refunds, that are there. */
    readonly versions: (
      payOrderNos: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyMap<string, number>, StoreUnavailable>
    /** Succeeds where the store takes orders. */
    readonly ready: Effect.Effect<void, StoreUnavailable>
  }
>() {}
