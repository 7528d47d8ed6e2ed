import { createPublicKey, verify } from "node:crypto"
import { expect, it } from "@effect/vitest"
import type { Evidence, Payment } from "@payment-proxy/domain"
import { Money } from "@payment-proxy/domain"
import { Effect, Either, Schema } from "effect"
import { describe } from "vitest"
import { Formatter, Rsa } from "wechatpay-axios-plugin"
import type { Failure } from "../../src/Vendor.ts"
import { type Answer, json, platform } from "../platform.ts"
import * as Bench from "./bench.ts"
import { failure, keys, nowSeconds, number, payment, refund, refundAnswer, signed, transaction } from "./bench.ts"

type Call = "create" | "query" | "close" | "refund" | "queryRefund"
type Outcome = Either.Either<Evidence.Evidence | Evidence.RefundEvidence, Failure>

const payer = { openId: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", ip: "203.0.113.7" }
const details = { description: "测试商品", payer, returnUrl: null }

const asking = (call: Call, baseUrl: string, of: Payment.Payment, changes: object, untilMillis: number) =>
  Effect.gen(function* () {
    const vendor = yield* Bench.vendor(baseUrl, { limits: { createMillis: 2000, queryMillis: 2000 }, ...changes })
    switch (call) {
      case "create":
        return yield* vendor.create(of, Either.getOrThrow(vendor.prepare(of, details)), untilMillis)
      case "refund":
        return yield* vendor.refund(of, refund, untilMillis)
      case "queryRefund":
        return yield* vendor.queryRefund(of, refund)
      default:
        return yield* vendor[call](of)
    }
  })

const ask = (call: Call, answer: Answer, of: Payment.Payment = payment, changes: object = {}) =>
  Effect.gen(function* () {
    yield* Bench.itIs
    const { url, seen } = yield* platform(answer)
    const outcome: Outcome = yield* Effect.either(asking(call, url, of, changes, Number.POSITIVE_INFINITY))
    return { outcome, seen }
  }).pipe(Effect.scoped)

const wordOf = (outcome: Outcome) => Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: ({ kind }) => kind })

const said = (call: Call, answer: Answer) => Effect.map(ask(call, answer), ({ outcome }) => wordOf(outcome))

const cases = (call: Call, all: ReadonlyArray<readonly [what: string, answer: Answer, outcome: string]>) => {
  for (const [what, answer, outcome] of all)
    it.effect(`${what} is ${outcome}`, () => Effect.map(said(call, answer), (word) => expect(word).toBe(outcome)))
}

const bare =
  (status: number, text = ""): Answer =>
  (response) =>
    void response.writeHead(status).end(text)

/** What is in doubt whatever was asked. */
const doubtful: Parameters<typeof cases>[1] = [
  ["500 SYSTEM_ERROR", failure(500, "SYSTEM_ERROR"), "InDoubt"],
  ["500 BANKERROR", failure(500, "BANKERROR"), "InDoubt"],
  ["500 with a code of a refusal", failure(500, "PARAM_ERROR"), "InDoubt"],
  ["502 SERVICE_UNAVAILABLE", failure(502, "SERVICE_UNAVAILABLE"), "InDoubt"],
  ["503 SERVICE_UNAVAILABLE", failure(503, "SERVICE_UNAVAILABLE"), "InDoubt"],
  ["504 with nothing", bare(504), "InDoubt"],
  ["404 with nothing", bare(404), "InDoubt"],
  ["405 with nothing", bare(405), "InDoubt"],
  ["403 of a proxy in between", bare(403, "<h1>Forbidden</h1>"), "InDoubt"],
  ["400 with an unknown code", failure(400, "MYSTERY"), "InDoubt"],
  ["400 with a code that is an object's own", json(400, { code: "toString" }), "InDoubt"],
  ["400 with a code that is no text", json(400, { code: 1 }), "InDoubt"],
  ["202", signed(202, {}), "InDoubt"],
  ["302 to elsewhere", (r) => void r.writeHead(302, { location: "http://127.0.0.1:1/" }).end(), "InDoubt"],
  ["200 without a signature", json(200, transaction()), "InDoubt"],
  ["200 with half a JSON", signed(200, '{"mchid":'), "InDoubt"],
  ["200 with nothing", signed(200, ""), "InDoubt"],
  ["200 with another form", signed(200, []), "InDoubt"],
  ["none: the connection is reset", (r) => void r.destroy(), "InDoubt"]
]

