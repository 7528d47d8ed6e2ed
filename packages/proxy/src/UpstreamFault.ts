import { all, type Headers } from "./Headers.ts"
import { Broken, broken, type Refusal, refuse } from "./Refusal.ts"
import { BodyFault } from "./RequestBody.ts"

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown"

const tls =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_|EPROTO)/

/** Why a call failed of which nothing was written. */
export const beforeStart = (error: unknown): Refusal => {
  if (error instanceof BodyFault) return error.refusal
  const code = codeOf(error)
  if (tls.test(code)) return refuse("UPSTREAM_TLS", `Nothing was sent: its certificate is refused (${code}).`)
  if (code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT")
    return refuse("UPSTREAM_CONNECT_TIMEOUT", "Nothing was sent: no connection in time.")
  if (code === "UND_ERR_INVALID_ARG" || code === "UND_ERR_NOT_SUPPORTED")
    return refuse("REQUEST_MALFORMED", "The request cannot be passed on as it is.")
  return refuse("UPSTREAM_UNREACHABLE", `Nothing was sent: no connection (${code}).`)
}

/** What undici gives up an answer for as none: its parser's errors have names, not all of them codes. */
const isUnread = (error: unknown, code: string): boolean =>
  code.startsWith("HPE_") ||
  code === "ERR_ASSERTION" ||
  code === "UND_ERR_HEADERS_OVERFLOW" ||
  code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" ||
  (error instanceof Error && (error.name === "HTTPParserError" || /^bad (?:response|upgrade)$/.test(error.message)))

/** Why a call failed of which something may have arrived. */
export const afterStart = (error: unknown): Broken => {
  if (error instanceof BodyFault) return new Broken({ problem: error.refusal.problem, headers: [] })
  const code = codeOf(error)
  return isUnread(error, code)
    ? broken("UPSTREAM_MALFORMED", `The upstream's answer could not be read (${code}).`)
    : broken("UPSTREAM_RESET", `The connection broke before the answer was whole (${code}).`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no line may have.
const unsound = /[\x00-\x08\x0a-\x1f\x7f]/

/**
 * Whether an answer's lines can be written again, and its body is what a reader of plain chunks or of a length takes for it:
 * with any other coding it would be the coding that the caller gets (RFC 9112 §6.1).
 */
export const areSound = (headers: Headers): boolean => {
  const codings = all(headers, "transfer-encoding")
  const isPlain = codings.length === 0 || (codings.length === 1 && codings[0]?.toLowerCase() === "chunked")
  return isPlain && headers.every((part) => !unsound.test(part))
}
