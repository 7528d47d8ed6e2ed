import type { Payment } from "@payment-proxy/domain"
import type { Operation, Recognised } from "@payment-proxy/ports"
import { Either } from "effect"
import type { MappedConfig } from "./config.ts"
import { isKeepable } from "./evidence.ts"

/** What a placeholder stands for: the number that the vendor was given, or its own. */
const placeholders = { "{payOrderNo}": "merchantOrderNo", "{transactionNo}": "transactionNo" } as const
type By = (typeof placeholders)[keyof typeof placeholders]

const byOf = (text: string): By | undefined =>
  Object.hasOwn(placeholders, text) ? placeholders[text as keyof typeof placeholders] : undefined

/** One call of a mapping: a method, a path by segments, and the parameters that its query must have. */
export interface Template {
  readonly operation: Operation
  readonly method: string
  /** As the configuration writes it, without its query. */
  readonly path: string
  readonly segments: ReadonlyArray<string>
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>
  /** Where the configuration has it. */
  readonly at: string
  /** What each segment stands for; undefined for a literal one. */
  readonly kinds: ReadonlyArray<By | undefined>
  /** The segments that are not empty, for generous readers; null for one that stands for a number. */
  readonly folded: ReadonlyArray<string | null>
  /** A literal segment beats a placeholder: less comes first. */
  readonly rank: string
}

/** Case, in whichever script, makes no difference. */
const folded = (text: string): string => text.toLowerCase().toUpperCase()

const templateOf = (operation: Operation, method: string, written: string, at: string): Template => {
  const [path = "", query = ""] = written.split("?", 2)
  const parameters = query.split("&").filter((pair) => pair !== "")
  const segments = path.split("/").slice(1)
  const full = segments.filter((segment) => segment !== "")
  return {
    operation,
    method,
    path,
    segments,
    kinds: segments.map(byOf),
    folded: full.map((segment) => (byOf(segment) === undefined ? folded(segment) : null)),
    rank: full.map((segment) => (byOf(segment) === undefined ? "0" : "1")).join(""),
    parameters: parameters.map((pair) => {
      const [name = "", ...value] = pair.split("=")
      return [name, value.join("=")] as const
    }),
    at
  }
}

/** Every call that a mapping names. */
export const templatesOf = ({
  create,
  query,
  close
}: MappedConfig): readonly [create: Template, ...others: ReadonlyArray<Template>] => [
  templateOf("create", create.method, create.path, "/create/path"),
  templateOf("query", "GET", query.path, "/query/path"),
  ...query.also.map((path, index) => templateOf("query", "GET", path, `/query/also/${index}`)),
  templateOf("close", close.method, close.path, "/close/path"),
  ...close.also.map((path, index) => templateOf("close", close.method, path, `/close/also/${index}`))
]

/** The numbers that a template has room for, and whether each fills a segment or a value whole. */
export const numbersOf = ({ segments, parameters }: Template) => {
  const texts = [...segments, ...parameters.map(([, value]) => value)].filter((text) => text.includes("{"))
  return {
    kinds: new Set(texts.flatMap((text) => byOf(text) ?? [])),
    isWhole: texts.every((text) => byOf(text) !== undefined) && parameters.every(([name]) => !name.includes("{"))
  }
}

/** A path with its query as it is called for an order; of several, the first whose number is known. */
export const filled = (paths: ReadonlyArray<string>, payment: Payment.Payment): string => {
  const isKnown = (path: string) => payment.transactionNo !== null || !path.includes("{transactionNo}")
  return (paths.find(isKnown) ?? paths[0] ?? "")
    .replaceAll("{payOrderNo}", encodeURIComponent(payment.merchantOrderNo))
    .replaceAll("{transactionNo}", encodeURIComponent(payment.transactionNo ?? payment.merchantOrderNo))
}

const decodedAscii = (text: string): string =>
  text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

/** The segments that are left of a path for a server that is generous about slashes, dots, case and `;parameters`. */
const foldedSegments = (segments: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left: Array<string> = []
  for (const segment of segments) {
    const plain = decodedAscii(segment).replace(/;.*$/, "")
    if (plain === "..") left.pop()
    else if (plain !== "" && plain !== ".") left.push(folded(plain))
  }
  return left
}

/** What servers may take a path for: encoded slashes within a segment, or between two. */
const foldings = (path: string): ReadonlyArray<ReadonlyArray<string>> => {
  const within = foldedSegments(path.split(/[/\\]/))
  return path.includes("%") ? [within, foldedSegments(decodedAscii(path).split(/[/\\]/))] : [within]
}

const isExact = ({ segments: expected, kinds }: Template, segments: ReadonlyArray<string>): boolean =>
  segments.length === expected.length &&
  expected.every((text, at) => (kinds[at] === undefined ? segments[at] === text : segments[at] !== ""))

const isFolded = ({ folded: expected }: Template, segments: ReadonlyArray<string>): boolean =>
  segments.length === expected.length && expected.every((text, at) => text === null || segments[at] === text)

const decoded = (text: string): Either.Either<string, string> =>
  Either.try({ try: () => decodeURIComponent(text), catch: () => "A percent-encoding of its number is none." })

const pairsOf = (query: string, separator: RegExp) =>
  query
    .split(separator)
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [written = "", ...value] = pair.split("=")
      return { name: Either.getOrElse(decoded(written), () => written), value: value.join("=") }
    })

