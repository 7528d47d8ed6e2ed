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
  proxied: { method: "ALIPAY" },
  payment: {
    number: "/merchant_payment_no",
    transactionNo: "/id",
    status: "/status",
    merchant: "/merchant_id",
    amountMinor: "/amount",
    currency: "/currency",
    paidAt: "/paid_at",
    failure: "/failure_reason",
    nextType: "/action/type",
    nextUrl: "/action/url"
  },
  statuses: { PENDING: "open", SUCCEEDED: "paid", FAILED: "failed", CLOSED: "closed" },
  error: { code: "/error", payment: "/payment", numberReused: "number_reused" },
  notification: { payment: "/data", secret: "whsec_dGhyb3dhd2F5IHNlY3JldCBvZiBvdXIgdGVzdHM=" }
} as const

/** The same, decoded, at `baseUrl`. */
export const at = (baseUrl: string, changes: object = {}) => ({
  ...Schema.decodeUnknownSync(MappedConfig)({ ...encoded, ...changes, baseUrl }),
  notifyUrl: "http://127.0.0.1:1/notify/platform",
  returnUrl: "https://proxy.example/return/platform"
})
