import type { Evidence, Money, Payment, Words } from "@payment-proxy/domain"
import type { Either, Option } from "effect"
import { Context } from "effect"
import type { InDoubt, Rejected, Throttled, Unfit } from "./Vendors.ts"

/** The calls of a vendor's own API that mean something for an order. */
export type Operation = "create" | "query" | "close"

/** A call of a vendor's own API, below its base address; header names and values by turns, as they came. */
export interface ProxiedCall {
  readonly method: string
  readonly path: string
  /** With its `?`; empty where there is none. */
  readonly query: string
  readonly headers: ReadonlyArray<string>
  readonly body: Uint8Array
}

/** What a call means: a create, or something about the order that is known there by a number. */
export type Recognised =
  | { readonly operation: "create" }
  | {
      readonly operation: "query" | "close"
      readonly by: "merchantOrderNo" | "transactionNo"
      readonly no: string
    }

/** The order that a create of a vendor's own API asks for. */
export interface ProxiedOrder {
  readonly merchantOrderNo: string
  readonly amount: Money.Money
  readonly method: Words.Method
  readonly source: Words.Source
  readonly businessNo: string | null
  /** When the vendor will not take the payer's money any more, as the call says; null where it does not. */
  readonly expiresAtMillis: number | null
  /** How long the vendor takes the payer's money where the call does not say. */
  readonly payableMillis: number
  /** SHA-256 (hex) of what was asked: the same call again has the same, however it is spaced. */
  readonly fingerprint: string
}

/** A vendor's answer as it came; header names and values by turns. */
export interface ProxiedAnswer {
  readonly status: number
  readonly headers: ReadonlyArray<string>
  readonly body: Uint8Array
  /** False where the body is longer than what was read of it. */
  readonly isWhole: boolean
  /** When the call was about to be written. */
  readonly askedAtMillis: number
}

/** A vendor's own API as its mapping reads it. Nothing here calls anybody. */
export interface Mapping {
  readonly vendor: string
  /** The paths of the operations, as templates: a method, and a path where `{…}` stands for one segment. */
  readonly operations: ReadonlyArray<{ readonly operation: Operation; readonly method: string; readonly path: string }>
  /** Of a mapped body, at most. */
  readonly maxBodyBytes: number
  /** How long a call of an operation may take, in milliseconds. */
  readonly limitMillis: (operation: Operation) => number
  /** What a call means; null where the mapping does not name it. A left says why it is not clear what it names. */
  readonly recognise: (method: string, path: string, query: string) => Either.Either<Recognised | null, string>
  /** The order that a create asks for, or all that is not as the mapping expects; `pointer`s lead into the body. */
  readonly order: (call: ProxiedCall) => Either.Either<ProxiedOrder, Unfit>
  /** A create that `order` took, as it is kept without the caller's credentials, to be sent again byte for byte: what `Vendors.create` takes. */
  readonly prepared: (call: ProxiedCall) => string
  /** What an answer says about the order; what is not understood is in doubt. */
  readonly said: (
    operation: Operation,
    answer: ProxiedAnswer,
    payment: Payment.Payment
  ) => Either.Either<Evidence.Evidence, Rejected | Throttled | InDoubt>
}

/** The mappings of those vendors whose own API can be passed through. */
export class Mappings extends Context.Tag("@payment-proxy/ports/Mappings")<
  Mappings,
  { readonly of: (vendor: string) => Option.Option<Mapping> }
>() {}
