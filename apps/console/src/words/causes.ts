import { words } from "./Words.ts"

/** Our commands, as history tells of them. */
export const commands = words(
  {
    submit: "Sent to the vendor",
    close: "Closing was asked for",
    expire: "Its time ran out",
    capture: "The money is being taken",
    complete: "The payment is being completed",
    "capture asked": "Capture was asked for",
    refund: "A refund was asked for",
    accept: "Late money was accepted",
    resolve: "Two persons let it go on",
    "send again": "Sent to the vendor again"
  },
  {
    submit: "提交渠道",
    close: "发起关单",
    expire: "超时未支付",
    capture: "正在请款",
    complete: "正在完成支付",
    "capture asked": "发起请款",
    refund: "发起退款",
    accept: "接受逾期到账",
    resolve: "两人复核后继续",
    "send again": "重新提交渠道"
  }
)

/** What brought a vendor's word. */
export const sources = words(
  {
    create: "Answer to the create",
    query: "Answer to a query",
    close: "Answer to the close",
    operation: "Answer to the capture",
    capture: "Answer to the capture",
    complete: "Answer to the completion",
    refund: "Answer to the refund",
    queryRefund: "Answer to a query of the refund",
    notification: "Vendor’s notification",
    bill: "Vendor’s bill"
  },
  {
    create: "下单答复",
    query: "查询答复",
    close: "关单答复",
    operation: "请款答复",
    capture: "请款答复",
    complete: "完成支付答复",
    refund: "退款答复",
    queryRefund: "退款查询答复",
    notification: "渠道通知",
    bill: "渠道账单"
  }
)

/** What a vendor said. */
export const kinds = words(
  {
    notFound: "there is no such order",
    known: "it has the order, in a status that we do not know",
    open: "not paid yet",
    approved: "the payer approved, not taken yet",
    authorized: "authorized",
    paid: "paid",
    refunds: "paid, with refunds",
    refundedPart: "refunded in part",
    refundedAll: "refunded in full",
    refundsLower: "less refunded than before",
    failed: "failed",
    closed: "closed",
    disputed: "disputed by the payer",
    pending: "on its way",
    succeeded: "succeeded",
    abnormal: "stuck at the vendor"
  },
  {
    notFound: "查无此单",
    known: "订单存在，但状态未知",
    open: "尚未支付",
    approved: "付款人已同意，尚未扣款",
    authorized: "已预授权",
    paid: "已支付",
    refunds: "已支付且有退款",
    refundedPart: "已部分退款",
    refundedAll: "已全额退款",
    refundsLower: "退款总额比之前少",
    failed: "失败",
    closed: "已关闭",
    disputed: "付款人发起争议",
    pending: "处理中",
    succeeded: "成功",
    abnormal: "渠道侧异常"
  }
)

/** An answer that speaks of a call alone. */
export const answers = words(
  {
    Rejected: "the vendor refused the call",
    Throttled: "the vendor asks us to wait",
    Unreachable: "the vendor was not reached",
    InDoubt: "no clear answer: it may have arrived"
  },
  {
    Rejected: "渠道拒绝了请求",
    Throttled: "渠道要求稍后再试",
    Unreachable: "未能连上渠道",
    InDoubt: "没有明确答复：请求可能已到达"
  }
)

/** The rest of what history says. */
export const causes = words(
  {
    said: (source: string, kind: string) => `${source}: ${kind}`,
    callOf: "Our call",
    refund: (state: string) => `Its refund came out: ${state}`,
    refund_succeeded: "succeeded",
    refund_failed: "failed",
    refund_held: "held for a person"
  },
  {
    said: (source: string, kind: string) => `${source}：${kind}`,
    callOf: "我方请求",
    refund: (state: string) => `退款结果：${state}`,
    refund_succeeded: "成功",
    refund_failed: "失败",
    refund_held: "挂起待处理"
  }
)

/** Why orders and refunds are held. */
export const held = words(
  {
    AMOUNT_MISMATCH: "The vendor states another amount than the order’s.",
    CURRENCY_MISMATCH: "The vendor states another currency than the order’s.",
    MERCHANT_MISMATCH: "The vendor speaks of another merchant’s payment.",
    NUMBER_MISMATCH: "The vendor speaks of another order under this number.",
    SECOND_PAYMENT: "The payer seems to have paid twice.",
    NEVER_SENT: "The vendor knows an order that we never sent.",
    CONTRADICTED: "The vendor says again and again something else than before",
    SUCCEEDED_AFTER_FAILED: "The refund succeeded after the vendor had said that it failed.",
    VENDOR_ABNORMAL: "The refund is stuck at the vendor: its desk has to be asked.",
    REFUSED: "The vendor refused the refund when it was sent again, after it had taken it.",
    other: "It is held, for a reason that this page does not know"
  },
  {
    AMOUNT_MISMATCH: "渠道给出的金额与订单不一致。",
    CURRENCY_MISMATCH: "渠道给出的币种与订单不一致。",
    MERCHANT_MISMATCH: "渠道所指的是另一商户的支付。",
    NUMBER_MISMATCH: "渠道在此单号下返回的是另一笔订单。",
    SECOND_PAYMENT: "付款人似乎支付了两次。",
    NEVER_SENT: "渠道存在一笔我方从未提交的订单。",
    CONTRADICTED: "渠道反复给出与之前矛盾的结果",
    SUCCEEDED_AFTER_FAILED: "渠道先称退款失败，后又成功。",
    VENDOR_ABNORMAL: "退款在渠道侧异常，需联系渠道处理。",
    REFUSED: "渠道受理退款后，重新提交时又拒绝。",
    other: "已挂起，原因本页未收录"
  }
)
