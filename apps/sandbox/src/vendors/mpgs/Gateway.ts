import { randomHex } from "../../Random.ts"
import type { Kit } from "../Kit.ts"
import type { Change, Facts, Moment, Order, Session, Transaction, Type } from "./Book.ts"
import { Book, now } from "./Book.ts"
import type { Card, Outcome } from "./Cards.ts"
import { approved, declined } from "./Cards.ts"
import * as Notifications from "./Notifications.ts"
import * as Standing from "./Standing.ts"

const dayMillis = 86_400_000
/** How long after it was made a checkout can be opened first: the sandbox's own limit. */
const openableMillis = dayMillis
/** When an outcome comes that was not known at first. */
const settleMillis = 30_000
/** A checkout takes no more tries than this. */
const maxAttempts = 20

/** The merchant of the sandbox's gateway, and what only it and the gateway know. */
export interface Merchant {
  readonly id: string
  readonly passwords: ReadonlyArray<string>
  readonly reportingPassword: string
  readonly webhookSecret: string
}

/** What a payer can do with a checkout now, or what became of it; `taken` where its order was paid elsewhere. */
export type State = "payable" | "challenged" | "paid" | "processing" | "timed-out" | "taken"

/** A transaction that is to be recorded. */
export interface Made {
  readonly id: string
  readonly type: Type
  readonly outcome: Outcome
  readonly amountMinor: number
  readonly currency: string
  readonly entry: Transaction["entry"]
  readonly version: string
  readonly fingerprint?: string
  readonly targetId?: string | null
  readonly reference?: string | null
  readonly card?: Transaction["card"]
  readonly session?: string
}

const digits = (count: number): string =>
  (BigInt(`0x${randomHex(count)}`) % 10n ** BigInt(count)).toString().padStart(count, "0")

const seen = ({ scheme, masked }: Card): Transaction["card"] => ({ scheme, masked })

/** The gateway: its book, what moves it, and whom it tells. */
export class Gateway {
  readonly book = new Book()
  readonly merchant: Merchant
  readonly kit: Kit

  constructor(kit: Kit, merchant: Merchant) {
    this.kit = kit
    this.merchant = merchant
    // What was written by this version of the sandbox is what it reads.
    for (const change of kit.changes()) this.book.apply(change as Change)
  }

  /** Tells again what no merchant took before a restart, as long as the gateway would. */
  resume(): void {
    for (const order of this.book.orders())
      for (const transaction of order.transactions) {
        const isYoung = now(transaction).atMillis > this.kit.clock.now() - Notifications.lifeMillis
        const isTaken = this.kit.courier.isTaken(order.facts.id, Notifications.eventOf(transaction))
        if (isYoung && !isTaken) void this.tell(order.facts.id, transaction.id)
      }
  }

  /** Writes a change down and applies it. */
  change(change: Change): void {
    this.kit.write(change)
    this.book.apply(change)
  }

  /** Tells the merchant of a transaction; resolves when the first try is over. */
  async tell(orderId: string, id: string): Promise<void> {
    const order = this.book.order(orderId)
    const transaction = order?.transactions.find((one) => one.id === id)
    if (order === undefined || transaction === undefined) return
    const errand = Notifications.errand(order, transaction, this.merchant)
    if (errand !== undefined) await this.kit.courier.send(errand)
  }

  /** Records a transaction; tell of it with `tell`. */
  record(facts: Facts, made: Made): void {
    const { type, outcome, fingerprint = "", targetId = null, reference = null, card = null, session, ...rest } = made
    const moment = { atMillis: this.kit.clock.now(), type, outcome }
    const numbers = { receipt: digits(12), authorizationCode: digits(6) }
    const links = { targetId, reference, card, session: session ?? null, fingerprint }
    this.change({ kind: "recorded", facts, transaction: { ...rest, ...links, ...numbers, moments: [moment] } })
  }

  /** Moves a transaction on to its outcome, and tells of it; resolves when the first try is over. */
  async move(orderId: string, id: string, type: Type, outcome: Outcome): Promise<void> {
    const moment: Moment = { atMillis: this.kit.clock.now(), type, outcome }
    this.change({ kind: "moved", order: orderId, transaction: id, moment })
    await this.tell(orderId, id)
  }

  /** The next number of an order's transaction that the gateway itself chooses. */
  nextId(orderId: string): string {
    const taken = new Set(this.book.order(orderId)?.transactions.map(({ id }) => id))
    let next = taken.size + 1
    while (taken.has(String(next))) next += 1
    return String(next)
  }

