import { X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import { Either, Redacted, Schema } from "effect"
import * as Key from "./Key.ts"

/** A setting that may be left out, but is not null or undefined: a fault of it is told once, in its own words. */
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const isLoopback = (host: string): boolean => host === "127.0.0.1" || host === "localhost" || host === "[::1]"

/** Whether secrets may go there: https, or plain http on this machine. */
export const isSafe = (text: string): boolean => {
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

/** RFC 8707 §2. */
const isResource = (text: string): boolean => URL.canParse(text) && !text.includes("#")
const Resources = Schema.Union(Schema.String, Schema.Array(Schema.String)).pipe(
  Schema.filter(
    (given) => (typeof given === "string" ? isResource(given) : given.length > 0 && given.every(isResource)),
    {
      message: () => "This is not an absolute address without a fragment, or a list of such (RFC 8707)."
    }
  )
)

/** What proves that it is us: a secret, or a key that signs. */
const credential = {
  clientSecret: optional(Schema.Redacted(Printable)),
  /** A PEM or a JWK. */
  privateKey: optional(Schema.Redacted(Schema.String)),
  alg: optional(Schema.Literal(...Key.algorithms)),
  kid: optional(Printable)
}
const Credential = Schema.Struct(credential)
export type Credential = typeof Credential.Type

const Fields = Schema.Struct({
  issuer: optional(Address),
  tokenEndpoint: optional(Address),
  clientId: Printable,
  authMethod: Schema.optionalWith(
    Schema.Literal(
      "client_secret_basic",
      "client_secret_post",
      "private_key_jwt",
      "tls_client_auth",
      "self_signed_tls_client_auth"
    ),
    { default: () => "client_secret_basic" as const }
  ),
  /** How id and secret stand in the Basic header: form-urlencoded (RFC 6749 §2.3.1), or as they are, for servers that do not decode. */
  basicEncoding: Schema.optionalWith(Schema.Literal("form", "raw"), { default: () => "form" as const }),
  ...credential,
  /** The other credential while one is exchanged for another: tried once where the first is refused. */
  next: optional(Credential),
  /** `aud` of an assertion; else the issuer, or the token endpoint where that was given. */
  assertionAudience: optional(Printable),
  scope: optional(Printable),
  audience: optional(Printable),
  resource: optional(Resources),
  /** The token is kept in the database for all processes: for platforms that end the old one when they give a new one. */
  shared: Schema.optionalWith(Schema.Boolean, { default: () => false }),
  timeLimitMillis: Schema.optionalWith(Schema.Int.pipe(Schema.between(100, 60_000)), { default: () => 10_000 })
})
type Fields = typeof Fields.Type

/** What is wrong, and where in the configuration. */
interface Issue {
  readonly path: ReadonlyArray<string>
  readonly message: string
}

const issue = (message: string, ...path: ReadonlyArray<string>): Issue => ({ path, message })

const credentialNames = ["clientSecret", "privateKey", "alg", "kid"] as const satisfies ReadonlyArray<keyof Credential>

type Kind = "secret" | "key" | "certificate"

/** By what a method tells us from others. */
const kindOf = ({ authMethod }: Pick<Fields, "authMethod">): Kind =>
  authMethod === "private_key_jwt" ? "key" : authMethod.startsWith("client_secret") ? "secret" : "certificate"

/** Whether the client is known by its certificate (RFC 8705). */
export const isByCertificate = (config: Pick<Fields, "authMethod">): boolean => kindOf(config) === "certificate"

const keyOf = ({ privateKey, alg, kid }: Credential): Either.Either<Key.Signing, string> =>
  Key.read({ text: privateKey === undefined ? "" : Redacted.value(privateKey), alg, kid })

/** What of a credential is missing, too much, or not to be read. */
const credentialIssues = (given: Credential, method: string, kind: Kind, at: ReadonlyArray<string>): Array<Issue> => {
  const needed = ({ secret: "clientSecret", key: "privateKey", certificate: null } as const)[kind]
  const missing = needed !== null && given[needed] === undefined ? [issue(`${method} needs it.`, ...at, needed)] : []
  const allowed: ReadonlyArray<string | null> = kind === "key" ? ["privateKey", "alg", "kid"] : [needed]
  const idle = credentialNames
    .filter((name) => given[name] !== undefined && !allowed.includes(name))
    .map((name) => issue(`${method} does not use it: leave it out, or set another authMethod.`, ...at, name))
  const key = kind === "key" && given.privateKey !== undefined ? keyOf(given) : null
  const unread = key !== null && Either.isLeft(key) ? [issue(key.left, ...at, "privateKey")] : []
  return [...missing, ...idle, ...unread]
}

const issues = (config: Fields): ReadonlyArray<Issue> => {
  const { issuer, tokenEndpoint, clientId, authMethod, basicEncoding, next, assertionAudience } = config
  const kind = kindOf(config)
  const found = credentialIssues(config, authMethod, kind, [])
  if ((issuer === undefined) === (tokenEndpoint === undefined))
    found.push(issue("Name either issuer or tokenEndpoint."))
  if (next !== undefined && kind === "certificate")
    found.push(issue(`${authMethod} has no second credential: its certificate stands in tls.`, "next"))
  if (next !== undefined && kind !== "certificate") found.push(...credentialIssues(next, authMethod, kind, ["next"]))
  if (assertionAudience !== undefined && kind !== "key")
    found.push(issue(`${authMethod} sends no assertion: leave it out.`, "assertionAudience"))
  if (basicEncoding === "raw" && authMethod !== "client_secret_basic")
    found.push(issue("It is for client_secret_basic alone: leave it out.", "basicEncoding"))
  if (basicEncoding === "raw" && clientId.includes(":"))
    found.push(issue("A colon can only be sent with basicEncoding: form.", "clientId"))
  if (kind === "certificate" && (tokenEndpoint ?? issuer ?? "").startsWith("http:"))
    found.push(issue("A client certificate needs https.", tokenEndpoint === undefined ? "issuer" : "tokenEndpoint"))
  return found
}

/** The OAuth 2.0 client that we are at a vendor; issuer (discovered) or token endpoint, one of them. */
export const OAuthConfig = Fields.pipe(Schema.filter((config) => [...issues(config)]))
export type OAuthConfig = typeof OAuthConfig.Type

const pem = (label: string) =>
  Schema.String.pipe(
    Schema.filter((text) => text.includes(`-----BEGIN ${label}`), { message: () => `This is no PEM of a ${label}.` })
  )

/** The vendor's TLS: who signs its certificate, where that is a private CA (in place of the public ones), and our own certificate. PEM texts. */
export const Tls = Schema.Struct({
  ca: optional(pem("CERTIFICATE")),
  cert: optional(pem("CERTIFICATE")),
  key: optional(
    Schema.Redacted(
      Schema.String.pipe(
        Schema.pattern(/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY/, { message: () => "This is no PEM of a private key." })
      )
    )
  )
})
export type Tls = typeof Tls.Type

/** A client with the TLS of its vendor. */
export interface ClientConfig extends OAuthConfig {
  readonly tls?: Tls | undefined
}

/** What TLS is made from. */
export const secureContextOf = ({ ca, cert, key }: Tls) => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key: Redacted.value(key) })
})

