import type { Effect, Redacted } from "effect"
import { Context, Data } from "effect"

/** No token can be had now: nothing was sent to the vendor's API, and the same number may be tried later. */
export class TokenUnavailable extends Data.TaggedError("TokenUnavailable")<{
  readonly vendor: string
  readonly detail: string
}> {}

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
