import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Either, Option } from "effect"
import { describe } from "vitest"
import { Mappings } from "../src/index.ts"
import { at, encoded } from "./mapping.ts"

const mappingOf = (changes: object = {}) =>
  Option.getOrThrow(Mappings.make({ platform: at("http://127.0.0.1:1", changes) }).of("platform"))

const json = ["Content-Type", "application/json"]
const form = ["content-type", "application/x-www-form-urlencoded"]

const call = (body: unknown, headers: ReadonlyArray<string> = json, path = "/payments", query = "") => ({
  method: "POST",
  path,
  query,
  headers,
  body:
    body instanceof Uint8Array ? body : new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body))
})

const body = {
  merchant_payment_no: "SHOP-1",
  amount: 1234,
  currency: "CNY",
  scene: "QR",
  subject: "Travel insurance",
  whatever: { else: [1, { of: "theirs" }] }
}

const order = (given: ReturnType<typeof call>, changes: object = {}) => mappingOf(changes).order(given)

/** Code and place of each fault. */
const faults = (given: ReturnType<typeof call>, changes: object = {}) =>
  Either.match(order(given, changes), {
    onLeft: (unfit) => unfit.faults.map(({ pointer, code }) => `${pointer} ${code}`),
    onRight: () => []
  })

const withBody = (members: object, rest: object = {}) => ({
  create: { path: "/payments", body: { ...encoded.create.body, ...members }, ...rest }
})

it("a create is the order that it asks for; what it does not say is what the configuration says", () => {
  expect(Either.getOrThrow(order(call(body)))).toMatchObject({
    merchantOrderNo: "SHOP-1",
    amount: Money.make(1234n, "CNY"),
    method: "ALIPAY",
    source: "QR",
    businessNo: null,
    expiresAtMillis: null,
    payableMillis: 86_400_000
  })
  const asked = { ...body, expires_at: "2026-11-23T16:00:00.5+08:00", deal: "POLICY-1", amount: "1234" }
  const changes = { ...withBody({ deal: { from: "businessNo" } }), proxied: { method: "CARD", payableSeconds: 60 } }
  expect(Either.getOrThrow(order(call(asked), changes))).toMatchObject({
    amount: Money.make(1234n, "CNY"),
    method: "CARD",
    businessNo: "POLICY-1",
    expiresAtMillis: Date.UTC(2026, 10, 23, 8, 0, 0, 500),
    payableMillis: 60_000
  })
})

it("a mapped source that a caller leaves out is the configuration's, where that says one", () => {
  const { scene: _, ...silent } = body
  expect(faults(call(silent))).toEqual(["/scene FIELD_MISSING"])
  const changes = { proxied: { method: "ALIPAY", source: "WEB" } }
  expect(Either.getOrThrow(order(call(silent), changes)).source).toBe("WEB")
  expect(Either.getOrThrow(order(call(body), changes)).source).toBe("QR")
})

