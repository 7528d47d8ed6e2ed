import type { Words } from "@payment-proxy/domain"
import { Currency, Evidence, JsonPointer, Money } from "@payment-proxy/domain"
import { Either } from "effect"
import type { MappedConfig } from "./config.ts"
import { membersOf, ourWord } from "./fields.ts"
import { meaningOf } from "./places.ts"

/** The member of a JSON value that a JSON Pointer (RFC 6901) names. */
export const at = (json: unknown, pointer: string | undefined): unknown =>
  pointer === undefined ? undefined : JsonPointer.at(json, partsOf(pointer))

/** Pointers in their parts: as many as configurations have. */
const known = new Map<string, ReadonlyArray<string>>()
const partsOf = (pointer: string): ReadonlyArray<string> => {
  const parts = known.get(pointer) ?? JsonPointer.parts(pointer)
  known.set(pointer, parts)
  return parts
}

/** The text at a place; null where there is none, or an empty one. */
export const textAt = (json: unknown, pointer: string | undefined): string | null => {
  const value = at(json, pointer)
  return typeof value === "string" && value !== "" ? value : null
}

const maxNumber = 256
const maxReason = 256

/** Whether the stores keep a vendor's number as it came: at most 256 characters, none of them half of one. */
export const isKeepable = (number: string): boolean =>
  number.isWellFormed() && (number.length <= maxNumber || [...number].length <= maxNumber)

/** A reason in the vendor's words, as much of it as an operator reads. */
export const reasonAt = (json: unknown, pointer: string | undefined): string => {
  const text = textAt(json, pointer)
  return text === null ? "The vendor gave no reason." : [...text.toWellFormed()].slice(0, maxReason).join("")
}

/** The vendor's word for a currency, as the create has it where that has words of its own. */
const currencyAt = (
  json: unknown,
  pointer: string | undefined,
  { create }: Pick<MappedConfig, "create">
): Currency.Currency | null => {
  const word = at(json, pointer)
  const [mapped] = membersOf(create.body, "currency").filter(({ member }) => member.words !== undefined)
  const ours = mapped === undefined ? word : ourWord(mapped.member, word)
  return typeof ours === "string" && Currency.is(ours) ? ours : null
}

/** Minor units of a currency, as a JSON number or as digits. */
const minorOf = (value: unknown, currency: Currency.Currency): Either.Either<Money.Money, "wrong"> => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return Either.right(Money.make(BigInt(value), currency))
  return typeof value === "string" && /^\d{1,18}$/.test(value)
    ? Either.right(Money.make(BigInt(value), currency))
    : Either.left("wrong")
}

/** Where an amount stands. */
interface Amount {
  readonly amountMinor?: string
  readonly amountMajor?: string
  readonly currency?: string
}

/** An amount as the vendor states it; `wrong` where it states one that is none, or two. */
export const amountAt = (
  json: unknown,
  { amountMinor, amountMajor, currency }: Amount,
  config: Pick<MappedConfig, "create">
): Either.Either<Money.Money | null, "wrong"> => {
  if (currency === undefined || (amountMinor === undefined && amountMajor === undefined)) return Either.right(null)
  const stated = currencyAt(json, currency, config)
  if (stated === null) return Either.left("wrong")
  const minor = amountMinor === undefined ? undefined : minorOf(at(json, amountMinor), stated)
  const text = at(json, amountMajor)
  const major =
    amountMajor === undefined
      ? undefined
      : typeof text === "string"
        ? Either.mapLeft(Money.parse(text, stated), () => "wrong" as const)
        : Either.left("wrong" as const)
  if (minor === undefined || major === undefined) return minor ?? major ?? Either.right(null)
  return Either.filterOrLeft(
    minor,
    (money) => Either.isRight(major) && Money.equals(money, major.right),
    () => "wrong" as const
  )
}

const nextAt = (json: unknown, { payment }: MappedConfig): Words.Next | null => {
  if (payment.nextUrl === undefined) return { type: "none" }
  const url = textAt(json, payment.nextUrl)
  if (url === null) return null
  return textAt(json, payment.nextType) === "qr" ? { type: "qr", content: url } : { type: "redirect", url }
}

/** The end of the year 9999: the last moment that a date of the table can be. */
const lastMillis = 253_402_300_799_999

/** The time at a place, in milliseconds since the epoch; null where there is none that a date can be. */
export const timeAt = (json: unknown, pointer: string | undefined): number | null => {
  const text = textAt(json, pointer)
  const millis = text === null ? Number.NaN : Date.parse(text)
  return millis >= 0 && millis <= lastMillis ? millis : null
}

const foreignTo = (json: unknown, config: MappedConfig, number: string): Evidence.Evidence["foreign"] => {
  if (config.merchantId !== undefined && config.payment.merchant !== undefined)
    if (at(json, config.payment.merchant) !== config.merchantId) return "MERCHANT_MISMATCH"
  return at(json, config.payment.number) === number ? null : "NUMBER_MISMATCH"
}

/** What went back in all, as the vendor states it: null where it states nothing. */
const refundedAt = (json: unknown, config: MappedConfig): Either.Either<bigint | null, "wrong"> => {
  const { refundedMinor, refundedMajor, currency } = config.payment
  const pointers = {
    ...(refundedMinor === undefined ? {} : { amountMinor: refundedMinor }),
    ...(refundedMajor === undefined ? {} : { amountMajor: refundedMajor }),
    ...(currency === undefined ? {} : { currency })
  }
  const isStated = [refundedMinor, refundedMajor].some((pointer) => (at(json, pointer) ?? null) !== null)
  if (!isStated) return Either.right(null)
  return Either.filterOrLeft(
    Either.map(amountAt(json, pointers, config), (money) => money?.amountMinor ?? null),
    (total) => total === null || total >= 0n,
    () => "wrong" as const
  )
}

interface Said {
  readonly source: Evidence.Evidence["source"]
  readonly asked: Evidence.Evidence["asked"]
}

/** What a vendor's payment says about the order `number`; a left says why it is not understood. */
export const fromPayment = (
  json: unknown,
  number: string,
  config: MappedConfig,
  { source, asked }: Said
): Either.Either<Evidence.Evidence, string> => {
  const word = textAt(json, config.payment.status)
  if (word === null) return Either.left("The answer has no status.")
  const transactionNo = textAt(json, config.payment.transactionNo)
  if (transactionNo !== null && !isKeepable(transactionNo))
    return Either.left(`The vendor's number is no text of at most ${maxNumber} characters.`)
  const stated = amountAt(json, config.payment, config)
  if (Either.isLeft(stated)) return Either.left("The answer's amount is not understood.")
  const common = {
    asked,
    amount: stated.right,
    transactionNo,
    foreign: foreignTo(json, config, number)
  }
  const meaning = meaningOf(config.statuses, word)
  switch (meaning) {
    case "open":
      return Either.right(Evidence.make("open", source, { ...common, next: nextAt(json, config) }))
    case "paid": {
      const back = refundedAt(json, config)
      if (Either.isLeft(back)) return Either.left("What the answer says went back is not understood.")
      const total = back.right ?? 0n
      if (total > 0n)
        return Either.right(Evidence.make("refunds", source, { ...common, captured: stated.right, total, items: [] }))
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
