import type { Payment, RefundMachine } from "@payment-proxy/domain"
import { OrderNo } from "@payment-proxy/domain"
import {
  type App,
  Orders,
  type Proposal,
  type ProposalSearch,
  Proposals,
  type ResolveAction
} from "@payment-proxy/ports"
import { Context, Effect, Option } from "effect"
import { saidBy } from "./Actor.ts"
import * as AppChanges from "./AppChanges.ts"
import { OrderNotFound } from "./Decision.ts"
import * as Operator from "./Operator.ts"
import * as OperatorRefunds from "./OperatorRefunds.ts"
import * as Proposing from "./Proposing.ts"
import * as Resolution from "./Resolution.ts"
import { using } from "./Services.ts"

export {
  changeApp,
  createApp,
  isToTake,
  makesSecret,
  NotYours,
  type Outcome as AppOutcome,
  type Shown,
  take
} from "./AppChanges.ts"
export { type Because, capture, close, resend, sync } from "./OperatorOrders.ts"
export {
  aloneLeftMinor,
  type Outcome as RefundOutcome,
  refund,
  type Wanted as WantedRefund
} from "./OperatorRefunds.ts"
export {
  lifeMillis as proposalLifeMillis,
  ProposalEnded,
  ProposalNotFound,
  SecondPersonNeeded
} from "./Proposing.ts"

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

/**
 * Proposes how an order that is held goes on, for a second person to approve within 24 hours: on disk when it answers. What the
 * machine would refuse now is refused; an order with an open proposal is `ProposalOpen`.
 */
export const propose = Effect.fnUntraced(function* (asked: Wanted, by: Operator.Acting) {
  const proposedBy = yield* Operator.allowed(by, "operator")
  const note = yield* Operator.note(asked.note)
  const { payOrderNo: subject, state, acceptedMinor } = asked
  if (acceptedMinor !== null && acceptedMinor <= 0n)
    return yield* new Operator.OperatorInvalid({
      field: "acceptedMinor",
      detail: "Give more than 0 minor units, or leave it out."
    })
  const version = yield* Resolution.check(asked)
  return yield* Proposing.add({
    subject,
    version,
    action: { type: "resolve", state, acceptedMinor },
    note,
    proposedBy
  })
})

/** What was done of a proposal, with the order or the app as it then is. */
export interface Approved {
  readonly proposal: Proposal
  readonly payment: Payment.Payment | null
  readonly refund: RefundMachine.Refund | null
  readonly app: App | null
}

/** Who approves, and what he says to it. */
interface Second {
  readonly name: string
  readonly remark: string | null
}

/** Lets the order go on by a resolution that has its second name. */
const resolved = (proposal: Proposal, action: ResolveAction, second: Second) =>
  using<Proposals>()((services, nowMillis) => {
    const { id, proposedBy, note } = proposal
    const { move } = Context.get(services, Proposals)
    const detail = saidBy({ name: proposedBy, reason: note, second: { ...second, proposal: id } })
    return Resolution.run(proposal, action, { cause: "resolve", detail }).pipe(
      Effect.tapErrorTag("LeftHeld", () =>
        // One that is gone on with may have had its effect.
        proposal.state === "open"
          ? Effect.ignore(move(id, "approved", { ...Proposing.ended, decidedAtMillis: nowMillis }))
          : Effect.void
      ),
      Effect.catchTag("LeftHeld", () => new Proposing.ProposalEnded({ id, detail: Proposing.leftHeld }))
    )
  })

/** Does what two persons stand for. */
const effectOf = Effect.fnUntraced(function* (proposal: Proposal, second: Second) {
  const nothing = { payment: null, refund: null, app: null }
  const { action } = proposal
  switch (action.type) {
    case "resolve":
      return { ...nothing, ...(yield* resolved(proposal, action, second)) }
    case "refund": {
      const { payment, refund } = yield* OperatorRefunds.carriedOut(proposal, action, second)
      return { ...nothing, payment, refund }
    }
    case "app":
      return { ...nothing, app: yield* AppChanges.carriedOut(proposal, action.change) }
  }
})

const isAsIfNobodyHad = ({ _tag }: { readonly _tag: string }): boolean =>
  _tag !== "Unsettled" && _tag !== "ProposalEnded"

/**
 * Carries out what has its second name; what is certainly not done is as if nobody had approved, and may be approved again. What is
 * gone on with may have been done before: whatever comes of it, it stays approved.
 */
const carriedOut = Effect.fnUntraced(function* (proposal: Proposal, approved: Proposal, second: Second) {
  const proposals = yield* Proposals
  const after: Omit<Approved, "proposal"> = yield* Effect.tapError(effectOf(proposal, second), (fault) =>
    proposal.state === "open" && isAsIfNobodyHad(fault)
      ? Effect.ignore(proposals.move(proposal.id, "approved", Proposing.reopened))
      : Effect.void
  )
  const { action } = proposal
  const isDone = action.type !== "app" || !AppChanges.makesSecret(action.change)
  return { ...after, proposal: isDone ? yield* Proposing.done(approved) : approved } satisfies Approved as Approved
})

