import { expect, it } from "@effect/vitest"
import { Money, type Words } from "@payment-proxy/domain"
import { Either, Schema } from "effect"
import { describe } from "vitest"
import { prepare } from "../../src/alipay/prepare.ts"
import { config, details, nowMillis, payment } from "./world.ts"

const Stored = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Struct({ path: Schema.String, body: Schema.String, returnUrl: Schema.NullOr(Schema.String) }))
)

const about = (
  changes: Parameters<typeof payment>[0] = {},
  said: Partial<Parameters<typeof prepare>[1]> = {},
  settings: object = {}
) => {
  const stored = Stored(Either.getOrThrow(prepare(payment(changes), { ...details, ...said }, config(settings))))
  const query = Object.fromEntries(new URLSearchParams(stored.path.slice(stored.path.indexOf("?"))))
  const biz: unknown = JSON.parse(new URLSearchParams(stored.body).get("biz_content") ?? "")
  return { stored, query, biz }
}

const faults = (
  changes: Parameters<typeof payment>[0],
  said: Partial<Parameters<typeof prepare>[1]> = {},
  settings: object = {}
) =>
  Either.match(prepare(payment(changes), { ...details, ...said }, config(settings)), {
    onLeft: ({ faults }) => faults.map(({ pointer, code }) => `${pointer} ${code}`),
    onRight: () => []
  })

const buyer = { payer: { buyerId: "2088102534368455" } }

