import { randomHex } from "../../Random.ts"
import type { Reply } from "../Vendor.ts"

/** Where in a request something is wrong; `field` is a JSON pointer in a body, a name elsewhere. */
export interface Place {
  readonly field?: string
  readonly value?: string
  readonly location?: "body" | "path" | "query" | "header"
}

/** What an error of each HTTP status is called, and what it says. */
const names: { readonly [status: number]: readonly [name: string, message: string] } = {
  400: ["INVALID_REQUEST", "The request cannot be read, or a field of it breaks its rule."],
  401: ["AUTHENTICATION_FAILURE", "The Authorization header is missing or its credentials are not good."],
  403: ["NOT_AUTHORIZED", "The credentials do not reach this far."],
  404: ["RESOURCE_NOT_FOUND", "There is no such resource."],
  405: ["METHOD_NOT_SUPPORTED", "The resource has no such method."],
  409: ["RESOURCE_CONFLICT", "Another request on this resource is in the way."],
  415: ["UNSUPPORTED_MEDIA_TYPE", "The body is not of a type that is read here."],
  422: ["UNPROCESSABLE_ENTITY", "The request can be read, but not be done."],
  429: ["RATE_LIMIT_REACHED", "There were too many requests."],
  500: ["INTERNAL_SERVER_ERROR", "Something broke inside."],
  503: ["SERVICE_UNAVAILABLE", "The service cannot answer now."]
}

/** The statuses of the issues that are no 422. */
const statuses: { readonly [issue: string]: number } = {
  INVALID_ARRAY_MAX_ITEMS: 400,
  INVALID_ARRAY_MIN_ITEMS: 400,
  INVALID_PARAMETER_SYNTAX: 400,
  INVALID_PARAMETER_VALUE: 400,
  INVALID_STRING_LENGTH: 400,
  MALFORMED_REQUEST_JSON: 400,
  MISSING_REQUIRED_PARAMETER: 400,
  NOT_SUPPORTED: 400,
  PAYPAL_REQUEST_ID_REQUIRED: 400,
  INVALID_ACCOUNT_STATUS: 401,
  CONSENT_NEEDED: 403,
  PERMISSION_DENIED: 403,
  INVALID_RESOURCE_ID: 404,
  PREVIOUS_REQUEST_IN_PROGRESS: 409,
  RATE_LIMIT_REACHED: 429
}

/** The HTTP status that an issue comes with. */
export const statusOf = (issue: string): number => statuses[issue] ?? 422

/** A request that is not done, by the issue that its answer names. */
export class Refusal extends Error {
  readonly issue: string
  readonly place: Place
  readonly links: ReadonlyArray<object>

  constructor(issue: string, place: Place = {}, links: ReadonlyArray<object> = []) {
    super(issue)
    this.issue = issue
    this.place = place
    this.links = links
  }
}

/** Answers with JSON; every answer bears an id under which the vendor finds it in its logs. */
export const json = (
  status: number,
  body: unknown,
  did: string,
  numbers: ReadonlyArray<string>,
  headers: Record<string, string> = {}
): Reply => ({
  status,
  headers: { "content-type": "application/json", "paypal-debug-id": debugId(), ...headers },
  body: JSON.stringify(body),
  did,
  numbers
})

const debugId = (): string => randomHex(7).slice(0, 13)

/** The vendor's error body for an HTTP status: with details where there is an issue. */
export const error = (
  status: number,
  numbers: ReadonlyArray<string>,
  issue?: string,
  place: Place = {},
  links: ReadonlyArray<object> = []
): Reply => {
  const [name, message] = names[status] ?? ["UNKNOWN_ERROR", "Something is wrong."]
  const description = issue?.toLowerCase().replaceAll("_", " ")
  const details = issue === undefined ? {} : { details: [{ ...place, issue, description }] }
  const id = debugId()
  const information = { href: `https://developer.paypal.com/api/rest/#error-${issue ?? name}`, rel: "information_link" }
  const body = { name, ...details, message, debug_id: id, links: [...links, information] }
  return json(status, body, issue === undefined ? name : `refused: ${issue}`, numbers, { "paypal-debug-id": id })
}

/** The answer to a refusal. */
export const refused = (refusal: Refusal, numbers: ReadonlyArray<string>): Reply =>
  error(statusOf(refusal.issue), numbers, refusal.issue, refusal.place, refusal.links)

/** The token endpoint's error and that of a bad token, in OAuth's form (RFC 6749 §5.2, RFC 6750 §3). */
export const oauth = (status: number, code: string, description: string, headers: Record<string, string> = {}): Reply =>
  json(status, { error: code, error_description: description }, `refused: ${code}`, [], headers)
