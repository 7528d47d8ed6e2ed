import { hash } from "node:crypto"
import { Clock } from "./Clock.ts"
import type { Fault, On } from "./Faults.ts"
import { Faults, generic } from "./Faults.ts"
import { Ledger } from "./Ledger.ts"
import { Notifications } from "./Notifications.ts"
import type { Change, Held } from "./Payments.ts"
import { Book, readCreate } from "./Payments.ts"
import { randomHex } from "./Random.ts"

/** What the platform answers to a call, before any fault touches it. */
export interface Answer {
  readonly status: number
  readonly body: unknown
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

/** The faults that the platform plays on its API. */
const played = [...generic, "wrong-amount"] as const

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
  #url = ""

  constructor(options: {
    readonly folder: string
    readonly merchantId: string
    readonly webhookSecret: string
    readonly retryMillis: ReadonlyArray<number>
  }) {
    this.#merchantId = options.merchantId
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

  /** The payment with this number, closed first if its time is over. */
  find(number: string): Held | undefined {
    const held = this.#book.find(number)
    if (held === undefined) return undefined
    const { status, expires_at, id } = held.payment
    const isOver = status === "PENDING" && expires_at !== null && Date.parse(expires_at) <= this.clock.now()
    return isOver ? this.change({ kind: "closed", id }) : held
  }

  /** Closes every payment whose time is over. */
  sweep(): void {
    for (const id of this.#book.due(this.clock.now())) this.find(id)
  }

  /** Writes a change down, applies it, and tells the merchant. */
  change(change: Exclude<Change, { kind: "created" }>): Held {
    this.ledger.append({ type: "change", at: this.clock.text(), change })
    const held = this.#book.apply(change)
    void this.notifications.send(held)
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
    const change: Change = { kind: "created", held }
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

  /** What a payer or the platform's desk does to a payment. */
  decide(number: string, decision: string, amount: number | undefined): Answer {
    const held = this.find(number)
    if (held === undefined) return refused(404, "not_found", "No such payment.", [number])
    const { payment } = held
    const isOpen = payment.status === "PENDING" || payment.status === "AUTHORIZED"
    if (decision === "pay" && isOpen)
      return shown(this.change({ kind: "paid", id: payment.id, at: this.clock.text() }), 200, "paid")
    if (decision === "refuse" && isOpen)
      return shown(
        this.change({ kind: "refused", id: payment.id, reason: "refused_by_payer" }),
        200,
        "refused by the payer"
      )
    if (decision === "authorize" && payment.status === "PENDING")
      return shown(this.change({ kind: "authorized", id: payment.id }), 200, "authorized")
    const left = payment.amount - payment.refunded
    const refund = amount ?? left
    if (
      decision === "refund" &&
      payment.status === "SUCCEEDED" &&
      Number.isSafeInteger(refund) &&
      refund > 0 &&
      refund <= left
    )
      return shown(this.change({ kind: "refunded", id: payment.id, amount: refund }), 200, "refunded at the desk")
    return refused(409, "not_possible", `${decision} is not possible: the payment is ${payment.status}.`, [number])
  }

  /** The fault that fires on a call, if one does. */
  fault(on: On, number: string): Fault | undefined {
    return this.faults.fire(on, number, on === "token" ? undefined : played)
  }
}