describe("an order is prepared for where the payer is", () => {
  const returned = "https://proxy.example/return/alipay?order=PPX20261123000001"
  it.each<readonly [Words.Source, method: string, product: string, also: object, returnUrl: string | undefined]>([
    ["QR", "alipay.trade.precreate", "QR_CODE_OFFLINE", {}, undefined],
    ["WEB", "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", {}, returned],
    ["H5", "alipay.trade.wap.pay", "QUICK_WAP_WAY", { quit_url: returned }, returned],
    ["APP", "alipay.trade.app.pay", "QUICK_MSECURITY_PAY", {}, undefined],
    [
      "MINI_PROGRAM",
      "alipay.trade.create",
      "JSAPI_PAY",
      { op_app_id: "2021000000000000", buyer_id: "2088102534368455" },
      undefined
    ],
    [
      "JSAPI",
      "alipay.trade.create",
      "JSAPI_PAY",
      { op_app_id: "2021000000000000", buyer_id: "2088102534368455" },
      undefined
    ]
  ])("%s by %s", (source, method, product, also, returnUrl) => {
    const { query, biz } = about({ source }, buyer)
    expect(query).toEqual({
      method,
      app_id: "2021000000000000",
      format: "JSON",
      charset: "utf-8",
      version: "1.0",
      sign_type: "RSA2",
      notify_url: "https://proxy.example/notify/alipay",
      ...(returnUrl === undefined ? {} : { return_url: returnUrl })
    })
    expect(biz).toEqual({
      out_trade_no: "PPX20261123000001",
      total_amount: "12.34",
      subject: "A pair of shoes",
      product_code: product,
      time_expire: "2026-11-23 21:35:35",
      ...also
    })
  })

  it("by what was contracted for, from the mini program that opens the cashier", () => {
    expect(about({ source: "QR" }, {}, { products: { QR: "FACE_TO_FACE_PAYMENT" } }).biz).toMatchObject({
      product_code: "FACE_TO_FACE_PAYMENT"
    })
    expect(about({ source: "MINI_PROGRAM" }, buyer, { openAppId: "2021000000009999" }).biz).toMatchObject({
      op_app_id: "2021000000009999"
    })
    expect(about({ source: "JSAPI" }, buyer, { products: { JSAPI: "FACE_TO_FACE_PAYMENT" } }).biz).not.toHaveProperty(
      "op_app_id"
    )
    expect(about({ source: "H5" }, {}, { quitUrl: "https://shop.example/cart" }).biz).toMatchObject({
      quit_url: "https://shop.example/cart"
    })
  })

  it("with the payer's open id where the app knows no number", () => {
    expect(
      about({ source: "JSAPI" }, { payer: { openId: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5" } }).biz
    ).toMatchObject({ buyer_open_id: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5" })
  })

  it("at the gateway's path, with the app's own page for later", () => {
    const { stored } = about({}, {}, { baseUrl: "https://proxy.example/some/gateway.do" })
    expect(stored.path.startsWith("/some/gateway.do?method=")).toBe(true)
    expect(stored.returnUrl).toBe("https://shop.example/thanks")
    expect(stored.path).not.toContain("shop.example")
    expect(about({}, { returnUrl: null }).stored.returnUrl).toBe(null)
  })

  it("as the same text however often", () => {
    const once = prepare(payment(), details, config())
    expect(prepare(payment(), details, config())).toEqual(once)
    expect(Either.getOrThrow(once)).not.toMatch(/timestamp|[?&]sign=/)
  })
})

describe("a description becomes a subject that Alipay takes", () => {
  const subject = (description: string) => (about({}, { description }).biz as { subject: string }).subject
  it.each([
    ["a/b=c&d", "a b c d"],
    ["  two\r\nlines\t ", "two lines"],
    ["///", "PPX20261123000001"],
    ["", "PPX20261123000001"],
    ["测试商品 + 100%", "测试商品 + 100%"],
    ["half \ud83d of one", "half \ufffd of one"]
  ])("%j is %j", (description, expected) => {
    expect(subject(description)).toBe(expected)
  })

  it("is cut to 256, and no character is halved", () => {
    expect(subject("鞋".repeat(300))).toBe("鞋".repeat(256))
    expect(subject(`x${"👟".repeat(200)}`)).toBe(`x${"👟".repeat(127)}`)
  })
})

describe("what does not fit is refused, all at once", () => {
  const dayMillis = 86_400_000
  const living = (millis: number) => ({ expiresAtMillis: nowMillis + millis })
  it.each<readonly [string, ReturnType<typeof faults>, ReadonlyArray<string>]>([
    ["another method", faults({ method: "CARD" }), ["/method NOT_SUPPORTED"]],
    ["a source that is not contracted", faults({ source: "APP" }, {}, { sources: ["QR"] }), ["/source NOT_SUPPORTED"]],
    ["another currency", faults({ amount: Money.make(1n, "USD") }), ["/amount/currency NOT_SUPPORTED"]],
    ["an amount of nothing", faults({ amount: Money.make(0n, "CNY") }), ["/amount/value AMOUNT_INVALID"]],
    ["the largest amount", faults({ amount: Money.make(10_000_000_000n, "CNY") }), []],
    ["more than that", faults({ amount: Money.make(10_000_000_001n, "CNY") }), ["/amount/value AMOUNT_INVALID"]],
    ["a capture by hand", faults({ capture: "manual" }), ["/capture NOT_SUPPORTED"]],
    ["a minute", faults(living(60_000)), []],
    ["less than a minute", faults(living(59_999)), ["/expiresIn NOT_SUPPORTED"]],
    ["15 days", faults(living(15 * dayMillis)), []],
    ["more than 15 days", faults(living(15 * dayMillis + 1)), ["/expiresIn NOT_SUPPORTED"]],
    ["an end that no date has", faults({ expiresAtMillis: Number.MAX_SAFE_INTEGER }), ["/expiresIn NOT_SUPPORTED"]],
    ["no payer in a mini program", faults({ source: "MINI_PROGRAM" }), ["/payer/openId FIELD_MISSING"]],
    ["no payer in Alipay's own browser", faults({ source: "JSAPI" }), ["/payer/openId FIELD_MISSING"]],
    [
      "a payer's number that is none",
      faults({ source: "JSAPI" }, { payer: { buyerId: "1" } }),
      ["/payer/buyerId FIELD_INVALID"]
    ],
    [
      "an open id that is none",
      faults({ source: "JSAPI" }, { payer: { openId: "a b" } }),
      ["/payer/openId FIELD_INVALID"]
    ],
    [
      "everything",
      faults(
        {
          method: "CARD",
          source: "MINI_PROGRAM",
          amount: Money.make(1n, "USD"),
          capture: "manual",
          ...living(1)
        },
        {},
        { sources: ["QR"] }
      ),
      [
        "/method NOT_SUPPORTED",
        "/source NOT_SUPPORTED",
        "/amount/currency NOT_SUPPORTED",
        "/capture NOT_SUPPORTED",
        "/expiresIn NOT_SUPPORTED",
        "/payer/openId FIELD_MISSING"
      ]
    ]
  ])("%s", (_, found, expected) => {
    expect(found).toEqual(expected)
  })
})
