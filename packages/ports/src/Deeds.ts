import type { Effect } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** Something that an operator did or was refused, in the console or by a command. */
export interface Deed {
  /** Later ones above earlier ones. */
  readonly id: string
  readonly atMillis: number
  /** The name as it is on record, or as it was typed where sign-in failed. */
  readonly operator: string
  /** `order.close`, `key.add`, `sign-in`, `orders.export` … */
  readonly action: string
  /** The number, app, vendor, day or name that it was done to. */
  readonly subject: string | null
  readonly reason: string | null
  /** `done`, or the code of the refusal. */
  readonly outcome: string
  /** The network address that it came from; null for commands. */
  readonly address: string | null
}

/** Which deeds to list, newest first. */
export interface DeedSearch {
  readonly operator: string | null
  readonly subject: string | null
  /** The last id of the page before. */
  readonly after: string | null
  readonly limit: number
}

/** The audit trail of what operators do; rows are added and never changed. */
export class Deeds extends Context.Tag("@payment-proxy/ports/Deeds")<
  Deeds,
  {
    readonly add: (deed: Deed) => Effect.Effect<void, StoreUnavailable>
    readonly search: (search: DeedSearch) => Effect.Effect<ReadonlyArray<Deed>, StoreUnavailable>
  }
>() {}
