import type { Headers } from "./Headers.ts"

/** What belongs to one connection (RFC 9110 §7.6.1), and what the proxy writes itself. */
const ofRequests: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
  "host",
  "content-length"
])

const ofAnswers: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authentication-info",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade"
])

/** What only ever describes the message that it came with: it is no trailer (RFC 9110 §6.5.1). */
const neverTrailers: ReadonlySet<string> = new Set([
  ...ofRequests,
  "authorization",
  "cache-control",
  "content-encoding",
  "content-range",
  "content-type",
  "set-cookie",
  "www-authenticate"
])

const listed = (value: string): ReadonlyArray<string> => value.split(",").map((name) => name.trim().toLowerCase())

/** The lines that go on; those that a `Connection` line names go no further, wherever it stands. */
const passing = (raw: Headers, own: ReadonlySet<string>): ReadonlyArray<string> => {
  const left: Array<string> = []
  let named: Array<string> | undefined
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ""
    const lower = name.toLowerCase()
    const value = raw[at + 1] ?? ""
    if (!own.has(lower)) left.push(name, value)
    else if (lower === "connection" && !/^(?:keep-alive|close)$/i.test(value)) {
      named ??= []
      named.push(...listed(value))
    }
  }
  if (named === undefined) return left
  const names = named
  return left.filter((_, at) => !names.includes((left[at - (at % 2)] ?? "").toLowerCase()))
}

/** Cookies that came in several lines, in one (RFC 6265 §5.4). */
const oneCookie = (headers: ReadonlyArray<string>): ReadonlyArray<string> => {
  const cookies = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === "cookie")
  if (cookies.length < 2) return headers
  const others = headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== "cookie")
  return [...others, "cookie", cookies.join("; ")]
}

/** A request's header lines that go on to the upstream. */
export const request = (raw: Headers): ReadonlyArray<string> => oneCookie(passing(raw, ofRequests))

/** An answer's header lines that go on to the caller. */
export const answer = (raw: Headers): ReadonlyArray<string> => passing(raw, ofAnswers)

/** An answer's trailer lines that go on to the caller. */
export const trailers = (raw: Headers): ReadonlyArray<string> => passing(raw, neverTrailers)