/** What is about us ends no order. */
const aboutUs: Parameters<typeof cases>[1] = [
  ["401 SIGN_ERROR", failure(401, "SIGN_ERROR"), "Throttled"],
  ["403 NO_AUTH", failure(403, "NO_AUTH"), "Throttled"],
  ["403 NOAUTH", failure(403, "NOAUTH"), "Throttled"],
  ["403 REQUEST_BLOCKED", failure(403, "REQUEST_BLOCKED"), "Throttled"],
  ["400 APPID_MCHID_NOT_MATCH", failure(400, "APPID_MCHID_NOT_MATCH"), "Throttled"],
  ["400 MCH_NOT_EXISTS", failure(400, "MCH_NOT_EXISTS"), "Throttled"]
]

const native = { code_url: "weixin://wxpay/bizpayurl?pr=qnu8GBtzz" }

describe("a create's answer", () => {
  cases("create", [
    ...doubtful,
    ...aboutUs,
    ["200 with a code_url", signed(200, native), "open"],
    ["200 without a code_url", signed(200, { prepay_id: "wx1" }), "InDoubt"],
    ["200 with an empty code_url", signed(200, { code_url: "" }), "InDoubt"],
    ["400 PARAM_ERROR", failure(400, "PARAM_ERROR"), "Rejected"],
    ["403 PARAM_ERROR, which is not documented", failure(403, "PARAM_ERROR"), "InDoubt"],
    ["400 INVALID_REQUEST of a bad parameter", failure(400, "INVALID_REQUEST"), "Rejected"],
    ["400 INVALID_REQUEST of an order that is paid", failure(400, "INVALID_REQUEST", "268449538"), "InDoubt"],
    ["the same in its other words", failure(400, "INVALID_REQUEST", "268498689"), "InDoubt"],
    ["400 INVALID_REQUEST of a closed order", failure(400, "INVALID_REQUEST", "268447914"), "InDoubt"],
    ["400 INVALID_REQUEST of other parameters", failure(400, "INVALID_REQUEST", "268498688"), "InDoubt"],
    ["400 INVALID_REQUEST of too many calls", failure(400, "INVALID_REQUEST", "268447840"), "Throttled"],
    ["400 INVALID_REQUEST of the signature", failure(400, "INVALID_REQUEST", "268443699"), "Throttled"],
    ["400 INVALID_REQUEST of an unknown number", failure(400, "INVALID_REQUEST", "268400000"), "InDoubt"],
    ["400 INVALID_REQUEST without Request-ID", json(400, { code: "INVALID_REQUEST" }), "InDoubt"],
    ["400 ORDER_CLOSED", failure(400, "ORDER_CLOSED"), "InDoubt"],
    ["400 ORDERCLOSED", failure(400, "ORDERCLOSED"), "InDoubt"],
    ["400 ORDER_PAID", failure(400, "ORDER_PAID"), "InDoubt"],
    ["403 ORDERPAID", failure(403, "ORDERPAID"), "InDoubt"],
    ["403 OUT_TRADE_NO_USED", failure(403, "OUT_TRADE_NO_USED"), "InDoubt"],
    ["403 TRADE_ERROR", failure(403, "TRADE_ERROR"), "InDoubt"],
    ["403 RULE_LIMIT", failure(403, "RULE_LIMIT"), "InDoubt"],
    ["404 ORDER_NOT_EXIST", failure(404, "ORDER_NOT_EXIST"), "InDoubt"],
    ["429 FREQUENCY_LIMITED", failure(429, "FREQUENCY_LIMITED"), "Throttled"],
    ["429 RATELIMIT_EXCEEDED", failure(429, "RATELIMIT_EXCEEDED"), "Throttled"],
    ["429 with nothing", bare(429), "Throttled"],
    ["200 signed 5 minutes ago", signed(200, native, Bench.byPublicKey, nowSeconds - 300), "InDoubt"],
    ["200 signed 5 minutes ahead", signed(200, native, Bench.byPublicKey, nowSeconds + 300), "InDoubt"],
    ["200 signed 299 seconds ago", signed(200, native, Bench.byPublicKey, nowSeconds - 299), "open"],
    ["200 signed by a key that is not known", signed(200, native, Bench.byCertificate), "InDoubt"],
    [
      "200 signed by another key under the public key's id",
      signed(200, native, { ...Bench.byCertificate, serial: keys.platformPublicKey.id }),
      "InDoubt"
    ],
    [
      "200 whose body was altered on the way",
      (r) =>
        void r.writeHead(200, Bench.sealed(JSON.stringify(native))).end(JSON.stringify({ code_url: "weixin://evil" })),
      "InDoubt"
    ]
  ])

  const created = (source: Payment.Payment["source"], answer: object) =>
    Effect.map(ask("create", signed(200, answer), { ...payment, source }), ({ outcome }) => Either.getOrThrow(outcome))

  it.effect("for a QR code and the web is a QR code", () =>
    Effect.gen(function* () {
      for (const source of ["QR", "WEB"] as const)
        expect(yield* created(source, native)).toEqual({
          kind: "open",
          source: "create",
          asked: null,
          transactionNo: null,
          amount: null,
          foreign: null,
          next: { type: "qr", content: native.code_url }
        })
    })
  )

  it.effect("for H5 is an address that leads back to us, and to nothing but the web", () =>
    Effect.gen(function* () {
      const back = encodeURIComponent(`https://proxy.example/return/wechat?order=${number}`)
      const url = "https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2"
      expect(yield* created("H5", { h5_url: url })).toMatchObject({
        next: { type: "redirect", url: `${url}&redirect_url=${back}` }
      })
      expect(yield* created("H5", { h5_url: "https://wx.tenpay.com/1" })).toMatchObject({
        next: { type: "redirect", url: `https://wx.tenpay.com/1?redirect_url=${back}` }
      })
      const { outcome } = yield* ask("create", signed(200, { h5_url: "javascript:alert(1)" }), {
        ...payment,
        source: "H5"
      })
      expect(wordOf(outcome)).toBe("InDoubt")
    })
  )

  const Parameters = Schema.Struct({
    next: Schema.Struct({ parameters: Schema.Record({ key: Schema.String, value: Schema.String }) })
  })

  it.effect("for a page, a mini program and an app is what they hand on, signed when the answer was read", () =>
    Effect.gen(function* () {
      const cases = [
        ["JSAPI", ["appId", "nonceStr", "package", "paySign", "signType", "timeStamp"]],
        ["MINI_PROGRAM", ["nonceStr", "package", "paySign", "signType", "timeStamp"]],
        ["APP", ["appid", "noncestr", "package", "partnerid", "prepayid", "sign", "timestamp"]]
      ] as const
      const nonces = new Set<string>()
      for (const [source, names] of cases) {
        const evidence = yield* created(source, { prepay_id: "wx201410272009395522657a690389285100" })
        const { parameters: all } = Schema.decodeUnknownSync(Parameters)(evidence).next
        expect(Object.keys(all).sort()).toEqual(names)
        const appId = { JSAPI: Bench.appid, MINI_PROGRAM: "wxminiprogram000001", APP: "wxmobileapp0000001" }[source]
        const nonce = all["nonceStr"] ?? all["noncestr"] ?? ""
        const time = all["timeStamp"] ?? all["timestamp"] ?? ""
        expect(time).toBe(String(nowSeconds))
        nonces.add(nonce)
        const last = source === "APP" ? all["prepayid"] : all["package"]
        expect(last).toMatch(source === "APP" ? /^wx2014/ : /^prepay_id=wx2014/)
        const message = Formatter.joinedByLineFeed(appId, time, nonce, last ?? "")
        expect(Rsa.verify(message, all["paySign"] ?? all["sign"] ?? "", keys.merchant.publicKeyPem)).toBe(true)
      }
      expect(nonces.size).toBe(3)
    })
  )
})

