import { createHash } from "node:crypto"
import type { Own } from "../Serving.ts"
import type { Order, Transaction, Type } from "./Book.ts"
import * as Cards from "./Cards.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import type { Gateway, Made } from "./Gateway.ts"
import * as Standing from "./Standing.ts"
import { invalid, missing } from "./Words.ts"

/** What can be done to an order by PUT. */
export const names = ["PAY", "AUTHORIZE", "CAPTURE", "VOID", "REFUND"] as const
/** One of these names. */
export type Name = (typeof names)[number]

/** A PUT of a transaction. */
export interface Put {
  readonly version: string
  readonly orderId: string
  readonly id: string
  readonly body: Json
  readonly own: Own | undefined
}

const no = (explanation: string, field?: string): never =>
  Fields.refuse(invalid(explanation, field, field === undefined ? undefined : "INVALID"))

const orderOf = (gateway: Gateway, { orderId }: Put): Order =>
  gateway.order(orderId) ?? no("Unable to find order, cannot process.")

/** The amount of a transaction, in the order's currency. */
const amountOf = ({ body }: Put, order: Order): number => {
  const currency = Fields.currency(body, "transaction.currency")
  const amountMinor = Fields.amount(body, "transaction.amount", currency)
  if (currency !== order.facts.currency) no("The currency is not that of the order.", "transaction.currency")
  return amountMinor
}

/** The outcome of what goes through, where no fault wants that nobody knows it. */
const outcomeFor = ({ own }: Put): Cards.Outcome => (own === "unknown-status" ? Cards.unknown : Cards.approved)

type Parts = Pick<Made, "type" | "outcome" | "amountMinor" | "targetId" | "card">

const capture = (gateway: Gateway, put: Put): Parts => {
  const order = orderOf(gateway, put)
  const amountMinor = amountOf(put, order)
  const { transactions } = order
  const standing = Standing.after(transactions)
  const authorization = Standing.successIn(transactions)
  if (authorization === undefined || Standing.typeOf(authorization) !== "AUTHORIZATION")
    return no("The order has no authorization to capture.")
  if (Standing.voidedIn(transactions).has(authorization.id)) return no("The authorization has been voided.")
  const capturing = transactions
    .filter((one) => Standing.typeOf(one) === "CAPTURE" && Standing.isOpen(one))
    .reduce((total, one) => total + one.amountMinor, 0)
  if (standing.capturedMinor + capturing + amountMinor > standing.authorizedMinor)
    return no("The amount exceeds what is authorized and not captured.", "transaction.amount")
  return { type: "CAPTURE", outcome: outcomeFor(put), amountMinor, card: authorization.card }
}

const refund = (gateway: Gateway, put: Put): Parts => {
  const order = orderOf(gateway, put)
  const amountMinor = amountOf(put, order)
  const { capturedMinor, refundedMinor, refundingMinor } = Standing.after(order.transactions)
  if (capturedMinor === 0) return no("The order has nothing captured to refund.")
  if (refundedMinor + refundingMinor + amountMinor > capturedMinor)
    return no("The amount exceeds what is captured and not refunded.", "transaction.amount")
  const card = Standing.successIn(order.transactions)?.card ?? null
  if (!order.asksForApproval) return { type: "REFUND", outcome: outcomeFor(put), amountMinor, card }
  gateway.change({ kind: "approval", order: put.orderId, asked: false })
  return { type: "REFUND_REQUEST", outcome: { ...Cards.pending, gatewayCode: "PENDING" }, amountMinor, card }
}

const voids: { readonly [type: string]: Type } = {
  AUTHORIZATION: "VOID_AUTHORIZATION",
  PAYMENT: "VOID_PAYMENT",
  CAPTURE: "VOID_CAPTURE",
  REFUND: "VOID_REFUND"
}

/** Why a transaction can no longer be voided, if that is so. */
const unvoidable = (gateway: Gateway, { transactions }: Order, target: Transaction): string | undefined => {
  const standing = Standing.after(transactions)
  const type = Standing.typeOf(target)
  if (!Standing.isDone(target) || voids[type] === undefined) return "The transaction cannot be voided."
  if (Standing.voidedIn(transactions).has(target.id)) return "The transaction has been voided already."
  const isCapturing = transactions.some((one) => Standing.typeOf(one) === "CAPTURE" && Standing.isOpen(one))
  if (type === "AUTHORIZATION")
    return standing.capturedMinor > 0 || isCapturing ? "The authorization has been captured." : undefined
  if (gateway.isSettled(target)) return "The transaction has been settled."
  const { capturedMinor, refundedMinor, refundingMinor } = standing
  return type !== "REFUND" && refundedMinor + refundingMinor > capturedMinor - target.amountMinor
    ? "The transaction has been refunded."
    : undefined
}

