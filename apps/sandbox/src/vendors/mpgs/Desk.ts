import { randomHex } from "../../Random.ts"
import type { Decided, Decision, Held } from "../Vendor.ts"
import type { Order, Session, Transaction } from "./Book.ts"
import { now } from "./Book.ts"
import * as Cards from "./Cards.ts"
import type { Gateway } from "./Gateway.ts"
import * as Standing from "./Standing.ts"
import * as Views from "./Views.ts"

const no = (message: string): Decided => ({ status: 409, body: { error: "not_possible", message } })

/** What became of an order: as RETRIEVE_ORDER shows it, or its number alone where it was never tried to be paid. */
const decided = (gateway: Gateway, number: string): Decided => {
  const order = gateway.order(number)
  return { status: 200, body: order === undefined ? { id: number } : Views.order(order, gateway.merchant.id) }
}

const isPayable = (gateway: Gateway, session: Session): boolean =>
  ["payable", "challenged"].includes(gateway.state(session))

/** The checkout that a payer is in: the one that the decision names, else the newest that can be paid. */
const sessionFor = (gateway: Gateway, number: string, { session }: Decision): Session | undefined =>
  gateway.book
    .sessionsOf(number)
    .findLast((one) => (session === undefined || one.id === session) && isPayable(gateway, one))

const outcomes: { readonly [name: string]: Cards.Outcome } = { PENDING: Cards.pending, UNKNOWN: Cards.unknown }

const pay = async (gateway: Gateway, number: string, decision: Decision): Promise<Decided> => {
  const session = sessionFor(gateway, number, decision)
  if (session === undefined) return no("No checkout of this order can be paid.")
  if (decision.verb === "authorize" && session.operation !== "AUTHORIZE") return no("The checkout is a purchase.")
  const [first] = Cards.all
  const { card: name, outcome } = decision
  const card = (typeof name === "string" ? Cards.named(name) : undefined) ?? first
  if (card === undefined) return no("There is no such card.")
  gateway.open(session)
  if (decision.verb === "open") return decided(gateway, number)
  const waiting = gateway.challengeOf(session)
  const isPaid = decision.verb !== "refuse"
  if (waiting !== undefined) await gateway.answerChallenge(session, waiting, isPaid, card)
  else if (isPaid && session.challenge) await gateway.challenge(session, card)
  else await gateway.attempt(session, card, isPaid ? (outcomes[String(outcome)] ?? card.outcome) : Cards.declined)
  const challenged = gateway.challengeOf(session)
  // What the desk pays needs no second step.
  if (isPaid && challenged !== undefined) await gateway.answerChallenge(session, challenged, true, card)
  return decided(gateway, number)
}

/** A refund that is made, or asked for, at the merchant's desk. */
const refund = async (gateway: Gateway, order: Order, decision: Decision): Promise<Decided> => {
  const { facts, transactions } = order
  const { capturedMinor, refundedMinor, refundingMinor } = Standing.after(transactions)
  const left = capturedMinor - refundedMinor - refundingMinor
  const isRequest = decision.verb === "refund-request"
  if (isRequest && decision.amountMinor === undefined) {
    gateway.change({ kind: "approval", order: facts.id, asked: true })
    return decided(gateway, facts.id)
  }
  const amountMinor = decision.amountMinor ?? left
  if (capturedMinor === 0 || amountMinor <= 0) return no("There is nothing to refund.")
  if (amountMinor > left && decision["excessive"] !== true)
    return no(`At most ${left} minor units can be refunded, unless "excessive" is true.`)
  const id = decision.refund ?? `MA-${randomHex(6)}`
  if (transactions.some((one) => one.id === id)) return no("The refund's number has been used.")
  gateway.record(facts, {
    id,
    type: isRequest ? "REFUND_REQUEST" : "REFUND",
    outcome: isRequest ? { ...Cards.pending, gatewayCode: "PENDING" } : Cards.approved,
    amountMinor,
    currency: facts.currency,
    entry: "MERCHANT_ADMINISTRATION",
    version: transactions[0]?.version ?? "100",
    card: Standing.successIn(transactions)?.card ?? null
  })
  await gateway.tell(facts.id, id)
  return decided(gateway, facts.id)
}

