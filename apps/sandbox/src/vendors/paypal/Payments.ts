import type { Account, Asking, Made } from "./Account.ts"
import * as Accounts from "./Account.ts"
import type { Authorization, Capture, Order, Refund } from "./Book.ts"
import { madeId } from "./Book.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import * as Happenings from "./Happenings.ts"
import * as Money from "./Money.ts"
import { Refusal } from "./Problems.ts"

const dayMillis = 86_400_000
/** A merchant may refund for so long. */
const refundableMillis = 180 * dayMillis
/** Within this time of an authorization the vendor honours it anyway. */
const honourMillis = 3 * dayMillis

const sumOf = (all: ReadonlyArray<{ readonly amountMinor: number }>): number =>
  all.reduce((sum, { amountMinor }) => sum + amountMinor, 0)

/** An amount of a body, in the order's currency; the whole where there is none. */
const amountIn = (body: Json, currency: string, whole: number, mismatch: string): number => {
  if (body["amount"] === undefined || body["amount"] === null) return whole
  const amount = Money.read(body["amount"], "/amount")
  if (amount.currency !== currency) throw Fields.wrong(mismatch, "/amount/currency_code", amount.currency)
  return amount.minor
}

const counted = (captures: ReadonlyArray<Capture>, authorizationId: string): ReadonlyArray<Capture> =>
  captures.filter(
    (one) => one.authorizationId === authorizationId && one.status !== "DECLINED" && one.status !== "FAILED"
  )

const checkCapturable = ({ status, isExpired }: Authorization): void => {
  if (isExpired) throw new Refusal("AUTHORIZATION_EXPIRED")
  if (status === "VOIDED") throw new Refusal("AUTHORIZATION_VOIDED")
  if (status === "DENIED" || status === "PENDING") throw new Refusal("AUTHORIZATION_DENIED")
  if (status === "CAPTURED") throw new Refusal("AUTHORIZATION_ALREADY_CAPTURED")
}

/** Captures an authorization, a part of it or up to 115 % in all; after a final capture there is none. */
export const capture = (account: Account, asking: Asking, id: string, read: () => Json): Made => {
  const [authorization, order] = Accounts.authorization(account, id)
  return Accounts.once(account, asking, () => {
    const body = read()
    const isFinal = Fields.flag(body, "final_capture", "")
    const invoiceId = Fields.text(body, "invoice_id", "", 127) ?? order.invoiceId
    const note = Fields.text(body, "note_to_payer", "", 255) ?? null
    checkCapturable(authorization)
    const before = sumOf(counted(account.book.capturesOf(order), id))
    const whole = Math.max(authorization.amountMinor - before, 0)
    const amountMinor = amountIn(body, order.currency, whole, "AUTH_CAPTURE_CURRENCY_MISMATCH")
    const limit = Money.captureLimit({ minor: authorization.firstMinor, currency: order.currency })
    if (before + amountMinor > limit) throw Fields.wrong("MAX_CAPTURE_AMOUNT_EXCEEDED", "/amount/value")
    Accounts.checkInvoice(account, invoiceId, order.id)
    const fate = Accounts.fated(account, order, "capture")
    const now = account.kit.clock.now()
    const status = fate?.status ?? "COMPLETED"
    const captured: Capture = {
      ...{ id: madeId(), orderId: order.id, authorizationId: id, status, reason: fate?.reason ?? null },
      ...{ amountMinor, isFinal, invoiceId, note, createdMillis: now, updatedMillis: now }
    }
    const isTaken = status === "COMPLETED" || status === "PENDING"
    const isAll = isFinal || before + amountMinor >= authorization.amountMinor
    const left: Authorization = isTaken
      ? { ...authorization, status: isAll ? "CAPTURED" : "PARTIALLY_CAPTURED", updatedMillis: now }
      : authorization
    const site = Happenings.ahead(account, { captures: [captured], authorizations: [left] })
    return {
      id: captured.id,
      changes: [{ order: { ...order, next: null } }, { authorization: left }, { capture: captured }],
      happenings: [Happenings.captured(site, order, captured)]
    }
  })
}

/** Voids what is left of an authorization; a request id is not looked at. */
export const release = (account: Account, id: string): Made => {
  const [authorization, order] = Accounts.authorization(account, id)
  const { status } = authorization
  if (status === "VOIDED") throw new Refusal("PREVIOUSLY_VOIDED")
  if (status === "CAPTURED") throw new Refusal("PREVIOUSLY_CAPTURED")
  if (status === "DENIED") throw new Refusal("CANNOT_BE_VOIDED")
  Accounts.fated(account, order, "void")
  const voided: Authorization = { ...authorization, status: "VOIDED", updatedMillis: account.kit.clock.now() }
  void account.telling.commit([{ authorization: voided }], [Happenings.authorized(account, order, voided)])
  return { id, isRepeat: false }
}

