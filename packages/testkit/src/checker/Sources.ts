import type { Payment, RefundMachine } from "@payment-proxy/domain"

/** What a client asked, and how it ended: `info` where no answer came, or one that does not say what happened (Jepsen). */
export interface ClientOp {
  readonly app: string
  /** Of a proxied create, the caller's own number; no key of the same app may be equal to it. */
  readonly idempotencyKey: string
  /** Tells one body from another. */
  readonly bodyHash: string
  readonly amount: Amount
  readonly outcome:
    | { readonly type: "ok"; readonly status: number; readonly payOrderNo: string; readonly amount: Amount }
    | { readonly type: "fail"; readonly status: number; readonly code: string }
    | { readonly type: "info" }
  /** Of a create through a proxied route; its outcome is then what the vendor's own words said. */
  readonly proxied?: {
    readonly answeredMillis: number
    /** Our order, where the answer named it, whatever it said of it. */
    readonly payOrderNo: string | null
  }
}

/** What an app was told when it asked for the order of a number of its own that it had placed through a proxied route. */
export interface Told {
  readonly app: string
  readonly number: string
  /** Our orders, by the answer: all of that business number, or the one that a proxied answer named, whose state it does not say. */
  readonly orders: ReadonlyArray<{ readonly payOrderNo: string; readonly state: string | null }>
  readonly saysPaid: boolean
}

/** What a client asked back, and how it ended; as of `ClientOp`. */
export interface RefundOp {
  readonly app: string
  readonly payOrderNo: string
  readonly idempotencyKey: string
  /** Null: what is left. */
  readonly amount: Amount | null
  readonly outcome:
    | { readonly type: "ok"; readonly status: number; readonly refundNo: string; readonly amount: Amount }
    | { readonly type: "fail"; readonly status: number; readonly code: string }
    | { readonly type: "info" }
}

/** Money as the order API writes it. */
export interface Amount {
  readonly value: string
  readonly currency: string
}

/** A request as the vendor got it; times are milliseconds since the epoch. */
export interface VendorRequest {
  readonly atMillis: number
  readonly call: "create" | "query" | "close" | "capture" | "complete" | "refund" | "other"
  /** What the vendor knows the order by. */
  readonly number: string
  readonly bodyHash: string
  /** The number of a capture, complete or refund. */
  readonly operationNo?: string
  /** A create that made a payment, and did not find one that was there; left out where the vendor does not say. */
  readonly isAccepted?: boolean
}

/** One try of a notification of the vendor. */
export interface VendorNotification {
  readonly number: string
  readonly bodySha256: string
  /** Neither forged nor altered nor another merchant's. */
  readonly isGenuine: boolean
  readonly saysPaid: boolean
  /** We answered "received". */
  readonly isTaken: boolean
}

/** A payment as the vendor holds it; amounts are minor units. */
export interface VendorPayment {
  readonly transactionNo: string
  readonly number: string
  readonly isPaid: boolean
  readonly amountMinor: bigint
  readonly currency: string
  readonly refundedMinor: bigint
  /** By our numbers, where the vendor lists them. */
  readonly refunds?: ReadonlyArray<{
    readonly refundNo: string
    readonly amountMinor: bigint
    readonly state: "pending" | "succeeded" | "failed" | "abnormal"
  }>
}

/** What the vendor saw and did: the witness that knows nothing of us. */
export interface Ledger {
  readonly requests: ReadonlyArray<VendorRequest>
  readonly notifications: ReadonlyArray<VendorNotification>
  readonly payments: ReadonlyArray<VendorPayment>
}

/** When a row needs us, and whose it is meanwhile. */
export interface Due {
  readonly dueMillis: number | null
  readonly leaseMillis: number | null
}

/** An order as the database has it. */
export interface OrderRow extends Due {
  readonly payOrderNo: string
  /** Its number in the vendor's ledger. */
  readonly merchantOrderNo: string
  readonly app: string
  /** Null for a proxied order: its number is its key. */
  readonly idempotencyKey: string | null
  readonly state: Payment.State
  readonly version: number
  readonly isInDoubt: boolean
  readonly amountMinor: bigint
  readonly currency: string
  readonly capturedMinor: bigint
  readonly refundedMinor: bigint
  readonly transactionNo: string | null
}

/** A refund as the database has it. */
export interface RefundRow extends Due {
  readonly refundNo: string
  readonly payOrderNo: string
  readonly app: string
  readonly state: RefundMachine.State
  readonly version: number
  readonly amountMinor: bigint
  /** By a client, and not by a rule of ours. */
  readonly isAsked?: boolean
}

export interface HistoryRow {
  readonly payOrderNo: string
  readonly version: number
  readonly state: Payment.State
  readonly cause: string
  readonly detail?: string | null
  readonly atMillis: number
}

export interface InboxRow extends Due {
  /** As the vendor's ledger has it. */
  readonly number: string
  readonly sha256: string
}

export interface DeliveryRow extends Due {
  readonly eventId: string
  readonly payOrderNo: string
  readonly version: number
  readonly endpoint: string
  readonly state: "waiting" | "delivered" | "given-up"
  readonly createdMillis: number
}

/** The database at the end. */
export interface Dump {
  readonly nowMillis: number
  readonly orders: ReadonlyArray<OrderRow>
  readonly refunds?: ReadonlyArray<RefundRow>
  /** Of orders and of refunds. */
  readonly history: ReadonlyArray<HistoryRow>
  readonly inbox: ReadonlyArray<InboxRow>
  readonly deliveries: ReadonlyArray<DeliveryRow>
  /** Where each app is told. */
  readonly endpoints: ReadonlyArray<{ readonly app: string; readonly endpoint: string }>
}

/** A webhook as an endpoint got it, in the order in which they came. */
export interface Received {
  readonly atMillis: number
  readonly endpoint: string
  readonly eventId: string
  readonly isVerified: boolean
  /** Of the order, or of the refund, that it tells of. */
  readonly payOrderNo: string
  readonly version: number
  readonly body: string
  /** What the endpoint answered; a 2xx took it. */
  readonly status: number
}

/** The four witnesses of a run, after it came to rest; `client`, `told` and `refunding` are one. */
export interface Sources {
  readonly client: ReadonlyArray<ClientOp>
  readonly told: ReadonlyArray<Told>
  readonly refunding?: ReadonlyArray<RefundOp>
  readonly ledger: Ledger
  readonly dump: Dump
  readonly sink: ReadonlyArray<Received>
  /** How far the clock that histories go by may be from the clients' and the vendor's, in milliseconds; 0 where it is the same. */
  readonly clocksApartMillis?: number
}
