import type { Order } from "./Book.ts"
import type { Json } from "./Fields.ts"
import * as Fields from "./Fields.ts"
import * as Money from "./Money.ts"
import { Refusal } from "./Problems.ts"

/** What a create asks for, once it was found good. */
export type Asked = Pick<
  Order,
  | "intent"
  | "amountMinor"
  | "currency"
  | "unit"
  | "customId"
  | "invoiceId"
  | "description"
  | "brandName"
  | "locale"
  | "returnUrl"
  | "cancelUrl"
  | "hasSource"
>

/** Parts of the total, and whether they add to it. */
const parts = [
  ["item_total", 1],
  ["tax_total", 1],
  ["shipping", 1],
  ["handling", 1],
  ["insurance", 1],
  ["shipping_discount", -1],
  ["discount", -1]
] as const

const itemsTotal = (items: ReadonlyArray<unknown>, currency: string, pointer: string): number =>
  items.reduce<number>((sum, item, index) => {
    const at = `${pointer}/${index}`
    if (typeof item !== "object" || item === null) throw Fields.wrong("INVALID_PARAMETER_SYNTAX", at)
    const json = item as Json
    if (Fields.text(json, "name", at, 127) === undefined) throw Fields.wrong("MISSING_REQUIRED_PARAMETER", `${at}/name`)
    const quantity = Fields.text(json, "quantity", at, 10)
    if (quantity === undefined) throw Fields.wrong("MISSING_REQUIRED_PARAMETER", `${at}/quantity`)
    if (!/^[1-9]\d{0,9}$/.test(quantity)) throw Fields.wrong("INVALID_PARAMETER_SYNTAX", `${at}/quantity`, quantity)
    const price = Money.read(json["unit_amount"], `${at}/unit_amount`, { isZeroFine: true })
    if (price.currency !== currency) throw Fields.wrong("MULTI_CURRENCY_ORDER", `${at}/unit_amount/currency_code`)
    return sum + price.minor * Number(quantity)
  }, 0)

/** Whether the parts of a total and the items add up to what they should. */
const checkTotals = (unit: Json, { minor, currency }: Money.Amount, pointer: string): void => {
  const amount = Fields.object(unit, "amount", pointer) ?? {}
  const breakdown = Fields.object(amount, "breakdown", `${pointer}/amount`)
  const at = `${pointer}/amount/breakdown`
  const of = (name: string): number => {
    if (breakdown?.[name] === undefined) return 0
    const part = Money.read(breakdown[name], `${at}/${name}`, { isZeroFine: true })
    if (part.currency !== currency) throw Fields.wrong("MULTI_CURRENCY_ORDER", `${at}/${name}/currency_code`)
    return part.minor
  }
  const total = parts.reduce((sum, [name, sign]) => sum + sign * of(name), 0)
  if (breakdown !== undefined && total !== minor) throw Fields.wrong("AMOUNT_MISMATCH", `${pointer}/amount/value`)
  const items = Fields.list(unit, "items", pointer)
  if (items === undefined) return
  if (breakdown?.["item_total"] === undefined) throw Fields.wrong("ITEM_TOTAL_REQUIRED", `${at}/item_total`)
  if (itemsTotal(items, currency, `${pointer}/items`) !== of("item_total"))
    throw Fields.wrong("ITEM_TOTAL_MISMATCH", `${at}/item_total`)
}

const checkPayee = (unit: Json, pointer: string, merchantId: string): void => {
  const payee = Fields.object(unit, "payee", pointer)
  const id = payee === undefined ? undefined : Fields.text(payee, "merchant_id", `${pointer}/payee`, 13)
  if (id !== undefined && id !== merchantId)
    throw Fields.wrong("PAYEE_ACCOUNT_INVALID", `${pointer}/payee/merchant_id`, id)
}

