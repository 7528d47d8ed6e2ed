import { Data, Either, ParseResult, Schema } from "effect"

/** A fault of the configuration: where it is, and how to mend it. */
export interface Fault {
  readonly at: string
  readonly detail: string
}

/** The configuration cannot be used; every fault is named, by place. Nothing was started or changed. */
export class ConfigurationInvalid extends Data.TaggedError("ConfigurationInvalid")<{
  readonly source: string
  readonly faults: ReadonlyArray<Fault>
}> {
  override get message(): string {
    return `The configuration (${this.source}) has ${this.faults.length} fault(s):\n${lines(this.faults)
      .map((line) => `  ${line}`)
      .join("\n")}`
  }
}

/** Each fault in one line. */
export const lines = (faults: ReadonlyArray<Fault>): ReadonlyArray<string> =>
  faults.map(({ at, detail }) => `${at === "" ? "/" : at}: ${detail}`)

/** What was found is left out of every message: it may be a secret. */
const withoutActual = (message: string): string => message.replace(/,? actual [\s\S]*$/, "")

/** The faults that a Schema found, below a place. */
export const ofParse = (error: ParseResult.ParseError, at = ""): ReadonlyArray<Fault> =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map(({ path, message }) => ({
    at: [at, ...path.map(String)].join("/"),
    detail: withoutActual(message)
  }))

/** How the configuration is decoded: all faults at once, and nothing in it that is not meant. */
export const strictly = { errors: "all", onExcessProperty: "error" } as const

/** A value, or all that is wrong with it. */
export const decodeAll = <A, I>(schema: Schema.Schema<A, I>, value: unknown): Either.Either<A, ReadonlyArray<Fault>> =>
  Either.mapLeft(Schema.decodeUnknownEither(schema, strictly)(value), (error) => ofParse(error))

const leastSecretChars = 4

/** The same faults without these texts. */
export const conceal = (faults: ReadonlyArray<Fault>, texts: ReadonlyArray<string>): ReadonlyArray<Fault> => {
  // The longest first: of one that has another in it nothing may be left.
  const secrets = texts.filter(({ length }) => length >= leastSecretChars).sort((a, b) => b.length - a.length)
  return faults.map(({ at, detail }) => ({
    at,
    detail: secrets.reduce((shown, secret) => shown.replaceAll(secret, "…"), detail)
  }))
}
