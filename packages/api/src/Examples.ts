import type { Event, Kept } from "./Event.ts"
import type { Capture, PlaceRefund } from "./Operation.ts"
import type { History, Order, PlaceOrder, Refund } from "./Order.ts"
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
  captured: { value: "0.00", currency: "CNY" },
  refunded: { value: "0.00", currency: "CNY" },
  disputed: { value: "0.00", currency: "CNY" },
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
  captured: { value: "12.34", currency: "CNY" },
  paidAt: "2026-11-23T08:01:30.000Z",
  next: null
}

/** An order that was placed with manual capture, once its payer has agreed. */
export const authorized: Order = { ...pending, status: "AUTHORIZED", version: 3, next: null }

/** What is to be taken of it. */
export const capture: typeof Capture.Encoded = { amount: { value: "10.00", currency: "CNY" } }

/** That order once a part was taken, and the rest released. */
export const captured: Order = {
  ...authorized,
  status: "SUCCEEDED",
  version: 5,
  captured: { value: "10.00", currency: "CNY" },
  paidAt: "2026-11-23T09:00:00.000Z"
}

/** That order while nobody knows whether the vendor took it. */
export const capturing: Order = { ...authorized, inDoubt: true, version: 4 }

/** A refund as it is placed. */
export const placeRefund: typeof PlaceRefund.Encoded = {
  amount: { value: "2.34", currency: "CNY" },
  reason: "A day less"
}

/** That refund on its way. */
export const refund: Refund = {
  refundNo: "01M83PPH0016J04HMASW9NF6YY41JR1",
  payOrderNo: "01M83PPH0016J04HMASW9NF6YY41J",
  status: "PENDING",
  inDoubt: false,
  version: 2,
  amount: { value: "2.34", currency: "CNY" },
  reason: "A day less",
  createdAt: "2026-11-24T10:00:00.000Z",
  refundedAt: null,
  failure: null
}

/** That refund while nobody knows whether the vendor has it. */
export const refundInDoubt: Refund = { ...refund, status: "SUBMITTING", inDoubt: true, version: 1 }

/** That refund once the money went back. */
export const refunded: Refund = {
  ...refund,
  status: "SUCCEEDED",
  version: 3,
  refundedAt: "2026-11-24T10:00:07.000Z"
}

/** That refund after the vendor refused it. */
export const refundFailed: Refund = {
  ...refund,
  status: "FAILED",
  failure: { code: "NOT_ENOUGH", detail: "The merchant's balance does not suffice." }
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

/** The event that tells of a refund. */
export const refundEvent: Event = { type: "refund.succeeded", timestamp: "2026-11-24T10:00:08.113Z", data: refunded }

/** The event of its being paid as it is kept. */
export const kept: Kept = {
  id: "evt_019ab1c2d3e4f0a1b2c3d4e5f6a7b8c9",
  version: 3,
  ...event,
  data: paid,
  deliveries: [
    { endpoint: "shop-webhook", state: "waiting", tries: 2, nextTryAt: "2026-11-23T08:06:31.008Z", note: "503" }
  ]
}

/** That event after it was asked for again. */
export const redelivered: Kept = {
  ...kept,
  deliveries: [
    { endpoint: "shop-webhook", state: "waiting", tries: 0, nextTryAt: "2026-11-23T09:00:00.000Z", note: null }
  ]
}

/** The stream of that order's events, as far as it has come. */
export const stream = `retry: 2000

id: ${kept.id}
event: ${event.type}
data: ${JSON.stringify(event)}

:

`

/** That orders can be taken. */
export const ready = {
  status: "ready",
  configuration: { loadedAt: "2026-11-23T08:00:00.000Z", refused: null }
} as const

/** A family of what the process counts. */
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