describe("every fault is named at once, where it is", () => {
  it("of an order's members", () => {
    expect(
      faults(call({ merchant_payment_no: "a b", amount: 12.34, currency: "cny", scene: "TV", expires_at: "soon" }))
    ).toEqual([
      "/merchant_payment_no FIELD_INVALID",
      "/amount AMOUNT_INVALID",
      "/currency CURRENCY_UNKNOWN",
      "/scene FIELD_INVALID",
      "/expires_at FIELD_INVALID"
    ])
    expect(faults(call({}))).toEqual([
      "/merchant_payment_no FIELD_MISSING",
      "/amount FIELD_MISSING",
      "/currency FIELD_MISSING",
      "/scene FIELD_MISSING"
    ])
  })

  it.each([
    ["", "FIELD_INVALID"],
    ["9".repeat(257), "FIELD_INVALID"],
    [12345678, "FIELD_INVALID"],
    ["SHOP 1", "FIELD_INVALID"],
    ["SHOP-\u00e9", "FIELD_INVALID"],
    [null, "FIELD_MISSING"],
    [["SHOP-1"], "FIELD_INVALID"]
  ])("the number %j is %s", (merchant_payment_no, code) => {
    expect(faults(call({ ...body, merchant_payment_no }))).toEqual([`/merchant_payment_no ${code}`])
  })

  it.each([0, -1, 1.5, 2 ** 53, "0", "-1", "1.5", "01", "1e3", "", "9".repeat(19), "１２", true, [1], { value: 1 }])(
    "the amount %j in minor units is none",
    (amount) => expect(faults(call({ ...body, amount }))).toEqual(["/amount AMOUNT_INVALID"])
  )

  it.each([12.34, 12, "12.345", "0.00", "1,000.00", "012.00", "-1", "1e2", ""])(
    "the amount %j in major units is none",
    (amount) =>
      expect(faults(call({ ...body, amount }), withBody({ amount: { from: "amountMajor" } }))).toEqual([
        "/amount AMOUNT_INVALID"
      ])
  )

  it("a number in major units is told how to be mended, and an unknown currency says nothing of decimals", () => {
    const changes = withBody({ amount: { from: "amountMajor" } })
    const numeric = Either.getOrThrow(Either.flip(order(call({ ...body, amount: 12.34 }), changes)))
    expect(numeric.faults[0]?.detail).toContain('put it in quotes, like "12.34"')
    expect(faults(call({ ...body, amount: "12.345", currency: "XXX" }), changes)).toEqual([
      "/currency CURRENCY_UNKNOWN"
    ])
    expect(faults(call({ ...body, amount: "12", currency: "JPY" }), changes)).toEqual([])
    expect(faults(call({ ...body, amount: "12.5", currency: "JPY" }), changes)).toEqual(["/amount AMOUNT_INVALID"])
  })

  it("of what the vendor is not set up for", () => {
    expect(faults(call(body), { sources: ["WEB"], methods: ["CARD"] })).toEqual(["/scene NOT_SUPPORTED"])
  })

  it("of two members that say the same thing differently", () => {
    const changes = withBody({ copy: { from: "payOrderNo" }, total: { from: "amountMajor" } })
    expect(faults(call({ ...body, copy: "SHOP-1", total: "12.34" }), changes)).toEqual([])
    expect(faults(call({ ...body, copy: "SHOP-2", total: "12.35" }), changes)).toEqual([
      "/copy FIELD_INVALID",
      "/total FIELD_INVALID"
    ])
    expect(faults(call({ ...body, total: "12.34" }), changes)).toEqual(["/copy FIELD_MISSING"])
  })
})

describe("a body is read strictly", () => {
  const text = JSON.stringify(body)
  it.each([
    ["no Content-Type", call(text, []), ["CONTENT_TYPE_UNSUPPORTED"]],
    ["two of them", call(text, [...json, ...json]), ["CONTENT_TYPE_UNSUPPORTED"]],
    ["a form where JSON is expected", call(text, form), ["CONTENT_TYPE_UNSUPPORTED"]],
    ["another charset", call(text, ["content-type", "application/json; charset=GBK"]), ["CONTENT_TYPE_UNSUPPORTED"]],
    ["UTF-8, said aloud", call(text, ["content-type", 'application/json; charset="UTF-8"']), []],
    ["a kind of JSON", call(text, ["content-type", "application/vnd.pay+json"]), []],
    ["a coding", call(text, [...json, "Content-Encoding", "gzip"]), ["CONTENT_TYPE_UNSUPPORTED"]],
    ["no coding, said aloud", call(text, [...json, "Content-Encoding", "identity"]), []],
    ["bytes that are not UTF-8", call(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)), ["BODY_NOT_JSON"]],
    ["a byte order mark", call(`\uFEFF${text}`), ["BODY_NOT_JSON"]],
    ["half of it", call(text.slice(0, -1)), ["BODY_NOT_JSON"]],
    ["nothing", call(""), ["BODY_NOT_JSON"]],
    ["a list", call("[]"), ["FIELD_INVALID"]],
    ["33 levels", call(`{"a":${"[".repeat(32)}${"]".repeat(32)}}`), ["BODY_TOO_DEEP"]],
    ["a member twice", call(text.replace("{", '{"amount":1,')), ["FIELD_REPEATED"]],
    ["a member twice, once in disguise", call(text.replace("{", '{"amoun\\u0074":1,')), ["FIELD_REPEATED"]],
    ["a member in two cases", call({ ...body, Amount: 1 }), ["FIELD_REPEATED"]],
    ["a prototype of its own", call(text.replace("{", '{"__proto__":{"amount":1},')), []]
  ])("%s", (_, given, codes) => {
    expect(faults(given).map((fault) => fault.split(" ")[1])).toEqual(codes)
  })

  it("a prototype in the body gives no value", () => {
    expect(faults(call(`{"__proto__":${text}}`)).length).toBe(4)
    expect(Either.isRight(order(call(text.replace("{", '{"__proto__":{"amount":1},'))))).toBe(true)
  })
})

