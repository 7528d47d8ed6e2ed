import type {
  App,
  AppKey,
  Day,
  Delivery,
  Difference,
  HistoryEntry,
  Kept,
  NotedAnswer,
  PlacedOrder,
  PlacedRefund
} from "@payment-proxy/ports"
import type { Due } from "./Due.ts"

/** An order with all that hangs on it. */
export interface OrderRow {
  readonly placed: PlacedOrder
  readonly sealedRequest: string | null
  readonly history: ReadonlyArray<HistoryEntry>
  readonly due: Due
  readonly note: string | null
}

/** A refund with all that hangs on it; `app` is its payment's. */
export interface RefundRow {
  readonly placed: PlacedRefund
  readonly app: string
  readonly idempotencyKey: string | null
  readonly history: ReadonlyArray<HistoryEntry>
  readonly due: Due
  readonly note: string | null
}

/** A delivery and when it is due. */
export interface DeliveryRow {
  readonly delivery: Delivery
  readonly due: Due
}

/** A notification and when it is due. */
export interface InboxRow {
  readonly kept: Kept
  readonly due: Due
  readonly note: string | null
}

/** A vendor's day that is reconciled, by `vendor/day`. */
export interface DayRow {
  readonly vendor: string
  readonly record: Day
  /** The claim that began the last run. */
  readonly begunToken: string | null
  readonly due: Due
  readonly note: string | null
}

/** The newest token of a client of a vendor, and who fetches the next; times are milliseconds since the epoch. */
export interface TokenRow {
  readonly vendor: string
  readonly client: string
  readonly generation: number
  readonly sealed: string | null
  readonly putAtMillis: number
  readonly endsAtMillis: number
  readonly lease: { readonly token: string; readonly endsAtMillis: number } | null
}

/** All that the store holds; the rows are values, the tables change. */
export interface Tables {
  readonly orders: Map<string, OrderRow>
  readonly refunds: Map<string, RefundRow>
  /** The order's number by app and idempotency key. */
  readonly orderByKey: Map<string, string>
  /** The order's number by vendor and what the vendor knows it by. */
  readonly orderByMerchantNo: Map<string, string>
  readonly deliveries: Map<string, DeliveryRow>
  readonly days: Map<string, DayRow>
  /** By vendor, day and id. */
  readonly differences: Map<string, Difference>
  /** The day of the bill that has an order of another day, by vendor and number. */
  readonly elsewhere: Map<string, string>
  readonly inbox: Map<string, InboxRow>
  /** The notification's id by what it may be kept once for. */
  readonly inboxByKey: Map<string, string>
  readonly apps: Map<string, App>
  readonly appKeys: Map<string, AppKey>
  /** By vendor and client. */
  readonly tokens: Map<string, TokenRow>
  /** Sealed keys of the installation, by name. */
  readonly dataKeys: Map<string, string>
  /** By the number of the payment or refund. */
  readonly answers: Map<string, NotedAnswer>
}

/** An empty store. */
export const make = (): Tables => ({
  orders: new Map(),
  refunds: new Map(),
  orderByKey: new Map(),
  orderByMerchantNo: new Map(),
  deliveries: new Map(),
  days: new Map(),
  differences: new Map(),
  elsewhere: new Map(),
  inbox: new Map(),
  inboxByKey: new Map(),
  apps: new Map(),
  appKeys: new Map(),
  tokens: new Map(),
  dataKeys: new Map(),
  answers: new Map()
})

/** One key made of several texts, distinct for distinct texts. */
export const keyOf = (...parts: ReadonlyArray<string>): string => JSON.stringify(parts)
