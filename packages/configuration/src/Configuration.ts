import { OAuthConfig } from "@payment-proxy/adapter-oauth"
import { MappedConfig } from "@payment-proxy/adapter-vendor-http"
import { Data, Effect, Either, Option, ParseResult, Schema } from "effect"
import { parseDocument } from "yaml"
import { CrashAt } from "./CrashAt.ts"
import type { Fault } from "./References.ts"
import { resolve } from "./References.ts"

/** A vendor of the file: how to speak to it, and the OAuth client that we are there. */
const VendorEntry = Schema.Struct({ ...MappedConfig.fields, oauth: OAuthConfig })

/** The configuration file: vendors by name. */
export const File = Schema.Struct({
  vendors: Schema.Record({
    key: Schema.String.pipe(
      Schema.pattern(/^[a-z0-9-]{1,64}$/, { message: () => "A vendor's name is 1 to 64 of a-z, 0-9 and -." })
    ),
    value: VendorEntry
  })
})
export type File = typeof File.Type

const retentionDays = "This is not a whole number of days from 1 to 36500."
const port = Schema.NumberFromString.pipe(Schema.int(), Schema.between(0, 65_535))
const switchedOn = Schema.transform(Schema.Literal("true", "false"), Schema.Boolean, {
  strict: true,
  decode: (text) => text === "true",
  encode: (isOn) => (isOn ? ("true" as const) : ("false" as const))
})

/** What the environment says; all of it has defaults. */
export const Environment = Schema.Struct({
  /** The configuration file. */
  PAYMENT_PROXY_CONFIG: Schema.optionalWith(Schema.NonEmptyString, { default: () => "payment-proxy.config.yaml" }),
  /** The folder of the embedded database and the key file. */
  PAYMENT_PROXY_DATA: Schema.optionalWith(Schema.NonEmptyString, { default: () => ".payment-proxy" }),
  /** The database of all gateways and workers, MySQL or MariaDB; without it, a file in the folder above. */
  DATABASE_URL: Schema.optionalWith(
    Schema.Redacted(
      Schema.String.pipe(
        Schema.pattern(/^mysql:\/\/[^\s/]+\/[^\s/?]+(\?[^\s]*)?$/, {
          message: () => "This is not of the form mysql://user:password@host:3306/database."
        })
      )
    ),
    { as: "Option", exact: true }
  ),
  PAYMENT_PROXY_HOST: Schema.optionalWith(Schema.NonEmptyString, { default: () => "127.0.0.1" }),
  PAYMENT_PROXY_PORT: Schema.optionalWith(port, { default: () => 4000 }),
  /** Where vendors reach us; notifications come to `<this>/notify/<vendor>`. */
  PAYMENT_PROXY_PUBLIC_URL: Schema.optionalWith(
    Schema.String.pipe(
      Schema.pattern(/^https?:\/\/[^\s/]+(\/[^\s]*)?$/, { message: () => "This is not an http or https address." })
    ),
    { default: () => "http://127.0.0.1:4000" }
  ),
  /** Allows plain http to webhooks of this machine; never in production. */
  PAYMENT_PROXY_DEVELOPMENT: Schema.optionalWith(switchedOn, { default: () => false }),
  /** Runs the loops over due work in the gateway's own process. */
  PAYMENT_PROXY_WORK: Schema.optionalWith(switchedOn, { default: () => true }),
  /** After so many days, what has ended moves out of the tables that are worked with; orders stay. */
  PAYMENT_PROXY_RETENTION_DAYS: Schema.optionalWith(
    Schema.NumberFromString.pipe(
      Schema.filter((days) => (Number.isInteger(days) && days >= 1 && days <= 36_500 ? undefined : retentionDays))
    ),
    { default: () => 90 }
  ),
  /** Fault experiments: the process kills itself there. Development only. */
  PAYMENT_PROXY_CRASH_AT: Schema.optionalWith(CrashAt, { as: "Option", exact: true })
})
export type Environment = typeof Environment.Type

/** All that is configured. */
export interface Configuration extends File {
  readonly environment: Environment
}