const isWaiting = (transaction: Transaction): boolean =>
  Standing.typeOf(transaction) !== "AUTHENTICATION" && Standing.isOpen(transaction)

/** Gives an outcome to the transaction that waits for one: the one of this number, else the newest. */
const settle = async (gateway: Gateway, order: Order, decision: Decision, isGood: boolean): Promise<Decided> => {
  const { refund: id } = decision
  const waiting = order.transactions.findLast((one) => isWaiting(one) && (id === undefined || one.id === id))
  if (waiting === undefined) return no("No transaction of the order waits for an outcome.")
  await gateway.settle(order.facts.id, waiting, isGood)
  return decided(gateway, order.facts.id)
}

const dispute = (gateway: Gateway, order: Order, decision: Decision): Decided => {
  if (Standing.after(order.transactions).capturedMinor === 0) return no("Nothing is captured that could be disputed.")
  const status = decision["chargeback"] === true ? "CHARGEBACK_PROCESSED" : "DISPUTED"
  gateway.change({ kind: "disputed", order: order.facts.id, status })
  return decided(gateway, order.facts.id)
}

const close = (gateway: Gateway, number: string): Decided => {
  for (const session of gateway.book.sessionsOf(number))
    if (isPayable(gateway, session)) gateway.change({ kind: "ended", session: session.id, how: "timed-out" })
  return decided(gateway, number)
}

const ofOrder = (gateway: Gateway, number: string, decision: Decision): Decided | Promise<Decided> => {
  const order = gateway.order(number)
  if (order === undefined) return no("The order has not been tried to be paid.")
  switch (decision.verb) {
    case "refund":
    case "refund-request":
      return refund(gateway, order, decision)
    case "settle":
    case "approve":
    case "refund-settle":
      return settle(gateway, order, decision, true)
    case "fail":
    case "refund-fail":
      return settle(gateway, order, decision, false)
    case "dispute":
      return dispute(gateway, order, decision)
    default:
      return {
        status: 400,
        body: {
          error: "invalid",
          message:
            "The verbs are open, pay, authorize, refuse, close, settle, fail, refund, refund-request, refund-settle, refund-fail, dispute."
        }
      }
  }
}

/** What a payer, the bank or the merchant's desk does to an order; `undefined` where nothing is known of its number. */
export const decide = async (gateway: Gateway, number: string, decision: Decision): Promise<Decided | undefined> => {
  if (!gateway.book.has(number)) return undefined
  if (["open", "pay", "authorize", "refuse"].includes(decision.verb)) return pay(gateway, number, decision)
  return decision.verb === "close" ? close(gateway, number) : ofOrder(gateway, number, decision)
}

const statusOf = (order: Order | undefined, isOver: boolean): Held["status"] => {
  const { status, capturedMinor } = Standing.after(order?.transactions ?? [])
  if (capturedMinor > 0) return "paid"
  if (status === "AUTHORIZED") return "authorized"
  if (status === "CANCELLED") return "closed"
  if (!isOver || (order !== undefined && Standing.openAttemptIn(order.transactions) !== undefined)) return "open"
  return order === undefined ? "closed" : "failed"
}

/** Every order of the gateway's book, tried to be paid or not. */
export const held = (gateway: Gateway): ReadonlyArray<Held> =>
  gateway.book.numbers().flatMap((number) => {
    const order = gateway.order(number)
    const sessions = gateway.book.sessionsOf(number)
    const facts = order?.facts ?? sessions.at(-1)?.order
    if (facts === undefined) return []
    const transactions = order?.transactions ?? []
    const { capturedMinor } = Standing.after(transactions)
    const refunds = transactions.filter((one) => Standing.typeOf(one).startsWith("REFUND"))
    return {
      vendor: gateway.kit.name,
      number,
      id: Standing.successIn(transactions)?.receipt ?? sessions.at(-1)?.id ?? null,
      status: statusOf(order, !sessions.some((session) => isPayable(gateway, session))),
      amountMinor: facts.amountMinor,
      currency: facts.currency,
      capturedMinor,
      refunds: refunds.map((one) => {
        const { id, amountMinor, receipt } = one
        return { number: id, id: receipt, amountMinor, status: now(one).outcome.result }
      })
    }
  })
