import { words } from "./Words.ts"

/** Every state of payments, refunds and deliveries, as people call it. */
export const states = words(
  {
    CREATED: "Created",
    SUBMITTING: "Submitting",
    PENDING: "Awaiting payment",
    AUTHORIZED: "Authorized",
    SUCCEEDED: "Succeeded",
    PARTIALLY_REFUNDED: "Partly refunded",
    REFUNDED: "Refunded",
    FAILED: "Failed",
    CLOSING: "Closing",
    CLOSED: "Closed",
    LATE_PAID: "Paid late",
    HELD: "Held",
    waiting: "Waiting",
    delivered: "Delivered",
    "given-up": "Given up",
    kept: "Kept",
    inDoubt: "in doubt",
    inDoubtTold: "The vendor's last word is outstanding."
  },
  {
    CREATED: "已创建",
    SUBMITTING: "提交中",
    PENDING: "待支付",
    AUTHORIZED: "已预授权",
    SUCCEEDED: "成功",
    PARTIALLY_REFUNDED: "部分退款",
    REFUNDED: "已全额退款",
    FAILED: "失败",
    CLOSING: "关单中",
    CLOSED: "已关闭",
    LATE_PAID: "迟到支付",
    HELD: "挂起待处理",
    waiting: "待投递",
    delivered: "已送达",
    "given-up": "已放弃",
    kept: "仅留存",
    inDoubt: "结果未知",
    inDoubtTold: "渠道的最终结果尚未返回。"
  }
)
