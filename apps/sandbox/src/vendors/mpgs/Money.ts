const withoutDecimals = new Set("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(" "))
const withThreeDecimals = new Set("BHD IQD JOD KWD LYD OMR TND".split(" "))
const known = new Set(Intl.supportedValuesOf("currency"))

/** Whether the gateway takes a currency (ISO 4217, capital letters). */
export const isKnown = (currency: string): boolean => known.has(currency)

/** How many decimals a currency has (ISO 4217). */
export const decimalsOf = (currency: string): number => {
  if (withoutDecimals.has(currency)) return 0
  return withThreeDecimals.has(currency) ? 3 : 2
}

/** The minor units in a decimal text of major units; `undefined` where it is none, or has more decimals than the currency. */
export const minorIn = (text: string, currency: string): number | undefined => {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  const [, major = "", rest = ""] = match ?? []
  const decimals = decimalsOf(currency)
  if (match === null || rest.length > decimals) return undefined
  const minor = Number(`${major}${rest.padEnd(decimals, "0")}`)
  return Number.isSafeInteger(minor) ? minor : undefined
}

/** Minor units as a decimal text of major units, with all decimals of the currency. */
export const text = (minor: number, currency: string): string => {
  const decimals = decimalsOf(currency)
  if (decimals === 0) return String(minor)
  const digits = String(minor).padStart(decimals + 1, "0")
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** Minor units as the JSON number of the gateway's answers, in major units. */
export const number = (minor: number, currency: string): number => Number(text(minor, currency))