const unitOf = (body: Json): Json => {
  const units = Fields.list(body, "purchase_units", "")
  if (units === undefined) throw Fields.wrong("MISSING_REQUIRED_PARAMETER", "/purchase_units")
  if (units.length === 0) throw Fields.wrong("INVALID_ARRAY_MIN_ITEMS", "/purchase_units")
  if (units.length > 10) throw Fields.wrong("INVALID_ARRAY_MAX_ITEMS", "/purchase_units")
  const [unit] = units
  if (typeof unit !== "object" || unit === null) throw Fields.wrong("INVALID_PARAMETER_SYNTAX", "/purchase_units/0")
  if (units.length > 1) throw Fields.wrong("SANDBOX_PLAYS_ONE_PURCHASE_UNIT", "/purchase_units")
  return unit as Json
}

const readUnit = (unit: Json, merchantId: string) => {
  const at = "/purchase_units/0"
  const amount = Money.read(unit["amount"], `${at}/amount`)
  // A merchant outside the country cannot take its currency.
  if (amount.currency === "CNY")
    throw Fields.wrong("CURRENCY_NOT_SUPPORTED_FOR_COUNTRY", `${at}/amount/currency_code`, "CNY")
  checkTotals(unit, amount, at)
  checkPayee(unit, at, merchantId)
  Fields.text(unit, "reference_id", at, 256)
  Fields.text(unit, "soft_descriptor", at, 22)
  return {
    unit,
    amountMinor: amount.minor,
    currency: amount.currency,
    customId: Fields.text(unit, "custom_id", at, 127) ?? null,
    invoiceId: Fields.text(unit, "invoice_id", at, 127) ?? null,
    description: Fields.text(unit, "description", at, 127) ?? null
  }
}

const readContext = (context: Json, at: string) => {
  Fields.word(context, "landing_page", at, ["LOGIN", "GUEST_CHECKOUT", "BILLING", "NO_PREFERENCE"])
  Fields.word(context, "user_action", at, ["CONTINUE", "PAY_NOW"])
  Fields.word(context, "shipping_preference", at, ["GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"])
  Fields.word(context, "payment_method_preference", at, ["UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"])
  const locale = Fields.text(context, "locale", at, 10)
  if (locale !== undefined && !/^[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}))?$/.test(locale))
    throw Fields.wrong("INVALID_PARAMETER_SYNTAX", `${at}/locale`, locale)
  return {
    returnUrl: Fields.address(context, "return_url", at) ?? null,
    cancelUrl: Fields.address(context, "cancel_url", at) ?? null,
    brandName: Fields.text(context, "brand_name", at, 127) ?? null,
    locale: locale ?? null
  }
}

/** The deprecated `application_context` holds where there is no source. */
const readSource = (body: Json, hasRequestId: boolean) => {
  const source = Fields.object(body, "payment_source", "")
  if (source === undefined)
    return {
      hasSource: false,
      ...readContext(Fields.object(body, "application_context", "") ?? {}, "/application_context")
    }
  if (!hasRequestId) throw new Refusal("PAYPAL_REQUEST_ID_REQUIRED", { field: "PayPal-Request-Id", location: "header" })
  const other = Object.keys(source).find((name) => name !== "paypal")
  if (other !== undefined) throw Fields.wrong("PAYMENT_SOURCE_CANNOT_BE_USED", `/payment_source/${other}`)
  const paypal = Fields.object(source, "paypal", "/payment_source")
  if (paypal === undefined) throw Fields.wrong("MISSING_REQUIRED_PARAMETER", "/payment_source/paypal")
  const at = "/payment_source/paypal/experience_context"
  return {
    hasSource: true,
    ...readContext(Fields.object(paypal, "experience_context", "/payment_source/paypal") ?? {}, at)
  }
}

/** Reads the body of a create, or refuses it as the vendor does. */
export const read = (body: Json, merchantId: string, hasRequestId: boolean): Asked => {
  const intent = Fields.word(body, "intent", "", ["CAPTURE", "AUTHORIZE"])
  if (intent === undefined) throw Fields.wrong("MISSING_REQUIRED_PARAMETER", "/intent")
  return {
    intent: intent === "CAPTURE" ? "CAPTURE" : "AUTHORIZE",
    ...readUnit(unitOf(body), merchantId),
    ...readSource(body, hasRequestId)
  }
}
