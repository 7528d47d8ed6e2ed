import { Currency, Money } from "@payment-proxy/domain"
import { Either, ParseResult, Schema } from "effect"
import { PlaceOrder } from "./Order.ts"
import type { Fault } from "./Problem.ts"

/** A JSON Pointer (RFC 6901) to a place in a body. */
export const pointerOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")

const codeOf = (issue: ParseResult.ArrayFormatterIssue, pointer: string): string => {
  if (issue._tag === "Missing") return "FIELD_MISSING"
  if (issue._tag === "Unexpected") return "FIELD_UNKNOWN"
  if (pointer === "/amount/currency") return "CURRENCY_UNKNOWN"
  return pointer.startsWith("/amount") ? "AMOUNT_INVALID" : "FIELD_INVALID"
}

const detailOf = (issue: ParseResult.ArrayFormatterIssue): string => {
  if (issue._tag === "Missing") return "This is missing: give it a value."
  if (issue._tag === "Unexpected") return "There is no such field: take it out."
  return issue.message.length > 300 ? `${issue.message.slice(0, 300)}…` : issue.message
}

const faultOf = (issue: ParseResult.ArrayFormatterIssue): Fault => {
  const pointer = pointerOf(issue.path)
  return { pointer, code: codeOf(issue, pointer), detail: detailOf(issue) }
}

/** The amount's own fault, which the Schema names only once every other member of the amount is right. */
const amountFaults = (json: unknown): ReadonlyArray<Fault> => {
  const amount = member(json, "amount")
  const value = member(amount, "value")
  const currency = member(amount, "currency")
  if (typeof value !== "string" || typeof currency !== "string" || !Currency.is(currency)) return []
  return Either.match(Money.parse(value, currency), {
    onLeft: ({ detail }) => [{ pointer: "/amount/value", code: "AMOUNT_INVALID", detail }],
    onRight: (money) =>
      Money.isPositive(money)
        ? []
        : [
            {
              pointer: "/amount/value",
              code: "AMOUNT_INVALID",
              detail: "The amount is zero: ask for more than nothing."
            }
          ]
  })
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined

const decodeBody = Schema.decodeUnknownEither(PlaceOrder, { errors: "all", onExcessProperty: "error" })

/** Reads the body of a new order, or names every fault of it at once, each by its JSON Pointer. */
export const placeOrder = (json: unknown): Either.Either<PlaceOrder, ReadonlyArray<Fault>> =>
  Either.mapLeft(decodeBody(json), (error) => {
    const found = ParseResult.ArrayFormatter.formatErrorSync(error).map(faultOf)
    const amounts = amountFaults(json)
    const others = found.filter(
      ({ pointer }) => amounts.length === 0 || !pointer.startsWith("/amount") || pointer === "/amount/currency"
    )
    const byPointer = new Map([...others, ...amounts].map((fault) => [fault.pointer, fault]))
    return [...byPointer.values()].sort((a, b) => (a.pointer < b.pointer ? -1 : 1))
  })

/** The faults of a request's parameters, each named by its place. */
export const parameterFaults = (error: ParseResult.ParseError): ReadonlyArray<Fault> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(faultOf)

/** JSON with sorted names: the same text for the same order, however it was written. */
export const canonical = (json: unknown): string => {
  if (Array.isArray(json)) return `[${json.map(canonical).join(",")}]`
  if (typeof json !== "object" || json === null) return JSON.stringify(json)
  const members = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(",")}}`
}
