import { Options } from "@effect/cli"
import { Order } from "@payment-proxy/api"
import { Operators } from "@payment-proxy/application"
import { Money, OrderNo, Payment } from "@payment-proxy/domain"
import type { Proposal } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { argument, confirmed, leaf, optional, yes } from "../../Leaf.ts"
import * as Operator from "../../Operator.ts"
import * as Shown from "../../Shown.ts"
import { proposalShown } from "../Proposals.ts"
import { amountIn } from "./Moves.ts"
import { found, moneyOf, number, paymentShown, refundShown } from "./Show.ts"

const proposal = argument("proposal", "The proposal's number: prp_…")
const remark = optional("note", "A remark, for the record")

const acceptedIn = ({ action }: Proposal, payment: Payment.Payment): string | null =>
  action.type === "resolve" && action.acceptedMinor !== null
    ? Money.format({ amountMinor: action.acceptedMinor, currency: payment.amount.currency })
    : null

const shownAs = (proposal: Proposal, payment: Payment.Payment) => ({
  proposal: proposal.id,
  number: proposal.subject,
  state: proposal.action.type === "resolve" ? proposal.action.state : null,
  accepted: acceptedIn(proposal, payment),
  note: proposal.note,
  proposedBy: proposal.proposedBy,
  proposedAt: Order.timeOf(proposal.proposedAtMillis),
  status: proposal.state,
  decidedBy: proposal.decidedBy,
  decidedAt: proposal.decidedAtMillis === null ? null : Order.timeOf(proposal.decidedAtMillis)
})

const one = (made: Proposal, hint: string) =>
  Effect.map(found(OrderNo.paymentOf(made.subject) ?? made.subject), (payment): Shown.Shown => {
    const shown = shownAs(made, payment)
    const text = Shown.fields({
      proposal: shown.proposal,
      number: shown.number,
      "goes on as": shown.state,
      "accepted amount": shown.accepted,
      note: shown.note,
      "proposed by": `${shown.proposedBy}, ${shown.proposedAt}`,
      status: shown.decidedBy === null ? shown.status : `${shown.status} by ${shown.decidedBy}`
    })
    return { json: shown, text: `${text}${hint}` }
  })

const heldAs = ({ payment, refund, proposal }: Operators.Held) => ({
  number: refund?.refundNo ?? payment.payOrderNo,
  app: payment.app,
  vendor: payment.vendor,
  amount: Order.amountOf((refund ?? payment).amount.amountMinor, payment.amount),
  reason: refund === null ? payment.heldReason : refund.heldReason,
  proposal: proposal === null ? null : shownAs(proposal, payment)
})

/** `payment-proxy orders held` */
export const held = leaf(
  "held",
  {
    about: "Lists the orders and refunds at which automation has stopped, why, and what is proposed for them.",
    example: "orders held",
    config: {
      after: optional("after", "Only what comes after this number: the last one of the page before"),
      limit: Options.integer("limit").pipe(Options.withDescription("At most so many"), Options.withDefault(20))
    }
  },
  ({ after, limit }) =>
    Effect.map(Operators.listHeld({ after: Option.getOrNull(after), limit }), ({ items }) =>
      Shown.list(
        items.map(heldAs),
        ["NUMBER", "REASON", "AMOUNT", "APP", "VENDOR", "PROPOSAL", "STATE", "BY"],
        ({ number, reason, amount, app, vendor, proposal }) => [
          number,
          reason,
          moneyOf(amount),
          app,
          vendor,
          proposal?.proposal ?? null,
          proposal?.state ?? null,
          proposal?.proposedBy ?? null
        ],
        "Nothing is held."
      )
    )
)

/** `payment-proxy orders resolve` */
export const resolve = leaf(
  "resolve",
  {
    about: "Proposes how an order or refund that is held goes on, for a second person to approve within 24 hours.",
    example:
      'orders resolve 01KB2Y5WM0000000000000000000A --state SUCCEEDED --note "the bank confirms" --operator alice',
    config: {
      number,
      state: Options.choice("state", Payment.State.literals).pipe(
        Options.withDescription("The state that it is to go on from")
      ),
      accept: optional(
        "accept",
        "The amount that is accepted as captured where it is another than the order's, like 12.34"
      ),
      note: Operator.note,
      operator: Operator.operator
    }
  },
  ({ number, state, accept, note, operator }) =>
    Effect.gen(function* () {
      const name = yield* Operator.named(operator)
      const payment = yield* found(OrderNo.paymentOf(number) ?? number)
      const acceptedMinor = Option.isNone(accept) ? null : (yield* amountIn(payment, accept.value)).amountMinor
      const made = yield* Operators.propose(
        { payOrderNo: number, state, acceptedMinor, note },
        Operator.acting(name)
      ).pipe(Operator.by(name, Option.some(note), { action: "order.resolve", subject: number }, () => "proposed"))
      return yield* one(
        made,
        `\n\nNothing has moved yet. Another person approves it: payment-proxy orders approve ${made.id} --operator NAME`
      )
    })
)

/** `payment-proxy orders approve` */
export const approve = leaf(
  "approve",
  {
    about: "Approves what another person proposed: the order goes on from that state.",
    example: "orders approve prp_019a… --operator bob",
    config: { proposal, note: remark, operator: Operator.operator, yes }
  },
  ({ proposal, note, operator, yes }) =>
    Effect.gen(function* () {
      const name = yield* Operator.named(operator)
      yield* confirmed(yes, `Let the order go on as ${proposal} says?`)
      const { payment, refund } = yield* Operators.approve(
        proposal,
        Operator.acting(name),
        Option.getOrNull(note)
      ).pipe(Operator.by(name, note, { action: "proposal.approve", subject: proposal }))
      if (payment === null) return { json: { proposal, status: "approved" }, text: `Proposal ${proposal} is approved.` }
      return yield* refund === null ? paymentShown(payment) : refundShown(refund.refundNo)
    })
)

/** `payment-proxy orders reject` */
export const reject = leaf(
  "reject",
  {
    about: "Rejects what was proposed, or withdraws it: the order stays held.",
    example: "orders reject prp_019a… --operator bob",
    config: { proposal, note: remark, operator: Operator.operator }
  },
  ({ proposal, note, operator }) =>
    Effect.flatMap(Operator.named(operator), (name) =>
      Operators.reject(proposal, Operator.acting(name), Option.getOrNull(note)).pipe(
        Operator.by(name, note, { action: "proposal.reject", subject: proposal }),
        Effect.flatMap((made) => (made.action.type === "resolve" ? one(made, "") : proposalShown(made)))
      )
    )
)
