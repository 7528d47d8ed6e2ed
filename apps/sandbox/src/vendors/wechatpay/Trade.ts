import type { Kit } from "../Kit.ts"
import type { Book, Order, Outcome, Paying, Refund, RefundStatus, Terms, Ticket } from "./Book.ts"
import * as Chance from "./Chance.ts"
import type { Keys } from "./Keys.ts"
import type { Notices } from "./Notices.ts"

const codeMillis = 2 * 3_600_000
const h5Millis = 5 * 60_000

/** What keeps an order from being paid. */
export type Hindrance = "paid" | "closed" | "expired"

const compact = (millis: number): string =>
  new Date(millis + 8 * 3_600_000).toISOString().replace(/\D/g, "").slice(0, 14)

/** Number of the vendor's: kind, day, chance. */
const numberOf = (kind: string, nowMillis: number, length: number): string => {
  const head = `${kind}${compact(nowMillis).slice(0, 8)}`
  return `${head}${Chance.digits(length - head.length)}`
}

/** What happens to orders and refunds, whoever wants it: the merchant, the payer, the desk, time. */
export class Trade {
  readonly #kit: Kit
  readonly #keys: Keys
  readonly #book: Book
  readonly #notices: Notices

  constructor(kit: Kit, keys: Keys, book: Book, notices: Notices) {
    this.#kit = kit
    this.#keys = keys
    this.#book = book
    this.#notices = notices
  }

  get book(): Book {
    return this.#book
  }

  get keys(): Keys {
    return this.#keys
  }

  now(): number {
    return this.#kit.clock.now()
  }

  #ticket(scene: Terms["scene"]): Ticket {
    const atMillis = this.now()
    const text = scene === "native" ? `${Chance.word(7)}zz` : `wx${compact(atMillis)}${Chance.word(20).toLowerCase()}`
    return { text, atMillis }
  }

  /** Opens an order, or gives one that is open a new ticket; answers that. */
  open(terms: Terms): Ticket {
    const ticket = this.#ticket(terms.scene)
    const isKnown = this.#book.order(terms.number) !== undefined
    if (isKnown) this.#book.change({ type: "reentered", number: terms.number, ticket })
    else this.#book.change({ type: "created", terms, ticket })
    return ticket
  }

  /** Whether a ticket still leads to the cashier: of a code only the last does, for two hours; an H5 address does for five minutes. */
  isGood(order: Order, text: string): boolean {
    const ticket = order.tickets.find((one) => one.text === text)
    if (ticket === undefined) return false
    if (order.scene === "native" && order.tickets.at(-1)?.text !== text) return false
    return this.now() - ticket.atMillis < (order.scene === "h5" ? h5Millis : codeMillis)
  }

  /** What keeps an order from being paid now; `undefined`: nothing. */
  hindrance({ paying, isClosed, expiresMillis }: Order): Hindrance | undefined {
    if (paying !== null) return "paid"
    if (isClosed) return "closed"
    return expiresMillis !== null && this.now() >= expiresMillis ? "expired" : undefined
  }

  /** The payer pays; resolves after the first try to tell the merchant. */
  async pay(order: Order, said: { readonly payerTotalMinor?: number; readonly openid?: string } = {}): Promise<void> {
    const atMillis = this.now()
    const paying: Paying = {
      transactionId: numberOf("420000", atMillis, 28),
      atMillis,
      payerTotalMinor: said.payerTotalMinor ?? order.totalMinor,
      openid: order.openid ?? said.openid ?? this.#keys.merchant.openid
    }
    this.#book.change({ type: "paid", number: order.number, paying })
    await this.#notices.paid({ ...order, paying })
  }

  close({ number }: Order): void {
    this.#book.change({ type: "closed", number })
  }

  /** Accepts a refund; it settles a second later. */
  refund(order: Order, asked: Pick<Refund, "number" | "amountMinor" | "reason" | "notifyUrl">): Refund {
    const createdMillis = this.now()
    const payerTotal = order.paying?.payerTotalMinor ?? 0
    const refund: Refund = {
      ...asked,
      id: numberOf("503000", createdMillis, 29),
      order: order.number,
      payerMinor: Math.round((asked.amountMinor * payerTotal) / order.totalMinor),
      createdMillis,
      status: "PROCESSING",
      movedMillis: null
    }
    this.#book.change({ type: "refunded", refund })
    return refund
  }

  /** Puts a refund into a state and tells the merchant; resolves after the first try of that. */
  async move(refund: Refund, status: RefundStatus): Promise<Refund> {
    const atMillis = this.now()
    this.#book.change({ type: "refund-moved", refund: refund.number, status, atMillis })
    const moved = { ...refund, status, movedMillis: atMillis }
    await this.#notices.refunded(moved)
    return moved
  }

  /** Says beforehand what is to come of a refund that is not there or not settled yet. */
  plan(refund: string, outcome: Outcome): void {
    this.#book.change({ type: "planned", refund, outcome })
  }

  /** Closes what nobody paid for seven days, and settles the refunds whose time has come. */
  sweep(): void {
    const now = this.now()
    for (const number of this.#book.closable(now)) {
      const order = this.#book.order(number)
      if (order !== undefined && order.paying === null && !order.isClosed) this.close(order)
    }
    for (const number of this.#book.settleable(now)) {
      const refund = this.#book.refund(number)
      const outcome = this.#book.plan(number) ?? "SUCCESS"
      if (refund?.status === "PROCESSING" && outcome !== "hold") void this.move(refund, outcome)
    }
  }
}
