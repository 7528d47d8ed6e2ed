import { Shelves } from "./Shelves.ts"

/** A refund as the platform's API shows it; amounts are minor units, times RFC 3339. */
export interface Refund {
  readonly id: string
  readonly merchant_id: string
  /** Null for one that was made at the platform's desk. */
  readonly merchant_refund_no: string | null
  readonly payment_id: string
  readonly merchant_payment_no: string
  readonly status: "PENDING" | "SUCCEEDED" | "FAILED"
  readonly amount: number
  readonly currency: string
  readonly reason: string | null
  readonly created_at: string
  readonly settled_at: string | null
}

/** A refund as the platform holds it: with what only the platform knows. */
export interface HeldRefund {
  readonly refund: Refund
  /** Of the request; null for one that was made at the desk. */
  readonly bodySha256: string | null
  readonly notifyUrl: string | null
}

/** The book of refunds, by the platform's number and by the merchant's. */
export class Refunds {
  readonly #all: Array<HeldRefund> = []
  readonly #placeById = new Shelves<number>()
  readonly #placeByNumber = new Shelves<number>()
  readonly #pending = new Map<string, Set<string>>()

  /** Every refund, in the order in which they came. */
  all(): ReadonlyArray<HeldRefund> {
    return [...this.#all]
  }

  /** The refund with this number, the platform's or the merchant's. */
  find(number: string): HeldRefund | undefined {
    const place = this.#placeById.get(number) ?? this.#placeByNumber.get(number)
    return place === undefined ? undefined : this.#all[place]
  }

  /** The refunds of a payment that are on their way. */
  pendingOf(paymentId: string): ReadonlyArray<HeldRefund> {
    return [...(this.#pending.get(paymentId) ?? [])].flatMap((id) => this.find(id) ?? [])
  }

  /** Puts down a refund as it is now. */
  set(held: HeldRefund): void {
    const { id, merchant_refund_no, payment_id, status } = held.refund
    const place = this.#placeById.get(id) ?? this.#all.length
    this.#all[place] = held
    this.#placeById.set(id, place)
    if (merchant_refund_no !== null) this.#placeByNumber.set(merchant_refund_no, place)
    const pending = this.#pending.get(payment_id) ?? new Set<string>()
    if (status === "PENDING") pending.add(id)
    else pending.delete(id)
    if (pending.size === 0) this.#pending.delete(payment_id)
    else this.#pending.set(payment_id, pending)
  }
}

/** A refund as the platform takes it. */
export interface AskedRefund {
  readonly merchant_refund_no: string
  readonly amount: number
  readonly reason: string | null
  readonly notify_url: string | null
}

/** Reads a refund's body, or says what is wrong with it. */
export const readRefund = (body: unknown): AskedRefund | string => {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "the body is not a JSON object"
  const { merchant_refund_no, amount, reason, notify_url } = body as { readonly [name: string]: unknown }
  if (typeof merchant_refund_no !== "string" || !/^[0-9A-Za-z_-]{6,64}$/.test(merchant_refund_no))
    return "merchant_refund_no is 6 to 64 of 0-9, A-Z, a-z, _ and -"
  if (typeof amount !== "number" || !Number.isSafeInteger(amount) || amount <= 0)
    return "amount is a whole number of minor units above 0"
  if (reason !== undefined && reason !== null && typeof reason !== "string") return "reason is a text"
  if (
    notify_url !== undefined &&
    notify_url !== null &&
    (typeof notify_url !== "string" || !/^https?:\/\/\S+$/.test(notify_url))
  )
    return "notify_url is not an http or https address"
  return { merchant_refund_no, amount, reason: reason ?? null, notify_url: notify_url ?? null }
}