describe("a form", () => {
  const changes = withBody({}, { type: "form" })
  const text = "merchant_payment_no=SHOP-1&amount=1234&currency=CNY&scene=QR&subject=Travel+insurance%2C+3+%E5%A4%A9"

  it("is read as JSON is", () => {
    expect(Either.getOrThrow(order(call(text, form), changes))).toMatchObject({
      merchantOrderNo: "SHOP-1",
      amount: Money.make(1234n, "CNY"),
      source: "QR"
    })
  })

  it.each([
    [`${text}&amount=1`, ["/amount FIELD_REPEATED"]],
    [`${text}&amoun%74=1`, ["/amount FIELD_REPEATED"]],
    [`${text}&AMOUNT=1`, ["/AMOUNT FIELD_REPEATED"]],
    [`${text}&a=%zz`, [" FIELD_INVALID"]],
    [`${text}&a=%FF`, [" FIELD_INVALID"]],
    [text.replace("1234", "12.34"), ["/amount AMOUNT_INVALID"]],
    [
      "",
      ["/merchant_payment_no FIELD_MISSING", "/amount FIELD_MISSING", "/currency FIELD_MISSING", "/scene FIELD_MISSING"]
    ]
  ])("%s has %j", (given, expected) => expect(faults(call(given, form), changes)).toEqual(expected))
})

it("a list that is longer than the mapping reads is refused: its sum would not be the amount", () => {
  const create = {
    path: "/payments",
    body: {
      no: { from: "payOrderNo" },
      "/units/0/value": { from: "amountMajor" },
      "/units/0/currency": { from: "currency" },
      scene: { from: "source" }
    }
  }
  const unit = { value: "12.34", currency: "EUR" }
  const asked = { no: "SHOP-1", scene: "WEB", units: [unit] }
  expect(Either.getOrThrow(order(call(asked), { create })).amount).toEqual(Money.make(1234n, "EUR"))
  expect(faults(call({ ...asked, units: [unit, unit] }), { create })).toEqual(["/units FIELD_INVALID"])
  expect(faults(call({ ...asked, units: { 0: unit } }), { create })).toEqual([])
})

it("a number in the path of a create is its number, and the body's the same", () => {
  const { merchant_payment_no: _, ...members } = encoded.create.body
  const create = { path: "/payments/{payOrderNo}", method: "PUT", body: members }
  expect(Either.getOrThrow(order(call(body, json, "/payments/SHOP%2D1"), { create })).merchantOrderNo).toBe("SHOP-1")
  const both = { create: { ...create, body: encoded.create.body } }
  expect(faults(call(body, json, "/payments/SHOP-2"), both)).toEqual([" FIELD_INVALID"])
})

describe("the fingerprint", () => {
  const of = (given: ReturnType<typeof call>) => Either.getOrThrow(order(given)).fingerprint

  it("is the same for the same call, however it is spaced and ordered", () => {
    const other = JSON.stringify(Object.fromEntries(Object.entries(body).reverse()), null, 2)
    expect(of(call(other, ["content-type", "application/json; charset=utf-8"]))).toBe(of(call(body)))
    expect(of(call(body))).toMatch(/^[0-9a-f]{64}$/)
  })

  it("is another for another body, path or query", () => {
    const all = [
      call(body),
      call({ ...body, subject: "Another" }),
      call({ ...body, whatever: null }),
      call(body, json, "/payments", "?a=1")
    ]
    expect(new Set(all.map(of)).size).toBe(all.length)
  })
})
