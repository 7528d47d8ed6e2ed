import { isIP } from "node:net"
import { Either } from "effect"
import * as Addresses from "./Addresses.ts"

/** Where a delivery goes. */
export interface Target {
  readonly origin: string
  readonly path: string
}

/** What an endpoint's URL may be. */
export interface Rules {
  /** `http:` too: for development. */
  readonly allowHttp: boolean
  /** Private, loopback and reserved addresses, `localhost` and names without a dot too. */
  readonly allowPrivate: boolean
  /** Other ports than 443 and 8443, too: for development. */
  readonly allowAnyPort: boolean
}

const maxLength = 2048

/** As the parser shows them: 443 is https' own. */
const ports: ReadonlySet<string> = new Set(["", "8443"])

const judgeHost = (hostname: string): string | null => {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1")
  if (isIP(literal) !== 0)
    return Addresses.isPublic(literal) ? null : "The endpoint's address is private or reserved: use a public one."
  return /^[^.]+(?:\.[^.]+)+$/.test(hostname) && !hostname.endsWith(".localhost")
    ? null
    : "The endpoint's host is local: use its full public name."
}

const judge = (text: string, url: URL, rules: Rules): string | null => {
  if (url.protocol !== "https:" && !(rules.allowHttp && url.protocol === "http:"))
    return "The endpoint's URL is not https."
  if (url.username !== "" || url.password !== "" || /^[^/]*\/\/[^/?#]*@/.test(text))
    return "The endpoint's URL holds a user or password: take it out."
  if (text.includes("#")) return "The endpoint's URL has a fragment: take it out."
  if (!(rules.allowAnyPort || ports.has(url.port))) return "The endpoint's port is not 443 or 8443."
  return rules.allowPrivate ? null : judgeHost(url.hostname)
}

/** The endpoint's URL by the WHATWG parser, judged by its result; or what is wrong with it, in words that show none of it. */
export const parse = (text: string, rules: Rules): Either.Either<Target, string> => {
  if (text.length > maxLength) return Either.left(`The endpoint's URL is longer than ${maxLength} characters.`)
  const url = /^[\x21-\x5b\x5d-\x7e\u0080-\uffff]+$/.test(text) ? URL.parse(text) : null
  if (url === null) return Either.left("The endpoint's URL is not an absolute URL.")
  const fault = judge(text, url, rules)
  return fault === null ? Either.right({ origin: url.origin, path: url.pathname + url.search }) : Either.left(fault)
}
