import type { Effect, Option } from "effect"
import { Context, Data } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/** What an operator may do, from the least to the most. */
export const operatorRoles = ["viewer", "operator", "administrator"] as const
export type OperatorRole = (typeof operatorRoles)[number]

/** A person who works here. */
export interface OperatorAccount {
  /** As it goes on record; two that are one person's (capitals, width, blanks) are one name. */
  readonly name: string
  /** The name as it is compared: unique. */
  readonly compared: string
  readonly role: OperatorRole
  /** How the password is known again (PHC string format); null where there is none. */
  readonly passwordHash: string | null
  /** `<issuer> <sub>` of the company's provider; null where he does not come by it. */
  readonly subject: string | null
  readonly isDisabled: boolean
  readonly createdAtMillis: number
  readonly lastSeenAtMillis: number | null
  /** Wrong passwords since the last right one. */
  readonly failures: number
  readonly lockedUntilMillis: number | null
}

/** There is an operator of this name, or of this subject. */
export class OperatorTaken extends Data.TaggedError("OperatorTaken")<{ readonly name: string }> {}

/** The people who work here. */
export class OperatorAccounts extends Context.Tag("@payment-proxy/ports/OperatorAccounts")<
  OperatorAccounts,
  {
    readonly add: (account: OperatorAccount) => Effect.Effect<void, OperatorTaken | StoreUnavailable>
    readonly byName: (compared: string) => Effect.Effect<Option.Option<OperatorAccount>, StoreUnavailable>
    readonly bySubject: (subject: string) => Effect.Effect<Option.Option<OperatorAccount>, StoreUnavailable>
    /** All of them, by name; at most 10 000. */
    readonly list: Effect.Effect<ReadonlyArray<OperatorAccount>, StoreUnavailable>
    /** Changes the account as it is, while nobody else does; the account after it, none where there is none. */
    readonly edit: (
      compared: string,
      change: (account: OperatorAccount) => OperatorAccount
    ) => Effect.Effect<Option.Option<OperatorAccount>, StoreUnavailable>
  }
>() {}