/** The role that a proposal's second person has to have. */
const neededFor = ({ action }: Proposal) => (action.type === "app" ? "administrator" : "operator")

/** Whether an operator may be the second person of an open proposal. */
export const mayApprove = (proposal: Proposal, { name, role }: Operator.Acting): boolean =>
  proposal.state === "open" &&
  Operator.includes(role, neededFor(proposal)) &&
  !Operator.isSame(proposal.proposedBy, name)

/** Whether who approved a proposal may go on with it: within its 24 hours, while it is not said to be carried out. */
export const mayGoOn = (proposal: Proposal, { name, role }: Operator.Acting, nowMillis: number): boolean =>
  proposal.state === "approved" &&
  proposal.doneAtMillis === null &&
  !(proposal.action.type === "app" && AppChanges.makesSecret(proposal.action.change)) &&
  nowMillis < endsAtMillis(proposal) &&
  Operator.includes(role, neededFor(proposal)) &&
  Operator.isSame(proposal.decidedBy ?? "", name)

/**
 * Approves a proposal as its second person, and carries it out: an order goes on from the state that was proposed, as it is now with
 * all that was recorded meanwhile; a refund is placed once; an app is changed, but for what makes a secret, which waits for who
 * proposed it. Where it no longer fits it is refused, and the proposal stays open.
 */
export const approve = Effect.fnUntraced(function* (id: string, by: Operator.Acting, remark: string | null = null) {
  const name = yield* Operator.allowed(by, "operator")
  const said = remark === null ? null : yield* Operator.note(remark)
  const proposal = yield* Proposing.decidable(id, name)
  yield* Operator.allowed(by, neededFor(proposal))
  if (Operator.isSame(proposal.proposedBy, name))
    return yield* new Proposing.SecondPersonNeeded({ id, proposedBy: proposal.proposedBy })
  const after = yield* Proposing.decided(proposal, { state: "approved", decidedBy: name, decidedNote: said }).pipe(
    Effect.flatMap((approved) => carriedOut(proposal, approved, { name, remark: said })),
    Effect.uninterruptible
  )
  yield* Proposing.logged("approved", proposal, name)
  return after
})

/** Rejects an open proposal, or withdraws one's own: nothing happens to what it is about. */
export const reject = Effect.fnUntraced(function* (id: string, by: Operator.Acting, remark: string | null = null) {
  const rejectedBy = yield* Operator.allowed(by, "operator")
  const said = remark === null ? null : yield* Operator.note(remark)
  const proposal = yield* Proposing.decidable(id, null)
  const rejected = yield* Proposing.decided(proposal, { state: "rejected", decidedBy: rejectedBy, decidedNote: said })
  yield* Proposing.logged("rejected", proposal, rejectedBy)
  return rejected
})

/** Accepts money that came late, in place of its refund: one operator's decision, with a note. */
export const accept = Effect.fnUntraced(function* (
  { payOrderNo, note }: { readonly payOrderNo: string; readonly note: string },
  by: Operator.Acting
) {
  const acceptedBy = yield* Operator.allowed(by, "operator")
  const why = yield* Operator.note(note)
  const detail = saidBy({ name: acceptedBy, reason: why })
  return yield* Resolution.accept(payOrderNo, { cause: "accept", detail })
})

/** What an outcome is called in the trail: done, or proposed only. */
export const outcomeOf = ({ type }: OperatorRefunds.Outcome | AppChanges.Outcome): string =>
  type === "proposed" ? "proposed" : "done"

/** When a proposal that nobody decides ends. */
export const endsAtMillis = ({ proposedAtMillis }: Proposal): number => proposedAtMillis + Proposing.lifeMillis

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
      const all = yield* Context.get(services, Proposals).ofSubject(payOrderNo)
      const open = all.find(({ action, state }) => action.type === "resolve" && state === "open") ?? null
      const isOver = open !== null && (yield* Proposing.overBy(open, nowMillis)) !== null
      return { payment: payment.value, refund, proposal: isOver ? null : open } satisfies Held
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

/** As it is to be shown: one whose time is over has ended, whoever has noticed. */
const shown = (proposal: Proposal) =>
  using<Orders>()((_, nowMillis) =>
    proposal.state === "open"
      ? Effect.map(
          Proposing.overBy(proposal, nowMillis),
          (over): Proposal => (over === null ? proposal : { ...proposal, state: "ended" })
        )
      : Effect.succeed(proposal)
  )

/** What is proposed or was decided, newest first; at most `limit`, and where the next page begins. */
export const list = Effect.fnUntraced(function* (search: ProposalSearch) {
  const { limit } = search
  const all = yield* Effect.flatMap(Proposals, (proposals) => proposals.search({ ...search, limit: limit + 1 }))
  const items = yield* Effect.forEach(all.slice(0, limit), shown)
  return { items, next: all.length > limit ? (all[limit - 1]?.id ?? null) : null }
})

/** What is and was proposed for a payment, a refund or an app, newest first. */
export const ofSubject = (subject: string) =>
  Effect.flatMap(Proposals, (proposals) =>
    Effect.flatMap(proposals.ofSubject(subject), (all) => Effect.forEach(all, shown))
  )