describe("a create's call", () => {
  it.effect("is the prepared body, signed over the bytes that went out", () =>
    Effect.gen(function* () {
      const { seen } = yield* ask("create", signed(200, native))
      const [call] = seen
      expect(call?.method).toBe("POST")
      expect(call?.url).toBe("/v3/pay/transactions/native")
      expect(call?.headers).toMatchObject({
        "content-type": "application/json",
        accept: "application/json",
        "user-agent": "payment-proxy",
        "wechatpay-serial": keys.platformPublicKey.id
      })
      const header = call?.headers.authorization ?? ""
      const part = (name: string) => new RegExp(`[ ,]${name}="([^"]*)"`).exec(header)?.[1] ?? ""
      expect(header.startsWith("WECHATPAY2-SHA256-RSA2048 mchid=")).toBe(true)
      expect([part("mchid"), part("serial_no"), part("timestamp")]).toEqual([
        keys.mchid,
        keys.merchant.serial_no,
        String(nowSeconds)
      ])
      const signedText = `POST\n${call?.url}\n${part("timestamp")}\n${part("nonce_str")}\n${call?.body.toString()}\n`
      const key = createPublicKey(keys.merchant.publicKeyPem)
      expect(verify("sha256", Buffer.from(signedText), key, Buffer.from(part("signature"), "base64"))).toBe(true)
    })
  )

  it.effect("names no key of WeChat Pay in mode A", () =>
    Effect.map(ask("create", signed(200, native, Bench.byCertificate), payment, Bench.modeA), ({ outcome, seen }) => {
      expect(wordOf(outcome)).toBe("open")
      for (const { headers } of seen) expect(headers["wechatpay-serial"]).toBeUndefined()
    })
  )

  it.effect("is not sent when its time is over, or its text cannot be read", () =>
    Effect.gen(function* () {
      yield* Bench.itIs
      const { url, seen } = yield* platform(signed(200, native))
      for (const call of ["create", "refund"] as const)
        expect(wordOf(yield* Effect.either(asking(call, url, payment, {}, Bench.nowMillis)))).toBe("Unreachable")
      const vendor = yield* Bench.vendor(url)
      expect(wordOf(yield* Effect.either(vendor.create(payment, "{}", Number.POSITIVE_INFINITY)))).toBe("Unreachable")
      expect(seen).toEqual([])
    }).pipe(Effect.scoped)
  )

  it.effect("to a base address with a path is signed with that path", () =>
    Effect.gen(function* () {
      yield* Bench.itIs
      const { url, seen } = yield* platform(signed(200, native))
      yield* asking("create", `${url}/wechat/`, payment, {}, Number.POSITIVE_INFINITY)
      const [call] = seen
      expect(call?.url).toBe("/wechat/v3/pay/transactions/native")
    }).pipe(Effect.scoped)
  )
})

