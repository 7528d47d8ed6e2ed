import { Currency, JsonPointer, Words } from "@payment-proxy/domain"
import { Schema } from "effect"
import { optional } from "../Settings.ts"

/** What a request can take from an order. */
export const sources = [
  "payOrderNo",
  "amountMinor",
  "amountMajor",
  "currency",
  "method",
  "source",
  "businessNo",
  "description",
  "expiresAt",
  "notifyUrl",
  "returnUrl",
  "payer.openId",
  "payer.buyerId",
  "payer.ip"
] as const
export type SourceName = (typeof sources)[number]

/** What the request of a refund can take, from the refund and from its payment. */
export const refundSources = [
  "refundNo",
  "refundMinor",
  "refundMajor",
  "reason",
  "payOrderNo",
  "transactionNo",
  "amountMinor",
  "amountMajor",
  "currency",
  "notifyUrl"
] as const
export type RefundSourceName = (typeof refundSources)[number]

const isOurs: { readonly [name: string]: ((word: string) => boolean) | undefined } = {
  method: (word) => Object.hasOwn(Words.methods, word),
  source: (word) => Object.hasOwn(Words.sources, word),
  currency: Currency.is
}

const fromOf = <const N extends readonly [string, ...ReadonlyArray<string>]>(names: N) =>
  optional(
    Schema.Literal(...names).annotations({
      message: () => ({ message: `This is one of ${names.join(", ")}.`, override: true })
    })
  )

const common = {
  /** A text that is always the same. */
  text: optional(Schema.String),
  /** The vendor's words for ours. */
  words: optional(Schema.Record({ key: Schema.String, value: Schema.Union(Schema.NonEmptyString, Schema.Int) })),
  /** Minor units as text: `"1234"`. */
  as: optional(Schema.Literal("text"))
}

/** What is said of a member, whatever it is a member of. */
interface Fields {
  readonly from?: string
  readonly text?: string
  readonly words?: { readonly [ours: string]: string | number }
  readonly as?: "text"
}

interface Issue {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

const wordIssues = ({ from, words }: Fields): ReadonlyArray<Issue> => {
  const is = from === undefined ? undefined : isOurs[from]
  if (words === undefined) return []
  if (is === undefined)
    return [{ path: ["words"], message: "Only method, source and currency have words: take it out." }]
  const all = Object.entries(words)
  const isTwice = (word: string | number) => all.filter(([, other]) => String(other) === String(word)).length > 1
  return all.flatMap(([ours, theirs]): ReadonlyArray<Issue> => {
    if (!is(ours)) return [{ path: ["words", ours], message: `This is no ${from} of ours: use our word for it.` }]
    return isTwice(theirs)
      ? [{ path: ["words", ours], message: "This stands for two words of ours: give each a word of its own." }]
      : []
  })
}

const memberIssues = (fields: Fields): ReadonlyArray<Issue> => {
  const { from, text, as } = fields
  if ((from === undefined) === (text === undefined))
    return [{ path: [], message: "A member has either from, a value of the order, or text." }]
  const isMinor = from === "amountMinor" || from === "refundMinor"
  const onlyMinor = { path: ["as"], message: "Only minor units can be said as text: take it out." }
  return [...wordIssues(fields), ...(as !== undefined && !isMinor ? [onlyMinor] : [])]
}

/** One member of a create's body: a value of the order, or a text that is always the same. */
export const Member = Schema.Struct({ from: fromOf(sources), ...common, required: optional(Schema.Boolean) }).pipe(
  Schema.filter(memberIssues)
)
export type Member = typeof Member.Type

/** One member of a refund's body: a value of the refund or its payment, or a text that is always the same. */
export const RefundMember = Schema.Struct({ from: fromOf(refundSources), ...common }).pipe(Schema.filter(memberIssues))
export type RefundMember = typeof RefundMember.Type

/** Where in a body a member stands, outermost first: its key is a plain name or a JSON Pointer. */
export const placeOf = (key: string): ReadonlyArray<string> => (key.startsWith("/") ? JsonPointer.parts(key) : [key])

const isWithin = (inner: ReadonlyArray<string>, outer: ReadonlyArray<string>): boolean =>
  outer.every((part, at) => inner[at] === part)

const pointer = /^(?:\/(?:[^~/]|~[01])+)*$/

const placeIssue = (key: string, keys: ReadonlyArray<string>): string | undefined => {
  if (key.startsWith("/") && !pointer.test(key)) return "This is not a JSON Pointer (RFC 6901), such as /order/amount."
  const place = placeOf(key)
  const others = keys.filter((other) => other !== key).map(placeOf)
  if (others.some((other) => isWithin(place, other)))
    return "Another entry names the same member or one around it: keep one of them."
  const isOdd = place.some((part, depth) => {
    const beside = others.filter((other) => other.length > depth && isWithin(other, place.slice(0, depth)))
    const names = new Set([part, ...beside.map((other) => other[depth] ?? "")])
    const isList = [...names].some(JsonPointer.isIndex)
    return depth > 0 && isList && [...names].some((name) => !JsonPointer.isIndex(name) || Number(name) >= names.size)
  })
  return isOdd ? "A list's items are 0, 1, 2 and so on, none left out, and no names beside them." : undefined
}

const placeIssues = (body: { readonly [key: string]: unknown }): ReadonlyArray<Issue> =>
  Object.keys(body).flatMap((key, _, keys) => {
    const message = placeIssue(key, keys)
    return message === undefined ? [] : [{ path: [key], message }]
  })

/** A create's body, by member: a plain name, or a JSON Pointer into objects and lists. */
export const Body = Schema.Record({ key: Schema.NonEmptyString, value: Member }).pipe(Schema.filter(placeIssues))
export type Body = typeof Body.Type

/** A refund's body, likewise. */
export const RefundBody = Schema.Record({ key: Schema.NonEmptyString, value: RefundMember }).pipe(
  Schema.filter(placeIssues)
)

/** The members that hold a value of the order. */
export const membersOf = (
  body: Body,
  from: SourceName
): ReadonlyArray<{ readonly key: string; readonly member: Member }> =>
  Object.entries(body).flatMap(([key, member]) => (member.from === from ? [{ key, member }] : []))

/** Our word for the vendor's, which may be a number said as text; the same where the member has no words. */
export const ourWord = ({ words }: Member, theirs: unknown): unknown =>
  words === undefined
    ? theirs
    : Object.entries(words).find(([, word]) => word === theirs || String(word) === theirs)?.[0]
