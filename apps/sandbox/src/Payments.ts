import { Agenda } from "./Agenda.ts"
import type { HeldRefund, Refund } from "./Refunds.ts"
import { Refunds } from "./Refunds.ts"
import { Shelves } from "./Shelves.ts"
import { ofPayment, ofRefund, Statements } from "./Statements.ts"

/** What a payment of the platform can be. */
export type Status = "PENDING" | "AUTHORIZED" | "SUCCEEDED" | "FAILED" | "CLOSED"

/** A payment as the platform's API shows it; amounts are minor units, times RFC 3339. */
export interface Payment {
  readonly id: string
  readonly merchant_id: string
  readonly merchant_payment_no: string
  readonly status: Status
  readonly amount: number
  readonly currency: string
  readonly subject: string
  readonly created_at: string
  readonly expires_at: string | null
  readonly paid_at: string | null
  readonly refunded: number
  readonly failure_reason: string | null
  readonly action: { readonly type: "redirect" | "qr"; readonly url: string }
}

/** A payment as the platform holds it: with what only the platform knows. */
export interface Held {
  readonly payment: Payment
  readonly bodySha256: string
  readonly notifyUrl: string | null
  readonly returnUrl: string | null
  readonly cashierToken: string
  /** Whether it was closed because its time was over. */
  readonly isExpired?: boolean
}

/** What happens to a payment itself. */
export type PaymentChange =
  | { readonly kind: "authorized"; readonly id: string }
  | { readonly kind: "paid"; readonly id: string; readonly at: string }
  | { readonly kind: "refused"; readonly id: string; readonly reason: string }
  | { readonly kind: "closed"; readonly id: string; readonly isExpired?: boolean }

/** What happens to a refund: it is made, or one that was on its way comes to its end. */
export type RefundChange =
  | { readonly kind: "refunded"; readonly held: HeldRefund }
  | { readonly kind: "refund-settled"; readonly id: string; readonly status: Refund["status"]; readonly at: string }

/** What happens; the book is the fold of these. */
export type Change = { readonly kind: "created"; readonly held: Held } | PaymentChange | RefundChange

const next = (payment: Payment, change: PaymentChange): Payment => {
  switch (change.kind) {
    case "authorized":
      return { ...payment, status: "AUTHORIZED" }
    case "paid":
      return { ...payment, status: "SUCCEEDED", paid_at: change.at }
    case "refused":
      return { ...payment, status: "FAILED", failure_reason: change.reason }
    case "closed":
      return { ...payment, status: "CLOSED" }
  }
}

/** The book of payments, by the platform's number and by the merchant's; of their refunds, and of what was booked when. */
export class Book {
  readonly refunds = new Refunds()
  readonly statements = new Statements()
  readonly #all: Array<Held> = []
  readonly #placeById = new Shelves<number>()
  readonly #placeByNumber = new Shelves<number>()
  readonly #ends = new Agenda()

  /** Every payment, in the order in which they came. */
  all(): ReadonlyArray<Held> {
    return [...this.#all]
  }

  /** The payment with this number, the platform's or the merchant's. */
  find(number: string): Held | undefined {
    const place = this.#placeById.get(number) ?? this.#placeByNumber.get(number)
    return place === undefined ? undefined : this.#all[place]
  }

  /** The payments whose time is over, whatever they are by now; each is answered once. */
  due(nowMillis: number): Iterable<string> {
    return this.#ends.due(nowMillis)
  }

  /** Applies a change; answers the payment as it then is. */
  apply(change: Change): Held {
    if (change.kind === "created") {
      const { id, merchant_payment_no, expires_at } = change.held.payment
      const place = this.#all.push(change.held) - 1
      this.#placeById.set(id, place)
      this.#placeByNumber.set(merchant_payment_no, place)
      if (expires_at !== null) this.#ends.add(Date.parse(expires_at), id)
      return change.held
    }
    if (change.kind === "refunded") return this.#refunded(change.held)
    if (change.kind === "refund-settled") {
      const { id, status, at } = change
      const held = this.refunds.find(id) ?? missing("refund", id)
      return this.#refunded({ ...held, refund: { ...held.refund, status, settled_at: at } })
    }
    const more = change.kind === "closed" && change.isExpired === true ? { isExpired: true } : {}
    const after = this.#changed(change.id, (payment) => next(payment, change), more)
    if (change.kind === "paid") this.statements.add(ofPayment(after.payment, change.at))
    return after
  }

  #changed(id: string, change: (payment: Payment) => Payment, more: Partial<Held> = {}): Held {
    const place = this.#placeById.get(id)
    const held = place === undefined ? undefined : this.#all[place]
    if (place === undefined || held === undefined) return missing("payment", id)
    const after = { ...held, ...more, payment: change(held.payment) }
    this.#all[place] = after
    return after
  }

  #refunded(held: HeldRefund): Held {
    const { payment_id, status, amount, settled_at } = held.refund
    this.refunds.set(held)
    if (status === "SUCCEEDED" && settled_at !== null) this.statements.add(ofRefund(held.refund, settled_at))
    const back = status === "SUCCEEDED" ? amount : 0
    return this.#changed(payment_id, (payment) => ({ ...payment, refunded: payment.refunded + back }))
  }
}

const missing = (what: string, id: string): never => {
  throw new Error(`The ledger names a ${what} that it does not hold: ${id}`)
}

/** A create as the platform takes it. */
export interface Asked {
  readonly merchant_payment_no: string
  readonly amount: number
  readonly currency: string
  readonly subject: string
  readonly scene: string
  readonly notify_url: string | null
  readonly return_url: string | null
  readonly expires_at: string | null
}

const scenes = ["APP", "H5", "WEB", "QR", "MINI_PROGRAM", "JSAPI"]

const optionalUrl = (value: unknown): value is string | undefined =>
  value === undefined || value === null || (typeof value === "string" && /^https?:\/\/\S+$/.test(value))

/** Reads a create's body, or says what is wrong with it. */
export const readCreate = (body: unknown): Asked | string => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "the body is not a JSON object"
  const b = body as { readonly [name: string]: unknown }
  const { merchant_payment_no, amount, currency, subject, scene, notify_url, return_url, expires_at } = b
  if (typeof merchant_payment_no !== "string" || !/^[0-9A-Za-z_-]{6,32}$/.test(merchant_payment_no))
    return "merchant_payment_no is 6 to 32 of 0-9, A-Z, a-z, _ and -"
  if (typeof amount !== "number" || !Number.isSafeInteger(amount) || amount <= 0)
    return "amount is a whole number of minor units above 0"
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return "currency is three capital letters"
  if (typeof subject !== "string" || subject === "") return "subject is missing"
  if (typeof scene !== "string" || !scenes.includes(scene)) return `scene is one of ${scenes.join(", ")}`
  if (!optionalUrl(notify_url)) return "notify_url is not an http or https address"
  if (!optionalUrl(return_url)) return "return_url is not an http or https address"
  if (
    expires_at !== undefined &&
    expires_at !== null &&
    (typeof expires_at !== "string" || Number.isNaN(Date.parse(expires_at)))
  )
    return "expires_at is not a time of RFC 3339"
  return {
    merchant_payment_no,
    amount,
    currency,
    subject,
    scene,
    notify_url: notify_url ?? null,
    return_url: return_url ?? null,
    expires_at: (expires_at as string | null | undefined) ?? null
  }
}
