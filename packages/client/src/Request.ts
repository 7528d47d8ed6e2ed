import { Decoding, Operation, Order, Parameters, Problem } from "@payment-proxy/api"
import { Effect, type Either, ParseResult, Schema } from "effect"
import { type Fault, PaymentProxyProblem } from "./Failure.ts"

/** A problem that is known before anything is sent, in the words that the gateway would have used. */
const known = (code: Problem.Code, detail: string, errors: ReadonlyArray<Fault> = []) =>
  new PaymentProxyProblem({
    status: Problem.codes[code][0],
    code,
    detail,
    errors,
    retryAfterMillis: null,
    idempotencyKey: null
  })

/** Members that are undefined are left out, as JSON does. */
const plain = (body: unknown): Effect.Effect<unknown, PaymentProxyProblem> =>
  Effect.try({
    try: (): unknown => JSON.parse(JSON.stringify(body)),
    catch: () => known("BODY_NOT_JSON", "The body cannot be written as JSON.")
  })

/** The defaults that reading adds are the gateway's to add: what is sent is what was given. */
const body =
  <A, I>(schema: Schema.Schema<A, I>, faultsOf: (json: unknown) => Either.Either<unknown, ReadonlyArray<Fault>>) =>
  (given: unknown): Effect.Effect<A, PaymentProxyProblem> =>
    Effect.flatMap(plain(given), (json) =>
      Effect.mapBoth(
        Effect.zipRight(
          faultsOf(json),
          Effect.mapError(Schema.decodeUnknown(schema)(json), () => [])
        ),
        {
          onFailure: (faults) =>
            known("BODY_INVALID", `The body has ${faults.length} fault(s): nothing was sent.`, faults),
          onSuccess: (read) => read
        }
      )
    )

/** A new order as it is sent, or all its faults. */
export const order = body(Order.PlaceOrder, Decoding.placeOrder)

/** A new refund as it is sent, or all its faults. */
export const refund = body(Operation.PlaceRefund, Decoding.placeRefund)

/** What is to be captured as it is sent, or all its faults. */
export const capture = body(Operation.Capture, Decoding.capture)

/** A number of an order, a refund or an event that can stand in an address; no other is anyone's. */
export const number = (code: Problem.Code, given: string): Effect.Effect<string, PaymentProxyProblem> =>
  /^[\w-]{1,128}$/.test(given)
    ? Effect.succeed(given)
    : known(code, "No such number can be: take it as it was answered.")

/** An Idempotency-Key as the gateway takes it. */
export const idempotencyKey = (given: string): Effect.Effect<string, PaymentProxyProblem> =>
  /^[\x21-\x7e]{1,255}$/.test(given)
    ? Effect.succeed(given)
    : known("IDEMPOTENCY_KEY_INVALID", "An idempotency key is 1 to 255 visible ASCII characters.")

/** One fault for each parameter: the first, in the words of the schema that was meant. */
const faultsOf = (error: ParseResult.ParseError): ReadonlyArray<Fault> => {
  const faults = ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => ({
    pointer: Decoding.pointerOf(path),
    code: "FIELD_INVALID",
    detail: message
  }))
  return faults.filter(({ pointer }, index) => faults.findIndex((other) => other.pointer === pointer) === index)
}

const parameters =
  <A, I>(schema: Schema.Schema<A, I>) =>
  (given: A): Effect.Effect<A, PaymentProxyProblem> =>
    Effect.mapBoth(Schema.encode(schema, { errors: "all" })(given), {
      onFailure: (error) => {
        const faults = faultsOf(error)
        return known(
          "PARAMETER_INVALID",
          `There are ${faults.length} fault(s) in the parameters: nothing was sent.`,
          faults
        )
      },
      onSuccess: () => given
    })

/** What is searched for, or its faults. */
export const search = parameters(Parameters.SearchParameters)

/** How an order is read, or the faults of it. */
export const reading = parameters(Parameters.ReadParameters)
