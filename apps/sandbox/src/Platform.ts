import { hash } from "node:crypto"
import { Clock } from "./Clock.ts"
import type { Fault, On } from "./Faults.ts"
import { Faults, generic } from "./Faults.ts"
import { Ledger } from "./Ledger.ts"
import { Notifications } from "./Notifications.ts"
import type { Held, PaymentChange, RefundChange } from "./Payments.ts"
import { Book, readCreate } from "./Payments.ts"
import { randomHex } from "./Random.ts"
import type { AskedRefund, HeldRefund, Refund } from "./Refunds.ts"
import { readRefund } from "./Refunds.ts"
import { isDay } from "./Statements.ts"

/** What the platform answers to a call, before any fault touches it. */
export interface Answer {
  readonly status: number
  /** What goes out as JSON; a list goes out as JSON lines. */
  readonly body: unknown
  readonly headers?: Record<string, string>
  /** What was done, as the ledger says it. */
  readonly did: string
  readonly numbers: ReadonlyArray<string>
}

const refused = (status: number, error: string, message: string, numbers: ReadonlyArray<string> = []): Answer => ({
  status,
  body: { error, message },
  did: `refused:${error}`,
  numbers
})

const shown = (held: Held, status: number, did: string): Answer => ({
  status,
  body: held.payment,
  did,
  numbers: [held.payment.merchant_payment_no, held.payment.id]
})

const shownRefund = ({ refund }: HeldRefund, status: number, did: string): Answer => ({
  status,
  body: refund,
  did,
  numbers: [refund.merchant_payment_no, refund.payment_id, refund.merchant_refund_no ?? refund.id, refund.id]
})

/** The faults that the platform plays on its API. */
const played = [...generic, "wrong-amount"] as const

/** Which refunds of a payment come to their end at the desk, by either number, and how; all, and well, unless it says otherwise. */
export interface Settling {
  readonly refund?: unknown
  readonly failed?: unknown
}

/** Hex SHA-256 of what was received. */
export const sha256 = (bytes: Uint8Array): string => hash("sha256", bytes)

/** The platform behind its API: payments, ledger, faults and notifications. */
export class Platform {
  readonly clock = new Clock()
  readonly faults = new Faults()
  readonly ledger: Ledger
  readonly notifications: Notifications
  readonly #book = new Book()
  readonly #merchantId: string
  /** Whom a payer pays. */
  readonly merchantName: string
  #url = ""

  constructor(options: {
    readonly folder: string
    readonly merchantId: string
    readonly merchantName?: string | undefined
    readonly webhookSecret: string
    readonly retryMillis: ReadonlyArray<number>
  }) {
    this.#merchantId = options.merchantId
    this.merchantName = options.merchantName ?? options.merchantId
    this.ledger = new Ledger(options.folder)
    for (const { change } of this.ledger.lines("change")) this.#book.apply(change)
    for (const { offsetMillis } of this.ledger.lines("clock")) this.clock.offsetMillis = offsetMillis
    this.notifications = new Notifications({
      secret: options.webhookSecret,
      ledger: this.ledger,
      faults: this.faults,
      clock: this.clock,
      retryMillis: options.retryMillis
    })
  }

  /** Where it is. */
  get url(): string {
    return this.#url
  }

