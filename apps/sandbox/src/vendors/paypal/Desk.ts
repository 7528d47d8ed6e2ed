import type { Decided, Decision } from "../Vendor.ts"
import type { Account } from "./Account.ts"
import { isIssue } from "./Account.ts"
import type { Authorization, Capture, Change, Dispute, Next, Order, Refund } from "./Book.ts"
import { madeId } from "./Book.ts"
import * as Happenings from "./Happenings.ts"
import * as Money from "./Money.ts"
import * as Orders from "./Orders.ts"
import * as Payments from "./Payments.ts"
import { Refusal } from "./Problems.ts"
import * as Shapes from "./Shapes.ts"
import type { Happening } from "./Telling.ts"

/** What the desk cannot do as things are. */
class Impossible extends Error {}

type Verb = (account: Account, order: Order, decision: Decision) => Promise<void>

const now = ({ kit }: Account): number => kit.clock.now()

const tell = (account: Account, changes: ReadonlyArray<Change>, ...happenings: ReadonlyArray<Happening>) =>
  account.telling.commit(changes, happenings)

const needOpen = (order: Order): void => {
  if (!Orders.isOpen(order)) throw new Impossible(`The order is ${order.status}.`)
}

const captureOf = (account: Account, order: Order, isMeant: (capture: Capture) => boolean, what: string): Capture => {
  const found = account.book.capturesOf(order).findLast(isMeant)
  if (found === undefined) throw new Impossible(`The order has no capture that is ${what}.`)
  return found
}

const isTaken = ({ status }: Capture): boolean => ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"].includes(status)

const amountOf = ({ currency }: Order, { amountMinor }: Decision, whole: number): number => {
  const minor = amountMinor ?? whole
  if (!Number.isSafeInteger(minor) || minor <= 0) throw new Impossible("amountMinor is a whole number above 0.")
  if (!Money.isSayable({ minor, currency })) throw new Impossible(`${currency} has no decimals here.`)
  return minor
}

const void_: Verb = async (account, order) => {
  if (!Orders.isOpen(order) && order.status !== "APPROVED") throw new Impossible(`The order is ${order.status}.`)
  account.book.commit({ order: { ...order, status: "VOIDED", updatedMillis: now(account) } })
}

const setNext = (account: Account, order: Order, next: Next): void => account.book.commit({ order: { ...order, next } })

const calls: ReadonlyArray<Next["on"]> = ["capture", "authorize", "refund", "void", "reauthorize", "take"]

const declineNext: Verb = async (account, order, { issue, status, on }) => {
  const named = calls.find((call) => call === (on ?? "take"))
  if (named === undefined) throw new Impossible(`"on" is one of ${calls.join(", ")}.`)
  if (status === "DECLINED" || status === "FAILED") return setNext(account, order, { on: named, status })
  const said = issue ?? "INSTRUMENT_DECLINED"
  if (!isIssue(said)) throw new Impossible('"issue" is in capital letters, as the vendor writes issues.')
  setNext(account, order, { on: named, issue: said })
}

const pendingNext: Verb = async (account, order, { reason }) =>
  setNext(account, order, {
    on: "take",
    status: "PENDING",
    reason: typeof reason === "string" ? reason : "RECEIVING_PREFERENCE_MANDATES_MANUAL_ACTION"
  })

const settle =
  (status: "COMPLETED" | "DECLINED", name?: "DECLINED"): Verb =>
  async (account, order) => {
    const pending = captureOf(account, order, (one) => one.status === "PENDING", "pending")
    const capture: Capture = { ...pending, status, reason: null, updatedMillis: now(account) }
    const site = Happenings.ahead(account, { captures: [capture] })
    await tell(account, [{ capture }], Happenings.captured(site, order, capture, name))
  }

const refund: Verb = async (account, order, decision) => {
  const isLeft = (capture: Capture) => isTaken(capture) && Payments.leftOf(account, order, capture) > 0
  const capture = captureOf(account, order, isLeft, "refundable")
  const amountMinor = amountOf(order, decision, Payments.leftOf(account, order, capture))
  const asked = { amountMinor, customId: order.customId, invoiceId: null, note: null }
  const { changes, happenings } = Payments.refunding(account, order, capture, asked)
  await tell(account, changes, ...happenings)
}

