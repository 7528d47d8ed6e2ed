import { isIP } from "node:net"
import { Pattern, Route } from "@payment-proxy/proxy"
import { Either, ParseResult, Redacted, Schema } from "effect"
import { OperatorsEntry } from "./OperatorsEntry.ts"
import { ReconcileEntry } from "./ReconcileEntry.ts"
import { VendorEntry } from "./VendorEntry.ts"

/** A setting that may be left out, but is not null or undefined: a fault of it is told once, in its own words. */
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** An address as a route's target, without a slash at its end; a left says why it is none. */
export const targetOf = (text: string): Either.Either<string, string> => {
  if (!URL.canParse(text)) return Either.left("This is not an http or https address.")
  const { protocol, origin, pathname, search, hash, username, password } = new URL(text)
  if (!/^https?:$/.test(protocol)) return Either.left("This is not an http or https address.")
  return search + hash + username + password !== "" || /[?#]/.test(text)
    ? Either.left("A target is scheme, host, port and path alone: leave out user, query and fragment.")
    : Either.right(`${origin}${pathname.replace(/\/+$/, "")}`)
}

const said = <A>(read: (text: string) => Either.Either<A, string>, to: Schema.Schema<A>) =>
  Schema.transformOrFail(Schema.String, to, {
    strict: true,
    decode: (text, _, ast) => Either.mapLeft(read(text), (detail) => new ParseResult.Type(ast, text, detail)),
    encode: (value, _, ast) => ParseResult.fail(new ParseResult.Forbidden(ast, value))
  })

const CallPattern = said(Pattern.parse, Schema.Struct({ method: Schema.String, segments: Schema.Array(Schema.String) }))

const filterForm = "A filter is its name, or a map of one name to its options."

const isFilter = (value: unknown): boolean =>
  typeof value === "string"
    ? value !== ""
    : typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 1

/** A filter of a route: its name, and its options, which may hold secrets. */
const FilterEntry = Schema.transform(
  Schema.Unknown.pipe(Schema.filter((value) => (isFilter(value) ? undefined : filterForm))),
  Schema.Struct({ name: Schema.NonEmptyString, options: Schema.RedactedFromSelf(Schema.Unknown) }),
  {
    strict: true,
    decode: (value) => {
      const [[name, options] = ["", null]] = typeof value === "string" ? [[value, null]] : Object.entries(Object(value))
      return { name, options: Redacted.make<unknown>(options ?? {}) }
    },
    encode: ({ name }) => name
  }
)
export type FilterEntry = typeof FilterEntry.Type

const within = (least: number, most: number, usual: number) =>
  Schema.optionalWith(Schema.Int.pipe(Schema.between(least, most)), { exact: true, default: () => usual })

const { limits, maxBodyBytes, maxConnections, maxInFlight } = Route.defaults

const Limits = Schema.Struct({
  connectMillis: within(10, 60_000, limits.connectMillis),
  headMillis: within(10, 600_000, limits.headMillis),
  idleMillis: within(10, 3_600_000, limits.idleMillis),
  totalMillis: within(10, 86_400_000, limits.totalMillis)
})

/** A route of the file: one vendor's API under `/proxy/<id>/`. */
export const RouteEntry = Schema.Struct({
  vendor: Schema.String,
  /** The vendor's baseUrl unless given. */
  target: optional(said(targetOf, Schema.String)),
  /** Who may call: apps, which prove themselves with their key, or anyone. */
  callers: Schema.optionalWith(
    Schema.Literal("apps", "anyone").annotations({
      message: () => ({
        message: "Callers are apps, which prove themselves with their key, or anyone.",
        override: true
      })
    }),
    { exact: true, default: () => "apps" as const }
  ),
  allow: Schema.optionalWith(Schema.Array(CallPattern), { exact: true, default: () => [] }),
  limits: Schema.optionalWith(Limits, { exact: true, default: () => limits }),
  maxBodyBytes: within(0, 2 ** 40, maxBodyBytes),
  maxConnections: within(1, 10_000, maxConnections),
  maxInFlight: within(1, 100_000, maxInFlight),
  /** Outermost first. */
  filters: Schema.optionalWith(Schema.Array(FilterEntry), { exact: true, default: () => [] })
})
export type RouteEntry = typeof RouteEntry.Type

const isRange = (text: string): boolean => {
  const [, address = "", length] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIP(address)
  return family !== 0 && Number(length ?? 0) <= (family === 4 ? 32 : 128)
}

const AddressRange = Schema.String.pipe(
  Schema.filter(isRange, { message: () => "This is neither an IP address nor a range such as 10.0.0.0/8." })
)

/** The configuration file: vendors and routes by name, what operators may do alone, and whose word about a caller's address is believed. */
export const File = Schema.Struct({
  trustedProxies: Schema.optionalWith(Schema.Array(AddressRange), { exact: true, default: () => [] }),
  vendors: Schema.Record({ key: Schema.String, value: VendorEntry }),
  routes: Schema.optionalWith(Schema.Record({ key: Schema.String, value: RouteEntry }), {
    exact: true,
    default: () => ({})
  }),
  reconcile: ReconcileEntry,
  operators: OperatorsEntry
})
export type File = typeof File.Type
