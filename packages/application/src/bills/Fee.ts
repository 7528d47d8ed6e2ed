import { Currency, Money } from "@payment-proxy/domain"
import { BigDecimal, Option } from "effect"
import type { Rate } from "./Settings.ts"

const decimal = (text: string): BigDecimal.BigDecimal | null => Option.getOrNull(BigDecimal.fromString(text))

const ratesFirst = (rates: ReadonlyArray<Rate>, currency: string): Rate | undefined =>
  rates.find((rate) => rate.currency === currency) ?? rates.find((rate) => rate.currency === null)

const round = (value: BigDecimal.BigDecimal, scale: number): BigDecimal.BigDecimal =>
  BigDecimal.round(value, { scale, mode: "half-from-zero" })

const minorOf = (value: BigDecimal.BigDecimal, scale: number): bigint =>
  BigDecimal.scale(round(value, scale), scale).value

/** What was agreed for a payment, in minor units: part and fixed sum together, rounded once, half away from zero; null without a rate. */
export const agreedMinor = (rates: ReadonlyArray<Rate>, { amountMinor, currency }: Money.Money): bigint | null => {
  const rate = ratesFirst(rates, currency)
  const percent = decimal(rate?.percent ?? "")
  const fixed = decimal(rate?.fixed ?? "")
  if (rate === undefined || percent === null || fixed === null) return null
  const exponent = Currency.exponent(currency)
  const part = BigDecimal.multiply(BigDecimal.make(amountMinor, exponent), BigDecimal.multiply(percent, hundredth))
  return minorOf(BigDecimal.sum(part, fixed), exponent)
}

const hundredth = BigDecimal.make(1n, 2)

/** What was agreed, as a decimal text, where the vendor kept something else; a vendor that says no fee, or without a rate: null. */
export const differing = (rates: ReadonlyArray<Rate>, amount: Money.Money, stated: string | null): string | null => {
  const kept = decimal(stated ?? "")
  const agreed = agreedMinor(rates, amount)
  if (stated === null || kept === null || agreed === null) return null
  const strays = minorOf(kept, Currency.exponent(amount.currency)) - agreed
  const tolerance = BigInt(ratesFirst(rates, amount.currency)?.toleranceMinor ?? 0)
  return strays > tolerance || -strays > tolerance ? Money.format(Money.make(agreed, amount.currency)) : null
}

/** A sum of fees and one more. */
export const added = (sum: BigDecimal.BigDecimal, stated: string | null): BigDecimal.BigDecimal => {
  const fee = decimal(stated ?? "")
  return stated === null || fee === null ? sum : BigDecimal.sum(sum, fee)
}
