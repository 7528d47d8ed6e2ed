import { type Proposal, type ProposalAction, type ProposalDecision, Proposals } from "@payment-proxy/ports"
import { Context, Data, Effect, Encoding, Option } from "effect"
import { Entropy } from "./Entropy.ts"
import * as Operator from "./Operator.ts"
import * as Resolution from "./Resolution.ts"
import { using } from "./Services.ts"

/** There is no proposal of this number: look at the list of what is proposed. */
export class ProposalNotFound extends Data.TaggedError("ProposalNotFound")<{ readonly id: string }> {}

/** The proposal can no longer be decided; `detail` says why. Where it is still wanted, propose anew. */
export class ProposalEnded extends Data.TaggedError("ProposalEnded")<{
  readonly id: string
  readonly detail: string
}> {}

/** Who proposed it cannot approve it: another operator has to. */
export class SecondPersonNeeded extends Data.TaggedError("SecondPersonNeeded")<{
  readonly id: string
  readonly proposedBy: string
}> {}

/** How long a proposal waits for its second person, and what was approved for who takes it. */
export const lifeMillis = 86_400_000

export const ended: Omit<ProposalDecision, "decidedAtMillis"> = { state: "ended", decidedBy: null, decidedNote: null }
export const reopened: ProposalDecision = { state: "open", decidedBy: null, decidedAtMillis: null, decidedNote: null }

export const leftHeld = "Its order left HELD meanwhile."

/** Why a proposal that nobody decided is over nevertheless; null where it is not. */
export const overBy = (proposal: Proposal, nowMillis: number) => {
  if (nowMillis - proposal.proposedAtMillis >= lifeMillis) return Effect.succeed("Its 24 hours are over.")
  return proposal.action.type === "resolve"
    ? Effect.map(Resolution.standing(proposal), (version) => (version === null ? leftHeld : null))
    : Effect.succeed(null)
}

/** Ends a proposal that is over; answers why it is. */
const endIfOver = (proposal: Proposal) =>
  using<Proposals>()((services, nowMillis) =>
    Effect.tap(overBy(proposal, nowMillis), (detail) =>
      detail === null
        ? Effect.void
        : Context.get(services, Proposals).move(proposal.id, "open", { ...ended, decidedAtMillis: nowMillis })
    )
  )

const idOf = (nowMillis: number, random: Uint8Array): string =>
  `prp_${nowMillis.toString(16).padStart(12, "0")}${Encoding.encodeHex(random)}`

/** Tells the log what became of a proposal. */
export const logged = (what: string, { id, subject, action }: Proposal, operator: string) =>
  Effect.logInfo(`proposal ${what}`, { id, subject, kind: action.type, operator })

/** Puts a proposal on disk: one whose subject has an open one of its kind is `ProposalOpen`, unless that one's time is over. */
export const add = Effect.fnUntraced(function* (wanted: {
  readonly subject: string
  readonly version: number
  readonly action: ProposalAction
  readonly note: string
  readonly proposedBy: string
}) {
  const proposals = yield* Proposals
  const proposal = yield* using<never>()((services, nowMillis) =>
    Effect.succeed<Proposal>({
      ...wanted,
      id: idOf(nowMillis, Context.get(services, Entropy).bytes(10)),
      proposedAtMillis: nowMillis,
      state: "open",
      ...{ decidedBy: null, decidedAtMillis: null, decidedNote: null, doneAtMillis: null }
    })
  )
  yield* proposals
    .add(proposal)
    .pipe(
      Effect.catchTag("ProposalOpen", (open) =>
        Effect.flatMap(endIfOver(open.existing), (over) =>
          over === null ? Effect.fail(open) : proposals.add(proposal)
        )
      )
    )
  yield* logged("made", proposal, wanted.proposedBy)
  return proposal
})

/** A proposal by its number. */
export const found = (id: string) =>
  Effect.flatMap(Proposals, ({ byId }) => byId(id)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new ProposalNotFound({ id }), onSome: Effect.succeed }))
  )

/** A proposal that can be decided now. */
export const decidable = Effect.fnUntraced(function* (id: string, resumedBy: string | null) {
  const proposal = yield* found(id)
  const { state, decidedBy, doneAtMillis } = proposal
  // Who approved and was stopped before it was carried out may go on with it.
  const isResumed =
    state === "approved" &&
    doneAtMillis === null &&
    resumedBy !== null &&
    decidedBy !== null &&
    Operator.isSame(decidedBy, resumedBy)
  if (state !== "open" && !isResumed)
    return yield* new ProposalEnded({
      id,
      detail: decidedBy === null ? "It ended before it was decided." : `It was ${state} by ${decidedBy}.`
    })
  const detail = yield* endIfOver(proposal)
  if (detail === null) return proposal
  return yield* new ProposalEnded({ id, detail: isResumed ? `It was approved by ${decidedBy}.` : detail })
})

/** Names a decider under the proposal; of several at once one does. */
export const decided = (proposal: Proposal, decision: Omit<ProposalDecision, "decidedAtMillis">) =>
  using<Proposals>()((services, nowMillis) =>
    Effect.flatMap(
      Context.get(services, Proposals).move(proposal.id, proposal.state, { ...decision, decidedAtMillis: nowMillis }),
      (isOurs) =>
        isOurs
          ? Effect.succeed<Proposal>({ ...proposal, ...decision, decidedAtMillis: nowMillis })
          : new ProposalEnded({ id: proposal.id, detail: "Another operator decided it at the same moment." })
    )
  )

/** Says that what was approved was carried out; where that cannot be said, who approved may go on with it, to no other effect. */
export const done = (proposal: Proposal) =>
  using<Proposals>()((services, nowMillis) =>
    Context.get(services, Proposals)
      .done(proposal.id, nowMillis)
      .pipe(
        Effect.catchAll((fault) => Effect.logWarning("A proposal was carried out, which could not be said.", fault)),
        Effect.as<Proposal>({ ...proposal, doneAtMillis: nowMillis })
      )
  )
