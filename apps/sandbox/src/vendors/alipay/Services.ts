import type { Fields as Answer } from "./Answers.ts"
import * as Beijing from "./Beijing.ts"
import type { Book, Refund, Trade } from "./Book.ts"
import type { Desk } from "./Desk.ts"
import { leftMinor } from "./Desk.ts"
import { Fields } from "./Fields.ts"
import type { Method, Request } from "./Gateway.ts"
import { Refusal, staged } from "./Refusal.ts"
import * as Yuan from "./Yuan.ts"

/** What was done of a call; `refunded` where there is a refund to tell of. */
export interface Done {
  readonly did: string
  readonly fields: Answer
  readonly refunded?: { readonly tradeNo: string; readonly refund: Refund }
}

/** What the services work on. */
export interface Place {
  readonly book: Book
  readonly desk: Desk
  readonly nowMillis: () => number
}

/** A payer's name, hidden as the vendor hides it. */
export const buyerLogon = "159****5620"

const cancellableMillis = 86_400_000

/** The trade that is asked for: by the vendor's number where both are given. */
const tradeIn = ({ book }: Place, fields: Fields, otherwise: "ACQ.TRADE_NOT_EXIST" | "TRADE_NOT_EXIST"): Trade => {
  const number = fields.text("out_trade_no", 64)
  const tradeNo = fields.text("trade_no", 64)
  if (number === undefined && tradeNo === undefined) throw fields.refusal("out_trade_no 和 trade_no 不能同时为空")
  const trade = tradeNo === undefined ? book.byNumber(number ?? "") : book.trade(tradeNo)
  if (trade === undefined) throw new Refusal(otherwise, { about: number })
  return trade
}

const numbersOf = (trade: Trade): Answer => ({ out_trade_no: trade.order.number, trade_no: trade.tradeNo })

const query = (place: Place, { biz }: Request): Done => {
  const fields = new Fields(biz, ["out_trade_no", "trade_no", "query_options", "org_pid"])
  fields.list("query_options")
  const trade = tradeIn(place, fields, "ACQ.TRADE_NOT_EXIST")
  const total = Yuan.text(trade.order.amountMinor)
  const paid = trade.paid === null ? "0.00" : total
  const date = trade.paid === null ? {} : { send_pay_date: Beijing.text(trade.paid.atMillis) }
  return {
    did: `queried:${trade.status}`,
    fields: {
      buyer_logon_id: buyerLogon,
      buyer_pay_amount: paid,
      buyer_user_id: trade.buyerId,
      invoice_amount: paid,
      out_trade_no: trade.order.number,
      point_amount: "0.00",
      receipt_amount: paid,
      ...date,
      total_amount: total,
      trade_no: trade.tradeNo,
      trade_status: trade.status
    }
  }
}

const checkStaged = (text: string | undefined, about: string): void => {
  const asked = staged(text)
  if (asked !== undefined) throw new Refusal(asked, { about })
}

const close = (place: Place, { biz }: Request): Done => {
  const fields = new Fields(biz, ["out_trade_no", "trade_no", "operator_id"])
  const trade = tradeIn(place, fields, "ACQ.TRADE_NOT_EXIST")
  checkStaged(fields.text("operator_id", 28), trade.order.number)
  return { did: "closed", fields: numbersOf(place.desk.close(trade.tradeNo)) }
}

/** What there is of a trade is undone: closed where it is not paid, else refunded. */
const cancel = (place: Place, { biz }: Request): Done => {
  const fields = new Fields(biz, ["out_trade_no", "trade_no", "operator_id"])
  const number = fields.text("out_trade_no", 64)
  const tradeNo = fields.text("trade_no", 64)
  if (number === undefined && tradeNo === undefined) throw fields.refusal("out_trade_no 和 trade_no 不能同时为空")
  const trade = tradeNo === undefined ? place.book.byNumber(number ?? "") : place.book.trade(tradeNo)
  if (trade === undefined) return { did: "cancelled:nothing", fields: { out_trade_no: number, retry_flag: "N" } }
  const about = trade.order.number
  checkStaged(fields.text("operator_id", 64), about)
  const told = (action: "close" | "refund") => ({ ...numbersOf(trade), retry_flag: "N", action })
  if (trade.status === "WAIT_BUYER_PAY") place.desk.close(trade.tradeNo)
  if (trade.paid === null) return { did: "cancelled:close", fields: told("close") }
  if (trade.status === "TRADE_CLOSED") return { did: "cancelled:refund", fields: told("refund") }
  if (trade.status === "TRADE_FINISHED") throw new Refusal("ACQ.TRADE_HAS_FINISHED", { about })
  if (trade.paid.atMillis + cancellableMillis <= place.nowMillis())
    throw new Refusal("ACQ.TRADE_CANCEL_TIME_OUT", { about })
  if (trade.refunds.length > 0) throw new Refusal("ACQ.CANCEL_NOT_ALLOWED", { about })
  place.desk.refund(trade.tradeNo, about, leftMinor(trade))
  return { did: "cancelled:refund", fields: told("refund") }
}

