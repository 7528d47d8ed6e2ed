import { Schema } from "effect"
import { MappedConfig } from "../src/index.ts"

/** The sandbox platform, as a configuration file describes it. */
export const encoded = {
  kind: "mapped",
  baseUrl: "http://127.0.0.1:1",
  merchantId: "merchant-tests",
  create: {
    path: "/payments",
    body: {
      merchant_payment_no: { from: "payOrderNo" },
      amount: { from: "amountMinor" },
      currency: { from: "currency" },
      scene: { from: "source" },
      subject: { from: "description" },
      notify_url: { from: "notifyUrl" },
      return_url: { from: "returnUrl" },
      expires_at: { from: "expiresAt" },
      channel: { text: "proxy" }
    }
  },
  query: { path: "/payments/by-merchant-no/{payOrderNo}" },
  close: { path: "/payments/by-merchant-no/{payOrderNo}/close" },
  refund: {
    path: "/payments/by-merchant-no/{payOrderNo}/refunds",
    body: {
      merchant_refund_no: { from: "refundNo" },
      amount: { from: "refundMinor" },
      reason: { from: "reason" },
      notify_url: { from: "notifyUrl" }
    }
  },
  queryRefund: { path: "/refunds/by-merchant-no/{refundNo}" },
  refunds: {
    number: "/merchant_refund_no",
    id: "/id",
    status: "/status",
    amountMinor: "/amount",
    currency: "/currency",
    statuses: { PENDING: "pending", SUCCEEDED: "succeeded", FAILED: "failed" }
  },
  bill: {
    path: "/statements?date={day}&cursor={cursor}",
    next: "Next-Cursor",
    notReady: "not_ready",
    kind: "/type",
    kinds: { PAYMENT: "payment", REFUND: "refund" },
    number: "/merchant_payment_no",
    transactionNo: "/payment_id",
    refundNo: "/merchant_refund_no",
    vendorRefundNo: "/refund_id",
    status: "/status",
    statuses: { SUCCEEDED: "succeeded" },
    amountMinor: "/amount",
    currency: "/currency",
    fee: "/fee",
    at: "/at"
  },
  proxied: { method: "ALIPAY" },
  payment: {
    number: "/merchant_payment_no",
    transactionNo: "/id",
    status: "/status",
    merchant: "/merchant_id",
    amountMinor: "/amount",
    currency: "/currency",
    paidAt: "/paid_at",
    refundedMinor: "/refunded",
    failure: "/failure_reason",
    nextType: "/action/type",
    nextUrl: "/action/url"
  },
  statuses: { PENDING: "open", SUCCEEDED: "paid", FAILED: "failed", CLOSED: "closed" },
  error: { code: "/error", payment: "/payment", numberReused: "number_reused" },
  notification: { payment: "/data", secret: "whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBvdXIgdGVzdHM=" }
} as const

/** The same, decoded, at `baseUrl`; without what a change says to be undefined. */
export const at = (baseUrl: string, changes: object = {}) => {
  const members = Object.entries({ ...encoded, ...changes, baseUrl }).filter(([, value]) => value !== undefined)
  return {
    ...Schema.decodeUnknownSync(MappedConfig)(Object.fromEntries(members)),
    notifyUrl: "http://127.0.0.1:1/notify/platform",
    returnUrl: "https://proxy.example/return/platform"
  }
}
