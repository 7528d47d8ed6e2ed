import type { IncomingMessage } from "node:http"
import { HttpServerResponse } from "@effect/platform"

/** What a cookie is for. */
export interface Kind {
  readonly name: string
  readonly sameSite: "Strict" | "Lax"
  /** Without one it is there until the browser ends. */
  readonly seconds: number | null
}

/** Opens a session. */
export const session: Kind = { name: "payment-proxy-operator", sameSite: "Strict", seconds: null }

/** Is there while somebody is at the company's provider, from which he comes back by a link of another site. */
export const oidc: Kind = { name: "payment-proxy-oidc", sameSite: "Lax", seconds: 600 }

/** Where browsers come by https, a name that no other host and no plain http can set: it is of all paths (RFC 6265bis §4.1.3). */
const nameOf = ({ name }: Kind, isSecure: boolean): string => (isSecure ? `__Host-${name}` : name)

/** The value of a cookie; null where there is none, or, so that no other's is taken for ours, where there are two. */
export const read = (request: IncomingMessage, kind: Kind, isSecure: boolean): string | null => {
  const name = nameOf(kind, isSecure)
  const values = (request.headers.cookie ?? "").split(";").flatMap((pair) => {
    const at = pair.indexOf("=")
    return at > 0 && pair.slice(0, at).trim() === name ? [pair.slice(at + 1).trim()] : []
  })
  const [value] = values
  return values.length === 1 && value !== undefined && /^[\w.~+/=-]{1,4096}$/.test(value) ? value : null
}

/** An answer that sets a cookie, for scripts not to read. */
export const set = (
  answer: HttpServerResponse.HttpServerResponse,
  kind: Kind,
  value: string,
  isSecure: boolean
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.unsafeSetCookie(answer, nameOf(kind, isSecure), value, {
    path: "/",
    httpOnly: true,
    sameSite: kind.sameSite === "Strict" ? "strict" : "lax",
    secure: isSecure,
    ...(kind.seconds === null ? {} : { maxAge: kind.seconds * 1000 })
  })

/** An answer that takes a cookie away. */
export const clear = (answer: HttpServerResponse.HttpServerResponse, kind: Kind, isSecure: boolean) =>
  set(answer, { ...kind, seconds: 0 }, "", isSecure)
