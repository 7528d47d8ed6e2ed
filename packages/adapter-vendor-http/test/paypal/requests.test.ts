import { expect, it } from "@effect/vitest"
import { Currency, Money } from "@payment-proxy/domain"
import { Either, FastCheck as fc } from "effect"
import { describe } from "vitest"
import * as Amounts from "../../src/paypal/amounts.ts"
import { onward, prepare } from "../../src/paypal/requests.ts"
import { at, payment } from "./desk.ts"

const config = at("https://api-m.paypal.com", { brandName: "Demo Shop", locale: "zh-HK" })
const details = { description: "Travel insurance, 3 days", payer: {}, returnUrl: "https://shop.example/done" }
const back = `https://proxy.example/return/paypal?order=${payment.payOrderNo}`

const prepared = (changes: object = {}, said = details, configured = config) =>
  prepare({ ...payment, ...changes }, said, configured)
const bodyOf = (...given: Parameters<typeof prepared>) =>
  JSON.parse(JSON.parse(Either.getOrThrow(prepared(...given))).body)
const faults = (changes: object) =>
  Either.match(prepared(changes), {
    onLeft: ({ faults }) => faults.map(({ pointer, code }) => `${pointer} ${code}`),
    onRight: () => []
  })

it("a create is PayPal's order of one unit, under our number", () => {
  const { path, body, returnUrl } = JSON.parse(Either.getOrThrow(prepared()))
  expect(path).toBe("/v2/checkout/orders")
  expect(returnUrl).toBe(details.returnUrl)
  expect(JSON.parse(body)).toEqual({
    intent: "CAPTURE",
    purchase_units: [
      {
        amount: { currency_code: "USD", value: "12.34" },
        custom_id: payment.merchantOrderNo,
        invoice_id: payment.merchantOrderNo,
        description: "Travel insurance, 3 days"
      }
    ],
    payment_source: {
      paypal: {
        experience_context: {
          return_url: back,
          cancel_url: `${back}&cancel=1`,
          brand_name: "Demo Shop",
          locale: "zh-HK",
          user_action: "PAY_NOW",
          shipping_preference: "NO_SHIPPING",
          payment_method_preference: "IMMEDIATE_PAYMENT_REQUIRED"
        }
      }
    }
  })
})

it("an order that is captured by hand is authorized first", () => {
  expect(bodyOf({ capture: "manual" }).intent).toBe("AUTHORIZE")
})

it("the payer is sent on to the app's page, from what is stored", () => {
  expect(onward(Either.getOrThrow(prepared()))).toBe(details.returnUrl)
  expect(onward(Either.getOrThrow(prepared({}, { ...details, returnUrl: null } as never)))).toBe(null)
  expect(onward("nonsense")).toBe(null)
})

it("the same order is the same text, however often", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.bigInt(1n, 10n ** 15n),
      (description, amountMinor) => {
        const amount = Money.make(amountMinor, "EUR")
        const once = Either.getOrThrow(prepared({ amount }, { ...details, description }))
        expect(Either.getOrThrow(prepared({ amount }, { ...details, description }))).toBe(once)
      }
    )
  )
})

describe("a description", () => {
  it.each([
    ["", undefined],
    ["\u0000\n ", undefined],
    ["a\u0000b\n\tc", "a b c"],
    ["x".repeat(200), "x".repeat(127)],
    [`${"x".repeat(126)}😀`, "x".repeat(126)],
    ["保险\ud800", "保险\ufffd"]
  ])("%j is sent as %j", (description, expected) =>
    expect(bodyOf({}, { ...details, description }).purchase_units[0].description).toBe(expected)
  )

  it("is never refused, and never longer than PayPal takes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 500 }), (description) => {
        const sent = bodyOf({}, { ...details, description }).purchase_units[0].description ?? "x"
        expect(sent.length).toBeGreaterThan(0)
        expect(sent.length).toBeLessThanOrEqual(127)
        expect(sent.isWellFormed()).toBe(true)
        expect(sent).not.toMatch(/\p{Cc}/u)
      })
    )
  })
})

describe("amounts", () => {
  it.each([
    [1234n, "USD", "12.34"],
    [5n, "EUR", "0.05"],
    [100n, "JPY", "100"],
    [120_000n, "HUF", "1200"],
    [9900n, "TWD", "99"]
  ] as const)("%s minor units of %s are written %s, and read the same", (minor, currency, value) => {
    const money = Money.make(minor, currency)
    expect(bodyOf({ amount: money }).purchase_units[0].amount).toEqual({ currency_code: currency, value })
    expect(Either.getOrThrow(Amounts.read({ currency_code: currency, value }))).toEqual(money)
  })

  it.each([
    [1234n, "HUF", "/amount/value AMOUNT_INVALID"],
    [1n, "TWD", "/amount/value AMOUNT_INVALID"],
    [1234n, "KWD", "/amount/currency NOT_SUPPORTED"],
    [1234n, "KRW", "/amount/currency NOT_SUPPORTED"],
    [1234n, "INR", "/amount/currency NOT_SUPPORTED"]
  ] as const)("%s minor units of %s cannot be sent", (minor, currency, fault) =>
    expect(faults({ amount: Money.make(minor, currency) })).toEqual([fault])
  )

  it("no currency with other than two decimals is taken, but yen", () => {
    for (const currency of Currency.all)
      if (Currency.exponent(currency) !== 2 && currency !== "JPY") expect(Amounts.isTaken(currency)).toBe(false)
  })

  it("what is written is read as it was", () => {
    const taken = Currency.all.filter(Amounts.isTaken)
    fc.assert(
      fc.property(fc.constantFrom(...taken), fc.bigInt(1n, 10n ** 15n), (currency, minor) => {
        const money = Money.make(minor, currency)
        const written = Amounts.write(money)
        if (written !== null) expect(Either.getOrThrow(Amounts.read(written))).toEqual(money)
      })
    )
  })

  it("superfluous zeros are read, other decimals are not", () => {
    const read = (value: string, currency_code = "USD") => Either.getOrNull(Amounts.read({ currency_code, value }))
    expect(read("12.3400")).toEqual(Money.make(1234n, "USD"))
    expect(read("100.00", "JPY")).toEqual(Money.make(100n, "JPY"))
    for (const bad of ["12.341", "-1.00", "1e2", "", "012.00", " 1", "١"]) expect(read(bad)).toBe(null)
    expect(read("1.00", "XXX")).toBe(null)
    expect(read("1.00", "constructor")).toBe(null)
  })
})

it("all that PayPal cannot do is told at once", () => {
  expect(faults({ method: "CARD", source: "QR", amount: Money.make(1n, "KWD") })).toEqual([
    "/method NOT_SUPPORTED",
    "/source NOT_SUPPORTED",
    "/amount/currency NOT_SUPPORTED"
  ])
  for (const source of ["WEB", "H5", "APP"]) expect(faults({ source })).toEqual([])
  for (const source of ["QR", "JSAPI", "MINI_PROGRAM"]) expect(faults({ source })).toEqual(["/source NOT_SUPPORTED"])
})
