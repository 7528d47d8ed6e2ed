import type { Decided, Decision } from "../Vendor.ts"
import type { Order, Outcome, Refund } from "./Book.ts"
import * as Chance from "./Chance.ts"
import type { Trade } from "./Trade.ts"
import * as Views from "./Views.ts"

/** The number under which the desk speaks of the merchant itself. */
export const ownNumber = "-"

const said = (status: number, body: unknown): Decided => ({ status, body })

const refused = (why: string): Decided => said(409, { error: "not_now", message: why })

const outcomes: { readonly [verb: string]: Outcome } = {
  "refund-settle": "SUCCESS",
  "refund-abnormal": "ABNORMAL",
  "refund-fail": "CLOSED",
  "refund-hold": "hold"
}

/** Which states a refund may leave for an outcome. */
const from: { readonly [outcome in Exclude<Outcome, "hold">]: ReadonlyArray<Refund["status"]> } = {
  SUCCESS: ["PROCESSING", "ABNORMAL"],
  ABNORMAL: ["PROCESSING"],
  CLOSED: ["PROCESSING", "ABNORMAL"]
}

/** What payers, the merchant's staff at the console, and the vendor itself decide. */
export class Desk {
  readonly #trade: Trade

  constructor(trade: Trade) {
    this.#trade = trade
  }

  /** `undefined` where the number is not one of the vendor's, or the verb about the merchant not for it. */
  async decide(number: string, decision: Decision): Promise<Decided | undefined> {
    if (number === ownNumber) return this.#ofMerchant(decision)
    const order = this.#trade.book.order(number) ?? this.#trade.book.byTransaction(number)
    if (order === undefined) return undefined
    const outcome = outcomes[decision.verb]
    if (outcome !== undefined) return this.#settled(order, decision, outcome)
    switch (decision.verb) {
      case "pay":
        return this.#paid(order, decision)
      case "open":
      case "refuse":
        return this.#stays(order)
      case "close":
        return this.#closed(order)
      case "refund":
        return this.#refunded(order, decision)
      default:
        return said(400, { error: "unknown_verb", message: `WeChat Pay has no ${decision.verb}.` })
    }
  }

  #told(number: string): Decided {
    const { book, keys } = this.#trade
    const order = book.order(number)
    return said(200, order === undefined ? {} : Views.transaction(order, keys.merchant.mchid))
  }

  async #paid(order: Order, decision: Decision): Promise<Decided> {
    const hindrance = this.#trade.hindrance(order)
    if (hindrance !== undefined) return refused(`The order is ${hindrance}.`)
    const { payerTotalMinor, openid } = decision
    const isPart = typeof payerTotalMinor === "number" && payerTotalMinor >= 0 && payerTotalMinor <= order.totalMinor
    if (payerTotalMinor !== undefined && !isPart) return said(400, { error: "invalid", message: "payerTotalMinor" })
    await this.#trade.pay(order, {
      ...(isPart ? { payerTotalMinor } : {}),
      ...(typeof openid === "string" ? { openid } : {})
    })
    return this.#told(order.number)
  }

  /** A payer who looks, or whose payment fails, changes nothing: the order stays open, and nobody is told. */
  #stays(order: Order): Decided {
    const hindrance = this.#trade.hindrance(order)
    return hindrance === undefined ? this.#told(order.number) : refused(`The order is ${hindrance}.`)
  }

  #closed(order: Order): Decided {
    if (order.paying !== null) return refused("The order is paid.")
    if (!order.isClosed) this.#trade.close(order)
    return this.#told(order.number)
  }

  /** A refund that is made at the merchant's console. */
  #refunded(order: Order, { amountMinor, refund: number, notifyUrl }: Decision): Decided {
    if (order.paying === null) return refused("The order is not paid.")
    const { book } = this.#trade
    const left = book.refundableMinor(order)
    const amount = amountMinor ?? left
    if (!Number.isInteger(amount) || amount < 1 || amount > left)
      return refused(`There is ${left} left to be refunded.`)
    const asked = number ?? `CONSOLE${Chance.digits(20)}`
    if (book.refund(asked) !== undefined) return refused("There is such a refund.")
    const url = typeof notifyUrl === "string" ? notifyUrl : null
    const made = this.#trade.refund(order, { number: asked, amountMinor: amount, reason: null, notifyUrl: url })
    return said(200, Views.refund(book, made))
  }

  /** What comes of a refund; one that is yet to be asked for is decided beforehand. */
  async #settled(order: Order, { refund: number }: Decision, outcome: Outcome): Promise<Decided> {
    const { book } = this.#trade
    const last = book.refundsOf(order).findLast(({ status }) => status === "PROCESSING" || status === "ABNORMAL")
    const refund = number === undefined ? last : book.refund(number)
    if (refund === undefined) {
      if (number === undefined) return refused("There is no refund to decide on.")
      this.#trade.plan(number, outcome)
      return said(200, { refund: number, planned: outcome })
    }
    if (refund.order !== order.number) return refused("The refund is another order's.")
    if (outcome === "hold" && refund.status === "PROCESSING") this.#trade.plan(refund.number, outcome)
    else if (outcome !== "hold" && from[outcome].includes(refund.status)) await this.#trade.move(refund, outcome)
    else return refused(`The refund is ${refund.status}.`)
    return said(200, Views.refund(book, book.refund(refund.number) ?? refund))
  }

  async #ofMerchant({ verb, amountMinor, key }: Decision): Promise<Decided | undefined> {
    const { book, keys } = this.#trade
    switch (verb) {
      case "rotate-wechatpay": {
        const { serial } = await keys.issue()
        book.change({ type: "rotated" })
        return said(200, { serial, serials: keys.platforms.map((platform) => platform.serial) })
      }
      case "notify-key-wechatpay":
        if (key !== "public-key" && key !== "certificate")
          return said(400, { error: "invalid", message: '"key" is "public-key" or "certificate"' })
        book.change({ type: "notify-key", key })
        return said(200, { key })
      case "balance-wechatpay":
        book.change({ type: "balance", amountMinor: amountMinor ?? null })
        return said(200, { amountMinor: amountMinor ?? null })
      default:
        return undefined
    }
  }
}
