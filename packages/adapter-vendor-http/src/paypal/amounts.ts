import { Currency, Money } from "@payment-proxy/domain"
import { Either } from "effect"

/** The currencies that PayPal takes, and how many decimals it writes them with (vendors' reference §4g). */
const decimals = {
  AUD: 2,
  BRL: 2,
  CAD: 2,
  CHF: 2,
  CNY: 2,
  CZK: 2,
  DKK: 2,
  EUR: 2,
  GBP: 2,
  HKD: 2,
  HUF: 0,
  ILS: 2,
  JPY: 0,
  MXN: 2,
  MYR: 2,
  NOK: 2,
  NZD: 2,
  PHP: 2,
  PLN: 2,
  RUB: 2,
  SEK: 2,
  SGD: 2,
  THB: 2,
  TWD: 0,
  USD: 2
} as const satisfies { readonly [code in Currency.Currency]?: 0 | 2 }

type Taken = keyof typeof decimals

/** Whether PayPal takes this currency. */
export const isTaken = (currency: Currency.Currency): currency is Taken => Object.hasOwn(decimals, currency)

/** An amount as PayPal writes it. */
export interface Written {
  readonly currency_code: string
  readonly value: string
}

/** The amount with as many decimals as PayPal writes it with; null where it has more, or PayPal does not take the currency. */
export const write = (money: Money.Money): Written | null => {
  const { currency } = money
  if (!isTaken(currency)) return null
  const value = Money.format(money)
  const surplus = Currency.exponent(currency) - decimals[currency]
  if (surplus === 0) return { currency_code: currency, value }
  const zeros = `.${"0".repeat(surplus)}`
  return value.endsWith(zeros) ? { currency_code: currency, value: value.slice(0, -zeros.length) } : null
}

/** Decimals that say nothing, taken away: no more are left than the currency has. */
const trimmed = (value: string, currency: Currency.Currency): string => {
  const parts = /^(\d+)\.(\d+)$/.exec(value)
  if (parts === null) return value
  const [, whole = "", fraction = ""] = parts
  const exponent = Currency.exponent(currency)
  if (/[^0]/.test(fraction.slice(exponent))) return value
  const kept = fraction.slice(0, exponent)
  return kept === "" ? whole : `${whole}.${kept}`
}

/** An amount as PayPal writes it, read; a left where it is none. Never negative. */
export const read = ({ currency_code, value }: Written): Either.Either<Money.Money, string> =>
  Currency.is(currency_code)
    ? Either.mapLeft(Money.parse(trimmed(value, currency_code), currency_code), () => "An amount is not understood.")
    : Either.left("A currency is not understood.")