describe("a query's answer", () => {
  const state = (word: string, changes: object = {}): Answer =>
    signed(200, transaction({ trade_state: word, ...changes }))
  cases("query", [
    ...doubtful,
    ...aboutUs,
    ["NOTPAY", state("NOTPAY", { transaction_id: undefined, success_time: undefined, payer: undefined }), "open"],
    ["USERPAYING", state("USERPAYING"), "open"],
    ["ACCEPT", state("ACCEPT"), "open"],
    ["SUCCESS", state("SUCCESS"), "paid"],
    ["REFUND", state("REFUND"), "refunds"],
    ["CLOSED", state("CLOSED"), "closed"],
    ["REVOKED", state("REVOKED"), "closed"],
    ["PAYERROR", state("PAYERROR"), "failed"],
    ["a state that is not documented", state("MYSTERY"), "known"],
    ["a state of another case", state("success"), "known"],
    ["a state that is an object's own", state("constructor"), "known"],
    ["no state", state("SUCCESS", { trade_state: undefined }), "InDoubt"],
    ["an empty state", state(""), "InDoubt"],
    ["SUCCESS without an amount", state("SUCCESS", { amount: undefined }), "InDoubt"],
    ["REFUND without an amount", state("REFUND", { amount: null }), "InDoubt"],
    ["NOTPAY without an amount", state("NOTPAY", { amount: undefined }), "open"],
    ["an amount with decimals", state("SUCCESS", { amount: { total: 12.34, currency: "CNY" } }), "InDoubt"],
    ["an amount below zero", state("SUCCESS", { amount: { total: -1, currency: "CNY" } }), "InDoubt"],
    ["an amount beyond 2^53", state("SUCCESS", { amount: { total: 2 ** 53, currency: "CNY" } }), "InDoubt"],
    ["an amount as a text", state("SUCCESS", { amount: { total: "1234", currency: "CNY" } }), "InDoubt"],
    ["a currency that is none", state("SUCCESS", { amount: { total: 1234, currency: "RMB" } }), "InDoubt"],
    ["no merchant", state("SUCCESS", { mchid: undefined }), "InDoubt"],
    ["no app", state("SUCCESS", { appid: undefined }), "InDoubt"],
    ["a number that no column holds", state("SUCCESS", { transaction_id: "9".repeat(65) }), "InDoubt"],
    ["404 ORDER_NOT_EXIST", failure(404, "ORDER_NOT_EXIST"), "notFound"],
    ["404 ORDERNOTEXIST", failure(404, "ORDERNOTEXIST"), "notFound"],
    ["400 ORDER_NOT_EXIST, which is not documented", failure(400, "ORDER_NOT_EXIST"), "InDoubt"],
    ["404 RESOURCE_NOT_EXISTS", failure(404, "RESOURCE_NOT_EXISTS"), "InDoubt"],
    ["400 PARAM_ERROR", failure(400, "PARAM_ERROR"), "InDoubt"],
    ["400 INVALID_REQUEST", failure(400, "INVALID_REQUEST"), "InDoubt"],
    ["403 TRADE_ERROR", failure(403, "TRADE_ERROR"), "Throttled"],
    ["403 RULELIMIT", failure(403, "RULELIMIT"), "Throttled"],
    ["429", failure(429, "FREQUENCY_LIMITED"), "Throttled"]
  ])

  const asked = { version: 7, atMillis: Bench.nowMillis }
  const evidence = (changes: object) =>
    Effect.map(ask("query", signed(200, transaction(changes))), ({ outcome }) => Either.getOrThrow(outcome))

  it.effect("of a paid order says what was asked for, in fen, whatever the payer gave after coupons", () =>
    Effect.map(
      evidence({ amount: { total: 1234, payer_total: 1000, currency: "CNY", payer_currency: "CNY" } }),
      (said) =>
        expect(said).toEqual({
          kind: "paid",
          source: "query",
          asked,
          transactionNo: Bench.transactionId,
          amount: Money.make(1234n, "CNY"),
          foreign: null,
          captured: Money.make(1234n, "CNY"),
          paidAtMillis: Date.parse("2026-11-23T13:20:36Z")
        })
    )
  )

  it.effect("of an order with refunds says that it was paid, and no amount of the refunds", () =>
    Effect.map(evidence({ trade_state: "REFUND" }), (said) =>
      expect(said).toMatchObject({ kind: "refunds", captured: null, total: null, items: [], asked })
    )
  )

  it.effect("of an open order has nothing for the payer: the same create again brings that", () =>
    Effect.map(evidence({ trade_state: "NOTPAY" }), (said) => expect(said).toMatchObject({ kind: "open", next: null }))
  )

  it.effect("with another amount, currency, merchant, app or number says so", () =>
    Effect.gen(function* () {
      expect(yield* evidence({ amount: { total: 1, currency: "CNY" } })).toMatchObject({
        amount: Money.make(1n, "CNY"),
        foreign: null
      })
      expect(yield* evidence({ amount: { total: 1234, currency: "USD" } })).toMatchObject({
        amount: Money.make(1234n, "USD")
      })
      expect(yield* evidence({ amount: { total: 1234 } })).toMatchObject({ amount: Money.make(1234n, "CNY") })
      expect(yield* evidence({ mchid: "1900000110" })).toMatchObject({ foreign: "MERCHANT_MISMATCH" })
      expect(yield* evidence({ appid: "wxother" })).toMatchObject({ foreign: "MERCHANT_MISMATCH" })
      expect(yield* evidence({ appid: "wxmobileapp0000001" })).toMatchObject({ foreign: null })
      expect(yield* evidence({ out_trade_no: "PPX2" })).toMatchObject({ foreign: "NUMBER_MISMATCH" })
    })
  )

  it.effect("has no time of payment where it says none that is one, and empty numbers are none", () =>
    Effect.gen(function* () {
      for (const success_time of ["", "yesterday", "2026-11-23 21:20:36", undefined])
        expect(yield* evidence({ success_time })).toMatchObject({ kind: "paid", paidAtMillis: null })
      expect(yield* evidence({ trade_state: "NOTPAY", transaction_id: "" })).toMatchObject({ transactionNo: null })
    })
  )

  it.effect("is a question by our number and merchant number", () =>
    Effect.map(ask("query", signed(200, transaction())), ({ seen }) =>
      expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
        `GET /v3/pay/transactions/out-trade-no/${number}?mchid=${keys.mchid}`
      ])
    )
  )
})

