import type { Evidence, Payment, RefundMachine } from "@payment-proxy/domain"
import {
  type Bill,
  type BillLine,
  type Vendor as Described,
  type Details,
  type Incoming,
  type InDoubt,
  type NotVerified,
  Rejected,
  type ReturnQuery,
  type Throttled,
  type Unfit,
  type Unreachable,
  type VendorTokens,
  type Verified
} from "@payment-proxy/ports"
import type { Context, Effect, Either, Schema, Scope } from "effect"
import { Stream } from "effect"
import type { Open, Send } from "./Http.ts"

/** Why a call to one vendor said nothing about the order. */
export type Failure = Rejected | Throttled | Unreachable | InDoubt

type Asked = Effect.Effect<Evidence.Evidence, Failure>
type Operate = (payment: Payment.Payment, operation: Payment.Operation, untilMillis: number) => Asked

/** One vendor, whatever its kind: what `Vendors` promises, for one name. */
export interface Vendor extends Described {
  readonly prepare: (payment: Payment.Payment, details: Details) => Either.Either<string, Unfit>
  readonly create: (payment: Payment.Payment, prepared: string, untilMillis: number) => Asked
  readonly query: (payment: Payment.Payment) => Asked
  readonly close: (payment: Payment.Payment) => Asked
  readonly capture: Operate
  readonly complete: Operate
  readonly refund: (
    payment: Payment.Payment,
    refund: RefundMachine.Refund,
    untilMillis: number
  ) => Effect.Effect<Evidence.RefundEvidence, Failure>
  readonly queryRefund: (
    payment: Payment.Payment,
    refund: RefundMachine.Refund
  ) => Effect.Effect<Evidence.RefundEvidence, Failure>
  readonly notification: (incoming: Incoming) => Effect.Effect<Verified, NotVerified>
  readonly returned: (payment: Payment.Payment, query: ReturnQuery) => boolean | null
  readonly onward: (prepared: string) => string | null
  readonly bill: (bill: Bill) => Stream.Stream<BillLine, Failure>
}

const unsupported = (what: string): Rejected =>
  new Rejected({ code: "NOT_SUPPORTED", detail: `This vendor's adapter cannot ${what}.` })

/** The calls that not every vendor knows, each answered so; a vendor that knows them has its own. */
export const unable: Pick<Vendor, "capture" | "complete" | "refund" | "queryRefund" | "returned" | "onward" | "bill"> =
  {
    capture: () => unsupported("capture"),
    complete: () => unsupported("complete"),
    refund: () => unsupported("refund"),
    queryRefund: () => unsupported("ask about refunds"),
    returned: () => null,
    onward: () => null,
    bill: () => Stream.fail(unsupported("fetch bills"))
  }

/** How a vendor is called here, and where it is to send its notifications and the payer. */
export interface Placed {
  readonly name: string
  readonly notifyUrl: string
  /** A payer comes back to it with `?order=` and the order's number behind it. */
  readonly returnUrl: string
}

/** What every kind of vendor is made with. */
export interface Needs {
  readonly tokens: Context.Tag.Service<VendorTokens>
  readonly send: Send
  readonly open: Open
}

/** A fault of a vendor's configuration, by its place in it. */
export interface Fault {
  /** A JSON Pointer below the vendor. */
  readonly at: string
  readonly detail: string
}

/** A kind of vendor: what one is configured by, and how it is made. */
export interface Kind<C, I> {
  readonly config: Schema.Schema<C, I>
  /** What is wrong with a configuration beside its form: keys that do not fit each other, or, where a time is given, have expired. */
  readonly faultsOf: (config: C, nowMillis: number | null) => ReadonlyArray<Fault>
  /** The same text for the same account at the same place: two vendors of it would make two orders of one number. */
  readonly accountOf: (config: C) => string
  /** What of an address keeps the vendor from sending notifications to it; nothing where it demands nothing. */
  readonly notifyFaultsOf?: (notifyUrl: string) => ReadonlyArray<string>
  readonly make: (config: C & Placed, needs: Needs) => Effect.Effect<Vendor, never, Scope.Scope>
}

/** The address that a payer comes back to from an order. */
export const returnUrl = (placed: Placed, payment: Payment.Payment): string =>
  `${placed.returnUrl}?order=${encodeURIComponent(payment.payOrderNo)}`