  #transactions(session: Session): ReadonlyArray<Transaction> {
    return this.book.order(session.order.id)?.transactions ?? []
  }

  /** The payer's proof that is waited for in a checkout. */
  challengeOf(session: Session): Transaction | undefined {
    return this.#transactions(session).find(
      (one) =>
        one.session === session.id && Standing.typeOf(one) === "AUTHENTICATION" && now(one).outcome.result === "PENDING"
    )
  }

  /** What a checkout is at this time. */
  state(session: Session): State {
    if (session.ended === "timed-out" || session.ended === "paid") return session.ended
    const transactions = this.#transactions(session)
    if (Standing.openAttemptIn(transactions) !== undefined) return "processing"
    const success = Standing.successIn(transactions)
    if (success !== undefined) return success.session === session.id ? "paid" : "taken"
    const { openedAtMillis, createdAtMillis, timeoutSeconds } = session
    const endMillis =
      openedAtMillis === null ? createdAtMillis + openableMillis : openedAtMillis + timeoutSeconds * 1000
    if (this.kit.clock.now() >= endMillis) return "timed-out"
    const tries = transactions.filter((one) => one.session === session.id).length
    if (tries >= maxAttempts) return "timed-out"
    return this.challengeOf(session) === undefined ? "payable" : "challenged"
  }

  /** The payer comes to a checkout: from now on its time runs. */
  open(session: Session): void {
    if (session.openedAtMillis === null && this.state(session) === "payable")
      this.change({ kind: "opened", session: session.id, atMillis: this.kit.clock.now() })
  }

  /** Tries to take, or reserve, the money of a checkout with a card; resolves when the first notification is over. */
  async attempt(session: Session, card: Card, outcome: Outcome = card.outcome): Promise<void> {
    const { order: facts, version } = session
    const id = this.nextId(facts.id)
    const { amountMinor, currency } = facts
    const shared = { amountMinor, currency, version, card: seen(card), session: session.id }
    const entry = "CHECKOUT_VIA_WEBSITE"
    const type = session.operation === "PURCHASE" ? "PAYMENT" : "AUTHORIZATION"
    this.record(facts, { id, type, outcome, entry, reference: facts.reference, ...shared })
    if (outcome.result === "SUCCESS") this.change({ kind: "ended", session: session.id, how: "paid" })
    await this.tell(facts.id, id)
  }

  /** The payer's bank asks who they are, before the money is taken. */
  async challenge(session: Session, card: Card): Promise<void> {
    const { order: facts, version } = session
    const { amountMinor, currency } = facts
    const id = `3DS-${randomHex(8)}`
    const outcome = { result: "PENDING", gatewayCode: "AUTHENTICATION_IN_PROGRESS", acquirerCode: null } as const
    const shared = { amountMinor, currency, version, card: seen(card), session: session.id }
    this.record(facts, { id, type: "AUTHENTICATION", outcome, entry: "CHECKOUT_VIA_WEBSITE", ...shared })
    await this.tell(facts.id, id)
  }

  /** The payer proves who they are, or not; the money is tried to be taken where they do. */
  async answerChallenge(session: Session, waiting: Transaction, isProven: boolean, card: Card): Promise<void> {
    const failed = { result: "FAILURE", gatewayCode: "AUTHENTICATION_FAILED", acquirerCode: null } as const
    const proven = { ...approved, acquirerCode: null }
    const told = this.move(session.order.id, waiting.id, "AUTHENTICATION", isProven ? proven : failed)
    await Promise.all([told, isProven ? this.attempt(session, card) : undefined])
  }

  /** Whether the acquirer has settled a transaction: the day (UTC) on which it was made is over. */
  isSettled(transaction: Transaction): boolean {
    const madeMillis = transaction.moments[0]?.atMillis ?? 0
    return Math.floor(this.kit.clock.now() / dayMillis) > Math.floor(madeMillis / dayMillis)
  }

  /** Ends what has timed out; gives an outcome to what has waited for one long enough. */
  sweep(): void {
    const nowMillis = this.kit.clock.now()
    for (const session of this.book.sessions())
      if (session.ended === null && this.state(session) === "timed-out")
        this.change({ kind: "ended", session: session.id, how: "timed-out" })
    for (const { facts, transactions } of this.book.orders())
      for (const transaction of transactions) {
        const { type, atMillis } = now(transaction)
        const isWaiting = Standing.isOpen(transaction)
        const isOthers = type === "AUTHENTICATION" || type === "REFUND_REQUEST"
        if (isWaiting && !isOthers && atMillis + settleMillis <= nowMillis)
          void this.settle(facts.id, transaction, true)
      }
  }

  /** Gives a transaction the outcome that it waits for. */
  async settle(orderId: string, transaction: Transaction, isGood: boolean): Promise<void> {
    const { type } = now(transaction)
    const { session: sessionId } = transaction
    const told = this.move(
      orderId,
      transaction.id,
      type === "REFUND_REQUEST" && isGood ? "REFUND" : type,
      isGood ? approved : declined
    )
    if (isGood && sessionId !== null && Standing.isAttempt(transaction))
      this.change({ kind: "ended", session: sessionId, how: "paid" })
    await told
  }

  /** The order of this number, if it was tried to be paid. */
  order(id: string): Order | undefined {
    return this.book.order(id)
  }
}
