import { Currency, Money } from "@payment-proxy/domain"
import { Either, FastCheck, ParseResult, Schema } from "effect"
import { describe, expect, it } from "vitest"

const reasonOf = (text: string, currency: Currency.Currency) =>
  Either.match(Money.parse(text, currency), { onLeft: ({ reason }) => reason, onRight: () => "accepted" })

const money = FastCheck.tuple(
  FastCheck.oneof(FastCheck.bigInt(0n, 10n ** 18n - 1n), FastCheck.bigInt(0n, 20_000n)),
  FastCheck.constantFrom(...Currency.all)
).map(([amountMinor, currency]) => Money.make(amountMinor, currency))

describe("Money.parse and Money.format", () => {
  it("read back every amount that they write", () =>
    FastCheck.assert(
      FastCheck.property(money, (value) => {
        expect(Money.parse(Money.format(value), value.currency)).toEqual(Either.right(value))
      })
    ))

  it("write back every text that has all decimals, and fill up the others with zeros", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.constantFrom(...Currency.all).chain((currency) => {
          const exponent = Currency.exponent(currency)
          const decimals = exponent === 0 ? FastCheck.constant("") : FastCheck.stringMatching(/^[0-9]{0,4}$/)
          return FastCheck.tuple(
            FastCheck.constant(currency),
            FastCheck.bigInt(0n, 10n ** BigInt(18 - exponent) - 1n),
            decimals.map((text) => text.slice(0, exponent))
          )
        }),
        ([currency, whole, decimals]) => {
          const exponent = Currency.exponent(currency)
          const text = decimals === "" ? `${whole}` : `${whole}.${decimals}`
          const full = exponent === 0 ? `${whole}` : `${whole}.${decimals.padEnd(exponent, "0")}`
          expect(Either.map(Money.parse(text, currency), Money.format)).toEqual(Either.right(full))
        }
      )
    ))

  it("never let a text through that they would not write back, whatever the text", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.oneof(
          FastCheck.string(),
          FastCheck.string({ unit: FastCheck.constantFrom(..."0123456789.+-eE ,٣１") }),
          FastCheck.string({ unit: FastCheck.constantFrom(..."0019"), maxLength: 24 })
        ),
        FastCheck.constantFrom(...Currency.all),
        (text, currency) => {
          const read = Money.parse(text, currency)
          if (Either.isLeft(read)) return
          const written = Money.format(read.right)
          expect(text).toMatch(/^(0|[1-9][0-9]*)(\.[0-9]+)?$/)
          expect(written.startsWith(text)).toBe(true)
          expect(written.slice(text.length)).toMatch(/^(\.?0*)$/)
          expect(Money.parse(written, currency)).toEqual(read)
        }
      )
    ))
})

describe("Money.parse", () => {
  it.each([
    ["", "CNY", "empty"],
    [" 1", "CNY", "blank"],
    ["1 ", "CNY", "blank"],
    ["1\n", "CNY", "blank"],
    ["1\u00a000", "CNY", "blank"],
    ["-1", "CNY", "sign"],
    ["+1", "CNY", "sign"],
    ["-0", "CNY", "sign"],
    ["1e3", "CNY", "exponent"],
    ["1.5E2", "CNY", "exponent"],
    ["NaN", "CNY", "digits"],
    ["Infinity", "CNY", "digits"],
    ["0x10", "CNY", "digits"],
    ["1n", "CNY", "digits"],
    ["1_000", "CNY", "digits"],
    ["٣", "CNY", "digits"],
    ["１", "CNY", "digits"],
    ["\u22121", "CNY", "digits"],
    ["1,00", "CNY", "digits"],
    [".", "CNY", "digits"],
    ["1.", "CNY", "digits"],
    [".5", "CNY", "digits"],
    ["1.2.3", "CNY", "digits"],
    ["1.", "JPY", "digits"],
    ["00", "CNY", "zeros"],
    ["00.5", "CNY", "zeros"],
    ["01", "JPY", "zeros"],
    ["1.005", "CNY", "decimals"],
    ["1.5", "JPY", "decimals"],
    ["1.0", "JPY", "decimals"],
    ["1.2345", "KWD", "decimals"],
    ["1.23456", "CLF", "decimals"],
    ["12345678901234567890", "CNY", "tooLong"],
    ["12345678901234567890", "JPY", "tooLong"],
    ["1000000000000000000", "JPY", "tooLong"],
    ["10000000000000000", "CNY", "tooLong"],
    ["10000000000000000.00", "CNY", "tooLong"],
    ["100000000000000", "CLF", "tooLong"]
  ] as const)("refuses %j in %s: %s", (text, currency, reason) => {
    expect(reasonOf(text, currency)).toBe(reason)
  })

  it.each([
    ["0", "CNY", 0n],
    ["0.00", "CNY", 0n],
    ["0.01", "CNY", 1n],
    ["1", "CNY", 100n],
    ["1.5", "CNY", 150n],
    ["12.34", "CNY", 1234n],
    ["9007199254740993", "JPY", 2n ** 53n + 1n],
    ["90071992547409.93", "CNY", 2n ** 53n + 1n],
    ["9007199254740993", "CNY", (2n ** 53n + 1n) * 100n],
    ["1.234", "BHD", 1234n],
    ["0.001", "KWD", 1n],
    ["0.0001", "CLF", 1n],
    ["1.2345", "UYW", 12345n],
    ["999999999999999999", "JPY", 10n ** 18n - 1n],
    ["9999999999999999.99", "CNY", 10n ** 18n - 1n],
    ["99999999999999.9999", "CLF", 10n ** 18n - 1n]
  ] as const)("reads %j in %s as %d minor units", (text, currency, amountMinor) => {
    expect(Money.parse(text, currency)).toEqual(Either.right({ amountMinor, currency }))
  })

  it.each([
    ["", "CNY", "The amount is empty: write it like 12.34."],
    ["1.5", "JPY", "JPY has 0 decimals, the amount has 1: write it like 1234."],
    ["1.2345", "KWD", "KWD has 3 decimals, the amount has 4: write it like 1.234."],
    ["1000000000000000000", "JPY", "The amount is too large: JPY has room for 18 digits."],
    ["10000000000000000", "CNY", "The amount is too large: CNY has room for 16 digits before the point."]
  ] as const)("says of %j in %s how to mend it", (text, currency, detail) => {
    expect(Money.parse(text, currency)).toMatchObject({ left: { _tag: "AmountInvalid", detail } })
  })

  it("gives an example that the currency takes", () => {
    for (const currency of Currency.all) {
      const detail = Either.match(Money.parse("", currency), { onLeft: (left) => left.detail, onRight: () => "" })
      expect(reasonOf(/like (.+)\.$/.exec(detail)?.[1] ?? "", currency)).toBe("accepted")
    }
  })
})