/** The values of a parameter; a left where two readers of the query could see different ones. */
const valuesOf = (query: string, name: string): Either.Either<ReadonlyArray<string>, string> => {
  const bare = (text: string) => folded(text.replace(/\[.*$/, ""))
  const [plain, split] = [pairsOf(query, /&/), pairsOf(query, /[&;]/)].map((pairs) =>
    pairs.filter((pair) => bare(pair.name) === bare(name))
  )
  const values = (plain ?? []).map(({ value }) => value)
  if (values.join("&") !== (split ?? []).map(({ value }) => value).join("&"))
    return Either.left(`A ; makes it unclear what ${name} is: encode it as %3B.`)
  if ((plain ?? []).some((pair) => pair.name !== name))
    return Either.left(`A parameter could be taken for ${name}: write it so, by the byte.`)
  return values.length > 1 ? Either.left(`The parameter ${name} is there twice: say it once.`) : Either.right(values)
}

const numberOf = (text: string): Either.Either<string, string> =>
  Either.filterOrLeft(
    decoded(text),
    (no) => no !== "" && isKeepable(no) && !/\p{Cc}/u.test(no),
    () => "It names no order: a number is text of 1 to 256 characters."
  )

type Meaning = Either.Either<Recognised | null, string>

/** What the query says of the numbers; null where it lacks a parameter of the template. */
const inQuery = (
  { parameters }: Template,
  query: string
): Either.Either<ReadonlyArray<readonly [By, string]> | null, string> => {
  const found: Array<readonly [By, string]> = []
  for (const [name, expected] of parameters) {
    const values = valuesOf(query, name)
    if (Either.isLeft(values)) return Either.left(values.left)
    const [value] = values.right
    const by = byOf(expected)
    if (value === undefined || (by === undefined && value !== expected)) return Either.right(null)
    if (by === undefined) continue
    if (value.includes("+")) return Either.left(`A + in ${name} is read in two ways: write %2B or %20.`)
    const no = numberOf(value)
    if (Either.isLeft(no)) return Either.left(no.left)
    found.push([by, no.right])
  }
  return Either.right(found)
}

/** What the path says of the numbers. */
const inPath = (
  { kinds }: Template,
  segments: ReadonlyArray<string>
): Either.Either<ReadonlyArray<readonly [By, string]>, string> =>
  Either.all(
    kinds.flatMap((by, at) =>
      by === undefined ? [] : [Either.map(numberOf(segments[at] ?? ""), (no) => [by, no] as const)]
    )
  )

/** The one order that all numbers name. */
const aboutOne = (operation: "query" | "close", found: ReadonlyArray<readonly [By, string]>): Meaning => {
  const [first] = found
  if (first === undefined) return Either.left("It names no order.")
  return found.every(([by, no]) => by === first[0] && no === first[1])
    ? Either.right({ operation, by: first[0], no: first[1] })
    : Either.left("It names two orders: one call is about one.")
}

const isCreate: Meaning = Either.right({ operation: "create" })

const meaningOf = (template: Template, segments: ReadonlyArray<string>, query: string): Meaning =>
  Either.flatMap(inQuery(template, query), (asked): Meaning => {
    if (asked === null) return Either.right(null)
    const { operation } = template
    return Either.flatMap(inPath(template, segments), (called) =>
      operation === "create" ? isCreate : aboutOne(operation, [...asked, ...called])
    )
  })

const isSame = (one: Recognised, other: Recognised): boolean =>
  one.operation === other.operation &&
  (one.operation === "create" || other.operation === "create" || (one.by === other.by && one.no === other.no))

/** What the templates whose path is called make of it: one meaning, or a left. */
const settled = (templates: ReadonlyArray<Template>, segments: ReadonlyArray<string>, query: string): Meaning =>
  Either.flatMap(Either.all(templates.map((template) => meaningOf(template, segments, query))), (all) => {
    const [first, ...others] = all.filter((meaning) => meaning !== null)
    if (first === undefined) {
      const lacking = templates.flatMap(({ parameters }) => parameters.map(([name]) => name))
      return Either.left(`It does not say what it is about: the query needs ${[...new Set(lacking)].join(" or ")}.`)
    }
    return others.every((other) => isSame(first, other))
      ? Either.right(first)
      : Either.left("It can be read as two calls: say one thing.")
  })

/**
 * What a call means: compared by the byte, HEAD as GET; null where no template is meant. A left where a server may take it
 * for a mapped one that it is not by the byte, or where it does not say one order.
 */
export const recognise = (templates: ReadonlyArray<Template>, method: string, path: string, query: string): Meaning => {
  const asked = method === "HEAD" ? "GET" : method
  const segments = path.split("/").slice(1)
  const generous = foldings(path)
  const meant = templates.filter(
    (template) =>
      template.method === asked &&
      (isExact(template, segments) || generous.some((reading) => isFolded(template, reading)))
  )
  const [best] = meant.map(({ rank }) => rank).sort()
  const closest = meant.filter(({ rank }) => rank === best)
  const exact = closest.filter((template) => isExact(template, segments))
  const [nearest] = closest
  if (nearest === undefined) return Either.right(null)
  return exact.length === 0
    ? Either.left(`It could be taken for ${nearest.method} ${nearest.path}: write it so, by the byte.`)
    : settled(exact, segments, query.replace(/^\?/, ""))
}

/** The number in a create's own path, where the mapping has it there. */
export const numberInPath = (template: Template, path: string): string | undefined => {
  const at = template.kinds.indexOf("merchantOrderNo")
  return at < 0 ? undefined : Either.getOrUndefined(decoded(path.split("/")[at + 1] ?? ""))
}
