import { Money } from "@payment-proxy/domain"
import { Either } from "effect"
import { describe, expect, it } from "vitest"
import { Decoding, Examples } from "../src/index.ts"

const named = (decoded: ReturnType<typeof Decoding.capture | typeof Decoding.placeRefund>) =>
  Either.match(decoded, {
    onLeft: (found) => found.map(({ pointer, code }) => [pointer, code]),
    onRight: () => []
  })

describe.each([
  ["a capture", Decoding.capture],
  ["a refund", Decoding.placeRefund]
] as const)("%s", (_, decode) => {
  it("needs nothing: then it is of all that there is", () => {
    expect(Either.getOrThrow(decode({}))).toEqual({})
  })

  it("may be of a part", () => {
    const amount = { value: "0.01", currency: "CNY" }
    expect(Either.getOrThrow(decode({ amount }))).toEqual({ amount: Money.make(1n, "CNY") })
  })

  it.each([
    ["a list", [], [["", "FIELD_INVALID"]]],
    ["null", null, [["", "FIELD_INVALID"]]],
    ["an unknown field", { amuont: 1 }, [["/amuont", "FIELD_UNKNOWN"]]],
    ["an amount of null", { amount: null }, [["/amount", "AMOUNT_INVALID"]]],
    ["a number", { amount: 12.34 }, [["/amount", "AMOUNT_INVALID"]]],
    ["nothing", { amount: { value: "0.00", currency: "CNY" } }, [["/amount/value", "AMOUNT_INVALID"]]],
    ["less than nothing", { amount: { value: "-1", currency: "CNY" } }, [["/amount/value", "AMOUNT_INVALID"]]],
    ["too many decimals", { amount: { value: "1.234", currency: "CNY" } }, [["/amount/value", "AMOUNT_INVALID"]]],
    [
      "a currency that is none",
      { amount: { value: "1", currency: "CNX" } },
      [["/amount/currency", "CURRENCY_UNKNOWN"]]
    ],
    ["no currency", { amount: { value: "1" } }, [["/amount/currency", "FIELD_MISSING"]]],
    [
      "more fields than there can be",
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`n${index}`, 1])),
      [["", "TOO_MANY_FIELDS"]]
    ]
  ])("refuses %s", (_what, json, faults) => {
    expect(named(decode(json))).toEqual(faults)
  })
})

it.each(["", "x".repeat(257), "a\nb", 7, null])(
  "a refund's reason is text of 1 to 256 characters, not %j",
  (reason) => {
    expect(named(Decoding.placeRefund({ reason }))).toEqual([["/reason", "FIELD_INVALID"]])
  }
)

it("a capture has no reason", () => {
  expect(named(Decoding.capture({ reason: "why" }))).toEqual([["/reason", "FIELD_UNKNOWN"]])
})

it("the examples of the document are taken", () => {
  expect(Either.isRight(Decoding.capture(Examples.capture))).toBe(true)
  expect(Either.isRight(Decoding.placeRefund(Examples.placeRefund))).toBe(true)
})
