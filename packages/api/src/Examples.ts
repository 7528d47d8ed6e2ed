import type { Event } from "./Event.ts"
import type { History, Order, PlaceOrder } from "./Order.ts"
import * as Problem from "./Problem.ts"

/** An order as it is placed. */
export const placeOrder: typeof PlaceOrder.Encoded = {
  vendor: "platform",
  businessNo: "POLICY-2026-0001",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days",
  payer: { ip: "203.0.113.7" },
  returnUrl: "https://shop.example/done",
  expiresIn: 900,
  capture: "automatic",
  metadata: { policy: "0001" }
}

/** That order while it waits for its payer. */
export const pending: Order = {
  payOrderNo: "01M83PPH0016J04HMASW9NF6YY41J",
  status: "PENDING",
  inDoubt: false,
  version: 2,
  vendor: "platform",
  businessNo: "POLICY-2026-0001",
  amount: { value: "12.34", currency: "CNY" },
  refunded: { value: "0.00", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  transactionNo: "2026112322001400000000000001",
  createdAt: "2026-11-23T08:00:00.000Z",
  paidAt: null,
  expiresAt: "2026-11-23T08:15:00.000Z",
  failure: null,
  metadata: { policy: "0001" },
  next: { type: "redirect", url: "https://pay.platform.example/cashier/8Zk2" }
}

/** That order after the vendor did not answer in time. */
export const inDoubt: Order = {
  ...pending,
  status: "SUBMITTING",
  inDoubt: true,
  version: 1,
  transactionNo: null,
  next: null
}

/** That order after the vendor refused it. */
export const failed: Order = {
  ...pending,
  status: "FAILED",
  transactionNo: null,
  failure: { code: "PRODUCT_NOT_SIGNED", detail: "The merchant has not signed for this product." },
  next: null
}

/** That order once it is paid. */
export const paid: Order = {
  ...pending,
  status: "SUCCEEDED",
  version: 3,
  paidAt: "2026-11-23T08:01:30.000Z",
  next: null
}

/** That order while the vendor is asked to close it. */
export const closing: Order = { ...pending, status: "CLOSING", version: 3, next: null }

/** That order once the vendor closed it. */
export const closed: Order = { ...closing, status: "CLOSED", version: 4 }

/** What became of that order. */
export const history: typeof History.Type = {
  items: [
    { version: 1, status: "SUBMITTING", cause: "submit", detail: null, at: "2026-11-23T08:00:00.000Z" },
    { version: 2, status: "PENDING", cause: "create:open", detail: null, at: "2026-11-23T08:00:00.412Z" },
    { version: 3, status: "SUCCEEDED", cause: "notification:paid", detail: null, at: "2026-11-23T08:01:31.008Z" }
  ],
  next: null
}

/** The event that tells of its being paid. */
export const event: Event = { type: "order.succeeded", timestamp: "2026-11-23T08:01:31.008Z", data: paid }

/** A family of what the process counts. */
export const ready = {
  status: "ready",
  configuration: { loadedAt: "2026-11-23T08:00:00.000Z", refused: null }
} as const

export const metrics = `# HELP payment_proxy_order_moves_total Orders that came into a state
# TYPE payment_proxy_order_moves_total counter
payment_proxy_order_moves_total{to="SUCCEEDED"} 7
`

/** A problem of a code, with the faults that such a problem names. */
export const problem = (code: Problem.Code): Problem.Problem => {
  const detail = `${Problem.codes[code][1]}.`
  if (code === "BODY_INVALID")
    return Problem.make(code, "The order has 2 fault(s).", [
      { pointer: "/amount/value", code: "AMOUNT_INVALID", detail: "The amount has a sign: write it like 12.34." },
      { pointer: "/returnUrl", code: "FIELD_MISSING", detail: "This is missing: give it a value." }
    ])
  if (code === "PARAMETER_INVALID")
    return Problem.make(code, detail, [
      { pointer: "/limit", code: "PARAMETER_INVALID", detail: "This is a whole number from 1 to 100, given once." }
    ])
  return Problem.make(code, detail)
}
