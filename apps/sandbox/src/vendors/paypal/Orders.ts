import type { Account, Asking, Made } from "./Account.ts"
import * as Accounts from "./Account.ts"
import type { Authorization, Capture, Order } from "./Book.ts"
import { madeAccountId, madeId } from "./Book.ts"
import * as Creating from "./Creating.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import * as Happenings from "./Happenings.ts"
import { Refusal } from "./Problems.ts"

/** Makes an order of a create's body. */
export const create = (account: Account, asking: Asking, body: () => Json): Made =>
  Accounts.once(account, asking, () => {
    const asked = Creating.read(body(), account.merchantId, asking.requestId !== undefined)
    Accounts.checkInvoice(account, asked.invoiceId, null)
    const now = account.kit.clock.now()
    const id = madeId()
    const order: Order = {
      ...asked,
      id,
      number: asked.customId ?? asked.invoiceId ?? id,
      status: asked.hasSource ? "PAYER_ACTION_REQUIRED" : "CREATED",
      isExpired: false,
      payerId: null,
      createdMillis: now,
      updatedMillis: now,
      approvedMillis: null,
      next: null
    }
    return { id, changes: [{ order }], happenings: [] }
  })

/** What keeps an order from being taken. */
const checkApproved = (account: Account, order: Order, intent: Order["intent"]): void => {
  if (order.intent !== intent) throw new Refusal("ACTION_DOES_NOT_MATCH_INTENT")
  if (order.status === "VOIDED") throw new Refusal(order.isExpired ? "ORDER_EXPIRED" : "ORDER_COMPLETED_OR_VOIDED")
  if (order.status === "COMPLETED")
    throw new Refusal(intent === "CAPTURE" ? "ORDER_ALREADY_CAPTURED" : "ORDER_ALREADY_AUTHORIZED")
  if (order.status !== "APPROVED") throw new Refusal("ORDER_NOT_APPROVED")
  Accounts.checkInvoice(account, order.invoiceId, order.id)
}

/** A body that is empty, or whose fields are of the right form. */
const checkTaking = (body: Json): void => void Fields.object(body, "payment_source", "")

/** Captures an approved order: all of it, at once. */
export const capture = (account: Account, asking: Asking, id: string, body: () => Json): Made => {
  const order = Accounts.order(account, id)
  return Accounts.once(account, asking, () => {
    checkTaking(body())
    checkApproved(account, order, "CAPTURE")
    const fate = Accounts.fated(account, order, "capture")
    const now = account.kit.clock.now()
    const captured: Capture = {
      id: madeId(),
      orderId: id,
      authorizationId: null,
      status: fate?.status ?? "COMPLETED",
      reason: fate?.reason ?? null,
      amountMinor: order.amountMinor,
      isFinal: true,
      invoiceId: order.invoiceId,
      note: null,
      createdMillis: now,
      updatedMillis: now
    }
    const done: Order = { ...order, status: "COMPLETED", updatedMillis: now, next: null }
    const site = Happenings.ahead(account, { captures: [captured] })
    return {
      id,
      changes: [{ order: done }, { capture: captured }],
      happenings: [Happenings.captured(site, done, captured), Happenings.completed(site, done)]
    }
  })
}

/** Authorizes an approved order. */
export const authorize = (account: Account, asking: Asking, id: string, body: () => Json): Made => {
  const order = Accounts.order(account, id)
  return Accounts.once(account, asking, () => {
    checkTaking(body())
    checkApproved(account, order, "AUTHORIZE")
    const fate = Accounts.fated(account, order, "authorize")
    const now = account.kit.clock.now()
    const authorization: Authorization = {
      id: madeId(),
      orderId: id,
      status: fate?.status === undefined ? "CREATED" : fate.status === "PENDING" ? "PENDING" : "DENIED",
      isExpired: false,
      amountMinor: order.amountMinor,
      firstMinor: order.amountMinor,
      firstMillis: now,
      createdMillis: now,
      updatedMillis: now
    }
    const done: Order = { ...order, status: "COMPLETED", updatedMillis: now, next: null }
    const isMade = authorization.status === "CREATED"
    return {
      id,
      changes: [{ order: done }, { authorization }],
      happenings: isMade ? [Happenings.authorized(account, done, authorization)] : []
    }
  })
}

/** The payer approves an open order: this moves no money. */
export const approve = async (account: Account, order: Order): Promise<Order> => {
  const now = account.kit.clock.now()
  const approved: Order = {
    ...order,
    status: "APPROVED",
    payerId: order.payerId ?? madeAccountId(),
    approvedMillis: now,
    updatedMillis: now
  }
  await account.telling.commit([{ order: approved }], [Happenings.approved(account, approved)])
  return approved
}

/** Whether a payer can approve an order now. */
export const isOpen = ({ status }: Order): boolean => status === "CREATED" || status === "PAYER_ACTION_REQUIRED"
