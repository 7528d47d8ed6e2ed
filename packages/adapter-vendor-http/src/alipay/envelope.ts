import { StrictJson } from "@payment-proxy/domain"
import { Either } from "effect"
import type { Keys } from "./keys.ts"
import * as Signing from "./signing.ts"

/** What an answer of the gateway holds. Unsigned, it is good for an error of the gateway alone. */
export interface Envelope {
  readonly body: object
  readonly isSigned: boolean
}

/** A member that is a text with something in it. */
export const textOf = (json: object, name: string): string | undefined => {
  const value: unknown = Object.getOwnPropertyDescriptor(json, name)?.value
  return typeof value === "string" && value !== "" ? value : undefined
}

/** The index of the quote that ends the string that begins at `start`, in a text that is JSON. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1
  return at
}

/** The object that is the member `name` of a JSON object, byte for byte as it was written; null where there is none. */
export const rawOf = (text: string, name: string): string | null => {
  const written = JSON.stringify(name)
  let depth = 0
  let start = -1
  let isNext = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"') {
      const end = endOfString(text, at)
      if (depth === 1 && start < 0) isNext = text.slice(at, end + 1) === written
      at = end
    } else if (sign === "{" || sign === "[") {
      depth += 1
      if (depth === 2 && isNext && sign === "{") start = at
    } else if (sign === "}" || sign === "]") {
      depth -= 1
      if (depth === 1 && start >= 0) return text.slice(start, at + 1)
    } else if (sign === "," && depth === 1) isNext = false
  }
  return null
}

const isObject = (json: unknown): json is object => typeof json === "object" && json !== null && !Array.isArray(json)

const isVerified = (raw: string, sign: string, keys: Keys): boolean =>
  Signing.verify(raw, sign, keys) ||
  // Some of Alipay's senders sign before slashes are escaped (vendors' reference §2c).
  (raw.includes("\\/") && Signing.verify(raw.replaceAll("\\/", "/"), sign, keys))

const doubtOf = (json: object, raw: string, keys: Keys, nowMillis: number): string | null => {
  const sn = textOf(json, "alipay_cert_sn")
  if (keys.numbers !== null && sn !== undefined && sn !== keys.numbers.alipaySn)
    return "The answer is signed with another certificate of Alipay: fetch the new one from the open platform."
  if (!Signing.holds(keys, nowMillis)) return "Alipay's certificate does not hold now: fetch the new one."
  return isVerified(raw, textOf(json, "sign") ?? "", keys) ? null : "The answer's signature is not Alipay's."
}

/** The answer to a call of `method`, its signature verified over the text as it came (vendors' reference §2c); a left says why it is in doubt. */
export const open = (text: string, method: string, keys: Keys, nowMillis: number): Either.Either<Envelope, string> => {
  const json = Either.getOrUndefined(StrictJson.parse(text))
  if (!isObject(json)) return Either.left("The answer is not a JSON object.")
  const names = [`${method.replaceAll(".", "_")}_response`, "error_response"].filter((name) =>
    Object.hasOwn(json, name)
  )
  const [name = ""] = names
  const body: unknown = Object.getOwnPropertyDescriptor(json, name)?.value
  const raw = rawOf(text, name)
  if (names.length !== 1 || !isObject(body) || raw === null) return Either.left("The answer holds no response.")
  const code = textOf(body, "code")
  if (code === undefined) return Either.left("The answer has no code.")
  if (textOf(json, "sign") === undefined)
    return code === "10000" ? Either.left("The answer is not signed.") : Either.right({ body, isSigned: false })
  const doubt = doubtOf(json, raw, keys, nowMillis)
  return doubt === null ? Either.right({ body, isSigned: true }) : Either.left(doubt)
}
