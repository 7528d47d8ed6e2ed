import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { aPayment } from "@payment-proxy/testkit"
import { Either } from "effect"
import { prepare } from "../src/mapped/requests.ts"
import { at, encoded } from "./mapping.ts"

const config = { ...at("http://127.0.0.1:1"), name: "platform" }
const details = { description: "Travel insurance", payer: { openId: "o-1" }, returnUrl: "https://shop.example/done" }
const payment = aPayment()

it("the request holds the order as the mapping says, and leaves out what is not there", () => {
  const { path, headers, body } = JSON.parse(
    Either.getOrThrow(prepare(payment, { ...details, returnUrl: null }, config))
  )
  expect(path).toBe("/payments")
  expect(headers["idempotency-key"]).toBe(`"${payment.payOrderNo}"`)
  expect(JSON.parse(body)).toEqual({
    merchant_payment_no: payment.payOrderNo,
    amount: 1234,
    currency: "CNY",
    scene: "WEB",
    subject: "Travel insurance",
    notify_url: "http://127.0.0.1:1/notify/platform",
    expires_at: new Date(payment.expiresAtMillis).toISOString(),
    channel: "proxy"
  })
})

it("names everything that the vendor cannot do or misses, at once", () => {
  const body = { ...encoded.create.body, buyer: { from: "payer.buyerId", required: true } }
  const strict = {
    ...at("http://127.0.0.1:1", { methods: ["CARD"], sources: ["QR"], create: { path: "/p", body } }),
    name: "platform"
  }
  const huge = aPayment({ amount: Money.make(2n ** 53n, "CNY"), capture: "manual" })
  const faults = Either.match(prepare(huge, details, strict), { onLeft: (unfit) => unfit.faults, onRight: () => [] })
  expect(faults.map(({ pointer }) => pointer)).toEqual([
    "/method",
    "/source",
    "/amount/value",
    "/capture",
    "/payer/buyerId"
  ])
})

/** The stored create of an order, with this body in the configuration. */
const stored = (create: object, of = payment) =>
  Either.map(prepare(of, details, { ...at("http://127.0.0.1:1", { create }), name: "platform" }), (text) =>
    JSON.parse(text)
  )

it("the vendor is given the number that it knows the order by, in the body, the path and the key", () => {
  const proxied = aPayment({ merchantOrderNo: "SHOP-1" })
  const create = { path: "/payments/{payOrderNo}", body: { no: { from: "payOrderNo" } } }
  expect(Either.getOrThrow(stored(create, proxied))).toEqual({
    path: "/payments/SHOP-1",
    headers: { "content-type": "application/json", "idempotency-key": '"SHOP-1"' },
    body: '{"no":"SHOP-1"}'
  })
})

it("objects and lists stand around members as their pointers say; what has no value is left out", () => {
  const body = {
    "/order/no": { from: "payOrderNo" },
    "/order/units/0/amount/value": { from: "amountMajor" },
    "/order/units/0/amount/currency": { from: "currency" },
    "/order/units/0/a~1b~0c": { text: "x" },
    "/payer/ip": { from: "payer.ip" },
    "/payer/ids/0": { from: "payer.buyerId" },
    "/payer/ids/1": { from: "payer.openId" },
    deal: { from: "businessNo" },
    "/__proto__/x": { text: "y" }
  }
  expect(Either.getOrThrow(stored({ path: "/p", body }, aPayment({ merchantOrderNo: "A-1" }))).body).toBe(
    '{"order":{"no":"A-1","units":[{"amount":{"value":"12.34","currency":"CNY"},"a/b~c":"x"}]},"payer":{"ids":[null,"o-1"]},"__proto__":{"x":"y"}}'
  )
})

it("words of the vendor stand for ours, and what has no word is refused", () => {
  const body = {
    method: { from: "method", words: { ALIPAY: "alipay", WECHAT_PAY: "wxpay" } },
    type: { from: "source", words: { WEB: 3, APP: 1 } },
    currency: { from: "currency", words: { CNY: "156" } }
  }
  expect(Either.getOrThrow(stored({ path: "/p", body })).body).toBe('{"method":"alipay","type":3,"currency":"156"}')
  const odd = aPayment({ method: "CARD", source: "QR", amount: Money.make(1n, "EUR") })
  const unfit = Either.getOrThrow(Either.flip(stored({ path: "/p", body }, odd)))
  expect(unfit.faults.map(({ pointer, code, detail }) => `${pointer} ${code} ${detail}`)).toEqual([
    "/method NOT_SUPPORTED This vendor takes ALIPAY, WECHAT_PAY.",
    "/source NOT_SUPPORTED This vendor takes WEB, APP.",
    "/amount/currency NOT_SUPPORTED This vendor takes CNY."
  ])
})

it("a form holds the same as text; minor units as text have no 2^53", () => {
  const body = { no: { from: "payOrderNo" }, amount: { from: "amountMinor" }, about: { from: "description" } }
  const form = Either.getOrThrow(stored({ path: "/p", type: "form", body }, aPayment({ merchantOrderNo: "A-1" })))
  expect(form).toMatchObject({
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "no=A-1&amount=1234&about=Travel+insurance"
  })
  const huge = aPayment({ amount: Money.make(10n ** 17n, "CNY") })
  expect(Either.getOrThrow(stored({ path: "/p", type: "form", body }, huge)).body).toContain(
    "amount=100000000000000000"
  )
  const text = { path: "/p", body: { amount: { from: "amountMinor", as: "text" } } }
  expect(Either.getOrThrow(stored(text, huge)).body).toBe('{"amount":"100000000000000000"}')
})
