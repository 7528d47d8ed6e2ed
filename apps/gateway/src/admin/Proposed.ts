import { type Admin, Order } from "@payment-proxy/api"
import { type Acting, Operators } from "@payment-proxy/application"
import { Money, OrderNo } from "@payment-proxy/domain"
import { type AppChange, Orders, type Proposal } from "@payment-proxy/ports"
import { Clock, Effect, Option } from "effect"

type Shown = typeof Admin.Proposals.Proposal.Type

const limit = (count: number | null): string => (count === null ? "no limit" : String(count))

const summaryOfApp = (app: string, change: AppChange): string => {
  switch (change.type) {
    case "addKey":
      return `Give ${app} a further key.`
    case "rotateKey":
      return `Give ${app} a new key; the ones before open for ${change.overlapHours} h more.`
    case "revokeKey":
      return `Revoke the key ${change.keyId} of ${app}.`
    case "addEndpoint":
      return `Tell ${app} at ${change.url}.`
    case "setLimits": {
      const { createsPerSecond, readsPerSecond, streams } = change.limits
      return `Let ${app} make ${limit(createsPerSecond)} creates and ${limit(readsPerSecond)} reads a second, and have ${limit(streams)} streams.`
    }
    case "disable":
      return `Close ${app}: its keys open nothing.`
    case "enable":
      return `Open ${app} again.`
    default:
      return `${change.type} ${change.endpoint} of ${app}.`
  }
}

/** A value of a change as text; null where it is none or means no limit. */
const text = (value: unknown): string | null => {
  if (value === null || value === undefined) return null
  return typeof value === "string" ? value : JSON.stringify(value)
}

/** The amounts of what is proposed for an order, in major units of its currency. */
const amountOf = Effect.fnUntraced(function* (subject: string, amountMinor: bigint | null) {
  if (amountMinor === null) return null
  const orders = yield* Orders
  const payment = Option.getOrNull(yield* orders.byNumber(OrderNo.paymentOf(subject) ?? subject))
  if (payment === null) return null
  const { currency } = payment.amount
  return `${Money.format(Money.make(amountMinor, currency))} ${currency}`
})

const told = Effect.fnUntraced(function* ({ subject, action }: Proposal) {
  switch (action.type) {
    case "resolve": {
      const accepted = yield* amountOf(subject, action.acceptedMinor)
      const deviation = accepted === null ? "" : `, with ${accepted} accepted as captured`
      return {
        summary: `Let ${subject} go on from ${action.state}${deviation}.`,
        details: { state: action.state, acceptedAmount: accepted }
      }
    }
    case "refund": {
      const amount = yield* amountOf(subject, action.amountMinor)
      return { summary: `Refund ${amount ?? "a part"} of ${subject}.`, details: { amount, reason: action.reason } }
    }
    case "app": {
      const details = Object.entries(action.change).map(([name, value]) => [name, text(value)] as const)
      return { summary: summaryOfApp(subject, action.change), details: Object.fromEntries(details) }
    }
  }
})

const timeOf = (millis: number | null): string | null => (millis === null ? null : Order.timeOf(millis))

/** A proposal as an operator sees it. */
export const shown = Effect.fnUntraced(function* (proposal: Proposal, by: Acting) {
  const nowMillis = yield* Clock.currentTimeMillis
  return {
    ...(yield* told(proposal)),
    id: proposal.id,
    kind: proposal.action.type,
    subject: proposal.subject,
    note: proposal.note,
    proposedBy: proposal.proposedBy,
    proposedAt: Order.timeOf(proposal.proposedAtMillis),
    state: proposal.state,
    decidedBy: proposal.decidedBy,
    decidedAt: timeOf(proposal.decidedAtMillis),
    decidedNote: proposal.decidedNote,
    endsAt: Order.timeOf(Operators.endsAtMillis(proposal)),
    mayApprove: Operators.mayApprove(proposal, by) || Operators.mayGoOn(proposal, by, nowMillis),
    isToTake: Operators.isToTake(proposal, by.name)
  } satisfies Shown
})
