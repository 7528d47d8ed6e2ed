import type { Payment, RefundMachine } from "@payment-proxy/domain"
import { OrderNo } from "@payment-proxy/domain"
import { Orders, type Proposal, type ProposalDecision, Proposals } from "@payment-proxy/ports"
import { Context, Data, Effect, Encoding, Option } from "effect"
import { OrderNotFound } from "./Decision.ts"
import { Entropy } from "./Entropy.ts"
import * as Operator from "./Operator.ts"
import * as Resolution from "./Resolution.ts"
import { using } from "./Services.ts"

/** There is no proposal of this number: look at the list of what is held. */
export class ProposalNotFound extends Data.TaggedError("ProposalNotFound")<{ readonly id: string }> {}

/** The proposal can no longer be decided; `detail` says why. Where the order is still held, propose anew. */
export class ProposalEnded extends Data.TaggedError("ProposalEnded")<{
  readonly id: string
  readonly detail: string
}> {}

/** Who proposed it cannot approve it: another operator has to. */
export class SecondPersonNeeded extends Data.TaggedError("SecondPersonNeeded")<{
  readonly id: string
  readonly proposedBy: string
}> {}

/** What an operator wants of a payment or refund that is held. */
export interface Wanted {
  /** The number of the payment or of the refund. */
  readonly payOrderNo: string
  /** The state that it is to go on from. */
  readonly state: Payment.State
  /** What is accepted as captured in place of the order's amount, in minor units; null for refunds, and where nothing deviates. */
  readonly acceptedMinor: bigint | null
  readonly note: string
}

/** How long a proposal waits for its second person. */
export const proposalLifeMillis = 86_400_000

const ended: Omit<ProposalDecision, "decidedAtMillis"> = { state: "ended", decidedBy: null, decidedNote: null }
const reopened: ProposalDecision = { state: "open", decidedBy: null, decidedAtMillis: null, decidedNote: null }

const leftHeld = "Its order left HELD meanwhile."

/** Why a proposal that nobody decided is over nevertheless; null where it is not. */
const overBy = (proposal: Proposal, nowMillis: number) =>
  nowMillis - proposal.proposedAtMillis >= proposalLifeMillis
    ? Effect.succeed("Its 24 hours are over.")
    : Effect.map(Resolution.standing(proposal), (version) =>
        version === null ? "Its order left HELD meanwhile." : null
      )

/** Ends a proposal that is over; answers why it is. */
const endIfOver = (proposal: Proposal) =>
  using<Orders | Proposals>()((services, nowMillis) =>
    Effect.tap(overBy(proposal, nowMillis), (detail) =>
      detail === null
        ? Effect.void
        : Context.get(services, Proposals).move(proposal.id, "open", { ...ended, decidedAtMillis: nowMillis })
    )
  )

const idOf = (nowMillis: number, random: Uint8Array): string =>
  `prp_${nowMillis.toString(16).padStart(12, "0")}${Encoding.encodeHex(random)}`

const logged = (what: string, { id, payOrderNo, wanted }: Proposal, operator: string) =>
  Effect.logInfo(`proposal ${what}`, { id, payOrderNo, wanted, operator })

/**
 * Proposes how an order that is held goes on, for a second person to approve within 24 hours: on disk when it answers. What the
 * machine would refuse now is refused; an order with an open proposal is `ProposalOpen`.
 */
