import type { IncomingMessage } from "node:http"
import { type Refusal, refuse } from "./Refusal.ts"

/** How many header lines a request has at most. */
export const maxHeaders = 100

/** Headers of which a second one could mean another request to whoever stands before or behind us. */
const single: ReadonlySet<string> = new Set([
  "host",
  "authorization",
  "idempotency-key",
  "content-type",
  "content-length",
  "transfer-encoding",
  "content-encoding"
])

/** RFC 3986 §3.2.2, with a port. */
const host = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/

/** Whoever reads the connection in another way sees another request next: none is taken from it. */
const isLast = ["connection", "close"]
const malformed = (detail: string): Refusal => refuse("REQUEST_MALFORMED", detail, isLast)

const oneLine = (name: string, value: string, httpVersion: string): Refusal | null => {
  if (name === "host" && !host.test(value)) return malformed("Send a Host header that is a host (RFC 9112 §3.2).")
  if (name !== "transfer-encoding") return null
  return httpVersion === "1.1" && value.toLowerCase() === "chunked"
    ? null
    : malformed("A body comes chunked or with its length, by HTTP/1.1 (RFC 9112 §6.1).")
}

const lines = (rawHeaders: ReadonlyArray<string>, httpVersion: string): Refusal | null => {
  const seen: Array<string> = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase()
    if (single.has(name)) {
      if (seen.includes(name)) return refuse("HEADER_REPEATED", `Send the header ${name} once.`, isLast)
      seen.push(name)
    }
    const wrong = oneLine(name, rawHeaders[at + 1] ?? "", httpVersion)
    if (wrong !== null) return wrong
  }
  return null
}

/**
 * What Node's parser lets through and could be read in another way elsewhere, as a refusal: nothing of such a request is
 * read, authenticated or passed on. Takes a time linear in the headers.
 */
export const refusalOf = ({ rawHeaders, url = "", method, httpVersion }: IncomingMessage): Refusal | null => {
  if (rawHeaders.length / 2 > maxHeaders)
    return refuse("HEADERS_TOO_LARGE", `A request has at most ${maxHeaders} headers.`, isLast)
  if (httpVersion !== "1.1" && httpVersion !== "1.0") return malformed("Speak HTTP/1.1 (RFC 9112).")
  const wrong = lines(rawHeaders, httpVersion)
  if (wrong !== null) return wrong
  if (method === "TRACE" || method === "CONNECT")
    return refuse("METHOD_NOT_ALLOWED", `${method} is not taken here.`, [
      "allow",
      "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
    ])
  return url.startsWith("/") ? null : malformed("Ask for a path, like GET /v1/orders: no whole address, no *.")
}
