import { Either, ParseResult, Schema } from "effect"
import { faultOf, sorted, unreadable, valueFaults } from "./BodyFaults.ts"
import type { Fault } from "./Fault.ts"
import { Capture, PlaceRefund } from "./Operation.ts"

const decoding = <A, I>(schema: Schema.Schema<A, I>, what: string) => {
  const decode = Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })
  return (json: unknown): Either.Either<A, ReadonlyArray<Fault>> => {
    const refused = unreadable(json, ["amount"], what)
    if (refused.length > 0) return Either.left(refused)
    return Either.mapLeft(decode(json), (error) =>
      sorted([...ParseResult.ArrayFormatter.formatErrorSync(error).map(faultOf), ...valueFaults(json)])
    )
  }
}

/** Reads what is to be captured, or names every fault of it at once. */
export const capture = decoding(Capture, "what to capture")

/** Reads a new refund, or names every fault of it at once. */
export const refund = decoding(PlaceRefund, "a refund")
