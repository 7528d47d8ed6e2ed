import { Currency } from "@payment-proxy/domain"
import { describe, expect, it } from "vitest"

describe("Currency", () => {
  it.each([
    ["CNY", 156, 2],
    ["USD", 840, 2],
    ["EUR", 978, 2],
    ["HKD", 344, 2],
    ["JPY", 392, 0],
    ["KRW", 410, 0],
    ["KWD", 414, 3],
    ["BHD", 48, 3],
    ["CLF", 990, 4],
    ["UYW", 927, 4],
    ["XCG", 532, 2],
    ["ZWG", 924, 2]
  ] as const)("%s has the number %i and %i decimals", (currency, numeric, exponent) => {
    expect(Currency.numeric(currency)).toBe(numeric)
    expect(Currency.exponent(currency)).toBe(exponent)
    expect(Currency.fromNumeric(numeric)).toBe(currency)
  })

  it("names every currency once, by three capital letters, in order", () => {
    expect(Currency.all.every((code) => /^[A-Z]{3}$/.test(code))).toBe(true)
    expect(Currency.all).toEqual([...new Set(Currency.all)].sort())
    expect(Currency.all).toHaveLength(157)
  })

  it("gives every currency its own number from 1 to 999, and finds it by that number", () => {
    const numbers = Currency.all.map(Currency.numeric)
    expect(new Set(numbers).size).toBe(Currency.all.length)
    expect(numbers.every((number) => Number.isInteger(number) && number >= 1 && number <= 999)).toBe(true)
    expect(numbers.map(Currency.fromNumeric)).toEqual(Currency.all)
  })

  it("has four decimals for CLF and UYW alone, else 0, 2 or 3", () => {
    const withDecimals = (count: number) => Currency.all.filter((code) => Currency.exponent(code) === count)
    expect(withDecimals(4)).toEqual(["CLF", "UYW"])
    expect(withDecimals(3)).toEqual(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
    expect(withDecimals(0)).toEqual("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" "))
    expect(Currency.all.every((code) => [0, 2, 3, 4].includes(Currency.exponent(code)))).toBe(true)
  })

  it.each("XAU XAG XPT XPD XXX XTS XDR XSU XUA XBA BOV CHE CHW COU MXV USN UYI".split(" "))(
    "does not know %s: a metal, fund, unit of account or test code",
    (code) => expect(Currency.is(code)).toBe(false)
  )

  it.each("DEM FRF HRK BGN ANG CUC SLL ZWL VEF MRO STD BYR".split(" "))("does not know %s: it is retired", (code) =>
    expect(Currency.is(code)).toBe(false)
  )

  it.each(["", "cny", "CNY ", " CNY", "CN", "156", "toString", "__proto__", "constructor"])(
    "does not take %j for a code",
    (text) => expect(Currency.is(text)).toBe(false)
  )

  it.each([0, -156, 999, 959, 156.5, Number.NaN])("finds nothing under the number %d", (number) =>
    expect(Currency.fromNumeric(number)).toBeUndefined()
  )
})
