import { Agenda } from "../../Agenda.ts"
import { randomHex } from "../../Random.ts"
import type { Kit } from "../Kit.ts"

const hourMillis = 3_600_000
const dayMillis = 24 * hourMillis

/** What comes of the next call of a kind instead of success: an issue, or a status of what it makes. */
export interface Next {
  readonly on: "capture" | "authorize" | "refund" | "void" | "reauthorize" | "take"
  readonly issue?: string
  readonly status?: "PENDING" | "DECLINED" | "FAILED"
  readonly reason?: string
}

/** An order; amounts are in minor units of ISO 4217, times in milliseconds since the epoch. */
export interface Order {
  readonly id: string
  /** The merchant's number: the custom id, else the invoice id, else the order's. */
  readonly number: string
  readonly intent: "CAPTURE" | "AUTHORIZE"
  readonly status: "CREATED" | "PAYER_ACTION_REQUIRED" | "APPROVED" | "COMPLETED" | "VOIDED"
  /** Why it is void. */
  readonly isExpired: boolean
  readonly amountMinor: number
  readonly currency: string
  /** The purchase unit as the merchant sent it. */
  readonly unit: { readonly [name: string]: unknown }
  readonly customId: string | null
  readonly invoiceId: string | null
  readonly description: string | null
  readonly brandName: string | null
  readonly locale: string | null
  readonly returnUrl: string | null
  readonly cancelUrl: string | null
  readonly hasSource: boolean
  readonly payerId: string | null
  readonly createdMillis: number
  readonly updatedMillis: number
  readonly approvedMillis: number | null
  readonly next: Next | null
}

/** A sum that is held on a payer's account for 29 days. */
export interface Authorization {
  readonly id: string
  readonly orderId: string
  readonly status: "CREATED" | "CAPTURED" | "DENIED" | "PARTIALLY_CAPTURED" | "VOIDED" | "PENDING"
  readonly isExpired: boolean
  readonly amountMinor: number
  /** What the first of a row of reauthorizations was for, which the limits are counted from. */
  readonly firstMinor: number
  readonly firstMillis: number
  readonly createdMillis: number
  readonly updatedMillis: number
}

/** Money that was taken. */
export interface Capture {
  readonly id: string
  readonly orderId: string
  readonly authorizationId: string | null
  readonly status: "COMPLETED" | "DECLINED" | "PARTIALLY_REFUNDED" | "PENDING" | "REFUNDED" | "FAILED"
  readonly reason: string | null
  readonly amountMinor: number
  readonly isFinal: boolean
  readonly invoiceId: string | null
  readonly note: string | null
  readonly createdMillis: number
  readonly updatedMillis: number
}

/** Money that went back: by a refund, or because the vendor took it. */
export interface Refund {
  readonly id: string
  readonly orderId: string
  readonly captureId: string
  readonly kind: "refund" | "reversal"
  readonly status: "PENDING" | "COMPLETED" | "FAILED" | "CANCELLED"
  readonly reason: string | null
  readonly amountMinor: number
  readonly customId: string | null
  readonly invoiceId: string | null
  readonly note: string | null
  readonly createdMillis: number
  readonly updatedMillis: number
}

/** A payer's complaint. */
export interface Dispute {
  readonly id: string
  readonly orderId: string
  readonly captureId: string
  readonly status: "OPEN" | "RESOLVED"
  readonly outcome: string | null
  readonly amountMinor: number
  readonly createdMillis: number
  readonly updatedMillis: number
}

/** An event as it was told, byte for byte, and to whom; nobody listened where `url` is null. */
export interface Event {
  readonly id: string
  readonly number: string
  readonly type: string
  readonly atMillis: number
  readonly body: string
  readonly url: string | null
  readonly isTaken: boolean
}

/** What a request id was used for. */
export interface Repeat {
  readonly key: string
  readonly atMillis: number
  /** The order, authorization, capture or refund that the first request made or moved. */
  readonly id: string
}

/** Settings of the merchant's account. */
export interface Settings {
  readonly webhookUrl: string | null
  readonly blocksDuplicateInvoiceIds: boolean
  /** Tokens of an older generation are revoked. */
  readonly tokenGeneration: number
}

/** What is put into the book, in place of what was there under the same id. */
export interface Change {
  readonly order?: Order
  readonly authorization?: Authorization
  readonly capture?: Capture
  readonly refund?: Refund
  readonly dispute?: Dispute
  readonly event?: Event
  readonly repeat?: Repeat
  readonly settings?: Partial<Settings>
}

const drawn = (letters: string, length: number): string =>
  [...Buffer.from(randomHex(length), "hex")].map((byte) => letters[byte % letters.length]).join("")