/** Authorizes again, under a new id, what is past its days of honour; the old authorization is void with that. */
export const reauthorize = (account: Account, asking: Asking, id: string, read: () => Json): Made => {
  const [authorization, order] = Accounts.authorization(account, id)
  return Accounts.once(account, asking, () => {
    const amountMinor = amountIn(read(), order.currency, authorization.amountMinor, "AUTH_CURRENCY_MISMATCH")
    const now = account.kit.clock.now()
    if (authorization.status === "VOIDED") throw new Refusal("AUTHORIZATION_VOIDED")
    if (authorization.status !== "CREATED") throw new Refusal("AUTHORIZATION_ALREADY_CAPTURED")
    if (now - authorization.createdMillis < honourMillis) throw new Refusal("REAUTHORIZATION_NOT_SUPPORTED")
    if (amountMinor > Money.captureLimit({ minor: authorization.firstMinor, currency: order.currency }))
      throw Fields.wrong("AUTHORIZATION_AMOUNT_EXCEEDED", "/amount/value")
    Accounts.fated(account, order, "reauthorize")
    const again: Authorization = { ...authorization, id: madeId(), amountMinor, createdMillis: now, updatedMillis: now }
    const old: Authorization = { ...authorization, status: "VOIDED", updatedMillis: now }
    return {
      id: again.id,
      changes: [{ authorization: old }, { authorization: again }],
      happenings: [Happenings.authorized(account, order, again)]
    }
  })
}

/** What has gone back of a capture, or is on its way. */
const backOf = (refunds: ReadonlyArray<Refund>, captureId: string): number =>
  sumOf(refunds.filter((one) => one.captureId === captureId && one.status !== "FAILED" && one.status !== "CANCELLED"))

/** What can still be refunded of a capture. */
export const leftOf = ({ book }: Account, order: Order, captured: Capture): number =>
  captured.amountMinor - backOf(book.refundsOf(order), captured.id)

const checkRefundable = (account: Account, order: Order, captured: Capture): void => {
  const { book, kit } = account
  if (captured.status === "PENDING") throw new Refusal("PENDING_CAPTURE")
  if (captured.status === "DECLINED" || captured.status === "FAILED") throw new Refusal("REFUND_NOT_ALLOWED")
  if (captured.reason === "CHARGEBACK") throw new Refusal("REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK")
  if (leftOf(account, order, captured) <= 0) throw new Refusal("CAPTURE_FULLY_REFUNDED")
  if (book.disputesOf(order).some(({ captureId, status }) => captureId === captured.id && status === "OPEN"))
    throw new Refusal("TRANSACTION_DISPUTED")
  if (kit.clock.now() - captured.createdMillis > refundableMillis) throw new Refusal("REFUND_TIME_LIMIT_EXCEEDED")
}

/** What is asked for of a refund. */
interface Back {
  readonly amountMinor: number
  readonly customId: string | null
  readonly invoiceId: string | null
  readonly note: string | null
}

/** A refund of a capture with all that changes by it, or the reason why there is none. */
export const refunding = (account: Account, order: Order, captured: Capture, asked: Back) => {
  checkRefundable(account, order, captured)
  const left = leftOf(account, order, captured)
  if (asked.amountMinor > left) throw Fields.wrong("REFUND_AMOUNT_EXCEEDED", "/amount/value")
  const fate = Accounts.fated(account, order, "refund")
  const now = account.kit.clock.now()
  const refund: Refund = {
    ...{ id: madeId(), orderId: order.id, captureId: captured.id, kind: "refund", ...asked },
    status: fate?.status === "PENDING" ? "PENDING" : fate?.status === undefined ? "COMPLETED" : "FAILED",
    reason: fate?.reason ?? null,
    createdMillis: now,
    updatedMillis: now
  }
  const isGone = refund.status === "FAILED"
  const back: Capture = isGone
    ? captured
    : { ...captured, ...standing(captured, left - asked.amountMinor), updatedMillis: now }
  const site = Happenings.ahead(account, { captures: [back], refunds: [refund] })
  return {
    id: refund.id,
    changes: [{ order: { ...order, next: null } }, { capture: back }, { refund }],
    happenings: refund.status === "COMPLETED" ? [Happenings.refunded(site, order, refund)] : []
  }
}

/** How a capture stands of which so much is left. */
export const standing = ({ amountMinor }: Capture, left: number): Pick<Capture, "status" | "reason"> => {
  if (left === amountMinor) return { status: "COMPLETED", reason: null }
  return left > 0 ? { status: "PARTIALLY_REFUNDED", reason: null } : { status: "REFUNDED", reason: "REFUNDED" }
}

/** Refunds a capture, all that is left of it or a part. */
export const refund = (account: Account, asking: Asking, id: string, read: () => Json): Made => {
  const [captured, order] = Accounts.capture(account, id)
  return Accounts.once(account, asking, () => {
    const body = read()
    const customId = Fields.text(body, "custom_id", "", 127) ?? null
    const invoiceId = Fields.text(body, "invoice_id", "", 127) ?? null
    const note = Fields.text(body, "note_to_payer", "", 255) ?? null
    const left = leftOf(account, order, captured)
    const amountMinor = amountIn(body, order.currency, left, "CURRENCY_MISMATCH")
    return refunding(account, order, captured, { amountMinor, customId, invoiceId, note })
  })
}
