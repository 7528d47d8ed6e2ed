import type { Order, Refund } from "./Book.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import { numberPattern } from "./Orders.ts"
import { badParameter, invalidRequest, numeric, Refusal, unknownResource } from "./Refusal.ts"
import type { Trade } from "./Trade.ts"

const refundPattern = /^[0-9A-Za-z_\-|*@]+$/
const mostRefunds = 50
const apartMillis = 60_000
const longestMillis = 365 * 86_400_000

interface Asked {
  readonly number: string
  readonly transactionId: string | null
  readonly order: string | null
  readonly reason: string | null
  readonly notifyUrl: string | null
  readonly amountMinor: number
  readonly totalMinor: number
}

const askedIn = (json: Json): Asked => {
  const transactionId = Fields.optionalText(json, "transaction_id", { max: 32 })
  const order = Fields.optionalText(json, "out_trade_no", { min: 6, max: 32, pattern: numberPattern })
  if (transactionId === null && order === null)
    throw badParameter("body", "/transaction_id", "与 out_trade_no 必须二选一")
  const notifyUrl = Fields.optionalText(json, "notify_url", { max: 256 })
  const amount = Fields.object(json, "amount")
  const funds = Fields.optionalText(json, "funds_account", { max: 32 })
  if (funds !== null && funds !== "AVAILABLE") throw badParameter("body", "/funds_account", "只支持 AVAILABLE", funds)
  const currency = Fields.text(amount, "currency", { max: 16 }, "/amount/")
  if (currency !== "CNY") throw badParameter("body", "/amount/currency", "只支持 CNY", currency)
  return {
    number: Fields.text(json, "out_refund_no", { max: 64, pattern: refundPattern }),
    transactionId,
    order,
    reason: Fields.optionalText(json, "reason", { max: 80 }),
    notifyUrl: notifyUrl === null ? null : Fields.notifyUrl(notifyUrl),
    amountMinor: Fields.fen(amount, "refund", "/amount/"),
    totalMinor: Fields.fen(amount, "total", "/amount/")
  }
}

const orderOf = ({ book }: Trade, { transactionId, order: number }: Asked): Order => {
  const order = transactionId === null ? book.order(number ?? "") : book.byTransaction(transactionId)
  if (order === undefined || order.paying === null) throw unknownResource("订单不存在，或者未支付")
  if (number !== null && number !== order.number)
    throw badParameter("body", "/out_trade_no", "与 transaction_id 不是同一笔订单", number)
  return order
}

/** The same refund asked for again; refused where it is another's, or of another amount. */
const again = (known: Refund, order: Order, { amountMinor }: Asked): Refund => {
  if (known.order !== order.number) throw invalidRequest("商户退款单号已用于其他订单", numeric.otherParameters)
  if (known.amountMinor !== amountMinor)
    throw new Refusal(403, "REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致", {
      numeric: numeric.otherParameters
    })
  return known
}

const within = (trade: Trade, order: Order, { amountMinor }: Asked): void => {
  const { book } = trade
  const now = trade.now()
  if (now - (order.paying?.atMillis ?? now) > longestMillis)
    throw new Refusal(403, "TRADE_OVERDUE", "订单已经超过退款期限")
  const left = book.refundableMinor(order)
  if (left === 0) throw invalidRequest("订单已全额退款")
  if (amountMinor > left) throw invalidRequest("退款金额大于可退金额")
  const earlier = book.refundsOf(order)
  if (earlier.length >= mostRefunds) throw new Refusal(403, "RULE_LIMIT", "超过最大退款次数")
  const last = earlier.at(-1)
  if (last !== undefined && now - last.createdMillis < apartMillis)
    throw new Refusal(429, "FREQUENCY_LIMITED", "同一订单的部分退款须间隔一分钟", { numeric: numeric.rateLimit })
  if (book.balanceMinor !== null && book.balanceMinor < amountMinor)
    throw new Refusal(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
}

/** Accepts a refund; the same number again refunds once. */
export const create = (trade: Trade, json: Json): Refund => {
  const asked = askedIn(json)
  const order = orderOf(trade, asked)
  if (asked.totalMinor !== order.totalMinor) throw invalidRequest("原订单金额与订单不一致")
  const known = trade.book.refund(asked.number)
  if (known !== undefined && known.number === asked.number) return again(known, order, asked)
  within(trade, order, asked)
  const { number, amountMinor, reason, notifyUrl } = asked
  return trade.refund(order, { number, amountMinor, reason, notifyUrl })
}

/** A refund by the merchant's number. */
export const byNumber = ({ book }: Trade, number: string): Refund => {
  if (number.length > 64 || !refundPattern.test(number))
    throw badParameter("uri", "out_refund_no", "格式不正确", number)
  const refund = book.refund(number)
  if (refund === undefined || refund.number !== number) throw unknownResource("退款单不存在")
  return refund
}
