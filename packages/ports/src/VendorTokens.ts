import type { Effect, Redacted } from "effect"
import { Context, Data } from "effect"

/** No token can be had now: nothing was sent to the vendor's API, and the same number may be tried later. */
export class TokenUnavailable extends Data.TaggedError("TokenUnavailable")<{
  readonly vendor: string
  readonly detail: string
}> {}

/** How old a token is, by the clock that nobody can set; in milliseconds. */
export interface TokenAge {
  readonly sinceMillis: number
  /** Null: the vendor did not say. */
  readonly untilMillis: number | null
}

/** The tokens that this process has, by vendor: who keeps tokens writes it, and operators see it. */
export class TokenAges extends Context.Reference<TokenAges>()("@payment-proxy/ports/TokenAges", {
  defaultValue: () => new Map<string, TokenAge>()
}) {}

/** Access tokens for the vendors' APIs (RFC 6749 §4.4). */
export class VendorTokens extends Context.Tag("@payment-proxy/ports/VendorTokens")<
  VendorTokens,
  {
    /** A token that is good now: cached, one fetch at a time per vendor, renewed ahead of its end. */
    readonly get: (vendor: string) => Effect.Effect<Redacted.Redacted, TokenUnavailable>
    /** The vendor refused this very token: it is not handed out again. */
    readonly discard: (vendor: string, token: Redacted.Redacted) => Effect.Effect<void>
  }
>() {}
