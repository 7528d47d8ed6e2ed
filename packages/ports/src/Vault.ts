import type { Effect } from "effect"
import { Context, Data } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** It was not sealed by this vault for this context, or was altered. */
export class Unsealable extends Data.TaggedError("Unsealable")<{ readonly context: string }> {}

/** Secrets at rest: text sealed to the place that it is kept in. Where its keys cannot be had, a vault is `StoreUnavailable`. */
export class Vault extends Context.Tag("@payment-proxy/ports/Vault")<
  Vault,
  {
    /** `context` names table, row and column; only the same context opens it. */
    readonly seal: (context: string, text: string) => Effect.Effect<string, StoreUnavailable>
    readonly open: (context: string, sealed: string) => Effect.Effect<string, Unsealable | StoreUnavailable>
    /** The same text, opened by the key that seals now; what already is comes back as it was. */
    readonly rewrap: (context: string, sealed: string) => Effect.Effect<string, Unsealable | StoreUnavailable>
    /** The id of the key that a sealed text names; null where it names none. */
    readonly keyIdOf: (sealed: string) => string | null
  }
>() {}
