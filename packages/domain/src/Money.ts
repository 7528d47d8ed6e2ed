import { Either, ParseResult, Schema } from "effect"
import * as Currency from "./Currency.ts"

/** An amount of money: an integer count of minor units of an ISO 4217 currency. */
export interface Money {
  readonly amountMinor: bigint
  readonly currency: Currency.Currency
}

/** `amountMinor` minor units of `currency`. */
export const make = (amountMinor: bigint, currency: Currency.Currency): Money => ({ amountMinor, currency })

/** Why a text is not an amount; `detail` says how to mend it. */
export interface AmountInvalid {
  readonly _tag: "AmountInvalid"
  readonly reason: "empty" | "blank" | "sign" | "exponent" | "digits" | "zeros" | "decimals" | "tooLong"
  readonly detail: string
}

const invalid = (reason: AmountInvalid["reason"], detail: string): Either.Either<never, AmountInvalid> =>
  Either.left({ _tag: "AmountInvalid", reason, detail })

const maxDigits = 18

/**
 * Reads an amount in major units, such as "12.34": ASCII digits and at most one point, no sign, exponent, blank or
 * superfluous zero, no more decimals than the currency has, at most 18 digits with all of the currency's decimals,
 * so that `format` never writes what this refuses.
 */
export const parse = (text: string, currency: Currency.Currency): Either.Either<Money, AmountInvalid> => {
  const mend = `write it like ${format(make(1234n, currency))}.`
  if (text === "") return invalid("empty", `The amount is empty: ${mend}`)
  if (/\s/.test(text)) return invalid("blank", `The amount has blanks: ${mend}`)
  if (/^[-+]/.test(text)) return invalid("sign", `The amount has a sign: ${mend}`)
  if (/^[\d.]+[eE]/.test(text)) return invalid("exponent", `The amount has an exponent: ${mend}`)
  const parts = /^([0-9]+)(?:\.([0-9]+))?$/.exec(text)
  if (parts === null) return invalid("digits", `The amount is not ASCII digits with at most one point: ${mend}`)
  const [, whole = "", decimals = ""] = parts
  if (whole.length > 1 && whole.startsWith("0"))
    return invalid("zeros", `The amount has superfluous zeros in front: ${mend}`)
  const exponent = Currency.exponent(currency)
  if (decimals.length > exponent)
    return invalid("decimals", `${currency} has ${exponent} decimals, the amount has ${decimals.length}: ${mend}`)
  if (whole.length + exponent > maxDigits)
    return invalid(
      "tooLong",
      `The amount is too large: ${currency} has room for ${maxDigits - exponent} digits${exponent === 0 ? "" : " before the point"}.`
    )
  return Either.right(make(BigInt(whole + decimals.padEnd(exponent, "0")), currency))
}

/** The amount in major units with all of its currency's decimals, such as "12.34"; differences may be negative. */
export const format = ({ amountMinor, currency }: Money): string => {
  const exponent = Currency.exponent(currency)
  const sign = amountMinor < 0n ? "-" : ""
  const digits = (amountMinor < 0n ? -amountMinor : amountMinor).toString().padStart(exponent + 1, "0")
  return exponent === 0 ? sign + digits : `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** The same count of the same currency. */
export const equals = (a: Money, b: Money): boolean => a.amountMinor === b.amountMinor && a.currency === b.currency

/** More than nothing. */
export const isPositive = (money: Money): boolean => money.amountMinor > 0n

const Typed = Schema.declare(
  (input: unknown): input is Money =>
    typeof input === "object" &&
    input !== null &&
    "amountMinor" in input &&
    typeof input.amountMinor === "bigint" &&
    "currency" in input &&
    typeof input.currency === "string" &&
    Currency.is(input.currency),
  { identifier: "MoneyValue" }
)

const CurrencyCode = Schema.String.pipe(
  Schema.filter((text): text is Currency.Currency => Currency.is(text), {
    identifier: "Currency",
    message: () => "This is not a currency of ISO 4217: use its three capital letters, like CNY.",
    jsonSchema: { pattern: "^[A-Z]{3}$" }
  })
)

const Encoded = Schema.Struct({
  value: Schema.String.annotations({ description: "Major units as a decimal string", examples: ["12.34"] }),
  currency: CurrencyCode
})

/**
 * Money as `{ "value": "12.34", "currency": "CNY" }`; a fault points at `value` or `currency`, and what `parse`
 * would refuse is not written.
 */
const transform = Schema.transformOrFail(Encoded, Typed, {
  strict: true,
  decode: ({ value, currency }, _, ast) =>
    Either.mapLeft(
      parse(value, currency),
      ({ detail }) => new ParseResult.Pointer("value", value, new ParseResult.Type(ast, value, detail))
    ),
  encode: (money, _, ast) =>
    Either.mapBoth(parse(format(money), money.currency), {
      onLeft: ({ detail }) => new ParseResult.Type(ast, money, detail),
      onRight: () => ({ value: format(money), currency: money.currency })
    })
}).annotations({ identifier: "Money" })

export { transform as Schema }
