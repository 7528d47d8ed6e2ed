import type { Clock } from "../../Clock.ts"
import { randomHex } from "../../Random.ts"
import * as Beijing from "./Beijing.ts"
import type { Book, Code, Refund, Trade } from "./Book.ts"
import { refundedMinor } from "./Book.ts"
import type { Order } from "./Orders.ts"
import { Refusal } from "./Refusal.ts"

const maxCodeMillis = 2 * 3_600_000

const digits = (count: number): string =>
  (BigInt(`0x${randomHex(16)}`) % 10n ** BigInt(count)).toString().padStart(count, "0")

const isSame = (one: Order, other: Order): boolean =>
  one.amountMinor === other.amountMinor && one.subject === other.subject

/** What is left to refund of a trade, in fen. */
export const leftMinor = (trade: Trade): number => trade.order.amountMinor - refundedMinor(trade)

/** The moves of trades, as the vendor allows them; each throws a `Refusal` where it does not. */
export class Desk {
  readonly #book: Book
  readonly #clock: Clock
  readonly #buyerId: string

  constructor(book: Book, clock: Clock, buyerId: string) {
    this.#book = book
    this.#clock = clock
    this.#buyerId = buyerId
  }

  #now(tradeNo: string): Trade {
    const trade = this.#book.trade(tradeNo)
    if (trade === undefined) throw new Refusal("ACQ.TRADE_NOT_EXIST")
    return trade
  }

  /** Refuses an order whose number is of another, or whose trade can no longer be paid. */
  #checkAgain(order: Order, trade: Trade): void {
    const about = order.number
    if (!isSame(order, trade.order)) throw new Refusal("ACQ.CONTEXT_INCONSISTENT", { about })
    if (order.buyerId !== null && order.buyerId !== trade.buyerId)
      throw new Refusal("ACQ.TRADE_BUYER_NOT_MATCH", { about })
    if (trade.paid !== null && trade.status !== "TRADE_CLOSED") throw new Refusal("ACQ.TRADE_HAS_SUCCESS", { about })
    if (trade.status === "TRADE_CLOSED") throw new Refusal("ACQ.TRADE_HAS_CLOSE", { about })
  }

  /** A code for an order; the same for the same order as long as it is good. */
  code(order: Order): Code {
    const about = order.number
    const trade = this.#book.byNumber(order.number)
    if (trade !== undefined) this.#checkAgain(order, trade)
    const nowMillis = this.#clock.now()
    const known = this.#book.codeOf(order.number)
    if (known !== undefined && !isSame(order, known.order)) throw new Refusal("ACQ.CONTEXT_INCONSISTENT", { about })
    if (known !== undefined && known.expireMillis > nowMillis) return known
    const lifeMillis = Math.min(maxCodeMillis, order.codeMillis ?? maxCodeMillis)
    const expireMillis = Math.min(nowMillis + lifeMillis, order.expireAtMillis ?? Number.POSITIVE_INFINITY)
    const code: Code = { code: `bax${randomHex(8)}`, order, expireMillis }
    this.#book.change({ kind: "coded", code })
    return code
  }

  /** The trade of an order: the payer has opened it. The same order opens the same trade again. */
  open(order: Order): Trade {
    const known = this.#book.byNumber(order.number)
    if (known !== undefined) {
      this.#checkAgain(order, known)
      return known
    }
    const nowMillis = this.#clock.now()
    const { timeoutMillis, expireAtMillis, number } = order
    const timeout = timeoutMillis === "end of day" ? Beijing.endOfDay(nowMillis) : nowMillis + timeoutMillis
    const expireMillis = expireAtMillis ?? timeout
    if (expireMillis <= nowMillis) throw new Refusal("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", { about: number })
    const serial = String(this.#book.size + 1).padStart(8, "0")
    const tradeNo = `${Beijing.day(nowMillis).replaceAll("-", "")}22001400${digits(4)}${serial}`
    const trade: Trade = {
      tradeNo,
      key: randomHex(16),
      order,
      buyerId: order.buyerId ?? this.#buyerId,
      createdMillis: nowMillis,
      expireMillis,
      status: "WAIT_BUYER_PAY",
      paid: null,
      closedMillis: null,
      refunds: []
    }
    this.#book.change({ kind: "opened", trade })
    return trade
  }

  /** The trade of a code that is scanned. */
  scan(code: Code): Trade {
    const known = this.#book.byNumber(code.order.number)
    if (known !== undefined) return known
    if (code.expireMillis <= this.#clock.now())
      throw new Refusal("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", { about: code.order.number })
    return this.open(code.order)
  }

  #noticeId(): string {
    return `${Beijing.day(this.#clock.now()).replaceAll("-", "")}00222${digits(21)}`
  }

  /** The payer pays. */
  pay(tradeNo: string): Trade {
    this.#awaited(tradeNo, "ACQ.TRADE_STATUS_ERROR")
    this.#book.change({ kind: "paid", tradeNo, atMillis: this.#clock.now(), noticeId: this.#noticeId() })
    return this.#now(tradeNo)
  }

  /** The merchant, or the payer, closes a trade that is not paid. */
  close(tradeNo: string): Trade {
    this.#awaited(tradeNo, "ACQ.REASON_TRADE_STATUS_INVALID")
    this.#book.change({ kind: "closed", tradeNo, atMillis: this.#clock.now() })
    return this.#now(tradeNo)
  }

  #awaited(tradeNo: string, otherwise: "ACQ.TRADE_STATUS_ERROR" | "ACQ.REASON_TRADE_STATUS_INVALID"): Trade {
    const trade = this.#now(tradeNo)
    if (trade.status !== "WAIT_BUYER_PAY") throw new Refusal(otherwise, { about: trade.order.number })
    return trade
  }

  /** No more refunds, as after a year. */
  finish(tradeNo: string): Trade {
    const trade = this.#now(tradeNo)
    if (trade.status !== "TRADE_SUCCESS") throw new Refusal("ACQ.TRADE_STATUS_ERROR", { about: trade.order.number })
    this.#book.change({ kind: "finished", tradeNo })
    return this.#now(tradeNo)
  }

  /** A refund, made at once; `isNew` is false for one that is repeated. */
  refund(
    tradeNo: string,
    requestNo: string,
    amountMinor: number
  ): { readonly refund: Refund; readonly isNew: boolean } {
    const trade = this.#now(tradeNo)
    const about = trade.order.number
    const known = trade.refunds.find((refund) => refund.requestNo === requestNo)
    if (known !== undefined && known.amountMinor !== amountMinor)
      throw new Refusal("ACQ.DISCORDANT_REPEAT_REQUEST", { about })
    if (known !== undefined) return { refund: known, isNew: false }
    if (trade.status === "WAIT_BUYER_PAY") throw new Refusal("ACQ.TRADE_STATUS_ERROR", { about })
    if (trade.status === "TRADE_CLOSED") throw new Refusal("ACQ.TRADE_HAS_CLOSE", { about })
    if (trade.status === "TRADE_FINISHED") throw new Refusal("ACQ.TRADE_HAS_FINISHED", { about })
    if (amountMinor <= 0) throw new Refusal("ACQ.REASON_TRADE_REFUND_FEE_ERR", { about })
    if (amountMinor > leftMinor(trade)) throw new Refusal("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", { about })
    const totalMinor = refundedMinor(trade) + amountMinor
    const atMillis = this.#clock.now()
    const refund: Refund = { requestNo, amountMinor, totalMinor, atMillis, noticeId: this.#noticeId() }
    this.#book.change({ kind: "refunded", tradeNo, refund })
    return { refund, isNew: true }
  }
}
