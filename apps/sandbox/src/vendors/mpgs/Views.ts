import { createHash } from "node:crypto"
import type { Own } from "../Serving.ts"
import type { Order, Session, Transaction } from "./Book.ts"
import { now } from "./Book.ts"
import * as Money from "./Money.ts"
import * as Standing from "./Standing.ts"

const time = (millis: number): string => new Date(millis).toISOString()

const optional = (name: string, value: string | null): object => (value === null ? {} : { [name]: value })

/** The version of a checkout session, which another follows whenever it changes. */
export const sessionVersion = ({ id, updates }: Session): string =>
  createHash("sha256").update(`${id} ${updates}`).digest("hex").slice(0, 10)

const totals = (standing: Standing.Standing, currency: string): object => ({
  totalAuthorizedAmount: Money.number(standing.authorizedMinor, currency),
  totalCapturedAmount: Money.number(standing.capturedMinor, currency),
  totalRefundedAmount: Money.number(standing.refundedMinor, currency)
})

const changedAt = (transactions: ReadonlyArray<Transaction>): number =>
  Math.max(...transactions.map((transaction) => now(transaction).atMillis))

/** The order as a transaction shows it: as it stood after this transaction and those before it. */
const orderIn = (order: Order, until: ReadonlyArray<Transaction>): object => {
  const { facts } = order
  const standing = Standing.after(until)
  return {
    id: facts.id,
    amount: Money.number(facts.amountMinor, facts.currency),
    currency: facts.currency,
    creationTime: time(order.createdAtMillis),
    lastUpdatedTime: time(changedAt(until)),
    status: standing.status,
    ...totals(standing, facts.currency),
    ...optional("description", facts.description),
    ...optional("reference", facts.reference),
    ...optional("notificationUrl", facts.notificationUrl)
  }
}

const cardIn = ({ card }: Transaction): object =>
  card === null
    ? {}
    : {
        sourceOfFunds: {
          type: "CARD",
          provided: { card: { brand: card.scheme, scheme: card.scheme, fundingMethod: "CREDIT", number: card.masked } }
        }
      }

/** A transaction as RETRIEVE_TRANSACTION, a PUT and a notification show it. */
export const transaction = (order: Order, shown: Transaction, merchant: string) => {
  const { type, outcome, atMillis } = now(shown)
  const place = order.transactions.indexOf(shown)
  const isMoney = type !== "AUTHENTICATION"
  return {
    gatewayEntryPoint: shown.entry,
    merchant,
    order: orderIn(order, order.transactions.slice(0, place + 1)),
    response: { ...optional("acquirerCode", outcome.acquirerCode), gatewayCode: outcome.gatewayCode },
    result: outcome.result,
    ...cardIn(shown),
    timeOfLastUpdate: time(atMillis),
    timeOfRecord: time(shown.moments[0]?.atMillis ?? atMillis),
    transaction: {
      id: shown.id,
      type,
      amount: Money.number(shown.amountMinor, shown.currency),
      currency: shown.currency,
      source: "INTERNET",
      ...(isMoney ? { receipt: shown.receipt, terminal: "1" } : {}),
      ...(isMoney && outcome.result === "SUCCESS" ? { authorizationCode: shown.authorizationCode } : {}),
      ...optional("targetTransactionId", shown.targetId),
      ...optional("reference", shown.reference)
    },
    version: shown.version
  }
}

/** An order as RETRIEVE_ORDER shows it. */
export const order = (shown: Order, merchant: string) => {
  const { facts, transactions } = shown
  const standing = Standing.after(transactions)
  return {
    id: facts.id,
    merchant,
    amount: Money.number(facts.amountMinor, facts.currency),
    currency: facts.currency,
    creationTime: time(shown.createdAtMillis),
    lastUpdatedTime: time(changedAt(transactions)),
    result: standing.result,
    status: shown.disputed ?? standing.status,
    ...totals(standing, facts.currency),
    ...optional("description", facts.description),
    ...optional("reference", facts.reference),
    ...optional("notificationUrl", facts.notificationUrl),
    transaction: transactions.map((one) => transaction(shown, one, merchant))
  }
}

/** A checkout session as RETRIEVE_SESSION shows it; what only the merchant's server is told once is left out. */
export const session = (shown: Session, merchant: string) => {
  const { order: facts } = shown
  return {
    interaction: {
      operation: shown.operation,
      merchant: { name: shown.merchantName },
      timeout: shown.timeoutSeconds,
      ...optional("returnUrl", shown.returnUrl),
      ...optional("cancelUrl", shown.cancelUrl),
      ...optional("timeoutUrl", shown.timeoutUrl)
    },
    merchant,
    order: {
      id: facts.id,
      amount: Money.text(facts.amountMinor, facts.currency),
      currency: facts.currency,
      ...optional("description", facts.description),
      ...optional("reference", facts.reference),
      ...optional("notificationUrl", facts.notificationUrl)
    },
    session: { id: shown.id, updateStatus: "SUCCESS", version: sessionVersion(shown) },
    version: shown.version
  }
}

interface Shown {
  readonly [name: string]: unknown
}

const isShown = (value: unknown): value is Shown => typeof value === "object" && value !== null && !Array.isArray(value)

/** A view with some fields changed wherever they stand in it; `path` is that of the object that they are in. */
const mapped = (
  value: unknown,
  change: (name: string, path: string, value: unknown) => unknown,
  path = ""
): unknown => {
  if (Array.isArray(value)) return value.map((one) => mapped(one, change, path))
  if (!isShown(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [
      name,
      change(name, path, mapped(part, change, path === "" ? name : `${path}.${name}`))
    ])
  )
}

const amounts = /^(amount|total(Authorized|Captured)Amount)$/

/** The fields of an order's answer that are the order's own: those at the top where it is no transaction, and those of `order`. */
const isOfOrder = (path: string): boolean => path === "" || path === "order" || path.endsWith(".order")

const changes: { readonly [fault: string]: (name: string, path: string, value: unknown) => unknown } = {
  "wrong-amount": (name, _, value) => (amounts.test(name) && typeof value === "number" ? value + 1 : value),
  "wrong-currency": (name, _, value) => (name === "currency" ? (value === "EUR" ? "USD" : "EUR") : value),
  "foreign-merchant": (name, _, value) => (name === "merchant" ? "TESTOTHER01" : value),
  "other-number": (name, path, value) => (name === "id" && isOfOrder(path) ? `${String(value)}-X` : value),
  "unknown-status": (name, path, value) => (name === "status" && isOfOrder(path) ? "TELEPORTED" : value),
  "unknown-code": (name, _, value) => (name === "gatewayCode" ? "TELEPORTED" : value)
}

/** A view as the gateway shows it where a fault wants something to be wrong with it. */
export const faulty = (view: object, fault: Own | undefined): object => {
  const change = fault === undefined ? undefined : changes[fault]
  const changed = change === undefined ? view : mapped(view, change)
  return isShown(changed) ? changed : view
}
