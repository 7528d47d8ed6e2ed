import type { Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** Where sealed texts are kept, beside the endpoints of apps: vendors' requests, shared tokens, and keys of the installation. */
export const sealedColumns = ["requests", "tokens", "dataKeys"] as const
export type SealedColumn = (typeof sealedColumns)[number]

/** A sealed text, and the key of its row: an order's number; a vendor and its client; a key's name. */
export interface Sealing {
  readonly column: SealedColumn
  readonly row: ReadonlyArray<string>
  readonly sealed: string
}

/** Sealed texts as they are kept, for who changes the keys that they are sealed by. */
export class Sealings extends Context.Tag("@payment-proxy/ports/Sealings")<
  Sealings,
  {
    /** At most `limit` of them whose rows come after that of `after`, in the order of their rows. */
    readonly page: (
      column: SealedColumn,
      after: Sealing | null,
      limit: number
    ) => Effect.Effect<ReadonlyArray<Sealing>, StoreUnavailable>
    /** Puts new texts in the place of those that are still as they were read; answers how many. */
    readonly replace: (
      changes: ReadonlyArray<{ readonly was: Sealing; readonly sealed: string }>
    ) => Effect.Effect<number, StoreUnavailable>
  }
>() {}