  /** The platform goes on at this address, with what was on its way. */
  open(url: string): void {
    this.#url = url
    this.notifications.resume(this.#book.all())
  }

  close(): void {
    this.notifications.close()
    this.ledger.close()
  }

  /** Every payment, in the order in which they came. */
  payments(): ReadonlyArray<Held> {
    return this.#book.all()
  }

  /** Every refund, in the order in which they came. */
  refunds(): ReadonlyArray<HeldRefund> {
    return this.#book.refunds.all()
  }

  /** The merchant's number of the payment that a refund is of, by either number of the refund's; the same text where there is none. */
  paymentNoOf(refundNumber: string): string {
    return this.#book.refunds.find(refundNumber)?.refund.merchant_payment_no ?? refundNumber
  }

  /** The payment with this number, closed first if its time is over. */
  find(number: string): Held | undefined {
    const held = this.#book.find(number)
    if (held === undefined) return undefined
    const { status, expires_at, id } = held.payment
    const isOver = status === "PENDING" && expires_at !== null && Date.parse(expires_at) <= this.clock.now()
    return isOver ? this.change({ kind: "closed", id, isExpired: true }) : held
  }

  /** Closes every payment whose time is over. */
  sweep(): void {
    for (const id of this.#book.due(this.clock.now())) this.find(id)
  }

  /** Writes a change down, applies it, and tells the merchant. */
  change(change: PaymentChange): Held {
    this.ledger.append({ type: "change", at: this.clock.text(), change })
    const held = this.#book.apply(change)
    void this.notifications.send(held)
    return held
  }

  /** Writes down what happens to a refund and applies it; the merchant is told where money went back. */
  #changeRefund(change: RefundChange, id: string): HeldRefund {
    this.ledger.append({ type: "change", at: this.clock.text(), change })
    const payment = this.#book.apply(change)
    const held = this.#book.refunds.find(id)
    if (held === undefined) throw new Error(`The refund was not put down: ${id}`)
    if (held.refund.status === "SUCCEEDED") void this.notifications.send(payment, held.notifyUrl)
    return held
  }

  /** Makes a payment; it goes to disk with the request that asked for it, which is the ledger's next line. */
  create(body: unknown, bodySha256: string): Answer {
    const asked = readCreate(body)
    if (typeof asked === "string") return refused(422, "invalid", asked)
    const number = asked.merchant_payment_no
    const known = this.find(number)
    if (known !== undefined)
      return known.bodySha256 === bodySha256
        ? shown(known, 200, "repeated")
        : refused(422, "number_reused", "This number has another body.", [number])
    if (asked.expires_at !== null && Date.parse(asked.expires_at) <= this.clock.now())
      return refused(422, "expired", "expires_at has passed.", [number])
    const id = `pay_${randomHex(12)}`
    const cashierToken = randomHex(16)
    const held: Held = {
      payment: {
        id,
        merchant_id: this.#merchantId,
        merchant_payment_no: number,
        status: "PENDING",
        amount: asked.amount,
        currency: asked.currency,
        subject: asked.subject,
        created_at: this.clock.text(),
        expires_at: asked.expires_at === null ? null : new Date(asked.expires_at).toISOString(),
        paid_at: null,
        refunded: 0,
        failure_reason: null,
        action: { type: asked.scene === "QR" ? "qr" : "redirect", url: `${this.#url}/cashier/${id}?t=${cashierToken}` }
      },
      bodySha256,
      notifyUrl: asked.notify_url,
      returnUrl: asked.return_url,
      cashierToken
    }
    const change = { kind: "created", held } as const
    this.ledger.hold({ type: "change", at: this.clock.text(), change })
    return shown(this.#book.apply(change), 201, "created")
  }

  query(number: string): Answer {
    const held = this.find(number)
    return held === undefined ? refused(404, "not_found", "No such payment.", [number]) : shown(held, 200, "queried")
  }

  closePayment(number: string): Answer {
    const held = this.find(number)
    if (held === undefined) return refused(404, "not_found", "No such payment.", [number])
    const { status, id } = held.payment
    if (status === "PENDING" || status === "AUTHORIZED")
      return shown(this.change({ kind: "closed", id }), 200, "closed")
    const error = `already_${status.toLowerCase()}`
    return { ...shown(held, 409, `refused:${error}`), body: { error, payment: held.payment } }
  }

  /** Sends a part of a payment back, or all of it; the same number and body again is the same refund. */
  refund(number: string, body: unknown, bodySha256: string): Answer {
    const asked = readRefund(body)
    if (typeof asked === "string") return refused(422, "invalid", asked, [number])
    const held = this.find(number)
    if (held === undefined) return refused(404, "not_found", "No such payment.", [number])
    const numbers = [held.payment.merchant_payment_no, asked.merchant_refund_no]
    const known = this.#book.refunds.find(asked.merchant_refund_no)
    if (known !== undefined)
      return known.bodySha256 === bodySha256 && known.refund.payment_id === held.payment.id
        ? shownRefund(known, 200, "repeated")
        : refused(422, "number_reused", "This number has another body.", numbers)
    const { status } = held.payment
    if (status !== "SUCCEEDED")
      return refused(409, `payment_${status.toLowerCase()}`, "Only what was paid can go back.", numbers)
    if (asked.amount > this.#left(held)) return refused(422, "refund_exceeds", "More than is left of it.", numbers)
    const isPending = this.faults.fire("refund", held.payment.merchant_payment_no, ["refund-pending"]) !== undefined
    return shownRefund(this.#makeRefund(held, asked, bodySha256, isPending), 201, "refunded")
  }

  /** What of a payment has not gone back, and is not on its way. */
  #left({ payment }: Held): number {
    const pending = this.#book.refunds.pendingOf(payment.id)
    return pending.reduce((left, { refund }) => left - refund.amount, payment.amount - payment.refunded)
  }

  #makeRefund(
    { payment }: Held,
    asked: Omit<AskedRefund, "merchant_refund_no"> & { readonly merchant_refund_no: string | null },
    bodySha256: string | null,
    isPending: boolean
  ): HeldRefund {
    const id = `ref_${randomHex(12)}`
    const at = this.clock.text()
    const refund: Refund = {
      id,
      merchant_id: this.#merchantId,
      merchant_refund_no: asked.merchant_refund_no,
      payment_id: payment.id,
      merchant_payment_no: payment.merchant_payment_no,
      status: isPending ? "PENDING" : "SUCCEEDED",
      amount: asked.amount,
      currency: payment.currency,
      reason: asked.reason,
      created_at: at,
      settled_at: isPending ? null : at
    }
    return this.#changeRefund({ kind: "refunded", held: { refund, bodySha256, notifyUrl: asked.notify_url } }, id)
  }

  queryRefund(number: string): Answer {
    const held = this.#book.refunds.find(number)
    return held === undefined
      ? refused(404, "not_found", "No such refund.", [number])
      : shownRefund(held, 200, "queried")
  }

  /** A page of what was paid and went back on a day of UTC; of today, what there is so far. */
  statement(day: string, cursor: string): Answer {
    if (!isDay(day)) return refused(422, "invalid", "date is a day, yyyy-MM-dd")
    if (!/^\d{0,9}$/.test(cursor)) return refused(422, "invalid", "cursor is what the page before said")
    if (day > this.clock.text().slice(0, 10)) return refused(404, "not_ready", "This day has not begun.")
    const { lines, next } = this.#book.statements.page(day, Number(cursor))
    return {
      status: 200,
      body: lines,
      ...(next === null ? {} : { headers: { "next-cursor": next } }),
      did: "stated",
      numbers: []
    }
  }

  /** Ends a payment's refunds that are on their way, or the one that is named. */
  #settle(held: Held, { refund, failed }: Settling): Answer {
    const { id, merchant_payment_no } = held.payment
    const pending = this.#book.refunds
      .pendingOf(id)
      .filter((one) => refund === undefined || refund === one.refund.id || refund === one.refund.merchant_refund_no)
    if (pending.length === 0) return refused(409, "not_possible", "No refund is on its way.", [merchant_payment_no])
    const status = failed === true ? "FAILED" : "SUCCEEDED"
    const at = this.clock.text()
    for (const { refund: one } of pending)
      this.#changeRefund({ kind: "refund-settled", id: one.id, status, at }, one.id)
    return this.query(id)
  }

  /** What a payer or the platform's desk does to a payment. */
  decide(number: string, decision: string, amount: number | undefined, settling: Settling = {}): Answer {
    const held = this.find(number)
    if (held === undefined) return refused(404, "not_found", "No such payment.", [number])
    const { payment } = held
    const isOpen = payment.status === "PENDING" || payment.status === "AUTHORIZED"
    // Money that a bank had sent off by the time of the close comes all the same.
    const isOnItsWay = decision === "pay-late" && (isOpen || payment.status === "CLOSED")
    if ((decision === "pay" && isOpen) || isOnItsWay)
      return shown(this.change({ kind: "paid", id: payment.id, at: this.clock.text() }), 200, "paid")
    if (decision === "refuse" && isOpen)
      return shown(
        this.change({ kind: "refused", id: payment.id, reason: "refused_by_payer" }),
        200,
        "refused by the payer"
      )
    if (decision === "authorize" && payment.status === "PENDING")
      return shown(this.change({ kind: "authorized", id: payment.id }), 200, "authorized")
    if (decision === "settle") return this.#settle(held, settling)
    const left = this.#left(held)
    const back = amount ?? left
    if (
      decision === "refund" &&
      payment.status === "SUCCEEDED" &&
      Number.isSafeInteger(back) &&
      back > 0 &&
      back <= left
    ) {
      this.#makeRefund(held, { merchant_refund_no: null, amount: back, reason: null, notify_url: null }, null, false)
      return { ...this.query(payment.id), did: "refunded at the desk" }
    }
    return refused(409, "not_possible", `${decision} is not possible: the payment is ${payment.status}.`, [number])
  }

  /** The fault that fires on a call, if one does. */
  fault(on: On, number: string): Fault | undefined {
    return this.faults.fire(on, number, on === "token" ? undefined : played)
  }
}
