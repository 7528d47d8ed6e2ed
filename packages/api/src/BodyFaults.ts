import { Currency, Money } from "@payment-proxy/domain"
import { Either, type ParseResult } from "effect"
import { type Code, type Fault, pointerOf } from "./Fault.ts"
import { badName, zeroAmount } from "./Order.ts"

/** More members than any object of an order can have; beyond them none is read. */
const maxMembers = 64

/** A member of an object; undefined where there is none. */
export const member = (value: unknown, name: string): unknown =>
  isObject(value) ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined

/** Whether it is an object, and no list. */
export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** What keeps a body, or one of the objects in it, from being read at all, so that reading it takes little time and no depth. */
export const unreadable = (json: unknown, within: ReadonlyArray<string>, what: string): ReadonlyArray<Fault> =>
  isObject(json)
    ? [...overfull([], json), ...within.flatMap((name) => overfull([name], member(json, name)))]
    : [fault("", "FIELD_INVALID", `The body is an object: ${what}, in braces.`)]

const overfull = (path: ReadonlyArray<string>, value: unknown): ReadonlyArray<Fault> => {
  const count = isObject(value) ? Object.keys(value).length : 0
  const detail = `There are ${count} fields, and no order has more than ${maxMembers} here: take out what does not belong.`
  return count > maxMembers ? [fault(pointerOf(path), "TOO_MANY_FIELDS", detail)] : []
}

/** One fault of a body. */
export const fault = (pointer: string, code: Code, detail: string): Fault => ({ pointer, code, detail })

const codeOf = (pointer: string): Code => {
  if (pointer === "/amount/currency") return "CURRENCY_UNKNOWN"
  return pointer === "/amount" || pointer === "/amount/value" ? "AMOUNT_INVALID" : "FIELD_INVALID"
}

/** What the Schema found, in words that mend it. */
export const faultOf = ({ _tag, path, message }: ParseResult.ArrayFormatterIssue): Fault => {
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
export const valueFaults = (json: unknown): ReadonlyArray<Fault> => {
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

/** One fault for each place, in the order of their places. */
export const sorted = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> => {
  const byPointer = new Map(faults.map((found) => [found.pointer, found]))
  return [...byPointer.values()].sort((a, b) => (a.pointer < b.pointer ? -1 : 1))
}
