import { Currency, Money } from "@payment-proxy/domain"
import { Either, FastCheck as fc } from "effect"
import { describe, expect, it } from "vitest"
import { Decoding, Examples, type Fault } from "../src/index.ts"

const asked = {
  vendor: "platform",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days"
}

const faults = (json: unknown): ReadonlyArray<Fault.Fault> =>
  Either.match(Decoding.placeOrder(json), { onLeft: (found) => found, onRight: () => [] })
const named = (json: unknown) => faults(json).map(({ pointer, code }) => [pointer, code])
const without = (name: string) => Object.fromEntries(Object.entries(asked).filter(([key]) => key !== name))

describe("an order that is right", () => {
  it("needs five fields; the rest has its defaults", () => {
    expect(Either.getOrThrow(Decoding.placeOrder(asked))).toEqual({
      ...asked,
      amount: Money.make(1234n, "CNY"),
      expiresIn: 900,
      capture: "automatic"
    })
  })

  it("is the one in the document", () => {
    expect(Either.isRight(Decoding.placeOrder(Examples.placeOrder))).toBe(true)
  })

  it.each([
    ["the smallest amount", { amount: { value: "0.01", currency: "CNY" } }],
    ["18 digits", { amount: { value: "9999999999999999.99", currency: "CNY" } }],
    ["a currency without decimals", { amount: { value: "1", currency: "JPY" } }],
    ["a currency of three decimals", { amount: { value: "1.234", currency: "KWD" } }],
    ["the shortest expiry", { expiresIn: 60 }],
    ["the longest expiry", { expiresIn: 86_400 }],
    ["20 notes", { metadata: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`n${index}`, ""])) }],
    ["a note named constructor", { metadata: { constructor: "x" } }],
    ["127 characters beyond the basic plane", { description: "😀".repeat(127) }],
    ["a right-to-left override", { description: "a\u202Eb" }],
    ["markup, kept as it is", { description: "<script>alert('1')</script> %s '; --" }]
  ])("may have %s", (_, overrides) => {
    expect(faults({ ...asked, ...overrides })).toEqual([])
  })
})

