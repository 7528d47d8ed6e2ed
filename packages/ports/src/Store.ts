import type { Payment, RefundMachine } from "@payment-proxy/domain"
import { Data } from "effect"

/** The store is not there at the moment: nothing of the call is on disk. Try again later. */
export class StoreUnavailable extends Data.TaggedError("StoreUnavailable")<{ readonly cause: unknown }> {}

/** The outcome of a commit is not known yet: it may be on disk or not. Read before anything is said of it. */
export class Unsettled extends Data.TaggedError("Unsettled")<{ readonly cause: unknown }> {}

/** Another commit moved the order since it was read: read it again and decide again. */
export class Stale extends Data.TaggedError("Stale")<{ readonly payOrderNo: string }> {}

/** The order number, the number at the vendor or the idempotency key is taken, by `existing`. */
export class Duplicate extends Data.TaggedError("Duplicate")<{ readonly existing: PlacedOrder }> {}

/** A payment as it was placed: who asked, under which key, and the SHA-256 (hex) of what was asked. */
export interface PlacedOrder {
  readonly payment: Payment.Payment
  readonly fingerprint: string
}

/** A refund as it was placed, and the SHA-256 (hex) of what was asked. */
export interface PlacedRefund {
  readonly refund: RefundMachine.Refund
  readonly fingerprint: string
}
