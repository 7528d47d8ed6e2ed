import { Agenda } from "../../Agenda.ts"
import type { Held } from "../Vendor.ts"

/** How a payer comes to pay: by a code, in an official account or a mini program, in the merchant's app, in a phone's browser. */
export type Scene = "native" | "jsapi" | "app" | "h5"

/** What a payer can be led to the cashier with: the end of a `code_url`, or a `prepay_id`. */
export interface Ticket {
  readonly text: string
  readonly atMillis: number
}

/** What an order was asked for with. */
export interface Terms {
  readonly number: string
  readonly scene: Scene
  readonly appid: string
  readonly description: string
  readonly attach: string | null
  readonly notifyUrl: string
  readonly openid: string | null
  readonly totalMinor: number
  /** The last moment to pay. */
  readonly expiresMillis: number | null
  /** All that was asked, in an order of its own, to compare the next call with. */
  readonly parameters: string
  readonly createdMillis: number
}

/** How it was paid. */
export interface Paying {
  readonly transactionId: string
  readonly atMillis: number
  /** What the payer gave, less than the total where coupons gave the rest. */
  readonly payerTotalMinor: number
  readonly openid: string
}

/** An order as it stands. */
export interface Order extends Terms {
  readonly tickets: ReadonlyArray<Ticket>
  readonly paying: Paying | null
  readonly isClosed: boolean
  /** The merchant's numbers of its refunds. */
  readonly refunds: ReadonlyArray<string>
}

export type RefundStatus = "PROCESSING" | "SUCCESS" | "ABNORMAL" | "CLOSED"

/** A refund as it stands. */
export interface Refund {
  readonly number: string
  readonly id: string
  readonly order: string
  readonly amountMinor: number
  readonly payerMinor: number
  readonly reason: string | null
  readonly notifyUrl: string | null
  readonly createdMillis: number
  readonly status: RefundStatus
  readonly movedMillis: number | null
}

/** What is to come of a refund when it is settled; "hold": nothing, until the desk says so. */
export type Outcome = Exclude<RefundStatus, "PROCESSING"> | "hold"

/** Whose key notifications are signed with. */
export type NotifyKey = "public-key" | "certificate"

/** What happens to the book. */
export type Change =
  | { readonly type: "created"; readonly terms: Terms; readonly ticket: Ticket }
  | { readonly type: "reentered"; readonly number: string; readonly ticket: Ticket }
  | { readonly type: "paid"; readonly number: string; readonly paying: Paying }
  | { readonly type: "closed"; readonly number: string }
  | { readonly type: "refunded"; readonly refund: Refund }
  | {
      readonly type: "refund-moved"
      readonly refund: string
      readonly status: RefundStatus
      readonly atMillis: number
    }
  | { readonly type: "planned"; readonly refund: string; readonly outcome: Outcome }
  | { readonly type: "rotated" }
  | { readonly type: "notify-key"; readonly key: NotifyKey }
  | { readonly type: "balance"; readonly amountMinor: number | null }

const settleMillis = 1000
const openMillis = 7 * 86_400_000
const otherTickets = 20

/** The trade state in the vendor's words. */
export const tradeState = ({ paying, isClosed, refunds }: Order): "NOTPAY" | "SUCCESS" | "REFUND" | "CLOSED" => {
  if (paying !== null) return refunds.length > 0 ? "REFUND" : "SUCCESS"
  return isClosed ? "CLOSED" : "NOTPAY"
}

/** What the vendor knows of orders and refunds: the fold of its changes. */
export class Book {
  readonly #write: (change: Change) => void
  readonly #orders = new Map<string, Order>()
  readonly #refunds = new Map<string, Refund>()
  readonly #byTicket = new Map<string, string>()
  readonly #byTransaction = new Map<string, string>()
  readonly #byRefundId = new Map<string, string>()
  readonly #plans = new Map<string, Outcome>()
  readonly #closing = new Agenda()
  readonly #settling = new Agenda()
  /** How many platform certificates there are. */
  certificates = 1
  notifyKey: NotifyKey = "public-key"
  /** What the merchant has for refunds; null: enough. */
  balanceMinor: number | null = null

  constructor(changes: Iterable<unknown>, write: (change: Change) => void) {
    this.#write = write
    for (const change of changes) this.#apply(change as Change)
  }

  /** Puts a change on disk, and then into the book. */
  change(change: Change): void {
    this.#write(change)
    this.#apply(change)
  }