describe("what is wrong with an order is named, by place and code", () => {
  it.each([
    ["null", null],
    ["a list", []],
    ["text", "order"],
    ["a number", 1]
  ])("%s is no order", (_, json) => {
    expect(named(json)).toEqual([["", "FIELD_INVALID"]])
  })

  it.each(["vendor", "amount", "method", "source", "description"])("%s is missing", (name) => {
    expect(named(without(name))).toEqual([[`/${name}`, "FIELD_MISSING"]])
  })

  it.each([
    "1e3",
    "-1",
    "0",
    "0.00",
    "1.234",
    "",
    " 1",
    "1 ",
    "1,00",
    "NaN",
    "Infinity",
    "٣",
    "１",
    "+1",
    "01",
    ".5",
    "1.",
    "0x10",
    "1".repeat(20),
    "9007199254740993.001"
  ])("%j is no amount of CNY", (value) => {
    expect(named({ ...asked, amount: { value, currency: "CNY" } })).toEqual([["/amount/value", "AMOUNT_INVALID"]])
  })

  it.each([
    ["1.5", "JPY"],
    ["1.2345", "KWD"],
    ["1.23456", "UYW"]
  ])("%j has too many decimals for %s", (value, currency) => {
    expect(named({ ...asked, amount: { value, currency } })).toEqual([["/amount/value", "AMOUNT_INVALID"]])
  })

  it.each(["CNX", "cny", "CNYY", "", "XBT", "DEM"])("%j is no currency in use", (currency) => {
    expect(named({ ...asked, amount: { value: "1.00", currency } })).toEqual([["/amount/currency", "CURRENCY_UNKNOWN"]])
  })

  it.each([
    ["an amount as a number", { amount: { value: 12.34, currency: "CNY" } }, "/amount/value", "AMOUNT_INVALID"],
    ["an amount as text", { amount: "12.34 CNY" }, "/amount", "AMOUNT_INVALID"],
    ["an amount as a list", { amount: ["12.34", "CNY"] }, "/amount", "AMOUNT_INVALID"],
    ["an amount without a currency", { amount: { value: "12.34" } }, "/amount/currency", "FIELD_MISSING"],
    ["an unknown field in the amount", { amount: { ...asked.amount, minor: 1 } }, "/amount/minor", "FIELD_UNKNOWN"],
    ["a vendor in capitals", { vendor: "Platform" }, "/vendor", "FIELD_INVALID"],
    ["a method that is none", { method: "CASH" }, "/method", "FIELD_INVALID"],
    ["a source that is none", { source: "POST" }, "/source", "FIELD_INVALID"],
    ["an empty description", { description: "" }, "/description", "FIELD_INVALID"],
    ["128 characters", { description: "x".repeat(128) }, "/description", "FIELD_INVALID"],
    ["NUL", { description: "a\u0000b" }, "/description", "FIELD_INVALID"],
    ["a line break", { description: "a\r\nb" }, "/description", "FIELD_INVALID"],
    ["half a character", { description: "\uD83D" }, "/description", "FIELD_INVALID"],
    ["a business number of 65", { businessNo: "b".repeat(65) }, "/businessNo", "FIELD_INVALID"],
    ["a business number with a blank", { businessNo: "a b" }, "/businessNo", "FIELD_INVALID"],
    ["null for what may be left out", { businessNo: null }, "/businessNo", "FIELD_INVALID"],
    ["a return to a script", { returnUrl: "javascript:alert(1)" }, "/returnUrl", "FIELD_INVALID"],
    ["an expiry that has passed", { expiresIn: -1 }, "/expiresIn", "FIELD_INVALID"],
    ["an expiry as text", { expiresIn: "900" }, "/expiresIn", "FIELD_INVALID"],
    ["half seconds", { expiresIn: 60.5 }, "/expiresIn", "FIELD_INVALID"],
    ["endless expiry", { expiresIn: Number.POSITIVE_INFINITY }, "/expiresIn", "FIELD_INVALID"],
    ["a capture that is none", { capture: "later" }, "/capture", "FIELD_INVALID"],
    ["a payer as text", { payer: "Ann" }, "/payer", "FIELD_INVALID"],
    ["an unknown field of the payer", { payer: { name: "Ann" } }, "/payer/name", "FIELD_UNKNOWN"],
    ["an unknown field", { extra: 1 }, "/extra", "FIELD_UNKNOWN"],
    ["a field named with a slash", { "a/b~c": 1 }, "/a~1b~0c", "FIELD_UNKNOWN"],
    ["a note that is a number", { metadata: { policy: 1 } }, "/metadata/policy", "FIELD_INVALID"],
    ["a note's name of 41", { metadata: { ["n".repeat(41)]: "" } }, `/metadata/${"n".repeat(41)}`, "FIELD_INVALID"],
    [
      "21 notes",
      { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`n${index}`, ""])) },
      "/metadata",
      "FIELD_INVALID"
    ]
  ])("%s", (_, overrides, pointer, code) => {
    expect(named({ ...asked, ...overrides })).toEqual([[pointer, code]])
  })

  it("all at once, in the order of their places, each with words that mend it", () => {
    const json = { amount: { value: "1e3", currency: "CNX" }, method: "CASH", source: 1, extra: {}, metadata: { a: 1 } }
    expect(named(json)).toEqual([
      ["/amount/currency", "CURRENCY_UNKNOWN"],
      ["/amount/value", "AMOUNT_INVALID"],
      ["/description", "FIELD_MISSING"],
      ["/extra", "FIELD_UNKNOWN"],
      ["/metadata/a", "FIELD_INVALID"],
      ["/method", "FIELD_INVALID"],
      ["/source", "FIELD_INVALID"],
      ["/vendor", "FIELD_MISSING"]
    ])
    for (const { detail } of faults(json)) expect(detail.length).toBeGreaterThan(10)
  })

  it("a hundred thousand fields are counted, not read", () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`f${index}`, 1]))
    expect(named(many)).toEqual([["", "TOO_MANY_FIELDS"]])
    expect(named({ ...asked, metadata: many })).toEqual([["/metadata", "TOO_MANY_FIELDS"]])
  })

  it("__proto__ is a field like any other that there is not, and changes nothing of ours", () => {
    expect(named(JSON.parse(`{"__proto__":{"vendor":"platform"}}`)).length).toBeGreaterThan(5)
    const json = JSON.parse(`{"metadata":{"__proto__":"x"}}`) as object
    expect(named({ ...asked, ...json })).toEqual([["/metadata/__proto__", "FIELD_INVALID"]])
    expect(({} as { vendor?: unknown }).vendor).toBeUndefined()
  })

  it("any JSON is answered, with an order or with faults, without throwing", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (json) => {
        const read = Decoding.placeOrder(json)
        return Either.isRight(read) || read.left.length > 0
      }),
      { numRuns: 500 }
    )
  })
})

it("every amount that is shown is read as the same", () => {
  const money = fc
    .tuple(fc.bigInt({ min: 1n, max: 10n ** 17n }), fc.constantFrom(...Currency.all))
    .map(([minor, currency]) => Money.make(minor, currency))
  fc.assert(
    fc.property(money, (amount) => {
      const read = Decoding.placeOrder({
        ...asked,
        amount: { value: Money.format(amount), currency: amount.currency }
      })
      expect(Either.getOrThrow(read).amount).toEqual(amount)
    })
  )
})

describe("the canonical text", () => {
  it("is the same however the order was written", () => {
    const backwards = Object.fromEntries(Object.entries(asked).reverse())
    expect(Decoding.canonical(backwards)).toBe(Decoding.canonical(asked))
    expect(JSON.parse(Decoding.canonical(asked))).toEqual(asked)
  })

  it("differs for orders that differ", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const isSame =
          JSON.stringify(JSON.parse(Decoding.canonical(a))) === JSON.stringify(JSON.parse(Decoding.canonical(b)))
        return (Decoding.canonical(a) === Decoding.canonical(b)) === isSame
      })
    )
  })
})
