import { Either } from "effect"
import { type Refusal, refuse } from "./Refusal.ts"

/** What a caller asks of a route: a path below its prefix, empty or beginning with `/`, and a query, empty or beginning with `?`. */
export interface Asked {
  readonly route: string
  readonly path: string
  readonly query: string
}

export const prefix = "/proxy/"

const refused = (detail: string): Either.Either<never, Refusal> => Either.left(refuse("PATH_REFUSED", detail))

/** Names, digits and slashes that mean the same to everybody. */
const plain = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\/?$/
const visible = /^[\x21-\x7e]*$/
const escapes = /%([0-9A-Fa-f]{2})/g

const decodedOnce = (text: string): string =>
  text.replace(escapes, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** `..`, also as `..;x`, which some servers take for it. */
const climbs = (path: string): boolean => path.split("/").some((segment) => /^\.\.?(?:;|$)/.test(segment))

const isOdd = (path: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\\\x00-\x1f\x7f]/.test(path) || climbs(path)

/** However often somebody decodes it: each time it gets shorter, or stays as it is. */
const isOddDecoded = (path: string): boolean => {
  const once = decodedOnce(path)
  return once.length < path.length && (isOdd(once) || isOddDecoded(once))
}

const checked = (path: string): Either.Either<string, Refusal> => {
  if (plain.test(path)) return Either.right(path)
  if (path.includes("//")) return refused("The path has an empty segment.")
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return refused("In the path, % is not followed by two hexadecimal digits.")
  return isOdd(path) || isOddDecoded(path)
    ? refused("The path has a dot segment, a backslash or a control character, plain or encoded.")
    : Either.right(path)
}

/** Reads a request's target below `/proxy/`; what could be read in two ways is refused. */
export const read = (target: string): Either.Either<Asked, Refusal> => {
  if (!visible.test(target) || target.includes("#") || target.includes("\\"))
    return refused("A target has visible ASCII characters without # and \\: encode the others.")
  const mark = target.indexOf("?")
  const whole = mark < 0 ? target : target.slice(0, mark)
  const end = whole.indexOf("/", prefix.length)
  const route = end < 0 ? whole.slice(prefix.length) : whole.slice(prefix.length, end)
  return Either.map(checked(end < 0 ? "" : whole.slice(end)), (path) => ({
    route,
    path,
    query: mark < 0 ? "" : target.slice(mark)
  }))
}

/** The path with what needs no encoding decoded (RFC 3986 §6.2.2.2): by this one it is compared. */
export const canonical = (path: string): string =>
  path.includes("%")
    ? path.replace(escapes, (all, hex: string) => {
        const letter = String.fromCharCode(Number.parseInt(hex, 16))
        return /[A-Za-z0-9._~-]/.test(letter) ? letter : all
      })
    : path