/** An id as the vendor makes them: 17 of capital letters and digits. */
export const madeId = (): string => drawn("0123456789ABCDEFGHJKLMNPRSTUVWXY", 17)

/** The id of an account, a merchant's or a payer's: 13 letters and digits that are not taken for one another. */
export const madeAccountId = (): string => drawn("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 13)

/** How long an unapproved order can be approved, an approved one be captured, and an authorization be captured. */
export const lives = { unapproved: 3 * hourMillis, approved: 72 * hourMillis, authorization: 29 * dayMillis }

/** All that the vendor knows: the fold of the changes that were written. */
export class Book {
  readonly orders = new Map<string, Order>()
  readonly authorizations = new Map<string, Authorization>()
  readonly captures = new Map<string, Capture>()
  readonly refunds = new Map<string, Refund>()
  readonly disputes = new Map<string, Dispute>()
  readonly events = new Map<string, Event>()
  /** When an order or an authorization is to be looked at next. */
  readonly agenda = new Agenda()
  readonly #parts = new Map<string, Set<string>>()
  readonly #byNumber = new Map<string, string>()
  readonly #repeats = new Map<string, Repeat>()
  readonly #kit: Kit
  #settings: Settings = { webhookUrl: null, blocksDuplicateInvoiceIds: false, tokenGeneration: 0 }

  constructor(kit: Kit) {
    this.#kit = kit
    for (const changes of kit.changes()) for (const change of changes as ReadonlyArray<Change>) this.#apply(change)
  }

  /** The settings of the account. */
  get settings(): Settings {
    return this.#settings
  }

  /** Puts changes on disk, all of them or none, and then into effect. */
  commit(...changes: ReadonlyArray<Change>): void {
    this.#kit.write(changes)
    for (const change of changes) this.#apply(change)
  }

  /** The latest order of a merchant's number, or the order of that id. */
  find(number: string): Order | undefined {
    return this.orders.get(this.#byNumber.get(number) ?? number)
  }

  /** What the request id was used for, no longer ago than so; nothing where it is new. */
  repeated(key: string, millis: number): string | undefined {
    const repeat = this.#repeats.get(key)
    return repeat !== undefined && this.#kit.clock.now() - repeat.atMillis < millis ? repeat.id : undefined
  }

  /** An order's authorizations, oldest first. */
  authorizationsOf(order: Order): ReadonlyArray<Authorization> {
    return this.#of(order.id, this.authorizations)
  }

  /** An order's captures, oldest first. */
  capturesOf(order: Order): ReadonlyArray<Capture> {
    return this.#of(order.id, this.captures)
  }

  /** What went back of an order's captures, oldest first. */
  refundsOf(order: Order): ReadonlyArray<Refund> {
    return this.#of(order.id, this.refunds)
  }

  /** An order's disputes, oldest first. */
  disputesOf(order: Order): ReadonlyArray<Dispute> {
    return this.#of(order.id, this.disputes)
  }

  #of<A>(orderId: string, all: ReadonlyMap<string, A>): ReadonlyArray<A> {
    return [...(this.#parts.get(orderId) ?? [])].flatMap((id) => all.get(id) ?? [])
  }

  #put<A extends { readonly id: string; readonly orderId: string }>(all: Map<string, A>, value: A): void {
    all.set(value.id, value)
    const parts = this.#parts.get(value.orderId) ?? new Set()
    this.#parts.set(value.orderId, parts.add(value.id))
  }

  #apply({ order, authorization, capture, refund, dispute, event, repeat, settings }: Change): void {
    if (order !== undefined) this.#putOrder(order)
    if (authorization !== undefined) {
      this.#put(this.authorizations, authorization)
      this.agenda.add(authorization.firstMillis + lives.authorization, authorization.id)
    }
    if (capture !== undefined) this.#put(this.captures, capture)
    if (refund !== undefined) this.#put(this.refunds, refund)
    if (dispute !== undefined) this.#put(this.disputes, dispute)
    if (event !== undefined) this.events.set(event.id, event)
    if (repeat !== undefined) this.#repeats.set(repeat.key, repeat)
    if (settings !== undefined) this.#settings = { ...this.#settings, ...settings }
  }

  #putOrder(order: Order): void {
    if (!this.orders.has(order.id)) this.#byNumber.set(order.number, order.id)
    this.orders.set(order.id, order)
    this.agenda.add(endOf(order), order.id)
  }
}

/** When an order that nothing more happens to is void. */
export const endOf = ({ approvedMillis, createdMillis }: Order): number =>
  approvedMillis === null ? createdMillis + lives.unapproved : approvedMillis + lives.approved