describe("a close's answer", () => {
  cases("close", [
    ...doubtful,
    ...aboutUs,
    ["204", signed(204, ""), "closed"],
    ["204 without a signature", bare(204), "InDoubt"],
    ["200 with a transaction", signed(200, transaction()), "InDoubt"],
    ["400 ORDER_CLOSED", failure(400, "ORDER_CLOSED"), "InDoubt"],
    ["400 ORDER_PAID", failure(400, "ORDER_PAID"), "InDoubt"],
    ["404 ORDER_NOT_EXIST", failure(404, "ORDER_NOT_EXIST"), "InDoubt"],
    ["400 PARAM_ERROR", failure(400, "PARAM_ERROR"), "InDoubt"],
    ["400 INVALID_REQUEST", failure(400, "INVALID_REQUEST"), "InDoubt"],
    ["403 TRADE_ERROR", failure(403, "TRADE_ERROR"), "InDoubt"],
    ["429", failure(429, "FREQUENCY_LIMITED"), "Throttled"]
  ])

  it.effect("204 is fresh evidence", () =>
    Effect.map(ask("close", signed(204, "")), ({ outcome }) =>
      expect(Either.getOrThrow(outcome)).toMatchObject({
        source: "close",
        asked: { version: 7, atMillis: Bench.nowMillis }
      })
    )
  )
})

