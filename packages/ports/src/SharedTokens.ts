import type { Duration, Effect, Option } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** A token as it is kept for all processes: sealed, and for how much longer it is good, by the store's clock. */
export interface SharedToken {
  /** Rises by one with every token that is put. */
  readonly generation: number
  readonly sealed: string
  /** From when it was put; at or below zero it is over. */
  readonly leftMillis: number
  /** How long ago it was put. */
  readonly ageMillis: number
}

/**
 * Access tokens that all processes share, for vendors that end the old token when they give a new one. One process renews
 * under a lease, the others read. The clock is the store's.
 */
export class SharedTokens extends Context.Tag("@payment-proxy/ports/SharedTokens")<
  SharedTokens,
  {
    /** The newest token of a client of a vendor; none where none was put. `client` tells configurations apart. */
    readonly read: (vendor: string, client: string) => Effect.Effect<Option.Option<SharedToken>, StoreUnavailable>
    /**
     * The right to fetch the token after `generation` (0: the first), nobody else's for `lease`; none where another has it or
     * a newer token is there.
     */
    readonly lease: (
      vendor: string,
      client: string,
      generation: number,
      lease: Duration.Duration
    ) => Effect.Effect<Option.Option<string>, StoreUnavailable>
    /** Puts the token that was fetched under `lease`, and gives the lease back; false where the lease was lost. */
    readonly put: (
      vendor: string,
      client: string,
      lease: string,
      sealed: string,
      life: Duration.Duration
    ) => Effect.Effect<boolean, StoreUnavailable>
    /** Gives the lease back without a token. */
    readonly release: (vendor: string, client: string, lease: string) => Effect.Effect<void, StoreUnavailable>
    /** The vendor refused the token of this generation: it is over, unless a newer one is there. */
    readonly discard: (vendor: string, client: string, generation: number) => Effect.Effect<void, StoreUnavailable>
  }
>() {}
