import type { Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** Keys of the installation's own, sealed, which all processes share. */
export class DataKeys extends Context.Tag("@payment-proxy/ports/DataKeys")<
  DataKeys,
  {
    /** The key of this name as it is kept; where there is none, `sealed` is kept: of several who put at once the first one's. */
    readonly getOrPut: (name: string, sealed: string) => Effect.Effect<string, StoreUnavailable>
  }
>() {}
