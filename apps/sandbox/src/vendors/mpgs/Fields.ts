import * as Money from "./Money.ts"
import type { Wrong } from "./Words.ts"
import { invalid, missing } from "./Words.ts"

/** A JSON object of a request. */
export interface Json {
  readonly [name: string]: unknown
}

/** What a request lacks or has wrong; thrown by the readers of this file, and answered where a request is read. */
export class Refused extends Error {
  readonly wrong: Wrong

  constructor(wrong: Wrong) {
    super(wrong.explanation)
    this.wrong = wrong
  }
}

/** Refuses a request. */
export const refuse = (wrong: Wrong): never => {
  throw new Refused(wrong)
}

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => JSON.stringify(value).slice(0, 60)

const wrongValue = (field: string, value: unknown, rule: string): never =>
  refuse(invalid(`Value ${shown(value)} is invalid. ${rule}`, field, "INVALID"))

const groups =
  "accountFunding action agreement airline authentication billing browserPayment constraints correlationId cruise customer debtRepayment device initiator locale lodging merchant partnerSolutionId paymentPlan posTerminal referenceOrderId risk session shipping shippingMethod sourceOfFunds subgatewayMerchant transaction transactionSource travel trip userId walletProvider".split(
    " "
  )
const known: { readonly [group: string]: ReadonlyArray<string> } = {
  "": ["apiOperation", "checkoutMode", "interaction", "order", ...groups],
  interaction:
    "action cancelUrl country displayControl googleAnalytics locale merchant operation redirectMerchantUrl returnUrl saveFutureCards style timeout timeoutUrl".split(
      " "
    ),
  order:
    "acceptPartialAmount acquirerAmount acquirerCurrency amount cashbackAmount certainty currency custom customerNote customerOrderDate customerReference cryptoCurrency description discount dutyAmount expectedPayment fundingStatus gratuityAmount id industryPracticePaymentReason installments invoiceNumber item itemAmount localTaxRate merchantCategoryCode merchantInitiatedTransactionReason netAmount notificationUrl owningEntity purchaseType receiptCharacters reference requestorName requestorTelephone shippingAndHandlingAmount shippingAndHandlingTaxAmount shippingAndHandlingTaxRate statementDescriptor subMerchant supply surchargeAmount tax taxAmount taxRegistrationId taxStatus totalDiscountAmount transactionFiltering value walletIndicator walletProvider".split(
      " "
    ),
  transaction:
    "acquirer amount currency debtRepaymentIndicator deferredAuthorization discountAmount frequency item merchantNote note reference requestorName requestorTelephone restrictedTransaction source targetTransactionId taxAmount taxStatus".split(
      " "
    )
}

/** Refuses what has a field that the gateway does not know. */
export const checkNames = (body: Json): void => {
  for (const [group, names] of Object.entries(known)) {
    const part = group === "" ? body : body[group]
    if (part === undefined) continue
    if (!isObject(part)) return wrongValue(group, part, "An object is expected.")
    for (const name of Object.keys(part)) {
      const field = group === "" ? name : `${group}.${name}`
      if (!names.includes(name)) refuse(invalid(`Unexpected parameter '${field}'`, field, "UNSUPPORTED"))
    }
  }
}

/** What a request has at a path of names with dots; `undefined` where it has nothing. */
export const at = (body: Json, field: string): unknown => {
  let value: unknown = body
  for (const name of field.split(".")) {
    if (value === undefined) return undefined
    if (!isObject(value)) return wrongValue(field, value, "An object is expected.")
    value = Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value ?? undefined
}

/** The text in a field, of so many characters; `null` where there is none. */
export const text = (body: Json, field: string, min: number, max: number): string | null => {
  const value = at(body, field)
  if (value === undefined) return null
  if (typeof value !== "string") return wrongValue(field, value, "A string is expected.")
  const { length } = [...value]
  return length < min || length > max ? wrongValue(field, value, `Length is ${min} to ${max} characters.`) : value
}

/** The text in a field that has to be there. */
export const required = (body: Json, field: string, min: number, max: number): string =>
  text(body, field, min, max) ?? refuse(missing(field))

/** The one of several words that a field has. */
export const oneOf = <A extends string>(body: Json, field: string, words: ReadonlyArray<A>): A => {
  const value = required(body, field, 1, 100)
  return words.find((word) => word === value) ?? wrongValue(field, value, `One of ${words.join(", ")} is expected.`)
}

/** The absolute http or https address in a field; `null` where there is none. */
export const url = (body: Json, field: string): string | null => {
  const value = text(body, field, 1, 2048)
  if (value === null) return null
  const parsed = /^https?:\/\/\S+$/i.test(value) ? URL.parse(value) : null
  return parsed === null ? wrongValue(field, value, "An absolute URL is expected.") : value
}

/** The seconds in a field, a number or its digits. */
export const seconds = (body: Json, field: string, otherwise: number): number => {
  const value = at(body, field)
  if (value === undefined) return otherwise
  const number = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value
  if (typeof number === "number" && Number.isInteger(number) && number > 0 && number < 1e9) return number
  return wrongValue(field, value, "A whole number of seconds is expected.")
}

/** The currency in a field that has to be there. */
export const currency = (body: Json, field: string): string => {
  const value = required(body, field, 3, 3)
  if (!/^[A-Z]{3}$/.test(value)) return wrongValue(field, value, "Three upper case letters are expected.")
  return Money.isKnown(value) ? value : wrongValue(field, value, "The currency is not supported.")
}

/** The amount in a field that has to be there, in minor units: a decimal text with no more decimals than the currency has. */
export const amount = (body: Json, field: string, inCurrency: string): number => {
  const value = at(body, field) ?? refuse(missing(field))
  if (typeof value !== "string" || !/^[0-9.]{1,14}$/.test(value))
    return wrongValue(field, value, "Decimal value expected")
  const minor = Money.minorIn(value, inCurrency)
  if (minor === undefined)
    return wrongValue(field, value, `A decimal with at most ${Money.decimalsOf(inCurrency)} decimals is expected.`)
  return minor > 0 ? minor : wrongValue(field, value, "The amount must be above zero.")
}

/** The JSON object that a body is. */
export const object = (body: unknown): Json =>
  isObject(body) ? body : refuse(invalid("The body is not a JSON object."))

/** A JSON value's text with its names in order: the same for the same data. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value) ?? "null"
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`
}
