import { expect, it } from "@effect/vitest"
import { Currency, Money } from "@payment-proxy/domain"
import { Either, FastCheck as fc } from "effect"
import * as Wire from "../../src/mpgs/wire.ts"

/** The amount in the JSON text `{"amount":…}`; null where it is none. */
const read = (written: string, currency: string) => {
  const { amount } = Either.getOrThrow(Wire.parse(`{"amount":${written}}`)) as { readonly amount: string }
  return Either.getOrNull(Wire.amount(amount, currency))
}

it.each([
  ["12.34", "USD", 1234n],
  ["12.3", "USD", 1230n],
  ["12.30", "USD", 1230n],
  ["12.3400", "USD", 1234n],
  ["12", "USD", 1200n],
  ["0", "USD", 0n],
  ["0.0", "USD", 0n],
  ["0.07", "USD", 7n],
  ["100", "JPY", 100n],
  ["100.00", "JPY", 100n],
  ["1.234", "KWD", 1234n],
  ["1E+2", "JPY", 100n],
  ["1.2E1", "USD", 1200n],
  ["7e-2", "USD", 7n],
  ["9007199254740993.01", "USD", 900719925474099301n]
])("%s %s is read to the last unit", (written, currency, minor) => {
  expect(read(written, currency)?.amountMinor).toBe(minor)
})

it.each([
  ["12.345", "USD"],
  ["0.5", "JPY"],
  ["-1", "USD"],
  ["-0", "USD"],
  ["1e99", "USD"],
  ["1e-9", "USD"],
  ["12.34", "XXX"],
  ["12.34", "usd"],
  ['"12,34"', "USD"],
  ['""', "USD"]
])("%s %s is no amount", (written, currency) => expect(read(written, currency)).toBeNull())

it("every amount of every currency comes back as it went, as text or as a number, with zeros behind or without", () => {
  const currencies = ["USD", "JPY", "KWD", "CLF"].filter(Currency.is)
  fc.assert(
    fc.property(
      fc.constantFrom(...currencies),
      fc.bigInt({ min: 0n, max: 10n ** 14n - 1n }),
      fc.nat(4),
      (currency, minor, zeros) => {
        const money = Money.make(minor, currency)
        const text = Money.format(money)
        const longer = text.includes(".") ? text + "0".repeat(zeros) : text
        const shorter = text.includes(".") ? text.replace(/\.?0+$/, "") : text
        for (const written of [text, longer, shorter, `"${text}"`]) expect(read(written, currency)).toEqual(money)
      }
    )
  )
})

it("what is not JSON, or nested without end, is no defect", () => {
  for (const text of ["", "{", '{"a":1}x', "[".repeat(200_000)]) expect(Either.isLeft(Wire.parse(text))).toBe(true)
  expect(Either.getOrThrow(Wire.parse('{"__proto__":{"x":1},"b":"1"}'))).toHaveProperty("b", "1")
})

it.each([
  ["2026-11-23T13:20:35.123Z", Date.UTC(2026, 10, 23, 13, 20, 35, 123)],
  ["2026-11-23T13:20:35Z", Date.UTC(2026, 10, 23, 13, 20, 35)],
  ["2026-11-23T13:20:35+08:00", null],
  ["yesterday", null],
  ["2026-13-41T00:00:00Z", null],
  [undefined, null]
])("the time %s", (text, millis) => expect(Wire.time(text)).toBe(millis))
