import type { ServerResponse } from "node:http"
import { type Evidence, Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { Vendors } from "@payment-proxy/ports"
import { aPayment, FakeVendorTokens } from "@payment-proxy/testkit"
import { Effect, Either, Layer, Schema } from "effect"
import * as VendorHttp from "../../src/index.ts"
import { type Answer, json, platform, type Seen } from "../platform.ts"

/** Settings of a test's PayPal. The secret is a throwaway word of tests. */
export const encoded = {
  kind: "paypal",
  clientId: "client-of-tests",
  clientSecret: "throwaway-client-secret",
  webhookId: "8PT597110X687430L",
  certificates: { hosts: ["https://api.paypal.com"] }
} as const

/** The same, decoded, at `baseUrl`, with its place. */
export const at = (baseUrl: string, changes: object = {}) => ({
  ...Schema.decodeUnknownSync(VendorHttp.PayPalConfig)({ ...encoded, ...changes, baseUrl }),
  name: "paypal",
  notifyUrl: "https://proxy.example/notify/paypal",
  returnUrl: "https://proxy.example/return/paypal"
})

export const orderId = "5O190127TN364715T"
export const captureId = "2GG279541U471931P"
export const authorizationId = "0VF52814937998046"
export const refundId = "1JU08902781691411"
export const refundNo = "01KAYREFUND00000000000000000R"

/** An order of 12.34 USD that PayPal has. */
export const payment = aPayment({
  vendor: "paypal",
  method: "PAYPAL",
  amount: Money.make(1234n, "USD"),
  transactionNo: orderId,
  state: "PENDING",
  version: 7
})

export const usd = (value: string) => ({ currency_code: "USD", value })

/** A resource of PayPal's of this status. */
export const resource = (id: string, status: string, more: object = {}) => ({
  id,
  status,
  amount: usd("12.34"),
  custom_id: payment.merchantOrderNo,
  invoice_id: payment.merchantOrderNo,
  create_time: "2026-01-01T00:01:00Z",
  ...more
})

/** An order as PayPal shows it. */
export const order = (status: string, payments: object = {}, more: object = {}, unit: object = {}) => ({
  id: orderId,
  status,
  intent: "CAPTURE",
  links: [
    { rel: "self", href: "https://api-m.paypal.com/v2/checkout/orders/x", method: "GET" },
    { rel: "payer-action", href: `https://www.paypal.com/checkoutnow?token=${orderId}`, method: "GET" }
  ],
  purchase_units: [
    {
      reference_id: "default",
      amount: usd("12.34"),
      custom_id: payment.merchantOrderNo,
      invoice_id: payment.merchantOrderNo,
      payee: { merchant_id: "RD465XN5VS364" },
      payments,
      ...unit
    }
  ],
  ...more
})

/** An error as PayPal writes it. */
export const problem = (name: string, issue?: string) => ({
  name,
  message: "A message.",
  debug_id: "90957fca61718",
  details: issue === undefined ? [] : [{ issue, description: "A description." }]
})

export const operation = (kind: "capture" | "complete", amountMinor = 1234n): Payment.Operation => ({
  no: `${payment.payOrderNo}C1`,
  kind,
  amountMinor,
  unknownCalls: 1
})

/** A refund of 5.00 USD. */
export const aRefund = (overrides: Partial<RefundMachine.Refund> = {}): RefundMachine.Refund => ({
  refundNo,
  payOrderNo: payment.payOrderNo,
  amount: Money.make(500n, "USD"),
  reason: null,
  createdAtMillis: payment.createdAtMillis,
  deadlineMillis: payment.deadlineMillis,
  state: "SUBMITTING",
  version: 3,
  learntVersion: 0,
  vendorRefundNo: null,
  unknownCalls: 1,
  contradiction: null,
  failure: null,
  heldReason: null,
  refundedAtMillis: null,
  head: null,
  ...overrides
})

/** The answers of a test's PayPal by method and path; the last of several repeats. */
export type Routes = { readonly [call: string]: Answer | ReadonlyArray<Answer> }

/** A PayPal that answers so, and 500 to everything else. */
export const paypal = (routes: Routes) => {
  const counts = new Map<string, number>()
  return platform((response: ServerResponse, request) => {
    const key = `${request.method} ${(request.url ?? "").replace(/\?.*$/, "")}`
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    const route = routes[key]
    const answer = typeof route === "function" ? route : route?.[Math.min(count, route.length - 1)]
    const otherwise = json(500, problem("INTERNAL_SERVER_ERROR"))
    return (answer ?? otherwise)(response, request)
  })
}

/** What a test sees of calls: method and path. */
export const lines = (seen: ReadonlyArray<Seen>): ReadonlyArray<string> =>
  seen.map(({ method, url }) => `${method} ${url}`)

/** What `use` comes to at a PayPal that answers so, with all calls that it got. */
export const using = <A, E>(
  routes: Routes,
  use: (vendors: Vendors["Type"]) => Effect.Effect<A, E>,
  changes: object = {}
) =>
  Effect.gen(function* () {
    const { url, seen } = yield* paypal(routes)
    const outcome = yield* Effect.flatMap(Vendors, (vendors) => Effect.either(use(vendors))).pipe(
      Effect.provide(
        VendorHttp.layer({ paypal: at(url, changes) }).pipe(Layer.provide(FakeVendorTokens.layer(["paypal"])))
      )
    )
    return { outcome, seen }
  }).pipe(Effect.scoped)

type Said = Evidence.Evidence | Evidence.RefundEvidence

/** The kind of evidence, or of failure. */
export const word = (outcome: Either.Either<Said, { readonly _tag: string }>): string =>
  Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind })

export const paths = {
  orders: "POST /v2/checkout/orders",
  order: `GET /v2/checkout/orders/${orderId}`,
  captureOrder: `POST /v2/checkout/orders/${orderId}/capture`,
  authorizeOrder: `POST /v2/checkout/orders/${orderId}/authorize`,
  captureAuthorization: `POST /v2/payments/authorizations/${authorizationId}/capture`,
  voidAuthorization: `POST /v2/payments/authorizations/${authorizationId}/void`,
  refund: `POST /v2/payments/captures/${captureId}/refund`,
  capture: `GET /v2/payments/captures/${captureId}`,
  refundById: `GET /v2/payments/refunds/${refundId}`,
  report: "GET /v1/reporting/transactions"
} as const