  #apply(change: Change): void {
    switch (change.type) {
      case "created":
        this.#put({ ...change.terms, tickets: [], paying: null, isClosed: false, refunds: [] })
        this.#closing.add(change.terms.createdMillis + openMillis, change.terms.number)
        return this.#ticket(change.terms.number, change.ticket)
      case "reentered":
        return this.#ticket(change.number, change.ticket)
      case "paid":
        this.#byTransaction.set(change.paying.transactionId, change.number)
        return this.#alter(change.number, () => ({ paying: change.paying }))
      case "closed":
        return this.#alter(change.number, () => ({ isClosed: true }))
      case "refunded":
        return this.#refunded(change.refund)
      case "refund-moved": {
        const refund = this.#refunds.get(change.refund)
        const moved = { status: change.status, movedMillis: change.atMillis }
        if (refund !== undefined) this.#refunds.set(change.refund, { ...refund, ...moved })
        return
      }
      case "planned":
        return void this.#plans.set(change.refund, change.outcome)
      case "rotated":
        this.certificates += 1
        return
      case "notify-key":
        this.notifyKey = change.key
        return
      case "balance":
        this.balanceMinor = change.amountMinor
    }
  }

  #put(order: Order): void {
    this.#orders.set(order.number, order)
  }

  #alter(number: string, alteration: (order: Order) => Partial<Order>): void {
    const order = this.#orders.get(number)
    if (order !== undefined) this.#put({ ...order, ...alteration(order) })
  }

  #ticket(number: string, ticket: Ticket): void {
    this.#byTicket.set(ticket.text, number)
    this.#alter(number, ({ tickets }) => ({ tickets: [...tickets.slice(-otherTickets), ticket] }))
  }

  #refunded(refund: Refund): void {
    this.#refunds.set(refund.number, refund)
    this.#byRefundId.set(refund.id, refund.number)
    this.#alter(refund.order, ({ refunds }) => ({ refunds: [...refunds, refund.number] }))
    this.#settling.add(refund.createdMillis + settleMillis, refund.number)
    if (this.balanceMinor !== null) this.balanceMinor -= refund.amountMinor
  }

  order(number: string): Order | undefined {
    return this.#orders.get(number)
  }

  byTransaction(id: string): Order | undefined {
    return this.#orders.get(this.#byTransaction.get(id) ?? "")
  }

  byTicket(text: string): Order | undefined {
    return this.#orders.get(this.#byTicket.get(text) ?? "")
  }

  /** A refund by its number, the merchant's or the vendor's. */
  refund(number: string): Refund | undefined {
    return this.#refunds.get(number) ?? this.#refunds.get(this.#byRefundId.get(number) ?? "")
  }

  refundsOf({ refunds }: Order): ReadonlyArray<Refund> {
    return refunds.map((number) => this.#refunds.get(number)).filter((refund) => refund !== undefined)
  }

  /** What is left of an order to be refunded. */
  refundableMinor(order: Order): number {
    const gone = this.refundsOf(order).filter(({ status }) => status !== "CLOSED")
    return order.totalMinor - gone.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  }

  /** What was said beforehand is to come of a refund. */
  plan(refund: string): Outcome | undefined {
    return this.#plans.get(refund)
  }

  /** The numbers of the orders that have been open for seven days by now. */
  closable(nowMillis: number): ReadonlyArray<string> {
    return [...this.#closing.due(nowMillis)]
  }

  /** The numbers of the refunds whose time to settle has come. */
  settleable(nowMillis: number): ReadonlyArray<string> {
    return [...this.#settling.due(nowMillis)]
  }

  orders(): IterableIterator<Order> {
    return this.#orders.values()
  }

  refunds(): IterableIterator<Refund> {
    return this.#refunds.values()
  }

  /** Every order in the sandbox's own words. */
  held(vendor: string): ReadonlyArray<Held> {
    return [...this.#orders.values()].map((order) => ({
      vendor,
      number: order.number,
      id: order.paying?.transactionId ?? null,
      status: order.paying !== null ? "paid" : order.isClosed ? "closed" : "open",
      amountMinor: order.totalMinor,
      currency: "CNY",
      capturedMinor: order.paying === null ? 0 : order.totalMinor,
      refunds: this.refundsOf(order).map(({ number, id, amountMinor, status }) => ({ number, id, amountMinor, status }))
    }))
  }
}
