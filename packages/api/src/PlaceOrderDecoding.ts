import { Currency, Money } from "@payment-proxy/domain"
import { Either, Option, ParseResult, Schema } from "effect"
import { type Code, type Fault, pointerOf } from "./Fault.ts"
import { badName, defaults, maxMetadata, PlaceOrder, tooManyNotes, zeroAmount } from "./Order.ts"
import * as Rules from "./PlaceOrderRules.ts"

/** More members than any object of an order can have; beyond them none is read. */
const maxMembers = 64

const member = (value: unknown, name: string): unknown =>
  isObject(value) ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What keeps a body from being read at all, so that reading it takes little time and no depth. */
const unreadable = (json: unknown): ReadonlyArray<Fault> =>
  isObject(json)
    ? [
        ...overfull([], json),
        ...["amount", "payer", "metadata"].flatMap((name) => overfull([name], member(json, name)))
      ]
    : [fault("", "FIELD_INVALID", "The body is an object: an order, in braces.")]

const overfull = (path: ReadonlyArray<string>, value: unknown): ReadonlyArray<Fault> => {
  const count = isObject(value) ? Object.keys(value).length : 0
  const detail = `There are ${count} fields, and no order has more than ${maxMembers} here: take out what does not belong.`
  return count > maxMembers ? [fault(pointerOf(path), "TOO_MANY_FIELDS", detail)] : []
}

const fault = (pointer: string, code: Code, detail: string): Fault => ({ pointer, code, detail })

const codeOf = (pointer: string): Code => {
  if (pointer === "/amount/currency") return "CURRENCY_UNKNOWN"
  return pointer === "/amount" || pointer === "/amount/value" ? "AMOUNT_INVALID" : "FIELD_INVALID"
}

const faultOf = ({ _tag, path, message }: ParseResult.ArrayFormatterIssue): Fault => {
  const pointer = pointerOf(path)
  if (_tag === "Missing") return fault(pointer, "FIELD_MISSING", "This is missing: give it a value.")
  if (_tag === "Unexpected" && path.length === 2 && path[0] === "metadata")
    return fault(pointer, "FIELD_INVALID", badName)
  if (_tag === "Unexpected") return fault(pointer, "FIELD_UNKNOWN", "There is no such field: take it out.")
  return fault(pointer, codeOf(pointer), message)
}

/** What stands in for a currency that is not known: what it says of decimals and size is not told. */
const stand: Currency.Currency = "CNY"

/** The fault of the amount's value, which the Schema reads only once every other member of the amount is right. */
const valueFaults = (json: unknown): ReadonlyArray<Fault> => {
  const amount = member(json, "amount")
  const value = member(amount, "value")
  const currency = member(amount, "currency")
  if (typeof value !== "string") return []
  const known = typeof currency === "string" && Currency.is(currency) ? currency : undefined
  return Either.match(Money.parse(value, known ?? stand), {
    onLeft: ({ reason, detail }) =>
      known === undefined && (reason === "decimals" || reason === "tooLong")
        ? []
        : [fault("/amount/value", "AMOUNT_INVALID", detail)],
    onRight: (money) => (Money.isPositive(money) ? [] : [fault("/amount/value", "AMOUNT_INVALID", zeroAmount)])
  })
}

const decodeBody = Schema.decodeUnknownEither(PlaceOrder, { errors: "all", onExcessProperty: "error" })

/** The fault of too many notes, which the Schema counts only once every note is right. */
const countFaults = (json: unknown): ReadonlyArray<Fault> => {
  const metadata = member(json, "metadata")
  return isObject(metadata) && Object.keys(metadata).length > maxMetadata
    ? [fault("/metadata", "FIELD_INVALID", tooManyNotes)]
    : []
}

type Defaults = Required<Pick<PlaceOrder, keyof typeof defaults>>

/** One fault for each place, in the order of their places. */
const sorted = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> => {
  const byPointer = new Map(faults.map((found) => [found.pointer, found]))
  return [...byPointer.values()].sort((a, b) => (a.pointer < b.pointer ? -1 : 1))
}

/** Reads the body of a new order, or names every fault of it at once, each by its JSON Pointer and in words that mend it. */
export const decode = (json: unknown): Either.Either<PlaceOrder & Defaults, ReadonlyArray<Fault>> => {
  const plain = Rules.read(json)
  if (Option.isSome(plain)) return Either.right({ ...defaults, ...plain.value })
  const refused = unreadable(json)
  if (refused.length > 0) return Either.left(refused)
  const body = decodeBody(json)
  if (Either.isRight(body)) return Either.right({ ...defaults, ...body.right })
  const faults = ParseResult.ArrayFormatter.formatErrorSync(body.left).map(faultOf)
  return Either.left(sorted([...faults, ...valueFaults(json), ...countFaults(json)]))
}
