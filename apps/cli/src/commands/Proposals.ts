import { Command, Options } from "@effect/cli"
import { Order } from "@payment-proxy/api"
import { Operators } from "@payment-proxy/application"
import { Money, OrderNo } from "@payment-proxy/domain"
import { Orders, type Proposal } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { leaf, optional } from "../Leaf.ts"
import * as Shown from "../Shown.ts"

const wantedOf = (proposal: Proposal, currency: Money.Money["currency"] | null): string => {
  const { action } = proposal
  const money = (amountMinor: bigint): string =>
    currency === null ? `${amountMinor}` : `${Money.format({ amountMinor, currency })} ${currency}`
  switch (action.type) {
    case "resolve":
      return action.acceptedMinor === null ? action.state : `${action.state}, ${money(action.acceptedMinor)} accepted`
    case "refund":
      return money(action.amountMinor)
    case "app":
      return action.change.type
  }
}

const shownAs = (proposal: Proposal, currency: Money.Money["currency"] | null = null) => ({
  proposal: proposal.id,
  kind: proposal.action.type,
  subject: proposal.subject,
  wanted: wantedOf(proposal, currency),
  note: proposal.note,
  proposedBy: proposal.proposedBy,
  proposedAt: Order.timeOf(proposal.proposedAtMillis),
  state: proposal.state,
  decidedBy: proposal.decidedBy,
  decidedAt: proposal.decidedAtMillis === null ? null : Order.timeOf(proposal.decidedAtMillis)
})

/** A proposal that was made in place of what was asked. */
export const proposedShown = (proposal: Proposal): Shown.Shown => ({
  json: shownAs(proposal),
  text: `It takes a second person: nothing has moved yet. Another one approves it: payment-proxy orders approve ${proposal.id} --operator NAME`
})

/** In which currency it is, where it is about an order. */
const withCurrency = (proposal: Proposal) =>
  proposal.action.type === "app"
    ? Effect.succeed(shownAs(proposal))
    : Effect.map(
        Effect.flatMap(Orders, ({ byNumber }) => byNumber(OrderNo.paymentOf(proposal.subject) ?? proposal.subject)),
        (found) => shownAs(proposal, Option.isNone(found) ? null : found.value.amount.currency)
      )

/** A proposal as it is now. */
export const proposalShown = (proposal: Proposal) =>
  Effect.map(withCurrency(proposal), (shown): Shown.Shown => {
    const { kind, subject, wanted, note, state, decidedBy } = shown
    const status = decidedBy === null ? state : `${state} by ${decidedBy}`
    return { json: shown, text: Shown.fields({ proposal: shown.proposal, kind, of: subject, wanted, note, status }) }
  })

const list = leaf(
  "list",
  {
    about: "Lists what takes a second person: what waits for one, or what was decided; newest first.",
    example: "proposals list",
    config: {
      decided: Options.boolean("decided").pipe(
        Options.withDescription("Those that were decided or have ended, in place of those that are open")
      ),
      after: optional("after", "Only what is older than this proposal: the last one of the page before"),
      limit: Options.integer("limit").pipe(Options.withDescription("At most so many"), Options.withDefault(20))
    }
  },
  ({ decided, after, limit }) =>
    Effect.gen(function* () {
      const search = { state: decided ? "decided" : "open", after: Option.getOrNull(after), limit } as const
      const { items } = yield* Operators.list(search)
      return Shown.list(
        yield* Effect.forEach(items, withCurrency),
        ["PROPOSAL", "KIND", "OF", "WANTED", "BY", "AT", "STATE", "DECIDED BY"],
        ({ proposal, kind, subject, wanted, proposedBy, proposedAt, state, decidedBy }) => [
          proposal,
          kind,
          subject,
          wanted,
          proposedBy,
          proposedAt,
          state,
          decidedBy
        ],
        decided ? "Nothing was decided yet." : "Nothing waits for a second person."
      )
    })
)

/** `payment-proxy proposals …` */
export const proposals = Command.make("proposals").pipe(
  Command.withDescription("What one operator wants and a second one decides"),
  Command.withSubcommands([list])
)