const refundIn = (account: Account, order: Order, { refund: name }: Decision): Refund => {
  const pending = account.book.refundsOf(order).filter(({ status }) => status === "PENDING")
  const isNamed = ({ id, customId, invoiceId }: Refund) => [id, customId, invoiceId].some((one) => one === name)
  const found = name === undefined ? pending.at(-1) : pending.find(isNamed)
  if (found === undefined) throw new Impossible("The order has no such refund that is pending.")
  return found
}

const settleRefund =
  (status: "COMPLETED" | "FAILED" | "CANCELLED"): Verb =>
  async (account, order, decision) => {
    const pending = refundIn(account, order, decision)
    const done: Refund = { ...pending, status, reason: null, updatedMillis: now(account) }
    const capture = captureOf(account, order, ({ id }) => id === done.captureId, "refunded")
    const left = Payments.leftOf(account, order, capture) + (status === "COMPLETED" ? 0 : done.amountMinor)
    const back: Capture = { ...capture, ...Payments.standing(capture, left), updatedMillis: now(account) }
    const site = Happenings.ahead(account, { captures: [back], refunds: [done] })
    const happenings = status === "COMPLETED" ? [Happenings.refunded(site, order, done)] : []
    await tell(account, [{ capture: back }, { refund: done }], ...happenings)
  }

const dispute: Verb = async (account, order, decision) => {
  const capture = captureOf(account, order, isTaken, "completed")
  const at = now(account)
  const made: Dispute = {
    id: `PP-D-${madeId().slice(0, 8)}`,
    orderId: order.id,
    captureId: capture.id,
    status: "OPEN",
    outcome: null,
    amountMinor: amountOf(order, decision, capture.amountMinor),
    createdMillis: at,
    updatedMillis: at
  }
  await tell(account, [{ dispute: made }], Happenings.disputed(account, order, made, "CREATED"))
}

const disputeOpen = (account: Account, order: Order): Dispute => {
  const open = account.book.disputesOf(order).findLast(({ status }) => status === "OPEN")
  if (open === undefined) throw new Impossible("The order has no open dispute.")
  return open
}

const disputeUpdate: Verb = async (account, order) => {
  const updated: Dispute = { ...disputeOpen(account, order), updatedMillis: now(account) }
  await tell(account, [{ dispute: updated }], Happenings.disputed(account, order, updated, "UPDATED"))
}

const disputeResolve: Verb = async (account, order, { outcome }) => {
  const resolved: Dispute = {
    ...disputeOpen(account, order),
    status: "RESOLVED",
    outcome: typeof outcome === "string" ? outcome : "RESOLVED_SELLER_FAVOUR",
    updatedMillis: now(account)
  }
  await tell(account, [{ dispute: resolved }], Happenings.disputed(account, order, resolved, "RESOLVED"))
}

const reverse: Verb = async (account, order) => {
  const isLeft = (capture: Capture) => isTaken(capture) && Payments.leftOf(account, order, capture) > 0
  const capture = captureOf(account, order, isLeft, "there to be reversed")
  const at = now(account)
  const reversal: Refund = {
    id: madeId(),
    orderId: order.id,
    captureId: capture.id,
    kind: "reversal",
    status: "COMPLETED",
    reason: null,
    amountMinor: Payments.leftOf(account, order, capture),
    customId: order.customId,
    invoiceId: capture.invoiceId,
    note: null,
    createdMillis: at,
    updatedMillis: at
  }
  const reversed: Capture = { ...capture, status: "REFUNDED", reason: "CHARGEBACK", updatedMillis: at }
  const site = Happenings.ahead(account, { captures: [reversed], refunds: [reversal] })
  await tell(account, [{ capture: reversed }, { refund: reversal }], Happenings.refunded(site, order, reversal))
}