const statuses = (call: "refund" | "queryRefund"): Parameters<typeof cases>[1] => [
  ["SUCCESS", signed(200, refundAnswer({ status: "SUCCESS" })), "succeeded"],
  ["PROCESSING", signed(200, refundAnswer()), "pending"],
  ["ABNORMAL", signed(200, refundAnswer({ status: "ABNORMAL" })), "abnormal"],
  ["CLOSED", signed(200, refundAnswer({ status: "CLOSED" })), "failed"],
  ["CLOSE", signed(200, refundAnswer({ status: "CLOSE" })), "failed"],
  ["a status that is not documented", signed(200, refundAnswer({ status: "MYSTERY" })), "InDoubt"],
  ["a status that is an object's own", signed(200, refundAnswer({ status: "valueOf" })), "InDoubt"],
  ["another refund", signed(200, refundAnswer({ out_refund_no: "RFX2" })), "InDoubt"],
  ["another order", signed(200, refundAnswer({ out_trade_no: "PPX2" })), "InDoubt"],
  ["a transaction", signed(200, transaction()), "InDoubt"],
  ["404 MCH_NOT_EXISTS", failure(404, "MCH_NOT_EXISTS"), "Throttled"],
  ["404 RESOURCE_NOT_EXISTS", failure(404, "RESOURCE_NOT_EXISTS"), call === "refund" ? "Rejected" : "notFound"]
]

