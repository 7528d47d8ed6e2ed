import type { Words } from "@payment-proxy/domain"
import { Currency, Evidence, Money } from "@payment-proxy/domain"
import { Either } from "effect"
import type { Mapped } from "./config.ts"

/** The member of a JSON value that a JSON Pointer (RFC 6901) names. */
export const at = (json: unknown, pointer: string | undefined): unknown => {
  if (pointer === undefined) return undefined
  let value = json
  for (const part of partsOf(pointer)) value = memberOf(value, part)
  return value
}

const memberOf = (value: unknown, part: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, part)
    ? (value as { readonly [name: string]: unknown })[part]
    : undefined

const split = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))

/** Pointers in their parts: as many as configurations have. */
const known = new Map<string, ReadonlyArray<string>>()
const partsOf = (pointer: string): ReadonlyArray<string> => {
  const parts = known.get(pointer) ?? split(pointer)
  known.set(pointer, parts)
  return parts
}

const textAt = (json: unknown, pointer: string | undefined): string | null => {
  const value = at(json, pointer)
  return typeof value === "string" && value !== "" ? value : null
}

const maxNumber = 256
const maxReason = 256

/** Whether the stores keep a vendor's number as it came: at most 256 characters, none of them half of one. */
export const isKeepable = (number: string): boolean =>
  number.isWellFormed() && (number.length <= maxNumber || [...number].length <= maxNumber)

/** A reason in the vendor's words, as much of it as an operator reads. */
const reasonAt = (json: unknown, pointer: string | undefined): string => {
  const text = textAt(json, pointer)
  return text === null ? "The vendor gave no reason." : [...text.toWellFormed()].slice(0, maxReason).join("")
}

/** An amount as the vendor states it; `wrong` where it states one that is none. */
const amountAt = (json: unknown, { payment }: Mapped): Either.Either<Money.Money | null, "wrong"> => {
  if (payment.amountMinor === undefined || payment.currency === undefined) return Either.right(null)
  const minor = at(json, payment.amountMinor)
  const currency = textAt(json, payment.currency)
  if (currency === null || !Currency.is(currency)) return Either.left("wrong")
  if (typeof minor === "number" && Number.isSafeInteger(minor)) return Either.right(Money.make(BigInt(minor), currency))
  return typeof minor === "string" && /^\d{1,18}$/.test(minor)
    ? Either.right(Money.make(BigInt(minor), currency))
    : Either.left("wrong")
}

const nextAt = (json: unknown, { payment }: Mapped): Words.Next | null => {
  if (payment.nextUrl === undefined) return { type: "none" }
  const url = textAt(json, payment.nextUrl)
  if (url === null) return null
  return textAt(json, payment.nextType) === "qr" ? { type: "qr", content: url } : { type: "redirect", url }
}

/** The end of the year 9999: the last moment that a date of the table can be. */
const lastMillis = 253_402_300_799_999

const timeAt = (json: unknown, pointer: string | undefined): number | null => {
  const text = textAt(json, pointer)
  const millis = text === null ? Number.NaN : Date.parse(text)
  return millis >= 0 && millis <= lastMillis ? millis : null
}

const foreignTo = (json: unknown, config: Mapped, number: string): Evidence.Evidence["foreign"] => {
  if (config.merchantId !== undefined && config.payment.merchant !== undefined)
    if (at(json, config.payment.merchant) !== config.merchantId) return "MERCHANT_MISMATCH"
  return at(json, config.payment.number) === number ? null : "NUMBER_MISMATCH"
}

interface Said {
  readonly source: Evidence.Evidence["source"]
  readonly asked: Evidence.Evidence["asked"]
}

/** What a vendor's payment says about the order `number`; a left says why it is not understood. */
export const fromPayment = (
  json: unknown,
  number: string,
  config: Mapped,
  { source, asked }: Said
): Either.Either<Evidence.Evidence, string> => {
  const word = textAt(json, config.payment.status)
  if (word === null) return Either.left("The answer has no status.")
  const transactionNo = textAt(json, config.payment.transactionNo)
  if (transactionNo !== null && !isKeepable(transactionNo))
    return Either.left(`The vendor's number is no text of at most ${maxNumber} characters.`)
  const stated = amountAt(json, config)
  if (Either.isLeft(stated)) return Either.left("The answer's amount is not understood.")
  const common = {
    asked,
    amount: stated.right,
    transactionNo,
    foreign: foreignTo(json, config, number)
  }
  const meaning = Object.getOwnPropertyDescriptor(config.statuses, word.toUpperCase())?.value
  switch (meaning) {
    case "open":
      return Either.right(Evidence.make("open", source, { ...common, next: nextAt(json, config) }))
    case "paid": {
      const paidAtMillis = timeAt(json, config.payment.paidAt)
      return Either.right(Evidence.make("paid", source, { ...common, captured: stated.right, paidAtMillis }))
    }
    case "failed": {
      const detail = reasonAt(json, config.payment.failure)
      return Either.right(Evidence.make("failed", source, { ...common, code: "DECLINED", detail }))
    }
    case "closed":
      return Either.right(Evidence.make("closed", source, common))
    default:
      return Either.right(Evidence.make("known", source, { ...common, word: word.slice(0, 64) }))
  }
}

/** The vendor does not know the order. */
export const notFound = ({ source, asked }: Said): Evidence.Evidence => Evidence.make("notFound", source, { asked })
