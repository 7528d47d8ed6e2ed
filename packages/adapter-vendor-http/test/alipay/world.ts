import { createPrivateKey, sign as signBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { Money, type RefundMachine } from "@payment-proxy/domain"
import { Vendors } from "@payment-proxy/ports"
import { aPayment, FakeVendorTokens } from "@payment-proxy/testkit"
import { Effect, Either, Layer, Schema, TestClock } from "effect"
import * as Keys from "../../src/alipay/keys.ts"
import * as VendorHttp from "../../src/index.ts"
import type { Answer } from "../platform.ts"

/** Published fixtures and what they hold; every key in them is a throwaway that belongs to no account. */
const fixture = <A>(name: string): A =>
  JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), "utf8")) as A

export const requests = fixture<{
  readonly gateway: string
  readonly appPrivateKeyPem: string
  readonly appPublicKeyPem: string
  readonly cases: ReadonlyArray<{
    readonly api: string
    readonly mode?: string
    readonly http?: { readonly path: string; readonly body: string }
    readonly url?: string
    readonly orderString?: string
    readonly params: Record<string, string>
    readonly signString: string
    readonly sign: string
  }>
}>("requests-v2")

export const responses = fixture<{
  readonly alipayPublicKeyPem: string
  readonly alipayPrivateKeyPem: string
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly method: string
    readonly raw: string
    readonly signed?: string
    readonly valid: boolean
    readonly alipaySdkAccepts?: boolean
  }>
}>("responses-v2")

export const notifications = fixture<{
  readonly cases: ReadonlyArray<{
    readonly name: string
    readonly contentType: string
    readonly body: string
    readonly signString?: string
    readonly valid: boolean
    readonly alipaySdkAccepts: boolean
  }>
}>("notifications")

export const certificates = fixture<{
  readonly appCertPem: string
  readonly alipayCertPem: string
  readonly rootCertsPem: string
  readonly app_cert_sn: string
  readonly alipay_cert_sn: string
  readonly alipay_root_cert_sn: string
}>("cert-sn")

export const v3 = fixture<{
  readonly requests: ReadonlyArray<{
    readonly method: "GET" | "POST"
    readonly path: string
    readonly body: string
    readonly authorization: string
  }>
  readonly response: { readonly headers: Record<string, string>; readonly body: string }
}>("v3")

export const chain = fixture<{
  readonly root: string
  readonly middle: string
  readonly leaf: string
  readonly forged: string
}>("chain")

export const bills = fixture<{ readonly csv_base64: string }>("bill")

/** 2026-11-23 21:20:35 in Beijing: when the fixtures were made. */
export const nowMillis = Date.parse("2026-11-23T21:20:35+08:00")

/** A day later: the fixtures' certificates are younger than their requests. */
export const dayLaterMillis = nowMillis + 86_400_000

export const appId = "2021000000000000"
export const sellerId = "2088531891668739"

/** Alipay, as a configuration file describes it; the keys are the fixtures'. */
export const encoded = {
  kind: "alipay",
  baseUrl: requests.gateway,
  appId,
  sellerId,
  privateKey: requests.appPrivateKeyPem,
  publicKey: responses.alipayPublicKeyPem
} as const

/** What stands in place of `publicKey` in certificate mode. */
export const certified = {
  publicKey: undefined,
  certificates: {
    app: certificates.appCertPem,
    alipay: certificates.alipayCertPem,
    root: certificates.rootCertsPem
  }
}

const placed = {
  name: "alipay",
  notifyUrl: "https://proxy.example/notify/alipay",
  returnUrl: "https://proxy.example/return/alipay"
}

const given = (settings: object) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))

export const decode = Schema.decodeUnknownEither(VendorHttp.AlipayConfig, { errors: "all", onExcessProperty: "error" })

/** The same, decoded, with changes. */
export const config = (changes: object = {}) => ({
  ...Either.getOrThrow(decode(given({ ...encoded, ...changes }))),
  ...placed
})

export const keys = (changes: object = {}) => Either.getOrThrow(Keys.of(config(changes)))