export const propose = Effect.fnUntraced(function* (asked: Wanted, operator: string) {
  const proposals = yield* Proposals
  const proposedBy = yield* Operator.name(operator)
  const note = yield* Operator.note(asked.note)
  const { acceptedMinor } = asked
  if (acceptedMinor !== null && acceptedMinor <= 0n)
    return yield* new Operator.OperatorInvalid({
      field: "acceptedMinor",
      detail: "Give more than 0 minor units, or leave it out."
    })
  const version = yield* Resolution.check(asked)
  const proposal = yield* using<never>()((services, nowMillis) =>
    Effect.succeed<Proposal>({
      id: idOf(nowMillis, Context.get(services, Entropy).bytes(10)),
      payOrderNo: asked.payOrderNo,
      version,
      wanted: asked.state,
      acceptedMinor,
      note,
      proposedBy,
      proposedAtMillis: nowMillis,
      state: "open",
      ...{ decidedBy: null, decidedAtMillis: null, decidedNote: null }
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
  yield* logged("made", proposal, proposedBy)
  return proposal
})

/** A proposal that can be decided now. */
const decidable = Effect.fnUntraced(function* (id: string, resumedBy: string | null) {
  const found = yield* Effect.flatMap(Proposals, ({ byId }) => byId(id))
  if (Option.isNone(found)) return yield* new ProposalNotFound({ id })
  const proposal = found.value
  const { state, decidedBy } = proposal
  // Who approved and was stopped before the order moved may go on with it.
  const isResumed =
    state === "approved" && resumedBy !== null && decidedBy !== null && Operator.isSame(decidedBy, resumedBy)
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
const decided = (proposal: Proposal, decision: Omit<ProposalDecision, "decidedAtMillis">) =>
  using<Proposals>()((services, nowMillis) =>
    Effect.flatMap(
      Context.get(services, Proposals).move(proposal.id, proposal.state, { ...decision, decidedAtMillis: nowMillis }),
      (isOurs) =>
        isOurs
          ? Effect.void
          : new ProposalEnded({ id: proposal.id, detail: "Another operator decided it at the same moment." })
    )
  )

/** What history says of it: bounded, and in quotes what persons typed. */
const detailOf = ({ id, proposedBy, note }: Proposal, approvedBy: string, remark: string | null): string =>
  `Proposed by ${JSON.stringify(proposedBy)}, approved by ${JSON.stringify(approvedBy)} (${id}): ${JSON.stringify(note)}${
    remark === null ? "" : ` ${JSON.stringify(remark)}`
  }`

/** Lets the order go on by a proposal that has its second name. */
const carriedOut = (proposal: Proposal, approvedBy: string, said: string | null) =>
  using<Proposals>()((services, nowMillis) => {
    const { id } = proposal
    const { move } = Context.get(services, Proposals)
    return Resolution.run(proposal, { cause: "resolve", detail: detailOf(proposal, approvedBy, said) }).pipe(
      Effect.tapErrorTag("LeftHeld", () =>
        // One that is gone on with may have had its effect.
        proposal.state === "open"
          ? Effect.ignore(move(id, "approved", { ...ended, decidedAtMillis: nowMillis }))
          : Effect.void
      ),
      // What is certainly not on disk is as if nobody had approved; a commit that may be is gone on with by who approved.
      Effect.tapError(({ _tag }) =>
        _tag === "Unsettled" || _tag === "LeftHeld" ? Effect.void : Effect.ignore(move(id, "approved", reopened))
      ),
      Effect.catchTag("LeftHeld", () => new ProposalEnded({ id, detail: leftHeld }))
    )
  })

/**
 * Approves a proposal as its second person: the order goes on from the state that was proposed, as it is now with all that was
 * recorded meanwhile, and the vendor is asked at once. Where it no longer fits, it is `Refused`, and the proposal stays open.
 */
export const approve = Effect.fnUntraced(function* (id: string, operator: string, remark: string | null = null) {
  const approvedBy = yield* Operator.name(operator)
  const said = remark === null ? null : yield* Operator.note(remark)
  const proposal = yield* decidable(id, approvedBy)
  if (Operator.isSame(proposal.proposedBy, approvedBy))
    return yield* new SecondPersonNeeded({ id, proposedBy: proposal.proposedBy })
  const resolved = yield* decided(proposal, { state: "approved", decidedBy: approvedBy, decidedNote: said }).pipe(
    Effect.zipRight(carriedOut(proposal, approvedBy, said)),
    Effect.uninterruptible
  )
  yield* logged("approved", proposal, approvedBy)
  return resolved
})

/** Rejects an open proposal, or withdraws one's own: the order stays held. */
export const reject = Effect.fnUntraced(function* (id: string, operator: string, remark: string | null = null) {
  const rejectedBy = yield* Operator.name(operator)
  const said = remark === null ? null : yield* Operator.note(remark)
  const proposal = yield* decidable(id, null)
  yield* decided(proposal, { state: "rejected", decidedBy: rejectedBy, decidedNote: said })
  yield* logged("rejected", proposal, rejectedBy)
  return { ...proposal, state: "rejected" as const, decidedBy: rejectedBy, decidedNote: said }
})

/** Accepts money that came late, in place of its refund: one operator's decision, with a note. */
export const accept = Effect.fnUntraced(function* (
  { payOrderNo, note }: { readonly payOrderNo: string; readonly note: string },
  operator: string
) {
  const acceptedBy = yield* Operator.name(operator)
  const why = yield* Operator.note(note)
  const detail = `By ${JSON.stringify(acceptedBy)}: ${JSON.stringify(why)}`
  return yield* Resolution.accept(payOrderNo, { cause: "accept", detail })
})

/** An order that is held: the refund where it is one, its payment, and what is proposed for it now. */
export interface Held {
  readonly payment: Payment.Payment
  readonly refund: RefundMachine.Refund | null
  readonly proposal: Proposal | null
}

const heldOf = (payOrderNo: string) =>
  using<Orders | Proposals>()((services, nowMillis) =>
    Effect.gen(function* () {
      const orders = Context.get(services, Orders)
      const paymentNo = OrderNo.paymentOf(payOrderNo)
      const payment = yield* orders.byNumber(paymentNo ?? payOrderNo)
      const refund = paymentNo === null ? null : Option.getOrNull(yield* orders.refund(payOrderNo))
      if (Option.isNone(payment)) return yield* new OrderNotFound({ number: payOrderNo })
      const [newest] = yield* Context.get(services, Proposals).ofOrder(payOrderNo)
      const isOpen = newest?.state === "open" && (yield* overBy(newest, nowMillis)) === null
      return { payment: payment.value, refund, proposal: isOpen ? newest : null } satisfies Held
    })
  )

/** What is held, payments and refunds, by number from `after` on; at most `limit`, and where the next page begins. */
export const listHeld = Effect.fnUntraced(function* ({
  after,
  limit
}: {
  readonly after: string | null
  readonly limit: number
}) {
  const numbers = yield* Effect.flatMap(Proposals, ({ held }) => held(after, limit + 1))
  const items = yield* Effect.forEach(numbers.slice(0, limit), heldOf)
  return { items, next: numbers.length > limit ? (numbers[limit - 1] ?? null) : null }
})
