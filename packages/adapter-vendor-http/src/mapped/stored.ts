import type { ProxiedCall } from "@payment-proxy/ports"
import { Either, Schema } from "effect"

/**
 * A create as it is stored and sent: all of it but the access token. Headers by name, or, where a caller wrote them, names
 * and values by turns; POST unless it says otherwise.
 */
export const Stored = Schema.Struct({
  path: Schema.String,
  method: Schema.optionalWith(Schema.Literal("POST", "PUT"), { exact: true }),
  headers: Schema.Union(Schema.Record({ key: Schema.String, value: Schema.String }), Schema.Array(Schema.String)),
  body: Schema.String
})
export type Stored = typeof Stored.Type
const isStored = Schema.is(Stored)

/** Reads a stored create; a left where it is none. */
export const read = (text: string): Either.Either<Stored, unknown> =>
  Either.flatMap(
    Either.try((): unknown => JSON.parse(text)),
    (json) => (isStored(json) ? Either.right(json) : Either.left("not a stored create"))
  )

/** What is not kept of a caller's headers: proofs, what belongs to one connection or one call, and what we write ourselves. */
const left = new Set([
  "authorization",
  "cookie",
  "proxy-authorization",
  "proxy-authenticate",
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
  "host",
  "content-length",
  "accept-encoding",
  "user-agent",
  "date",
  "via",
  "forwarded",
  "x-real-ip",
  "traceparent",
  "tracestate"
])

const isKept = (name: string): boolean => !left.has(name) && !name.startsWith("x-forwarded-")

const text = new TextDecoder("utf-8", { ignoreBOM: true })

/** A caller's create as it is stored: its path with its query, its body, and of its headers what a later call may repeat. */
export const ofCall = ({ method, path, query, headers, body }: ProxiedCall): string => {
  const stored: Stored = {
    path: `${path}${query}`,
    ...(method === "PUT" ? { method } : {}),
    headers: headers.filter((_, at) => isKept((headers[at - (at % 2)] ?? "").toLowerCase())),
    body: text.decode(body)
  }
  return JSON.stringify(stored)
}
