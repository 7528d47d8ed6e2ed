import type { Payment } from "@payment-proxy/domain"
import type { Effect, Option } from "effect"
import { Context, Data } from "effect"
import type { AppChange } from "./Apps.ts"
import type { StoreUnavailable } from "./Store.ts"

/**
 * What has become of a proposal. `approved`: a second person's name stands under it, and it is carried out by that; `ended`: its
 * time was over, or its order had moved on.
 */
export const proposalStates = ["open", "approved", "rejected", "ended"] as const
export type ProposalState = (typeof proposalStates)[number]

/** How an order that is held goes on. */
export interface ResolveAction {
  readonly type: "resolve"
  /** The state that the order is to go on from. */
  readonly state: Payment.State
  /** What is accepted as captured in place of the order's amount, in minor units. */
  readonly acceptedMinor: bigint | null
}

/** Money that goes back: this amount, in minor units of the payment's currency. */
export interface RefundAction {
  readonly type: "refund"
  readonly amountMinor: bigint
  readonly reason: string | null
}

/** A change of an app, its keys or its endpoints. */
export interface AppAction {
  readonly type: "app"
  readonly change: AppChange
}

/** What is proposed; its type is the kind of the proposal. */
export type ProposalAction = ResolveAction | RefundAction | AppAction
export type ProposalKind = ProposalAction["type"]

/** What one operator wants, for a second one to approve. */
export interface Proposal {
  /** `prp_…`, later ones above earlier ones. */
  readonly id: string
  /** The number of the payment or refund, or the app's id. */
  readonly subject: string
  /** The version that the order had when it was proposed; 0 where there is none to hold on to. */
  readonly version: number
  readonly action: ProposalAction
  readonly note: string
  readonly proposedBy: string
  readonly proposedAtMillis: number
  readonly state: ProposalState
  /** Who approved or rejected it; null while it is open, and where it ended by itself. */
  readonly decidedBy: string | null
  readonly decidedAtMillis: number | null
  readonly decidedNote: string | null
  /** When what was approved was carried out; null before that. */
  readonly doneAtMillis: number | null
}

/** What becomes of a proposal, and by whom. */
export type ProposalDecision = Pick<Proposal, "state" | "decidedBy" | "decidedAtMillis" | "decidedNote">

/** The subject has an open proposal of this kind: it is to be decided first. */
export class ProposalOpen extends Data.TaggedError("ProposalOpen")<{ readonly existing: Proposal }> {}

/** Which proposals to list, newest first: those that are open, or those that were decided or have ended. */
export interface ProposalSearch {
  readonly state: "open" | "decided"
  /** The last id of the page before. */
  readonly after: string | null
  readonly limit: number
}

/** What operators propose. A subject has one open proposal of a kind at most. */
export class Proposals extends Context.Tag("@payment-proxy/ports/Proposals")<
  Proposals,
  {
    /** Puts a new, open proposal on disk. */
    readonly add: (proposal: Proposal) => Effect.Effect<void, ProposalOpen | StoreUnavailable>
    readonly byId: (id: string) => Effect.Effect<Option.Option<Proposal>, StoreUnavailable>
    /** The proposals for a payment, refund or app, newest first. */
    readonly ofSubject: (subject: string) => Effect.Effect<ReadonlyArray<Proposal>, StoreUnavailable>
    readonly search: (search: ProposalSearch) => Effect.Effect<ReadonlyArray<Proposal>, StoreUnavailable>
    /** Moves a proposal on from one state; false where it is no longer in it, or where another is open that it would open beside. */
    readonly move: (
      id: string,
      from: ProposalState,
      decision: ProposalDecision
    ) => Effect.Effect<boolean, StoreUnavailable>
    /**
     * Says when what was approved was carried out, or by null that it was not after all; false where it is not approved, or that is
     * said already: of several at once, one is answered true.
     */
    readonly done: (id: string, atMillis: number | null) => Effect.Effect<boolean, StoreUnavailable>
    /** The numbers of payments and refunds that are held, above `after`, in order; at most `limit`. */
    readonly held: (after: string | null, limit: number) => Effect.Effect<ReadonlyArray<string>, StoreUnavailable>
  }
>() {}
