import * as Currency from "@payment-proxy/domain/Currency"

/** How many decimals a currency has; two where it is not known. */
export const decimalsOf = (currency: string): number => (Currency.is(currency) ? Currency.exponent(currency) : 2)

/** Every currency, by its letters. */
export const currencies: ReadonlyArray<string> = Currency.all

/** An amount in minor units; null where the text is not an amount of the currency. */
export const minorOf = (text: string, currency: string): bigint | null => {
  const decimals = decimalsOf(currency)
  const [, whole, part = ""] = /^(0|[1-9]\d{0,17})(?:\.(\d{1,4}))?$/.exec(text.trim()) ?? []
  if (whole === undefined || part.length > decimals) return null
  return BigInt(whole) * 10n ** BigInt(decimals) + BigInt(part.padEnd(decimals, "0") || "0")
}

/** A sum with all the decimals of its currency, however short it was written; more digits than those stay. */
export const filled = (value: string, currency: string): string => {
  const [whole = "0", part = ""] = value.split(".")
  const digits = part.padEnd(decimalsOf(currency), "0")
  return digits === "" ? whole : `${whole}.${digits}`
}

/** Why an amount cannot be asked for. */
export type Fault = "malformed" | "decimals" | "zero" | "tooMuch"

/** What is wrong with an amount of which at most `most` is there; null where nothing is. */
export const faultOf = (text: string, currency: string, most: string | null): Fault | null => {
  if (!/^\d{1,18}(?:\.\d{1,4})?$/.test(text.trim())) return "malformed"
  const minor = minorOf(text, currency)
  if (minor === null) return /\.\d/.test(text) ? "decimals" : "malformed"
  if (minor === 0n) return "zero"
  const limit = most === null ? null : minorOf(most, currency)
  return limit !== null && minor > limit ? "tooMuch" : null
}