/** The configuration cannot be used; every fault is named, by place. Nothing was started. */
export class ConfigurationInvalid extends Data.TaggedError("ConfigurationInvalid")<{
  readonly source: string
  readonly faults: ReadonlyArray<Fault>
}> {
  override get message(): string {
    const lines = this.faults.map(({ at, detail }) => `  ${at === "" ? "/" : at}: ${detail}`)
    return `The configuration (${this.source}) has ${this.faults.length} fault(s):\n${lines.join("\n")}`
  }
}

/** What was found is left out of every message: it may be a secret. */
const withoutActual = (message: string): string => message.replace(/,? actual [\s\S]*$/, "")

const faultsOf = (error: ParseResult.ParseError): ReadonlyArray<Fault> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => ({
    at: `/${path.map(String).join("/")}`,
    detail: withoutActual(message)
  }))

const decodeAll = <A, I>(schema: Schema.Schema<A, I>, value: unknown): Either.Either<A, ReadonlyArray<Fault>> =>
  Either.mapLeft(Schema.decodeUnknownEither(schema, { errors: "all", onExcessProperty: "error" })(value), faultsOf)

const crashFaults = ({ PAYMENT_PROXY_CRASH_AT, PAYMENT_PROXY_DEVELOPMENT }: Environment): ReadonlyArray<Fault> =>
  Option.isSome(PAYMENT_PROXY_CRASH_AT) && !PAYMENT_PROXY_DEVELOPMENT
    ? [
        {
          at: "PAYMENT_PROXY_CRASH_AT",
          detail: "This is for fault experiments: it needs PAYMENT_PROXY_DEVELOPMENT=true."
        }
      ]
    : []

/** Every fault of the text, the environment it names and the shape at once; or what is configured. */
export const decode = (
  text: string,
  environment: { readonly [name: string]: string | undefined },
  source: string
): Either.Either<Configuration, ConfigurationInvalid> => {
  const ours = Object.fromEntries(Object.entries(environment).filter(([name]) => name in Environment.fields))
  const settings = Either.flatMap(decodeAll(Environment, ours), (decoded) => {
    const faults = crashFaults(decoded).map((fault) => ({ ...fault, at: `/${fault.at}` }))
    return faults.length === 0 ? Either.right(decoded) : Either.left(faults)
  })
  const document = parseDocument(text)
  if (document.errors.length > 0) {
    const faults = document.errors.map(({ message }) => ({ at: "", detail: message }))
    return Either.left(new ConfigurationInvalid({ source, faults }))
  }
  const resolved = resolve(document.toJS(), environment)
  const file = decodeAll(File, resolved.value)
  if (Either.isRight(file) && Either.isRight(settings) && resolved.faults.length === 0)
    return Either.right({ ...file.right, environment: settings.right })
  const missing = new Set(resolved.faults.map(({ at }) => at))
  const faults = [
    ...Either.match(settings, { onLeft: (all) => all.map((f) => ({ ...f, at: f.at.slice(1) })), onRight: () => [] }),
    ...resolved.faults,
    ...Either.match(file, { onLeft: (all) => all.filter(({ at }) => !missing.has(at)), onRight: () => [] })
  ]
  return Either.left(new ConfigurationInvalid({ source, faults }))
}

/** Reads and decodes the file that `PAYMENT_PROXY_CONFIG` names. `readFile` answers its text. */
export const load = (
  environment: { readonly [name: string]: string | undefined },
  readFile: (path: string) => Effect.Effect<string, { readonly message: string }>
): Effect.Effect<Configuration, ConfigurationInvalid> => {
  const path = environment["PAYMENT_PROXY_CONFIG"] ?? "payment-proxy.config.yaml"
  return readFile(path).pipe(
    Effect.mapError(({ message }) => {
      const detail = `It cannot be read (${message}): name the file in PAYMENT_PROXY_CONFIG.`
      return new ConfigurationInvalid({ source: path, faults: [{ at: "", detail }] })
    }),
    Effect.flatMap((text) => decode(text, environment, path))
  )
}