const takeBack = (gateway: Gateway, put: Put): Parts => {
  const order = orderOf(gateway, put)
  const targetId = Fields.required(put.body, "transaction.targetTransactionId", 1, 40)
  const target =
    order.transactions.find(({ id }) => id === targetId) ??
    no("Unable to find the target transaction.", "transaction.targetTransactionId")
  const why = unvoidable(gateway, order, target)
  if (why !== undefined) return no(why, "transaction.targetTransactionId")
  const type = voids[Standing.typeOf(target)] ?? "VOID_PAYMENT"
  return { type, outcome: outcomeFor(put), amountMinor: target.amountMinor, targetId, card: target.card }
}

/** The order that a PAY or AUTHORIZE is about: the session's, which the request may repeat. */
const paid = (gateway: Gateway, put: Put, type: "PAYMENT" | "AUTHORIZATION") => {
  const { body, orderId } = put
  if (Fields.at(body, "sourceOfFunds.provided") !== undefined)
    Fields.refuse(invalid("Only sessions can pay: cards are not taken here.", "sourceOfFunds.provided", "UNSUPPORTED"))
  const sessionId = Fields.text(body, "session.id", 31, 35) ?? Fields.refuse(missing("session.id"))
  const session = gateway.book.session(sessionId) ?? no("Unable to find session.", "session.id")
  const { order: facts } = session
  if (facts.id !== orderId) return no("The session is another order's.", "session.id")
  if (!["payable", "challenged"].includes(gateway.state(session)))
    return no("The session can no longer be used.", "session.id")
  if (Fields.at(body, "order.currency") !== undefined || Fields.at(body, "order.amount") !== undefined) {
    const currency = Fields.currency(body, "order.currency")
    const amountMinor = Fields.amount(body, "order.amount", currency)
    if (currency !== facts.currency || amountMinor !== facts.amountMinor)
      return no("The amount is not that of the session.", "order.amount")
  }
  const [card] = Cards.all
  const parts: Parts = {
    type,
    outcome: outcomeFor(put),
    amountMinor: facts.amountMinor,
    card: card === undefined ? null : { scheme: card.scheme, masked: card.masked }
  }
  return { facts, parts, session }
}

const asked = (gateway: Gateway, name: Exclude<Name, "PAY" | "AUTHORIZE">, put: Put) => {
  const parts = { CAPTURE: capture, REFUND: refund, VOID: takeBack }[name](gateway, put)
  return { facts: orderOf(gateway, put).facts, parts, session: undefined }
}

/** The fingerprint of what a request asks for, whatever its correlation. */
const fingerprintOf = ({ correlationId: _, ...body }: Json): string =>
  createHash("sha256").update(Fields.canonical(body)).digest("hex")

/** What a PUT came to: the transaction that it made, or that the same request made before. */
export interface Came {
  readonly order: Order
  readonly transaction: Transaction
  readonly isRepeat: boolean
}

const found = (gateway: Gateway, { orderId, id }: Put, isRepeat: boolean): Came | undefined => {
  const order = gateway.order(orderId)
  const transaction = order?.transactions.find((one) => one.id === id)
  return order === undefined || transaction === undefined ? undefined : { order, transaction, isRepeat }
}

/** Does what a PUT asks for, once for each number; refuses it otherwise. */
export const put = (gateway: Gateway, asking: Put): Came => {
  const { body, orderId, id, version } = asking
  Fields.checkNames(body)
  const name = Fields.oneOf(body, "apiOperation", names)
  const fingerprint = fingerprintOf(body)
  const before = found(gateway, asking, true)
  if (before !== undefined)
    return before.transaction.fingerprint === fingerprint
      ? before
      : no("The transaction number has been used with other data.", "transaction.id")
  const reference = Fields.text(body, "transaction.reference", 1, 40)
  const isPaid = name === "PAY" || name === "AUTHORIZE"
  const { facts, parts, session } = isPaid
    ? paid(gateway, asking, name === "PAY" ? "PAYMENT" : "AUTHORIZATION")
    : asked(gateway, name, asking)
  const { currency } = facts
  const from = session === undefined ? {} : { session: session.id }
  gateway.record(facts, { id, ...parts, currency, entry: "WEB_SERVICES_API", version, fingerprint, reference, ...from })
  if (session !== undefined && parts.outcome.result === "SUCCESS")
    gateway.change({ kind: "ended", session: session.id, how: "paid" })
  return found(gateway, { ...asking, orderId }, false) ?? no("The transaction was not recorded.")
}
