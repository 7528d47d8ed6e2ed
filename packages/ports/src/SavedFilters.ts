import type { Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** Searches that operators keep, as text that only their readers understand; each operator sees his own. */
export class SavedFilters extends Context.Tag("@payment-proxy/ports/SavedFilters")<
  SavedFilters,
  {
    /** By name. */
    readonly of: (
      operator: string
    ) => Effect.Effect<ReadonlyArray<{ readonly name: string; readonly filter: string }>, StoreUnavailable>
    /** Replaces one of the same name. */
    readonly put: (operator: string, name: string, filter: string) => Effect.Effect<void, StoreUnavailable>
    readonly drop: (operator: string, name: string) => Effect.Effect<void, StoreUnavailable>
  }
>() {}
