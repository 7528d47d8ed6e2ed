import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Fault } from "./Fault.ts"

export { Fault }

/** Every stable code of an error, with its HTTP status and title. */
export const codes = {
  REQUEST_MALFORMED: [400, "The request is not HTTP as we take it"],
  HEADER_REPEATED: [400, "A header is there twice"],
  REQUEST_TIMEOUT: [408, "The request did not arrive in time"],
  HEADERS_TOO_LARGE: [431, "The headers are too many or too large"],
  UNAUTHORIZED: [401, "The key is missing or wrong"],
  ORDER_NOT_FOUND: [404, "No such order"],
  NOT_FOUND: [404, "No such address"],
  METHOD_NOT_ALLOWED: [405, "The address does not take this method"],
  IDEMPOTENCY_KEY_MISSING: [400, "The Idempotency-Key is missing"],
  IDEMPOTENCY_KEY_INVALID: [400, "The Idempotency-Key is malformed"],
  IDEMPOTENCY_KEY_REUSED: [422, "The Idempotency-Key was used for something else"],
  BODY_NOT_JSON: [400, "The body is not JSON"],
  BODY_TOO_DEEP: [400, "The body is nested too deep"],
  BODY_TOO_LARGE: [413, "The body is too large"],
  BODY_INVALID: [422, "The body has faults"],
  CONTENT_TYPE_UNSUPPORTED: [415, "The body is of another type"],
  PARAMETER_INVALID: [400, "A parameter has faults"],
  NOT_ALLOWED: [409, "The order does not allow this now"],
  OPERATION_OPEN: [409, "An operation of the order is open"],
  AMOUNT_INVALID: [422, "The amount is more than there is"],
  NOTHING_REFUNDABLE: [422, "There is nothing left to refund"],
  NOT_SUPPORTED: [422, "The vendor cannot do this"],
  REFUND_NOT_FOUND: [404, "No such refund"],
  EVENT_NOT_FOUND: [404, "No such event"],
  NO_ENDPOINT: [409, "No endpoint wants the event"],
  STREAMS_TOO_MANY: [429, "The app has too many streams open"],
  STREAMS_FULL: [503, "No more streams can be opened here for now"],
  CONTENDED: [409, "The order is moving: try again"],
  IN_FLIGHT: [409, "The first request with this Idempotency-Key is still under way: try again"],
  CALL_UNCLEAR: [400, "It is not clear what the call means"],
  CARD_NUMBER: [422, "There is a card's number in the body"],
  NUMBER_REUSED: [422, "The number was used for another order"],
  NUMBER_TAKEN: [409, "The number is another order's at this vendor"],
  ORDER_ENDED: [409, "The order has ended"],
  TOKEN_REFUSED: [502, "The vendor refused our access token"],
  TOKEN_UNAVAILABLE: [503, "No access token can be had for now"],
  ANSWER_NOT_RECORDED: [503, "The vendor has answered, and it is not on record yet"],
  VENDOR_UNKNOWN: [404, "No such vendor"],
  NOTIFICATION_REFUSED: [401, "The notification is not verified"],
  STORE_UNAVAILABLE: [503, "Orders cannot be taken for now"],
  SIGNED_OUT: [401, "Nobody is signed in"],
  SIGN_IN_REFUSED: [401, "The name or the password is wrong"],
  SIGN_IN_LOCKED: [429, "There were too many wrong passwords"],
  OIDC_FAILED: [401, "The company's provider did not let you in"],
  ROLE_NEEDED: [403, "This takes another role"],
  CROSS_SITE: [403, "The call did not come from the console"],
  PASSWORD_WEAK: [422, "The password is too easy to guess"],
  SECOND_PERSON_NEEDED: [403, "Who proposed it cannot approve it"],
  PROPOSAL_OPEN: [409, "Another proposal is open"],
  PROPOSAL_ENDED: [409, "The proposal can no longer be decided"],
  PROPOSAL_NOT_FOUND: [404, "No such proposal"],
  APP_NOT_FOUND: [404, "No such app, key or endpoint"],
  APP_TAKEN: [409, "There is an app of this id"],
  LIMIT_REACHED: [409, "There are as many as there may be"],
  OPERATOR_NOT_FOUND: [404, "No such operator"],
  OPERATOR_TAKEN: [409, "There is an operator of this name"],
  LAST_ADMINISTRATOR: [409, "It is the last administrator"],
  NOT_ONESELF: [409, "Another administrator has to do this"],
  DAY_INVALID: [422, "The day cannot be reconciled"],
  DAY_BUSY: [409, "The day is being reconciled"],
  DAY_UNKNOWN: [404, "The day was never reconciled"],
  DIFFERENCE_UNKNOWN: [404, "No such difference, or it is resolved"],
  RATE_LIMITED: [429, "Too many calls"],
  INTERNAL: [500, "Something went wrong on our side"]
} as const satisfies Record<string, readonly [status: number, title: string]>

