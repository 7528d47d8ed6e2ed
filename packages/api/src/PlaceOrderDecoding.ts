import { Either, Option, ParseResult, Schema } from "effect"
import { fault, faultOf, isObject, member, sorted, unreadable, valueFaults } from "./BodyFaults.ts"
import type { Fault } from "./Fault.ts"
import { defaults, maxMetadata, PlaceOrder, tooManyNotes } from "./Order.ts"
import * as Rules from "./PlaceOrderRules.ts"

const decodeBody = Schema.decodeUnknownEither(PlaceOrder, { errors: "all", onExcessProperty: "error" })

/** The fault of too many notes, which the Schema counts only once every note is right. */
const countFaults = (json: unknown): ReadonlyArray<Fault> => {
  const metadata = member(json, "metadata")
  return isObject(metadata) && Object.keys(metadata).length > maxMetadata
    ? [fault("/metadata", "FIELD_INVALID", tooManyNotes)]
    : []
}

type Defaults = Required<Pick<PlaceOrder, keyof typeof defaults>>

/** Reads the body of a new order, or names every fault of it at once, each by its JSON Pointer and in words that mend it. */
export const decode = (json: unknown): Either.Either<PlaceOrder & Defaults, ReadonlyArray<Fault>> => {
  const plain = Rules.read(json)
  if (Option.isSome(plain)) return Either.right({ ...defaults, ...plain.value })
  const refused = unreadable(json, ["amount", "payer", "metadata"], "an order")
  if (refused.length > 0) return Either.left(refused)
  const body = decodeBody(json)
  if (Either.isRight(body)) return Either.right({ ...defaults, ...body.right })
  const faults = ParseResult.ArrayFormatter.formatErrorSync(body.left).map(faultOf)
  return Either.left(sorted([...faults, ...valueFaults(json), ...countFaults(json)]))
}
