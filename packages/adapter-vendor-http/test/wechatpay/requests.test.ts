import { expect, it } from "@effect/vitest"
import { Money, type Words } from "@payment-proxy/domain"
import { Effect, Either, FastCheck, Schema } from "effect"
import { describe } from "vitest"
import * as Accounts from "../../src/wechatpay/account.ts"
import * as Requests from "../../src/wechatpay/requests.ts"
import { appid, configured, keys, number, payment, placed, refund, refundNo, vendor } from "./bench.ts"

const details = { description: "测试商品", payer: {}, returnUrl: "https://shop.example/thanks" }
const payer = { openId: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", ip: "203.0.113.7" }

const sources: ReadonlyArray<Words.Source> = ["APP", "H5", "WEB", "QR", "MINI_PROGRAM", "JSAPI"]

const account = Effect.succeed(Effect.runSync(Accounts.make({ ...configured(), ...placed })))

const Prepared = Schema.parseJson(
  Schema.Struct({
    path: Schema.String,
    body: Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
    returnUrl: Schema.NullOr(Schema.String)
  })
)

const prepared = (changes: object = {}, with_: object = {}) =>
  Effect.map(account, (ours) =>
    Either.map(Requests.prepare({ ...payment, ...changes }, { ...details, ...with_ }, ours), (text) =>
      Schema.decodeUnknownSync(Prepared)(text)
    )
  )

const faults = (changes: object, with_: object = {}) =>
  Effect.map(prepared(changes, with_), (outcome) =>
    Either.isLeft(outcome) ? outcome.left.faults.map(({ pointer, code }) => `${pointer} ${code}`) : []
  )

const common = {
  mchid: keys.mchid,
  description: "测试商品",
  out_trade_no: number,
  time_expire: "2026-11-23T21:35:36+08:00",
  notify_url: placed.notifyUrl,
  amount: { total: 1234, currency: "CNY" }
}

describe("a create", () => {
  it.each<readonly [source: Words.Source, path: string, appid: string, rest: object]>([
    ["QR", "native", appid, {}],
    ["WEB", "native", appid, {}],
    ["JSAPI", "jsapi", appid, { payer: { openid: payer.openId } }],
    ["MINI_PROGRAM", "jsapi", "wxminiprogram000001", { payer: { openid: payer.openId } }],
    ["H5", "h5", appid, { scene_info: { payer_client_ip: payer.ip, h5_info: { type: "Wap" } } }],
    ["APP", "app", "wxmobileapp0000001", {}]
  ])("from %s is made at /v3/pay/transactions/%s", (source, path, app, rest) =>
    Effect.runPromise(
      Effect.map(prepared({ source }, { payer }), (outcome) =>
        expect(outcome).toEqual(
          Either.right({
            path: `/v3/pay/transactions/${path}`,
            body: { ...common, appid: app, ...rest },
            returnUrl: details.returnUrl
          })
        )
      )
    )
  )

  it.effect("tells all that the order misses at once", () =>
    Effect.gen(function* () {
      const wrong = { method: "ALIPAY", capture: "manual", amount: Money.make(1234n, "USD") }
      expect(yield* faults({ ...wrong, source: "JSAPI" })).toEqual([
        "/method NOT_SUPPORTED",
        "/amount/currency NOT_SUPPORTED",
        "/capture NOT_SUPPORTED",
        "/payer/openId FIELD_MISSING"
      ])
      expect(yield* faults({ source: "MINI_PROGRAM" })).toEqual(["/payer/openId FIELD_MISSING"])
      expect(yield* faults({ source: "JSAPI" }, { payer: { openId: "x".repeat(129) } })).toEqual([
        "/payer/openId FIELD_INVALID"
      ])
      expect(yield* faults({ source: "JSAPI" }, { payer: { openId: "" } })).toEqual(["/payer/openId FIELD_INVALID"])
      expect(yield* faults({ source: "H5" })).toEqual(["/payer/ip FIELD_MISSING"])
      expect(yield* faults({ source: "H5" }, { payer: { ip: "home" } })).toEqual(["/payer/ip FIELD_INVALID"])
      expect(yield* faults({ source: "H5" }, { payer: { ip: "2001:db8::1" } })).toEqual([])
      expect(yield* faults({ amount: Money.make(2n ** 53n, "CNY") })).toEqual(["/amount/value AMOUNT_INVALID"])
      expect(yield* faults({ amount: Money.make(0n, "CNY") })).toEqual(["/amount/value AMOUNT_INVALID"])
    })
  )

  it.effect("shows no open id in what it tells", () =>
    Effect.map(prepared({ source: "JSAPI" }, { payer: { openId: "oSecret open id" } }), (outcome) => {
      expect(Either.isLeft(outcome)).toBe(true)
      expect(JSON.stringify(outcome)).not.toContain("oSecret")
    })
  )

  it.effect.prop(
    "has a description of 1 to 127 bytes without what WeChat Pay and its bills do not take, whatever it was",
    { description: FastCheck.string({ unit: "binary", maxLength: 300 }) },
    ({ description }) =>
      Effect.map(prepared({}, { description }), (outcome) => {
        const { body } = Either.getOrThrow(outcome)
        const cleaned = String(body["description"])
        const bytes = Buffer.byteLength(cleaned)
        expect(bytes).toBeGreaterThan(0)
        expect(bytes).toBeLessThanOrEqual(127)
        expect(cleaned).not.toMatch(/[\p{Cc}\p{Cs}\u{10000}-\u{10FFFF}`]/u)
      }),
    { fastCheck: { numRuns: 50 } }
  )

  it.effect("keeps what fits of a description, whole characters only, and our number where nothing is left", () =>
    Effect.gen(function* () {
      const description = (text: string) =>
        Effect.map(prepared({}, { description: text }), (outcome) => Either.getOrThrow(outcome).body["description"])
      expect(yield* description("测".repeat(100))).toBe("测".repeat(42))
      expect(yield* description("x".repeat(128))).toBe("x".repeat(127))
      expect(yield* description(" a\n😀 b`c ")).toBe("a b c")
      expect(yield* description("😀")).toBe(number)
    })
  )

  it.effect.prop(
    "is the same text however often it is prepared, and is stored with the app's page",
    {
      source: FastCheck.constantFrom(...sources),
      description: FastCheck.string(),
      returnUrl: FastCheck.option(FastCheck.webUrl())
    },
    ({ source, ...rest }) =>
      Effect.map(account, (ours) => {
        const prepare = () => Requests.prepare({ ...payment, source }, { ...details, payer, ...rest }, ours)
        const text = Either.getOrThrow(prepare())
        expect(prepare()).toEqual(Either.right(text))
        expect(Requests.onward(text)).toBe(rest.returnUrl)
      })
  )

  it("that cannot be read has no page and is no request", () => {
    expect(Requests.onward("{}")).toBeNull()
    expect(Either.isLeft(Requests.create("garbage"))).toBe(true)
  })
})

describe("the other calls", () => {
  it.effect("name the order by our number, percent-encoded as it is signed", () =>
    Effect.map(account, (ours) => {
      const odd = { ...payment, merchantOrderNo: "PP|X_2026-*01" }
      const path = "/v3/pay/transactions/out-trade-no/PP%7CX_2026-*01"
      expect(Requests.query(odd, ours)).toEqual({ method: "GET", path: `${path}?mchid=${keys.mchid}`, body: null })
      expect(Requests.close(odd, ours)).toEqual({
        method: "POST",
        path: `${path}/close`,
        body: `{"mchid":"${keys.mchid}"}`
      })
      expect(Requests.queryRefund(refund)).toEqual({
        method: "GET",
        path: `/v3/refund/domestic/refunds/${refundNo}`,
        body: null
      })
    })
  )

  it.effect("refund by our numbers, of the order's amount, with the address for notifications", () =>
    Effect.map(account, (ours) => {
      const bodyOf = (changes: object) =>
        JSON.parse(Requests.refund(payment, { ...refund, ...changes }, ours).body ?? "") as unknown
      const body = {
        out_trade_no: number,
        out_refund_no: refundNo,
        reason: "退货",
        notify_url: placed.notifyUrl,
        amount: { refund: 234, total: 1234, currency: "CNY" }
      }
      expect(bodyOf({})).toEqual(body)
      expect(bodyOf({ reason: "退".repeat(80) })).toEqual({ ...body, reason: "退".repeat(26) })
      const { reason: _, ...without } = body
      expect(bodyOf({ reason: null })).toEqual(without)
      expect(bodyOf({ reason: "😀" })).toEqual(without)
    })
  )

  it("ask for a day's bills, compressed", () => {
    expect(Requests.bill({ day: "2026-11-22", of: "trades" }).path).toBe(
      "/v3/bill/tradebill?bill_date=2026-11-22&bill_type=ALL&tar_type=GZIP"
    )
    expect(Requests.bill({ day: "2026-11-22", of: "funds" }).path).toBe(
      "/v3/bill/fundflowbill?bill_date=2026-11-22&account_type=BASIC&tar_type=GZIP"
    )
  })
})

it.effect(
  "an order can be paid for a minute after a create that left at the last moment, its limit past the expiry",
  () =>
    Effect.gen(function* () {
      const limits = { createMillis: 8000, queryMillis: 1000, closeMillis: 1000 }
      const { createTimeLimitMillis, graceMillis } = yield* vendor("http://127.0.0.1:1", { limits })
      // The answer may have to wait for a key to be fetched.
      expect(createTimeLimitMillis).toBe(16_000)
      expect(graceMillis).toBe(76_000)
    }).pipe(Effect.scoped)
)
