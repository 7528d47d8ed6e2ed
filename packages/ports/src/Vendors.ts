import type { Evidence, Payment } from "@payment-proxy/domain"
import type { Effect, Option } from "effect"
import { Context, Data } from "effect"
import type { Subject } from "./Inbox.ts"

/** This call was not accepted; why. */
export class Rejected extends Data.TaggedError("Rejected")<{ readonly code: string; readonly detail: string }> {}

/** This call was not accepted; when again, in milliseconds, where the vendor said so. */
export class Throttled extends Data.TaggedError("Throttled")<{
  readonly retryAfterMillis: number | null
  readonly detail: string
}> {}

/** This call was certainly not sent. */
export class Unreachable extends Data.TaggedError("Unreachable")<{ readonly detail: string }> {}

/** This call may have been accepted: only a query decides. */
export class InDoubt extends Data.TaggedError("InDoubt")<{ readonly detail: string }> {}

/** What of the order the vendor cannot do or misses; `pointer` is a JSON Pointer into the order as it was asked. */
export class Unfit extends Data.TaggedError("Unfit")<{
  readonly faults: ReadonlyArray<{ readonly pointer: string; readonly code: string; readonly detail: string }>
}> {}

/** No vendor of this name is configured. */
export class UnknownVendor extends Data.TaggedError("UnknownVendor")<{ readonly vendor: string }> {}

/** What of an order only the vendor needs; kept sealed inside the prepared request. */
export interface Details {
  readonly description: string
  readonly payer: {
    readonly openId?: string | undefined
    readonly buyerId?: string | undefined
    readonly ip?: string | undefined
  }
  readonly returnUrl: string | null
}

/** A vendor as configured. */
export interface Vendor {
  readonly name: string
  readonly kind: string
  /** How long one create may take before its outcome is unknown. */
  readonly createTimeLimitMillis: number
  /** How long the vendor's replicas may lag behind. */
  readonly settlingMillis: number
}

/** An answer in the vendor's own form. */
export interface Reply {
  readonly status: number
  readonly contentType: string | null
  readonly body: string
}

/** A notification as it came in. Header names are in lower case. */
export interface Incoming {
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: Uint8Array
}

/** What a verified notification says; without evidence it proves nothing and the vendor has to be asked. */
export interface Verified {
  readonly subject: Subject
  readonly evidence: Evidence.Evidence | null
  /** What the vendor takes as "received". */
  readonly reply: Reply
}

/** Forged, altered, stale or about another merchant: refused, counted, not kept. */
export class NotVerified extends Data.TaggedError("NotVerified")<{ readonly reason: string; readonly reply: Reply }> {}

/** The payment platforms, by configured name. An answer that an adapter does not understand is `InDoubt`. */
export class Vendors extends Context.Tag("@payment-proxy/ports/Vendors")<
  Vendors,
  {
    readonly get: (vendor: string) => Option.Option<Vendor>
    readonly names: ReadonlyArray<string>
    /** The request that `create` will send, byte for byte, however often; or all that the order misses. Nothing is sent. */
    readonly prepare: (payment: Payment.Payment, details: Details) => Effect.Effect<string, Unfit | UnknownVendor>
    /** Sends the prepared request once. Nothing is written to the vendor after `untilMillis`, and no answer awaited. */
    readonly create: (
      payment: Payment.Payment,
      prepared: string,
      untilMillis: number
    ) => Effect.Effect<Evidence.Evidence, Rejected | Throttled | Unreachable | InDoubt | UnknownVendor>
    /** Asks what became of the order; a vendor that does not know it answers `notFound` evidence. */
    readonly query: (
      payment: Payment.Payment
    ) => Effect.Effect<Evidence.Evidence, Rejected | Throttled | Unreachable | InDoubt | UnknownVendor>
    /** Asks to close the order; answers what it then is. */
    readonly close: (
      payment: Payment.Payment
    ) => Effect.Effect<Evidence.Evidence, Rejected | Throttled | Unreachable | InDoubt | UnknownVendor>
    readonly notification: (vendor: string, incoming: Incoming) => Effect.Effect<Verified, NotVerified | UnknownVendor>
  }
>() {}
