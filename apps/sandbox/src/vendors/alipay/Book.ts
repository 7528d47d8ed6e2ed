import { Agenda } from "../../Agenda.ts"
import type { Kit } from "../Kit.ts"
import type { Held } from "../Vendor.ts"
import type { Order } from "./Orders.ts"

/** A refund of a trade, made at once. */
export interface Refund {
  readonly requestNo: string
  readonly amountMinor: number
  /** All that is refunded of the trade, with this. */
  readonly totalMinor: number
  readonly atMillis: number
  readonly noticeId: string
}

/** A trade: it exists from the moment in which the payer opened it. */
export interface Trade {
  readonly tradeNo: string
  /** Of the cashier's address. */
  readonly key: string
  readonly order: Order
  readonly buyerId: string
  readonly createdMillis: number
  readonly expireMillis: number
  readonly status: "WAIT_BUYER_PAY" | "TRADE_SUCCESS" | "TRADE_FINISHED" | "TRADE_CLOSED"
  readonly paid: { readonly atMillis: number; readonly noticeId: string } | null
  readonly closedMillis: number | null
  readonly refunds: ReadonlyArray<Refund>
}

/** A QR code that is handed out, and what it becomes when it is scanned. */
export interface Code {
  readonly code: string
  readonly order: Order
  readonly expireMillis: number
}

type Change =
  | { readonly kind: "coded"; readonly code: Code }
  | { readonly kind: "opened"; readonly trade: Trade }
  | { readonly kind: "paid"; readonly tradeNo: string; readonly atMillis: number; readonly noticeId: string }
  | { readonly kind: "closed"; readonly tradeNo: string; readonly atMillis: number }
  | { readonly kind: "finished"; readonly tradeNo: string }
  | { readonly kind: "refunded"; readonly tradeNo: string; readonly refund: Refund }

/** A trade is paid for good so long after it was paid. */
const refundableMillis = 365 * 86_400_000

/** What is refunded of a trade, in fen. */
export const refundedMinor = (trade: Trade): number => trade.refunds.at(-1)?.totalMinor ?? 0

const after = (trade: Trade, change: Exclude<Change, { kind: "coded" | "opened" }>): Trade => {
  switch (change.kind) {
    case "paid":
      return { ...trade, status: "TRADE_SUCCESS", paid: { atMillis: change.atMillis, noticeId: change.noticeId } }
    case "closed":
      return { ...trade, status: "TRADE_CLOSED", closedMillis: change.atMillis }
    case "finished":
      return { ...trade, status: "TRADE_FINISHED" }
    case "refunded": {
      const { refund } = change
      const refunded = { ...trade, refunds: [...trade.refunds, refund] }
      return refund.totalMinor < trade.order.amountMinor
        ? refunded
        : { ...refunded, status: "TRADE_CLOSED", closedMillis: refund.atMillis }
    }
  }
}

const heldOf = (vendor: string, order: Order, trade: Trade | undefined): Held => {
  const isPaid = trade !== undefined && trade.paid !== null
  const isClosed = trade?.status === "TRADE_CLOSED"
  return {
    vendor,
    number: order.number,
    id: trade?.tradeNo ?? null,
    status: isPaid ? "paid" : isClosed ? "closed" : "open",
    amountMinor: order.amountMinor,
    currency: "CNY",
    capturedMinor: isPaid ? order.amountMinor : 0,
    refunds: (trade?.refunds ?? []).map(({ requestNo, amountMinor }) => ({
      number: requestNo,
      id: requestNo,
      amountMinor,
      status: "REFUND_SUCCESS"
    }))
  }
}

/** All codes and trades: the fold of what was written. */
export class Book {
  readonly #kit: Pick<Kit, "name" | "write" | "clock">
  readonly #trades = new Map<string, Trade>()
  readonly #numbers = new Map<string, string>()
  readonly #keys = new Map<string, string>()
  readonly #codes = new Map<string, Code>()
  readonly #codesByNumber = new Map<string, Code>()
  readonly #agenda = new Agenda()

  constructor(kit: Pick<Kit, "name" | "write" | "clock" | "changes">) {
    this.#kit = kit
    for (const change of kit.changes()) this.#apply(change as Change)
  }

  #apply(change: Change): void {
    if (change.kind === "coded") {
      this.#codes.set(change.code.code, change.code)
      this.#codesByNumber.set(change.code.order.number, change.code)
      return
    }
    if (change.kind === "opened") {
      const { trade } = change
      this.#trades.set(trade.tradeNo, trade)
      this.#numbers.set(trade.order.number, trade.tradeNo)
      this.#keys.set(trade.key, trade.tradeNo)
      this.#agenda.add(trade.expireMillis, trade.tradeNo)
      return
    }
    const trade = this.#trades.get(change.tradeNo)
    if (trade === undefined) return
    this.#trades.set(trade.tradeNo, after(trade, change))
    if (change.kind === "paid") this.#agenda.add(change.atMillis + refundableMillis, trade.tradeNo)
  }

  /** Writes a change down and applies it. */
  change(change: Change): void {
    this.#kit.write(change)
    this.#apply(change)
  }

  /** How many trades there are. */
  get size(): number {
    return this.#trades.size
  }

  /** The trade with the vendor's number, as of now: what is over is closed or finished first. */
  trade(tradeNo: string): Trade | undefined {
    const trade = this.#trades.get(tradeNo)
    const nowMillis = this.#kit.clock.now()
    if (trade?.status === "WAIT_BUYER_PAY" && trade.expireMillis <= nowMillis)
      this.change({ kind: "closed", tradeNo, atMillis: trade.expireMillis })
    else if (trade?.status === "TRADE_SUCCESS" && trade.paid !== null)
      if (trade.paid.atMillis + refundableMillis <= nowMillis) this.change({ kind: "finished", tradeNo })
    return this.#trades.get(tradeNo)
  }

  /** The trade with the merchant's number. */
  byNumber(number: string): Trade | undefined {
    const tradeNo = this.#numbers.get(number)
    return tradeNo === undefined ? undefined : this.trade(tradeNo)
  }

  /** The trade whose cashier has this key. */
  byKey(key: string): Trade | undefined {
    const tradeNo = this.#keys.get(key)
    return tradeNo === undefined ? undefined : this.trade(tradeNo)
  }

  /** The code with this text. */
  code(code: string): Code | undefined {
    return this.#codes.get(code)
  }

  /** The latest code of the merchant's number. */
  codeOf(number: string): Code | undefined {
    return this.#codesByNumber.get(number)
  }

  /** Closes and finishes what is over. */
  sweep(): void {
    for (const tradeNo of this.#agenda.due(this.#kit.clock.now())) this.trade(tradeNo)
  }

  /** Every trade, in the order in which they were opened. */
  trades(): ReadonlyArray<Trade> {
    return [...this.#trades.values()]
  }

  /** Every trade, and every code that was not scanned yet. */
  held(): ReadonlyArray<Held> {
    const { name } = this.#kit
    const codes = [...this.#codesByNumber.values()].filter(({ order }) => !this.#numbers.has(order.number))
    return [
      ...this.trades().map((trade) => heldOf(name, trade.order, trade)),
      ...codes.map(({ order }) => heldOf(name, order, undefined))
    ]
  }

  /** What is held under the merchant's number. */
  heldBy(number: string): Held | undefined {
    const trade = this.byNumber(number)
    const order = trade?.order ?? this.codeOf(number)?.order
    return order === undefined ? undefined : heldOf(this.#kit.name, order, trade)
  }
}
