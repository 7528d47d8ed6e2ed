import { Schema } from "effect"

/** A setting that may be left out, but is not null or undefined: a fault of it is told once, in its own words. */
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const isLoopback = (host: string): boolean => host === "127.0.0.1" || host === "localhost" || host === "[::1]"

const isSafe = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname))
}

const Address = Schema.String.pipe(
  Schema.filter(isSafe, { message: () => "This is not an https address (http is for this machine alone)." })
)
const Printable = Schema.String.pipe(
  Schema.pattern(/^[\x20-\x7e]+$/, { message: () => "This is empty or not printable ASCII (RFC 6749 appendix A)." })
)

/** The OAuth 2.0 client that we are at a vendor; issuer (discovered) or token endpoint, one of them. */
export const OAuthConfig = Schema.Struct({
  issuer: optional(Address),
  tokenEndpoint: optional(Address),
  clientId: Printable,
  clientSecret: Schema.Redacted(Printable),
  authMethod: Schema.optionalWith(Schema.Literal("client_secret_basic", "client_secret_post"), {
    default: () => "client_secret_basic" as const
  }),
  scope: optional(Printable),
  timeLimitMillis: Schema.optionalWith(Schema.Int.pipe(Schema.between(100, 60_000)), { default: () => 10_000 })
}).pipe(
  Schema.filter(({ issuer, tokenEndpoint }) => (issuer === undefined) !== (tokenEndpoint === undefined), {
    message: () => "Name either issuer or tokenEndpoint."
  })
)
export type OAuthConfig = typeof OAuthConfig.Type
