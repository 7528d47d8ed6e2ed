import type { Payment } from "@payment-proxy/domain"
import type { Effect, Option } from "effect"
import { Context, Data } from "effect"
import type { StoreUnavailable } from "./Store.ts"

/**
 * What has become of a proposal. `approved`: a second person's name stands under it, and the order moves by it; `ended`: its time
 * was over, or its order had moved on.
 */
export const proposalStates = ["open", "approved", "rejected", "ended"] as const
export type ProposalState = (typeof proposalStates)[number]

/** What one operator wants of a payment or refund that is held, for a second one to approve. */
export interface Proposal {
  /** `prp_…`, later ones above earlier ones. */
  readonly id: string
  /** The number of the payment or of the refund. */
  readonly payOrderNo: string
  /** The version that the order had when it was proposed. */
  readonly version: number
  /** The state that the order is to go on from. */
  readonly wanted: Payment.State
  /** What is accepted as captured in place of the order's amount, in minor units. */
  readonly acceptedMinor: bigint | null
  readonly note: string
  readonly proposedBy: string
  readonly proposedAtMillis: number
  readonly state: ProposalState
  /** Who approved or rejected it; null while it is open, and where it ended by itself. */
  readonly decidedBy: string | null
  readonly decidedAtMillis: number | null
  readonly decidedNote: string | null
}

/** What becomes of a proposal, and by whom. */
export type ProposalDecision = Pick<Proposal, "state" | "decidedBy" | "decidedAtMillis" | "decidedNote">

/** The order has an open proposal: it is to be decided first. */
export class ProposalOpen extends Data.TaggedError("ProposalOpen")<{ readonly existing: Proposal }> {}

/** What operators propose for orders that are held. An order has one open proposal at most. */
export class Proposals extends Context.Tag("@payment-proxy/ports/Proposals")<
  Proposals,
  {
    /** Puts a new, open proposal on disk. */
    readonly add: (proposal: Proposal) => Effect.Effect<void, ProposalOpen | StoreUnavailable>
    readonly byId: (id: string) => Effect.Effect<Option.Option<Proposal>, StoreUnavailable>
    /** The proposals for a payment or refund, newest first. */
    readonly ofOrder: (payOrderNo: string) => Effect.Effect<ReadonlyArray<Proposal>, StoreUnavailable>
    /** Moves a proposal on from one state; false where it is no longer in it, or where another is open that it would open beside. */
    readonly move: (
      id: string,
      from: ProposalState,
      decision: ProposalDecision
    ) => Effect.Effect<boolean, StoreUnavailable>
    /** The numbers of payments and refunds that are held, above `after`, in order; at most `limit`. */
    readonly held: (after: string | null, limit: number) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  }
>() {}
