import { Either, FastCheck as fc, Option, Schema } from "effect"
import { expect, it } from "vitest"
import { Examples } from "../src/index.ts"
import { PlaceOrder } from "../src/Order.ts"
import * as Rules from "../src/PlaceOrderRules.ts"

const bySchema = Schema.decodeUnknownEither(PlaceOrder, { errors: "all", onExcessProperty: "error" })

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 3 }),
  fc.constantFrom(
    "",
    "a",
    "a".repeat(40),
    "a".repeat(41),
    "a".repeat(64),
    "a".repeat(65),
    "é".repeat(127),
    "é".repeat(128)
  ),
  fc.constantFrom(
    "😀".repeat(127),
    "😀".repeat(128),
    "\ud800",
    "a\u0000",
    "a\u0085",
    "x y",
    "POLICY-1",
    "platform",
    "__proto__"
  ),
  fc.constantFrom(
    "http://a",
    "https://a b",
    "HTTPS://shop.example/x",
    "ftp://a",
    "http://",
    `http://a/${"b".repeat(2040)}`
  ),
  fc.constantFrom(
    "ALIPAY",
    "alipay",
    "toString",
    "WEB",
    "QR",
    "automatic",
    "manual",
    "CNY",
    "JPY",
    "XXX",
    "12.34",
    "0",
    "0.00",
    "1.234"
  )
)
const amount = fc.record(
  {
    value: fc.oneof(text, fc.constantFrom("12.34", "1", "-1", "1e3", "01")),
    currency: fc.oneof(text, fc.constant("CNY"))
  },
  { requiredKeys: [] }
)
const anything = fc.oneof(
  text,
  fc.constantFrom(null, undefined, true, 0, 59, 60, 60.5, 86_400, 86_401, Number.NaN, [], {}, [1]),
  amount,
  fc.dictionary(text, text, { maxKeys: 22 }),
  fc.record({ openId: text, buyerId: text, ip: text, more: text }, { requiredKeys: [] })
)
const names = [...Object.keys(PlaceOrder.fields), "constructor", "__proto__", "more"]

/** An order with some members changed, added or taken away. */
const order = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(...names), anything), { maxLength: 3 }),
    fc.array(fc.constantFrom(...names), { maxLength: 1 })
  )
  .map(([changed, gone]) => {
    const json = JSON.parse(JSON.stringify(Examples.placeOrder)) as { [name: string]: unknown }
    for (const [name, value] of changed)
      Object.defineProperty(json, name, { value, enumerable: true, configurable: true })
    for (const name of gone) delete json[name]
    return json
  })

it("what the rules read, the Schema reads, and as the same order", () => {
  let count = 0
  fc.assert(
    fc.property(order, (json) => {
      const read = Rules.read(json)
      if (Option.isNone(read)) return
      count += 1
      expect(Either.getOrThrow(bySchema(json))).toEqual(read.value)
    }),
    { numRuns: 20_000, seed: 20_261_126 }
  )
  expect(count, "many are right").toBeGreaterThan(2000)
})

it("what the Schema reads in one of its usual shapes, the rules read", () => {
  const { payer: _, metadata: __, ...bare } = Examples.placeOrder
  for (const json of [
    Examples.placeOrder,
    bare,
    { ...bare, amount: { value: "1500", currency: "JPY" }, capture: "manual" }
  ])
    expect(Option.getOrThrow(Rules.read(json))).toEqual(Either.getOrThrow(bySchema(json)))
})