const refundFields = [
  "out_trade_no",
  "trade_no",
  "refund_amount",
  "out_request_no",
  "refund_reason",
  "query_options",
  "operator_id",
  "store_id",
  "terminal_id",
  "goods_detail",
  "refund_goods_detail",
  "refund_royalty_parameters"
]

const refund = (place: Place, { biz }: Request): Done => {
  const fields = new Fields(biz, refundFields)
  const amountMinor = fields.amountMinor("refund_amount")
  const options = fields.list("query_options")
  const reason = fields.text("refund_reason", 256)
  const trade = tradeIn(place, fields, "ACQ.TRADE_NOT_EXIST")
  const { number, amountMinor: wholeMinor } = trade.order
  checkStaged(reason, number)
  const named = fields.text("out_request_no", 64)
  if (named === undefined && amountMinor !== wholeMinor) throw fields.refusal("部分退款时 out_request_no 不能为空")
  const made = place.desk.refund(trade.tradeNo, named ?? number, amountMinor)
  const latest = place.book.trade(trade.tradeNo) ?? trade
  const amount = Yuan.text(amountMinor)
  const details = options.includes("refund_detail_item_list")
    ? { refund_detail_item_list: [{ amount, fund_channel: "ALIPAYACCOUNT" }], send_back_fee: amount }
    : {}
  return {
    did: made.isNew ? "refunded" : "repeated",
    fields: {
      buyer_logon_id: buyerLogon,
      buyer_user_id: trade.buyerId,
      fund_change: made.isNew ? "Y" : "N",
      gmt_refund_pay: Beijing.text(made.refund.atMillis),
      out_trade_no: number,
      refund_fee: Yuan.text(latest.refunds.at(-1)?.totalMinor ?? amountMinor),
      ...details,
      trade_no: trade.tradeNo
    },
    ...(made.isNew ? { refunded: { tradeNo: trade.tradeNo, refund: made.refund } } : {})
  }
}

/** A refund that is not known is no error: the answer says nothing of it. */
const queryRefund = (place: Place, { biz }: Request): Done => {
  const fields = new Fields(biz, ["out_trade_no", "trade_no", "out_request_no", "query_options"])
  const requestNo = fields.required("out_request_no", 64)
  const options = fields.list("query_options")
  const trade = tradeIn(place, fields, "TRADE_NOT_EXIST")
  const known = trade.refunds.find((one) => one.requestNo === requestNo)
  if (known === undefined) return { did: "queried:nothing", fields: {} }
  const time = options.includes("gmt_refund_pay") ? { gmt_refund_pay: Beijing.text(known.atMillis) } : {}
  return {
    did: "queried:REFUND_SUCCESS",
    fields: {
      out_request_no: requestNo,
      out_trade_no: trade.order.number,
      refund_amount: Yuan.text(known.amountMinor),
      refund_status: "REFUND_SUCCESS",
      total_amount: Yuan.text(trade.order.amountMinor),
      trade_no: trade.tradeNo,
      ...time
    }
  }
}

/** What the calls of a merchant's server do to trades that there are; each throws a `Refusal`. */
export const services: { readonly [M in Method]?: (place: Place, request: Request) => Done } = {
  "alipay.trade.query": query,
  "alipay.trade.close": close,
  "alipay.trade.cancel": cancel,
  "alipay.trade.refund": refund,
  "alipay.trade.fastpay.refund.query": queryRefund
}
