import { Refusal } from "./Problems.ts"

/** An amount in minor units of ISO 4217 (HUF and TWD have two decimals there, and none with the vendor). */
export interface Amount {
  readonly minor: number
  readonly currency: string
}

/** What the vendor moves money in. */
const currencies = new Set(
  "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split(" ")
)
const withoutDecimals = new Set(["HUF", "JPY", "TWD"])
/** Fifteen digits, decimals among them. */
const maxValue = 9_999_999_999_999.99

const minorPerUnit = (currency: string): number => (currency === "JPY" ? 1 : 100)

/** Whether the vendor can say this amount: HUF and TWD have no decimals with it. */
export const isSayable = ({ minor, currency }: Amount): boolean =>
  !withoutDecimals.has(currency) || minor % minorPerUnit(currency) === 0

/** The amount as the vendor writes it: all decimals of the currency, none for HUF, JPY and TWD. */
export const written = (
  minor: number,
  currency: string
): { readonly currency_code: string; readonly value: string } => ({
  currency_code: currency,
  value: (minor / minorPerUnit(currency)).toFixed(withoutDecimals.has(currency) ? 0 : 2)
})

/** So many percent of an amount, and a fixed part, in minor units that the vendor can say. */
export const share = ({ minor, currency }: Amount, percent: number, fixedUnits: number): number => {
  const step = withoutDecimals.has(currency) ? minorPerUnit(currency) : 1
  const whole = (minor * percent) / 100 + fixedUnits * minorPerUnit(currency)
  return Math.min(minor, Math.round(whole / step) * step)
}

/** How much may be captured of an authorization: 115 % of it, and no more than 75 units above it. */
export const captureLimit = ({ minor, currency }: Amount): number =>
  Math.min(Math.floor(minor * 1.15), minor + 75 * minorPerUnit(currency))

type Json = { readonly [name: string]: unknown }

const currencyOf = (code: unknown, field: string): string => {
  if (code === undefined) throw new Refusal("MISSING_REQUIRED_PARAMETER", { field, location: "body" })
  if (typeof code !== "string") throw new Refusal("INVALID_PARAMETER_SYNTAX", { field, location: "body" })
  if (code.length !== 3) throw new Refusal("INVALID_STRING_LENGTH", { field, value: code, location: "body" })
  if (!currencies.has(code)) throw new Refusal("INVALID_CURRENCY_CODE", { field, value: code, location: "body" })
  return code
}

const minorOf = (value: unknown, currency: string, field: string, isZeroFine: boolean): number => {
  const refuse = (issue: string) =>
    new Refusal(issue, { field, location: "body", ...(typeof value === "string" ? { value } : {}) })
  if (value === undefined) throw refuse("MISSING_REQUIRED_PARAMETER")
  if (typeof value !== "string") throw refuse("INVALID_PARAMETER_SYNTAX")
  if (value.length < 1 || value.length > 32) throw refuse("INVALID_STRING_LENGTH")
  const [, sign, whole = "", decimals] = /^(-?)(\d*)(?:\.(\d+))?$/.exec(value) ?? []
  if (sign === undefined || (whole === "" && decimals === undefined)) throw refuse("INVALID_PARAMETER_SYNTAX")
  if (decimals !== undefined && withoutDecimals.has(currency)) throw refuse("DECIMALS_NOT_SUPPORTED")
  if ((decimals?.length ?? 0) > 2) throw refuse("DECIMAL_PRECISION")
  if (Number(value) > maxValue) throw refuse("MAX_VALUE_EXCEEDED")
  const minor = Math.round(Number(`${whole}.${decimals ?? "0"}`) * minorPerUnit(currency))
  if (sign === "-" && isZeroFine) throw refuse("CANNOT_BE_NEGATIVE")
  if (!isZeroFine && (sign === "-" || minor === 0)) throw refuse("CANNOT_BE_ZERO_OR_NEGATIVE")
  return minor
}

/** Reads an amount as the vendor does, at a JSON pointer of the body; zero is refused unless it is said to be fine. */
export const read = (json: unknown, field: string, { isZeroFine = false } = {}): Amount => {
  if (json === undefined || json === null) throw new Refusal("MISSING_REQUIRED_PARAMETER", { field, location: "body" })
  if (typeof json !== "object" || Array.isArray(json))
    throw new Refusal("INVALID_PARAMETER_SYNTAX", { field, location: "body" })
  const { currency_code, value } = json as Json
  const currency = currencyOf(currency_code, `${field}/currency_code`)
  return { currency, minor: minorOf(value, currency, `${field}/value`, isZeroFine) }
}
