import type { Effect, Option } from "effect"
import { Context } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** An operator who is signed in. The role is not here: it is the account's, as it is at each call. */
export interface OperatorSession {
  /** SHA-256 (hex) of the id in the cookie, which is never stored. */
  readonly idSha256: string
  /** The account's compared name. */
  readonly operator: string
  /** What the page sends with each change. */
  readonly csrfToken: string
  readonly createdAtMillis: number
  readonly seenAtMillis: number
  /** When it ends, however busy. */
  readonly endsAtMillis: number
}

/** Who is signed in; kept where all gateways see it, so that signing out holds everywhere at once. */
export class OperatorSessions extends Context.Tag("@payment-proxy/ports/OperatorSessions")<
  OperatorSessions,
  {
    readonly add: (session: OperatorSession) => Effect.Effect<void, StoreUnavailable>
    readonly byId: (idSha256: string) => Effect.Effect<Option.Option<OperatorSession>, StoreUnavailable>
    readonly seen: (idSha256: string, atMillis: number) => Effect.Effect<void, StoreUnavailable>
    readonly end: (idSha256: string) => Effect.Effect<void, StoreUnavailable>
    /** Ends all of an operator's, but for one where it is named. */
    readonly endAll: (operator: string, but: string | null) => Effect.Effect<void, StoreUnavailable>
    /** How many each operator has that were seen since `seenFromMillis` and have not ended. */
    readonly counts: (
      nowMillis: number,
      seenFromMillis: number
    ) => Effect.Effect<ReadonlyMap<string, number>, StoreUnavailable>
    /** Takes at most 1000 away that ended before `nowMillis` or were last seen before `seenFromMillis`. */
    readonly sweep: (nowMillis: number, seenFromMillis: number) => Effect.Effect<void, StoreUnavailable>
  }
>() {}
