import type { Effect } from "effect"
import { Context, Data } from "effect"

/** It was not sealed by this vault for this context, or was altered. */
export class Unsealable extends Data.TaggedError("Unsealable")<{ readonly context: string }> {}

/** Secrets at rest: text sealed to the place that it is kept in. */
export class Vault extends Context.Tag("@payment-proxy/ports/Vault")<
  Vault,
  {
    /** `context` names table, row and column; only the same context opens it. */
    readonly seal: (context: string, text: string) => Effect.Effect<string>
    readonly open: (context: string, sealed: string) => Effect.Effect<string, Unsealable>
  }
>() {}
