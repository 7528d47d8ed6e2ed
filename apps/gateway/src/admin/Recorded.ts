import type { HttpServerRequest } from "@effect/platform"
import { Admin, Decoding, type Problem } from "@payment-proxy/api"
import { Trail } from "@payment-proxy/application"
import { Effect, ParseResult, Schema } from "effect"
import * as Body from "../Body.ts"
import * as Caller from "../Caller.ts"
import { type Refused, refuse } from "../Problems.ts"
import * as Gate from "./Gate.ts"

/** What is done, as it goes on record. */
export interface What {
  readonly action: string
  readonly subject: string | null
  readonly reason: string | null
}

/** Does this as the operator who is signed in: what becomes of it is on record, done or refused. */
export const recorded = (what: What) => recordedAs(what, () => "done")

/** The same, where what it came to is not always `done`. */
export const recordedAs =
  <O>(what: What, outcomeOf: (value: O) => string) =>
  <A extends O, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const { operator } = yield* Admin.Call.SignedIn
      const address = yield* Gate.address
      return yield* Trail.recorded<A>({ ...what, operator, address }, outcomeOf)(effect)
    })

/** Who is signed in, as use cases know him. */
export const acting = Effect.map(Admin.Call.SignedIn, ({ operator, role }) => ({ name: operator, role }))

const faultsOf = (error: ParseResult.ParseError): ReadonlyArray<Problem.Fault> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => ({
    pointer: Decoding.pointerOf(path),
    code: "FIELD_INVALID",
    detail: message
  }))

/** The body of the call, in the words of its schema and nothing else. */
export const body = <A, I>(
  schema: Schema.Schema<A, I>
): Effect.Effect<A, Refused, HttpServerRequest.HttpServerRequest> => {
  const decode = Schema.decodeUnknown(schema, { errors: "all", onExcessProperty: "error" })
  return Effect.flatMap(Caller.incoming, Body.json).pipe(
    Effect.flatMap((json) =>
      Effect.mapError(decode(json), (error) => {
        const faults = faultsOf(error)
        return refuse("BODY_INVALID", `The body has ${faults.length} fault(s).`, faults)
      })
    )
  )
}