/** An authorization whose time is over: what is left of it is void. */
export const lapsed = (account: Account, order: Order, authorization: Authorization) => {
  const voided: Authorization = { ...authorization, status: "VOIDED", isExpired: true, updatedMillis: now(account) }
  return tell(account, [{ authorization: voided }], Happenings.authorized(account, order, voided))
}

/** Whether something can still be captured of an authorization. */
export const isLive = ({ status }: Authorization): boolean =>
  status === "CREATED" || status === "PENDING" || status === "PARTIALLY_CAPTURED"

const expireAuthorization: Verb = async (account, order) => {
  const live = account.book.authorizationsOf(order).findLast(isLive)
  if (live === undefined) throw new Impossible("The order has no authorization that is alive.")
  await lapsed(account, order, live)
}

const settleAuthorization =
  (status: "CREATED" | "DENIED"): Verb =>
  async (account, order) => {
    const pending = account.book.authorizationsOf(order).findLast((one) => one.status === "PENDING")
    if (pending === undefined) throw new Impossible("The order has no authorization that is pending.")
    const authorization: Authorization = { ...pending, status, updatedMillis: now(account) }
    const happenings = status === "CREATED" ? [Happenings.authorized(account, order, authorization)] : []
    await tell(account, [{ authorization }], ...happenings)
  }

const approve: Verb = async (account, order) => {
  needOpen(order)
  await Orders.approve(account, order)
}

const verbs: { readonly [verb: string]: Verb } = {
  open: async (_account, order) => needOpen(order),
  approve,
  pay: approve,
  authorize: approve,
  refuse: void_,
  close: void_,
  "decline-next": declineNext,
  "pending-next": pendingNext,
  "capture-complete": settle("COMPLETED"),
  "capture-deny": settle("DECLINED"),
  "capture-decline": settle("DECLINED", "DECLINED"),
  "authorization-complete": settleAuthorization("CREATED"),
  "authorization-deny": settleAuthorization("DENIED"),
  "expire-authorization": expireAuthorization,
  refund,
  "refund-pending-next": async (account, order) =>
    setNext(account, order, { on: "refund", status: "PENDING", reason: "ECHECK" }),
  "refund-settle": settleRefund("COMPLETED"),
  "refund-fail": settleRefund("FAILED"),
  "refund-cancel": settleRefund("CANCELLED"),
  dispute,
  "dispute-update": disputeUpdate,
  "dispute-resolve": disputeResolve,
  reverse
}

/** Does what a payer, the desk or chance does to an order; 409 with the reason where it cannot be. */
export const decide = async (account: Account, order: Order, decision: Decision): Promise<Decided> => {
  const verb = Object.hasOwn(verbs, decision.verb) ? verbs[decision.verb] : undefined
  if (verb === undefined) return { status: 404, body: { error: "no_such_verb", verbs: Object.keys(verbs) } }
  try {
    await verb(account, order, decision)
  } catch (error) {
    if (error instanceof Impossible || error instanceof Refusal)
      return { status: 409, body: { error: "impossible", message: error.message } }
    throw error
  }
  return { status: 200, body: Shapes.orderOf(account, account.book.orders.get(order.id) ?? order) }
}

const isListener = (url: unknown): url is string => typeof url === "string" && /^https?:\/\/\S+$/.test(url)

/** What the merchant's account is told of itself, by calls on number "-"; nothing where the verb is another vendor's. */
export const configure = (account: Account, { verb, url, on }: Decision): Decided | undefined => {
  const { book } = account
  if (verb === "revoke-paypal-tokens") book.commit({ settings: { tokenGeneration: book.settings.tokenGeneration + 1 } })
  else if (verb === "listen-paypal") {
    if (url !== null && !isListener(url))
      return { status: 400, body: { error: "invalid", message: '"url" is a web address, or null.' } }
    book.commit({ settings: { webhookUrl: url } })
  } else if (verb === "block-paypal-duplicate-invoices")
    book.commit({ settings: { blocksDuplicateInvoiceIds: on !== false } })
  else return undefined
  return { status: 200, body: book.settings }
}
