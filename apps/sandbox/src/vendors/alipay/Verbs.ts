import { randomHex } from "../../Random.ts"
import type { Decision } from "../Vendor.ts"
import type { Book, Refund, Trade } from "./Book.ts"
import type { Desk } from "./Desk.ts"
import { leftMinor } from "./Desk.ts"
import { Refusal } from "./Refusal.ts"

/** What came of a verb: whether the merchant is to be told, and of which refund. */
interface Came {
  readonly tell: boolean
  readonly refund?: Refund
}

type Verb = (book: Book, desk: Desk, number: string, decision: Decision) => Came

/** The trade, scanned first where there is but a code. */
const opened = (book: Book, desk: Desk, number: string): Trade => {
  const trade = book.byNumber(number)
  if (trade !== undefined) return trade
  const code = book.codeOf(number)
  if (code === undefined) throw new Refusal("ACQ.TRADE_NOT_EXIST")
  return desk.scan(code)
}

const close: Verb = (book, desk, number) => {
  desk.close(opened(book, desk, number).tradeNo)
  return { tell: false }
}

/** What can be done to a trade by its number: `open` scans, `refuse` is the payer who closes, `refund` is made at the vendor's desk, `finish` ends the time of refunds. */
export const verbs: { readonly [verb: string]: Verb } = {
  open: (book, desk, number) => {
    opened(book, desk, number)
    return { tell: false }
  },
  pay: (book, desk, number) => {
    desk.pay(opened(book, desk, number).tradeNo)
    return { tell: true }
  },
  refuse: close,
  close,
  refund: (book, desk, number, { amountMinor, refund }) => {
    const trade = opened(book, desk, number)
    const made = desk.refund(trade.tradeNo, refund ?? `DESK${randomHex(8)}`, amountMinor ?? leftMinor(trade))
    return { tell: made.isNew, refund: made.refund }
  },
  finish: (book, desk, number) => {
    desk.finish(opened(book, desk, number).tradeNo)
    return { tell: false }
  }
}
