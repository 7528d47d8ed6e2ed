import type { Evidence, Payment, RefundMachine } from "@payment-proxy/domain"
import type { Effect, Option, Stream } from "effect"
import { Context, Data } from "effect"
import type { Bill, BillLine } from "./Bills.ts"
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

/** What can be asked of a vendor; one that cannot do it answers `Rejected` with the code NOT_SUPPORTED. */
export const abilities = [
  "create",
  "query",
  "close",
  "capture",
  "complete",
  "refund",
  "queryRefund",
  "notification",
  "bill"
] as const
export type Ability = (typeof abilities)[number]

/**
 * How long to wait before each next question about an order, in milliseconds, the last wait again and again; at its end operators
 * are told that the vendor is slow to make up its mind.
 */
export interface Confirming {
  /** While what became of a call is unknown. */
  readonly inDoubt: ReadonlyArray<number>
  /** While the payer is to pay. */
  readonly pending: ReadonlyArray<number>
  /** While held funds are neither captured nor released. */
  readonly authorized: ReadonlyArray<number>
  /** While the order is being closed. */
  readonly closing: ReadonlyArray<number>
  /** While a refund is on its way. */
  readonly refund: ReadonlyArray<number>
}

/** A vendor as configured. */
export interface Vendor {
  readonly name: string
  readonly kind: string
  readonly abilities: ReadonlyArray<Ability>
  /** How long one call that moves money (create, capture, complete, refund) may take before its outcome is unknown. */
  readonly createTimeLimitMillis: number
  /** How long the vendor's replicas may lag behind. */
  readonly settlingMillis: number
  /** How long after the order's expiry the payer may still pay there. */
  readonly graceMillis: number
  readonly confirming: Confirming
  /** What becomes of money that comes after the app was told that it will not: it goes back, or is accepted. */
  readonly latePaid: "refund" | "accept"
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
  /** What the vendor takes as "not received". */
  readonly refusal: Reply
}

/**
 * Why a notification is refused. `SIGNATURE`: missing, altered or forged. `PROBE`: a bad signature that the vendor sends to see whether it
 * is refused. `KEY`: signed by a key that is not known. `CERTIFICATE`: the signer's certificate has expired, is not yet valid or not the
 * vendor's. `STALE`: too old or from the future. `CONTENT`: not of the form that the vendor documents, or not to be decrypted. `FOREIGN`:
 * about another merchant or app. `AMOUNT`: another amount or currency than the order's. `UNAVAILABLE`: what it is verified by cannot be had
 * now: it may come again.
 */
export const refusalReasons = [
  "SIGNATURE",
  "PROBE",
  "KEY",
  "CERTIFICATE",
  "STALE",
  "CONTENT",
  "FOREIGN",
  "AMOUNT",
  "UNAVAILABLE"
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** Refused, counted by reason, not kept; `detail` shows nothing of the notification. */
export class NotVerified extends Data.TaggedError("NotVerified")<{
  readonly reason: RefusalReason
  readonly detail: string
  readonly reply: Reply
}> {}

/** Why a call said nothing about the order. */
export type CallFailure = Rejected | Throttled | Unreachable | InDoubt | UnknownVendor

/** What the payer's browser brought back with it, by name. */
export type ReturnQuery = { readonly [name: string]: string | undefined }

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
    ) => Effect.Effect<Evidence.Evidence, CallFailure>
    /** Asks what became of the order; a vendor that does not know it answers `notFound` evidence. */
    readonly query: (payment: Payment.Payment) => Effect.Effect<Evidence.Evidence, CallFailure>
    /** Asks to close the order, which releases what is only authorized; answers what it then is. */
    readonly close: (payment: Payment.Payment) => Effect.Effect<Evidence.Evidence, CallFailure>
    /** Runs the payment's open `capture`: takes held funds, under the operation's number however often. Limits as for `create`. */
    readonly capture: (
      payment: Payment.Payment,
      operation: Payment.Operation,
      untilMillis: number
    ) => Effect.Effect<Evidence.Evidence, CallFailure>
    /** Runs the payment's open `complete`: the further call by which the vendor takes approved money. As `capture`. */
    readonly complete: (
      payment: Payment.Payment,
      operation: Payment.Operation,
      untilMillis: number
    ) => Effect.Effect<Evidence.Evidence, CallFailure>
    /** Sends a refund, the same bytes under the same number however often. Limits as for `create`. */
    readonly refund: (
      payment: Payment.Payment,
      refund: RefundMachine.Refund,
      untilMillis: number
    ) => Effect.Effect<Evidence.RefundEvidence, CallFailure>
    /** Asks what became of a refund. */
    readonly queryRefund: (
      payment: Payment.Payment,
      refund: RefundMachine.Refund
    ) => Effect.Effect<Evidence.RefundEvidence, CallFailure>
    readonly notification: (vendor: string, incoming: Incoming) => Effect.Effect<Verified, NotVerified | UnknownVendor>
    /** Whether what came back with the payer is what the vendor said beforehand; null where there is nothing to compare. It is no evidence. */
    readonly returned: (payment: Payment.Payment, query: ReturnQuery) => Effect.Effect<boolean | null, UnknownVendor>
    /** Where a payer who came back is sent on to, by the order's stored request; null where the app named no page. */
    readonly onward: (payment: Payment.Payment, prepared: string) => Effect.Effect<string | null, UnknownVendor>
    /** What the vendor booked on a day, line by line; a day without business is an empty stream. `Throttled`: not ready yet. */
    readonly bill: (vendor: string, bill: Bill) => Stream.Stream<BillLine, CallFailure>
  }
>() {}
