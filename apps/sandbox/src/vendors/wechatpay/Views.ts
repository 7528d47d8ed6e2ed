import * as Beijing from "./Beijing.ts"
import type { Book, Order, Refund, Scene } from "./Book.ts"
import { tradeState } from "./Book.ts"

const tradeTypes: { readonly [scene in Scene]: string } = {
  native: "NATIVE",
  jsapi: "JSAPI",
  app: "APP",
  h5: "MWEB"
}

/** A scene as orders and bills name it. */
export const tradeType = (scene: Scene): string => tradeTypes[scene]

const descriptions = {
  NOTPAY: "订单未支付",
  SUCCESS: "支付成功",
  REFUND: "订单发生过退款，退款详情请查询退款单",
  CLOSED: "订单已关闭"
} as const

/** An order as queries tell it; what is only known of a paid one is left out of the others. */
export const transaction = (order: Order, mchid: string): Record<string, unknown> => {
  const { paying, number, appid, attach, totalMinor } = order
  const state = tradeState(order)
  const common = {
    appid,
    mchid,
    out_trade_no: number,
    trade_state: state,
    trade_state_desc: descriptions[state],
    ...(attach === null ? {} : { attach })
  }
  const amount = { total: totalMinor, currency: "CNY" }
  if (paying === null) return { ...common, promotion_detail: [], amount: { ...amount, payer_currency: "CNY" } }
  return {
    ...common,
    transaction_id: paying.transactionId,
    trade_type: tradeType(order.scene),
    bank_type: "OTHERS",
    success_time: Beijing.text(paying.atMillis),
    payer: { openid: paying.openid },
    amount: { ...amount, payer_total: paying.payerTotalMinor, payer_currency: "CNY" },
    promotion_detail: []
  }
}

/** A paid order as its notification tells it. */
export const paidTransaction = (order: Order, mchid: string): Record<string, unknown> => ({
  ...transaction({ ...order, refunds: [] }, mchid),
  attach: order.attach ?? ""
})

const settled = ({ status, movedMillis }: Refund): Record<string, unknown> =>
  status === "SUCCESS" && movedMillis !== null ? { success_time: Beijing.text(movedMillis) } : {}

const account = "支付用户零钱"

/** A refund as the refund call and its query tell it. */
export const refund = (book: Book, refund: Refund): Record<string, unknown> => {
  const order = book.order(refund.order)
  const payerTotal = order?.paying?.payerTotalMinor ?? 0
  return {
    refund_id: refund.id,
    out_refund_no: refund.number,
    transaction_id: order?.paying?.transactionId ?? "",
    out_trade_no: refund.order,
    channel: "ORIGINAL",
    user_received_account: account,
    ...settled(refund),
    create_time: Beijing.text(refund.createdMillis),
    status: refund.status,
    funds_account: "AVAILABLE",
    amount: {
      total: order?.totalMinor ?? 0,
      refund: refund.amountMinor,
      payer_total: payerTotal,
      payer_refund: refund.payerMinor,
      settlement_refund: refund.amountMinor,
      settlement_total: order?.totalMinor ?? 0,
      discount_refund: refund.amountMinor - refund.payerMinor,
      currency: "CNY",
      refund_fee: 0
    },
    promotion_detail: []
  }
}

/** A refund as its notification tells it: `refund_status`, and no currency. */
export const refundNotice = (book: Book, refund: Refund, mchid: string): Record<string, unknown> => {
  const order = book.order(refund.order)
  return {
    mchid,
    out_trade_no: refund.order,
    transaction_id: order?.paying?.transactionId ?? "",
    out_refund_no: refund.number,
    refund_id: refund.id,
    refund_status: refund.status,
    ...settled(refund),
    user_received_account: account,
    amount: {
      total: order?.totalMinor ?? 0,
      refund: refund.amountMinor,
      payer_total: order?.paying?.payerTotalMinor ?? 0,
      payer_refund: refund.payerMinor
    }
  }
}
