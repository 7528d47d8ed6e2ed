import { Currency, Money, Words } from "@payment-proxy/domain"
import { Either, Option } from "effect"
import { maxMetadata, type PlaceOrder } from "./Order.ts"
import * as Text from "./Text.ts"

type Members = { readonly [name: string]: unknown }
type Rules = { readonly [name: string]: (value: unknown) => boolean }

const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isFit = (value: unknown, rules: Rules): value is Members => {
  if (!isObject(value)) return false
  for (const name of Object.keys(value)) if (!Object.hasOwn(rules, name) || !rules[name]?.(value[name])) return false
  return true
}

const isPayerText = (value: unknown): boolean => Text.isBetween(value, 1, 128)
const payer: Rules = { openId: isPayerText, buyerId: isPayerText, ip: isPayerText }

const isMetadata = (value: unknown): boolean => {
  if (!isObject(value)) return false
  const names = Object.keys(value)
  if (names.length > maxMetadata) return false
  return names.every(
    (name) => name !== "__proto__" && Text.isBetween(name, 1, 40) && Text.isBetween(value[name], 0, 256)
  )
}

const order: Rules = {
  vendor: (value) => typeof value === "string" && Text.forms.vendorName.test(value),
  businessNo: (value) => typeof value === "string" && Text.forms.businessNo.test(value),
  amount: (value) => isObject(value) && Object.keys(value).length === 2,
  method: (value) => typeof value === "string" && Object.hasOwn(Words.methods, value),
  source: (value) => typeof value === "string" && Object.hasOwn(Words.sources, value),
  description: (value) => Text.isBetween(value, 1, 127),
  payer: (value) => isFit(value, payer),
  returnUrl: Text.isWebAddress,
  expiresIn: (value) => typeof value === "number" && Number.isInteger(value) && value >= 60 && value <= 86_400,
  capture: (value) => value === "automatic" || value === "manual",
  metadata: isMetadata
}

const required = ["vendor", "amount", "method", "source", "description"] as const

const moneyOf = (amount: unknown): Money.Money | undefined => {
  if (!isObject(amount)) return undefined
  const { value, currency } = amount
  if (typeof value !== "string" || typeof currency !== "string" || !Currency.is(currency)) return undefined
  const money = Either.getOrUndefined(Money.parse(value, currency))
  return money !== undefined && Money.isPositive(money) ? money : undefined
}

/**
 * Reads the body of an order that is right, as the Schema `PlaceOrder` reads it, in a tenth of its time; none where it is
 * not, or not plainly so: the Schema has the last word, and the words for what is wrong.
 */
export const read = (json: unknown): Option.Option<PlaceOrder> => {
  if (!isFit(json, order) || !required.every((name) => Object.hasOwn(json, name))) return Option.none()
  const amount = moneyOf(json["amount"])
  return amount === undefined ? Option.none() : Option.some({ ...json, amount } as unknown as PlaceOrder)
}