/** The stable code of a problem. */
export type Code = keyof typeof codes

const allCodes = Object.keys(codes) as ReadonlyArray<Code>

/** An error as every call answers it (RFC 9457), with a stable `code`. */
export const Problem = Schema.Struct({
  type: Schema.String.annotations({ description: "A URN that names the code" }),
  title: Schema.String,
  status: Schema.Number.annotations({ jsonSchema: { type: "integer" } }),
  code: Schema.Literal(...allCodes),
  detail: Schema.String.annotations({ description: "What to do about it" }),
  errors: Schema.optional(Schema.Array(Fault))
}).annotations({ identifier: "Problem", description: "RFC 9457; `code` is stable" })
export type Problem = typeof Problem.Type

/** Whether the same request may succeed in a moment: the answer says when, in `Retry-After`. */
export const isPassing = (code: Code): boolean =>
  codes[code][0] === 503 || codes[code][0] === 429 || code === "CONTENDED" || code === "IN_FLIGHT"

/** The media type of a problem (RFC 9457 §6.1). */
export const contentType = "application/problem+json"

/** What any call of an app can be answered. */
export const forApps = ["UNAUTHORIZED", "STORE_UNAVAILABLE", "INTERNAL"] as const satisfies ReadonlyArray<Code>

/** What can be wrong with an Idempotency-Key. */
export const keys = [
  "IDEMPOTENCY_KEY_MISSING",
  "IDEMPOTENCY_KEY_INVALID",
  "IDEMPOTENCY_KEY_REUSED"
] as const satisfies ReadonlyArray<Code>

/** What can be wrong with a body. */
export const bodies = [
  "BODY_NOT_JSON",
  "BODY_TOO_DEEP",
  "BODY_TOO_LARGE",
  "CONTENT_TYPE_UNSUPPORTED",
  "BODY_INVALID"
] as const satisfies ReadonlyArray<Code>

/** What any call can be answered before anybody looks at what it asks. */
export const everywhere: ReadonlyArray<Code> = [
  "REQUEST_MALFORMED",
  "HEADER_REPEATED",
  "REQUEST_TIMEOUT",
  "HEADERS_TOO_LARGE"
]

/** The codes of a list under their HTTP statuses, lowest status first. */
export const byStatus = (among: ReadonlyArray<Code>): ReadonlyArray<readonly [status: number, ReadonlyArray<Code>]> => {
  const statuses = [...new Set(among.map((code) => codes[code][0]))].sort((a, b) => a - b)
  return statuses.map((status) => [status, among.filter((code) => codes[code][0] === status)])
}

/** What the codes of one status say, for people. */
export const described = (among: ReadonlyArray<Code>): string =>
  among.map((code) => `\`${code}\`: ${codes[code][1]}`).join("; ")

/** The problems with one of these codes as the errors of an endpoint: each goes out under its own status. */
export const answers = (...among: ReadonlyArray<Code>): Schema.Schema<Problem, typeof Problem.Encoded> =>
  Schema.Union(
    ...byStatus(among).map(([status, here]) =>
      Problem.pipe(
        Schema.filter((problem) => here.includes(problem.code)),
        HttpApiSchema.withEncoding({ kind: "Json", contentType })
      ).annotations(HttpApiSchema.annotations({ identifier: "Problem", status, description: described(here) }))
    )
  )

/** The problem of a code. */
export const make = (code: Code, detail: string, errors?: ReadonlyArray<Fault>): Problem => {
  const [status, title] = codes[code]
  const type = `urn:payment-proxy:problem:${code.toLowerCase().replaceAll("_", "-")}`
  return { type, title, status, code, detail, ...(errors === undefined ? {} : { errors }) }
}
