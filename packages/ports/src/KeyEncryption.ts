import type { Effect, Redacted } from "effect"
import { Context, Data } from "effect"
import type { Unsealable } from "./Vault.ts"

/** The keys that seal cannot be had at the moment, or may not be changed like this; `detail` says why and how to mend it. */
export class KeysUnavailable extends Data.TaggedError("KeysUnavailable")<{ readonly detail: string }> {
  override get message(): string {
    return this.detail
  }
}

/** A data key as it is kept beside what it seals: itself sealed, and by which key. */
export interface Wrapped {
  /** 1 to 64 letters of base64url. */
  readonly keyId: string
  readonly bytes: Uint8Array
}

/** Keys that seal nothing but data keys; they never leave where they are kept. */
export class KeyEncryption extends Context.Tag("@payment-proxy/ports/KeyEncryption")<
  KeyEncryption,
  {
    /** Which key wraps now. */
    readonly keyId: Effect.Effect<string, KeysUnavailable>
    /** Only the same `context` unwraps it. */
    readonly wrap: (context: string, dataKey: Redacted.Redacted<Uint8Array>) => Effect.Effect<Wrapped, KeysUnavailable>
    readonly unwrap: (
      context: string,
      wrapped: Wrapped
    ) => Effect.Effect<Redacted.Redacted<Uint8Array>, Unsealable | KeysUnavailable>
  }
>() {}

/** The keys of `KeyEncryption` as operators exchange them. */
export class KeyRing extends Context.Tag("@payment-proxy/ports/KeyRing")<
  KeyRing,
  {
    /** The key that wraps now first, then those that only unwrap. */
    readonly keyIds: Effect.Effect<ReadonlyArray<string>, KeysUnavailable>
    /** Makes a key that wraps from now on, and answers its id; the others stay and unwrap. */
    readonly add: Effect.Effect<string, KeysUnavailable>
    /** Fails for as long as some process may not have heard yet which key wraps. */
    readonly settled: Effect.Effect<void, KeysUnavailable>
    /** Takes a key out: what it wrapped never opens again. Refused for the one that wraps, and where there is none. */
    readonly remove: (keyId: string) => Effect.Effect<void, KeysUnavailable>
  }
>() {}