/** A payment that the fixtures speak of: 12.34 CNY under PPX20261123000001. */
export const payment = (changes: Parameters<typeof aPayment>[0] = {}) =>
  aPayment({
    vendor: "alipay",
    payOrderNo: "PPX20261123000001",
    createdAtMillis: nowMillis,
    version: 7,
    ...changes,
    ...(changes.merchantOrderNo === undefined ? { merchantOrderNo: changes.payOrderNo ?? "PPX20261123000001" } : {})
  })

export const refund = (changes: Partial<RefundMachine.Refund> = {}): RefundMachine.Refund => ({
  refundNo: "RFX20261123000001",
  payOrderNo: "PPX20261123000001",
  amount: Money.make(234n, "CNY"),
  reason: "退货",
  createdAtMillis: nowMillis,
  deadlineMillis: nowMillis + 10_000,
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
  ...changes
})

export const details = { description: "A pair of shoes", payer: {}, returnUrl: "https://shop.example/thanks" }

const alipayKey = createPrivateKey(responses.alipayPrivateKeyPem)

/** Alipay's signature of a text. */
export const alipaySigns = (text: string): string =>
  signBytes("sha256", Buffer.from(text), alipayKey).toString("base64")

/** An answer of the gateway to a call of `method`, signed. */
export const signedText = (method: string, body: object, more: object = {}): string => {
  const raw = JSON.stringify(body)
  const rest = JSON.stringify({ sign: alipaySigns(raw), ...more })
  return `{"${method.replaceAll(".", "_")}_response":${raw},${rest.slice(1)}`
}

export const ok = { code: "10000", msg: "Success" }

/** An error of the gateway. */
export const error = (subCode: string, code = "40004") => ({
  code,
  msg: "Business Failed",
  sub_code: subCode,
  sub_msg: "出错了"
})

/** An answer as it came, for what reads it. */
export const answer = (text: string, status = 200) => ({ status, headers: {}, text, askedAtMillis: nowMillis })

/** An answer as Alipay's gateway sends it: HTTP 200 and `text/html`, whatever it says. */
export const gateway =
  (text: string | Buffer): Answer =>
  (response) =>
    response.writeHead(200, { "content-type": "text/html;charset=utf-8" }).end(text)

const limits = { createMillis: 2000, queryMillis: 2000, closeMillis: 2000 }

/** Speaks with the Alipay at `url`, at the fixtures' time. */
export const speaking = <A, E>(
  url: string,
  use: (vendors: typeof Vendors.Service) => Effect.Effect<A, E>,
  changes: object = {}
): Effect.Effect<A, E> =>
  TestClock.setTime(nowMillis).pipe(
    Effect.zipRight(Effect.flatMap(Vendors, use)),
    Effect.provide(
      VendorHttp.layer({ alipay: config({ baseUrl: `${url}/gateway.do`, limits, ...changes }) }).pipe(
        Layer.provide(FakeVendorTokens.layer([]))
      )
    )
  )

/** A notification of `fields`, signed by Alipay as it signs payments', and posted as a form. */
export const notice = (
  fields: Record<string, string>,
  changed: { readonly alter?: (form: URLSearchParams) => void; readonly type?: string } = {}
) => {
  const signed = Object.entries(fields)
    .filter(([name, value]) => value !== "" && name !== "sign_type")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")
  const form = new URLSearchParams({ ...fields, sign: alipaySigns(signed) })
  changed.alter?.(form)
  return {
    headers: { "content-type": changed.type ?? "application/x-www-form-urlencoded; charset=utf-8" },
    body: Buffer.from(form.toString())
  }
}

/** A notification's fields: the order was paid. */
export const paidFields = {
  notify_time: "2026-11-23 21:25:01",
  notify_type: "trade_status_sync",
  notify_id: "2026112300222212034068450559358070",
  charset: "utf-8",
  version: "1.0",
  sign_type: "RSA2",
  app_id: appId,
  auth_app_id: appId,
  seller_id: sellerId,
  trade_no: "2026112322001400001111111111",
  out_trade_no: "PPX20261123000001",
  trade_status: "TRADE_SUCCESS",
  total_amount: "12.34",
  gmt_payment: "2026-11-23 21:25:00",
  subject: "测试商品 + 100% & a=b"
}
