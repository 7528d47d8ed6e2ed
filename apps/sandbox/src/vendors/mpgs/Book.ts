import type { Outcome } from "./Cards.ts"

/** The kinds of transactions that the sandbox's gateway makes. */
export type Type =
  | "AUTHENTICATION"
  | "AUTHORIZATION"
  | "PAYMENT"
  | "CAPTURE"
  | "REFUND"
  | "REFUND_REQUEST"
  | "VOID_AUTHORIZATION"
  | "VOID_PAYMENT"
  | "VOID_CAPTURE"
  | "VOID_REFUND"

/** What an order is about; amounts are minor units. */
export interface Facts {
  readonly id: string
  readonly amountMinor: number
  readonly currency: string
  readonly description: string | null
  readonly reference: string | null
  readonly notificationUrl: string | null
}

/** A hosted checkout, as INITIATE_CHECKOUT asked for it. */
export interface Asked {
  readonly id: string
  readonly successIndicator: string
  /** The API version of the request, in which notifications are written. */
  readonly version: string
  readonly operation: "PURCHASE" | "AUTHORIZE"
  readonly order: Facts
  readonly merchantName: string
  readonly returnUrl: string | null
  readonly cancelUrl: string | null
  readonly timeoutUrl: string | null
  readonly timeoutSeconds: number
  readonly locale: string | null
  /** Whether the merchant asks for 3-D Secure whatever the card. */
  readonly challenge: boolean
  readonly createdAtMillis: number
}

/** A hosted checkout as it is now. */
export interface Session extends Asked {
  readonly openedAtMillis: number | null
  readonly ended: "paid" | "timed-out" | null
  /** Rises with each change; the session's version is made of it. */
  readonly updates: number
}

/** A transaction at a time of its life; one that had no outcome at first has several. */
export interface Moment {
  readonly atMillis: number
  readonly type: Type
  readonly outcome: Outcome
}

/** A transaction of an order; its last moment is what it is now. */
export interface Transaction {
  readonly id: string
  readonly amountMinor: number
  readonly currency: string
  readonly targetId: string | null
  readonly reference: string | null
  /** The scheme and masked number of the card. */
  readonly card: { readonly scheme: string; readonly masked: string } | null
  /** The checkout that it came from. */
  readonly session: string | null
  readonly entry: "CHECKOUT_VIA_WEBSITE" | "WEB_SERVICES_API" | "MERCHANT_ADMINISTRATION"
  readonly version: string
  readonly receipt: string
  readonly authorizationCode: string
  /** Of the request that made it, by which a repeat is known from another use of the number. */
  readonly fingerprint: string
  readonly moments: ReadonlyArray<Moment>
}

/** An order that was tried to be paid at least once. */
export interface Order {
  readonly facts: Facts
  readonly createdAtMillis: number
  readonly disputed: "DISPUTED" | "CHARGEBACK_PROCESSED" | null
  /** Whether the next refund has to be approved at the desk. */
  readonly asksForApproval: boolean
  readonly transactions: ReadonlyArray<Transaction>
}

/** What happens; the book is the fold of these. */
export type Change =
  | { readonly kind: "session"; readonly session: Asked }
  | { readonly kind: "opened"; readonly session: string; readonly atMillis: number }
  | { readonly kind: "ended"; readonly session: string; readonly how: NonNullable<Session["ended"]> }
  | { readonly kind: "recorded"; readonly facts: Facts; readonly transaction: Transaction }
  | { readonly kind: "moved"; readonly order: string; readonly transaction: string; readonly moment: Moment }
  | { readonly kind: "disputed"; readonly order: string; readonly status: NonNullable<Order["disputed"]> }
  | { readonly kind: "approval"; readonly order: string; readonly asked: boolean }

/** The last moment of a transaction. */
export const now = ({ moments }: Transaction): Moment => {
  const last = moments.at(-1)
  if (last === undefined) throw new Error("The ledger holds a transaction without a moment.")
  return last
}

/** The gateway's book of checkouts and orders, both by their numbers; those of one order by the order's. */
export class Book {
  readonly #sessions = new Map<string, Session>()
  readonly #orders = new Map<string, Order>()
  readonly #sessionsOf = new Map<string, Array<string>>()

  /** The numbers of all orders that anything is known of, in the order in which they came. */
  numbers(): ReadonlyArray<string> {
    return [...new Set([...this.#sessionsOf.keys(), ...this.#orders.keys()])]
  }

  /** Whether anything is known of an order. */
  has(number: string): boolean {
    return this.#orders.has(number) || this.#sessionsOf.has(number)
  }

  session(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** The checkouts of an order, the oldest first. */
  sessionsOf(orderId: string): ReadonlyArray<Session> {
    return (this.#sessionsOf.get(orderId) ?? []).flatMap((id) => this.#sessions.get(id) ?? [])
  }

  sessions(): ReadonlyArray<Session> {
    return [...this.#sessions.values()]
  }

  order(id: string): Order | undefined {
    return this.#orders.get(id)
  }

  orders(): ReadonlyArray<Order> {
    return [...this.#orders.values()]
  }

  /** Applies a change. */
  apply(change: Change): void {
    switch (change.kind) {
      case "session":
        return this.#begin(change.session)
      case "opened":
        return this.#touch(change.session, { openedAtMillis: change.atMillis })
      case "ended":
        return this.#touch(change.session, { ended: change.how })
      case "recorded":
        return this.#record(change.facts, change.transaction)
      case "moved":
        return this.#move(change.order, change.transaction, change.moment)
      case "disputed":
        return this.#alter(change.order, { disputed: change.status })
      case "approval":
        return this.#alter(change.order, { asksForApproval: change.asked })
    }
  }

  #begin(asked: Asked): void {
    this.#sessions.set(asked.id, { ...asked, openedAtMillis: null, ended: null, updates: 1 })
    const ids = this.#sessionsOf.get(asked.order.id) ?? []
    this.#sessionsOf.set(asked.order.id, [...ids, asked.id])
  }

  #touch(id: string, parts: Partial<Session>): void {
    const session = this.#sessions.get(id)
    if (session === undefined) throw new Error(`The ledger names a session that it does not hold: ${id}`)
    this.#sessions.set(id, { ...session, ...parts, updates: session.updates + 1 })
  }

  #record(facts: Facts, transaction: Transaction): void {
    const before = this.#orders.get(facts.id)
    const createdAtMillis = before?.createdAtMillis ?? now(transaction).atMillis
    const rest = { disputed: before?.disputed ?? null, asksForApproval: before?.asksForApproval ?? false }
    const transactions = [...(before?.transactions ?? []), transaction]
    this.#orders.set(facts.id, { facts, createdAtMillis, ...rest, transactions })
    if (transaction.session !== null) this.#touch(transaction.session, {})
  }

  #move(orderId: string, id: string, moment: Moment): void {
    const moved = (transaction: Transaction): Transaction =>
      transaction.id === id ? { ...transaction, moments: [...transaction.moments, moment] } : transaction
    this.#alter(orderId, { transactions: this.#orders.get(orderId)?.transactions.map(moved) ?? [] })
  }

  #alter(id: string, parts: Partial<Order>): void {
    const order = this.#orders.get(id)
    if (order === undefined) throw new Error(`The ledger names an order that it does not hold: ${id}`)
    this.#orders.set(id, { ...order, ...parts })
  }
}
