import { Either } from "effect"

/** Which calls are meant: a method or `ANY`, and a path whose segments are plain, `*` (any one) or, last, `**` (any number). */
export interface Pattern {
  readonly method: string
  readonly segments: ReadonlyArray<string>
}

const methods = "ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
const form = new RegExp(`^(${methods}) (/\\S*)$`)

const segmentsOf = (path: string): ReadonlyArray<string> => path.split("/").slice(1)

/** Reads `GET /v1/statements/**`; a left says what is wrong with it. `{name}` stands for any one segment. */
export const parse = (text: string): Either.Either<Pattern, string> => {
  const [, method, path] = form.exec(text) ?? []
  if (method === undefined || path === undefined)
    return Either.left(`${JSON.stringify(text)} is not of the form "GET /path/*/**" or "ANY /**".`)
  const segments = segmentsOf(path).map((segment) => (/^\{\w+\}$/.test(segment) ? "*" : segment))
  const isMisplaced = segments.some(
    (segment, at) => segment.includes("**") && (segment !== "**" || at < segments.length - 1)
  )
  const isPartial = segments.some((segment) => segment !== "*" && segment !== "**" && /[*{}]/.test(segment))
  return isMisplaced || isPartial
    ? Either.left(`In ${JSON.stringify(text)}, * stands for one whole segment, and ** for the rest, at the end alone.`)
    : Either.right({ method, segments })
}

/** A segment that is one to everybody: an encoded slash is a slash to some. */
const isOne = (segment: string): boolean => segment !== "" && !/%2f/i.test(segment)

/** Whether a call is meant; `path` is canonical and compared by the byte. HEAD is a GET without its body. */
export const matches = ({ method, segments }: Pattern, asked: string, path: string): boolean => {
  if (method !== "ANY" && method !== asked && !(method === "GET" && asked === "HEAD")) return false
  const parts = segmentsOf(path)
  const isOpen = segments.at(-1) === "**"
  const fixed = isOpen ? segments.slice(0, -1) : segments
  if (isOpen ? parts.length < fixed.length : parts.length !== fixed.length) return false
  return fixed.every((segment, at) => (segment === "*" ? isOne(parts[at] ?? "") : segment === parts[at]))
}

const meet = (a: string | undefined, b: string | undefined): boolean =>
  a === "*" || b === "*" || (a ?? "").toLowerCase() === (b ?? "").toLowerCase()

const trimmed = (segments: ReadonlyArray<string>): ReadonlyArray<string> =>
  segments.length > 1 && segments.at(-1) === "" ? segments.slice(0, -1) : segments

/** Whether some call is meant by both; a vendor may take `/A/` for `/a`, so case and a last slash make no difference here. */
export const overlaps = (one: Pattern, other: Pattern): boolean => {
  const isMethod =
    one.method === other.method ||
    [one.method, other.method].includes("ANY") ||
    (["GET", "HEAD"].includes(one.method) && ["GET", "HEAD"].includes(other.method))
  if (!isMethod) return false
  const [a, b] = [trimmed(one.segments), trimmed(other.segments)]
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    if (a[at] === "**" || b[at] === "**") return true
    if (at >= a.length || at >= b.length || !meet(a[at], b[at])) return false
  }
  return true
}