describe("a refund's answer", () => {
  cases("refund", [
    ...doubtful,
    ...aboutUs,
    ...statuses("refund"),
    ["400 PARAM_ERROR", failure(400, "PARAM_ERROR"), "Rejected"],
    ["400 INVALID_REQUEST", json(400, { code: "INVALID_REQUEST" }), "Rejected"],
    ["400 INVALID_REQUEST of other parameters", failure(400, "INVALID_REQUEST", "268498688"), "InDoubt"],
    ["400 INVALID_REQUEST of too many calls", failure(400, "INVALID_REQUEST", "268447840"), "InDoubt"],
    ["403 NOT_ENOUGH", failure(403, "NOT_ENOUGH"), "Throttled"],
    ["403 NOTENOUGH", failure(403, "NOTENOUGH"), "Throttled"],
    ["403 USER_ACCOUNT_ABNORMAL", failure(403, "USER_ACCOUNT_ABNORMAL"), "Rejected"],
    ["403 TRADE_ERROR", failure(403, "TRADE_ERROR"), "InDoubt"],
    ["403 RULE_LIMIT", failure(403, "RULE_LIMIT"), "InDoubt"],
    ["403 REFUND_FEE_MISMATCH", failure(403, "REFUND_FEE_MISMATCH"), "InDoubt"],
    ["403 TRADE_OVERDUE", failure(403, "TRADE_OVERDUE"), "Rejected"],
    ["429, which proves nothing of a refund", failure(429, "FREQUENCY_LIMITED"), "InDoubt"]
  ])

  it.effect("is not fresh evidence, and has the amount that goes back", () =>
    Effect.map(ask("refund", signed(200, refundAnswer())), ({ outcome, seen }) => {
      expect(Either.getOrThrow(outcome)).toEqual({
        kind: "pending",
        source: "operation",
        asked: null,
        vendorRefundNo: "50000002026112312345678901234",
        amount: Money.make(234n, "CNY"),
        detail: null
      })
      expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual(["POST /v3/refund/domestic/refunds"])
    })
  )
})

describe("the answer to the question about a refund", () => {
  cases("queryRefund", [
    ...doubtful,
    ...aboutUs,
    ...statuses("queryRefund"),
    ["400 PARAM_ERROR", failure(400, "PARAM_ERROR"), "InDoubt"],
    ["400 INVALID_REQUEST", failure(400, "INVALID_REQUEST"), "InDoubt"],
    ["429", failure(429, "FREQUENCY_LIMITED"), "Throttled"]
  ])

  it.effect("is fresh evidence by the refund's own version", () =>
    Effect.gen(function* () {
      const asked = { version: 3, atMillis: Bench.nowMillis }
      const found = yield* ask("queryRefund", signed(200, refundAnswer({ status: "SUCCESS" })))
      expect(Either.getOrThrow(found.outcome)).toMatchObject({ kind: "succeeded", source: "query", asked })
      const unknown = yield* ask("queryRefund", failure(404, "RESOURCE_NOT_EXISTS"))
      expect(Either.getOrThrow(unknown.outcome)).toMatchObject({ kind: "notFound", source: "query", asked })
    })
  )
})

describe("what was not accepted now", () => {
  it.effect("comes again when the vendor says", () =>
    Effect.map(ask("query", json(429, { code: "FREQUENCY_LIMITED" }, { "retry-after": "3" })), ({ outcome }) =>
      expect(outcome).toMatchObject({ left: { _tag: "Throttled", retryAfterMillis: 3000 } })
    )
  )
})