/** Whether each certificate of a PEM text can be read; `createSecureContext` passes over those that cannot. */
const isReadable = (text: string): boolean => {
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  return (
    certificates.length > 0 && certificates.every((one) => Either.isRight(Either.try(() => new X509Certificate(one))))
  )
}

/** What of a client and its vendor's TLS does not go together, by place from the vendor on (`/tls/key`). */
export const unfit = (config: ClientConfig): ReadonlyArray<{ readonly at: string; readonly detail: string }> => {
  const { tls = {}, authMethod } = config
  const halves = (["cert", "key"] as const)
    .filter((name) => tls[name] === undefined)
    .map((name) => ({ at: `/tls/${name}`, detail: `It is missing: a client certificate is cert and key.` }))
  if (isByCertificate(config) && halves.length > 0)
    return halves.map(({ at }) => ({ at, detail: `oauth/authMethod ${authMethod} needs it.` }))
  if (halves.length === 1) return halves
  const unread = (["ca", "cert"] as const)
    .filter((name) => tls[name] !== undefined && !isReadable(tls[name]))
    .map((name) => ({ at: `/tls/${name}`, detail: "A certificate in it cannot be read." }))
  if (unread.length > 0) return unread
  const made = Either.try(() => createSecureContext(secureContextOf(tls)))
  return Either.isRight(made)
    ? []
    : [{ at: "/tls", detail: "The PEM texts cannot be read, or cert and key are no pair." }]
}
