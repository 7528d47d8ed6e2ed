import type { IncomingMessage } from "node:http"
import { Effect } from "effect"
import { type Refused, refuse } from "./Problems.ts"
import { maxHeaders } from "./Server.ts"

/** Headers of which a second one could mean another request to whoever stands before or behind us. */
const single: ReadonlySet<string> = new Set([
  "host",
  "authorization",
  "idempotency-key",
  "content-type",
  "content-length",
  "content-encoding"
])

/** A header that is there more than once although it must not be. */
const repeated = (rawHeaders: ReadonlyArray<string>): string | undefined => {
  const seen: Array<string> = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? ""
    if (!single.has(name)) continue
    if (seen.includes(name)) return name
    seen.push(name)
  }
  return undefined
}

/** What Node's parser lets through and we do not: it is refused before anything is read or authenticated. */
export const check = ({ rawHeaders, url = "", httpVersionMajor }: IncomingMessage): Effect.Effect<void, Refused> => {
  if (rawHeaders.length / 2 > maxHeaders)
    return refuse("HEADERS_TOO_LARGE", `A request has at most ${maxHeaders} headers.`)
  const twice = repeated(rawHeaders)
  if (twice !== undefined) return refuse("HEADER_REPEATED", `Send the header ${twice} once.`)
  if (httpVersionMajor !== 1) return refuse("REQUEST_MALFORMED", "Speak HTTP/1.1 (RFC 9112).")
  return url.startsWith("/")
    ? Effect.void
    : refuse("REQUEST_MALFORMED", "Ask for a path, like GET /v1/orders: no whole address, no *.")
}