describe("Money", () => {
  it.each([
    [0n, "CNY", "0.00"],
    [5n, "CNY", "0.05"],
    [-5n, "CNY", "-0.05"],
    [-1234n, "CNY", "-12.34"],
    [1234n, "JPY", "1234"],
    [-1n, "JPY", "-1"],
    [0n, "JPY", "0"],
    [1n, "KWD", "0.001"],
    [1n, "CLF", "0.0001"]
  ] as const)("writes %d minor units of %s as %s", (amountMinor, currency, text) => {
    expect(Money.format(Money.make(amountMinor, currency))).toBe(text)
  })

  it("is positive above zero only", () => {
    expect([-1n, 0n, 1n].map((amountMinor) => Money.isPositive(Money.make(amountMinor, "CNY")))).toEqual([
      false,
      false,
      true
    ])
  })

  it("equals the same count of the same currency only", () => {
    const one = Money.make(1n, "CNY")
    expect(Money.equals(one, Money.make(1n, "CNY"))).toBe(true)
    expect(Money.equals(one, Money.make(2n, "CNY"))).toBe(false)
    expect(Money.equals(one, Money.make(1n, "USD"))).toBe(false)
  })
})

describe("Money.Schema", () => {
  const decode = Schema.decodeUnknownEither(Money.Schema)
  const encode = Schema.encodeEither(Money.Schema)
  const issuesOf = (
    json: unknown,
    decoder: (json: unknown) => Either.Either<unknown, ParseResult.ParseError> = decode
  ) =>
    Either.match(decoder(json), {
      onLeft: (error) =>
        ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => ({ path, message })),
      onRight: () => []
    })

  it("keeps every amount through text and back", () =>
    FastCheck.assert(
      FastCheck.property(money, (value) => {
        expect(Either.flatMap(encode(value), decode)).toEqual(Either.right(value))
      })
    ))

  it("writes major units and the letters of the currency", () => {
    expect(encode(Money.make(1234n, "CNY"))).toEqual(Either.right({ value: "12.34", currency: "CNY" }))
  })

  it.each([-1n, 10n ** 18n])("does not write %d, which it could not read back", (amountMinor) => {
    expect(Either.isLeft(encode(Money.make(amountMinor, "JPY")))).toBe(true)
  })

  it("points at the value when the amount is wrong, and says why", () => {
    expect(issuesOf({ value: "1.5", currency: "JPY" })).toEqual([
      { path: ["value"], message: "JPY has 0 decimals, the amount has 1: write it like 1234." }
    ])
  })

  it.each(["XXX", "DEM", "cny", "", "toString"])("points at the currency when it is %j", (currency) => {
    expect(issuesOf({ value: "1", currency })).toEqual([
      { path: ["currency"], message: "This is not a currency of ISO 4217: use its three capital letters, like CNY." }
    ])
  })

  it("points through the object that holds the money", () => {
    const holder = Schema.decodeUnknownEither(Schema.Struct({ amount: Money.Schema }))
    expect(issuesOf({ amount: { value: "-1", currency: "CNY" } }, holder)[0]?.path).toEqual(["amount", "value"])
    expect(issuesOf({ amount: { value: "1", currency: "XTS" } }, holder)[0]?.path).toEqual(["amount", "currency"])
  })

  it.each([
    [{ value: 12.34, currency: "CNY" }, "value"],
    [{ value: null, currency: "CNY" }, "value"],
    [{ currency: "CNY" }, "value"],
    [{ value: "1", currency: 156 }, "currency"],
    [{ value: "1" }, "currency"]
  ])("points at the member of %j that is missing or no text", (json, member) => {
    expect(issuesOf(json).map(({ path }) => path)).toEqual([[member]])
  })
})
