import { Data, Effect, Redacted } from "effect"
import * as openid from "openid-client"
import type { OAuthConfig } from "./Config.ts"

/** A token as the server gave it; `lifeSeconds` is null where it did not say. */
export interface Granted {
  readonly token: Redacted.Redacted
  readonly lifeSeconds: number | null
}

/** No token came; `isRefused` where the server refused us as a client, so that asking again soon only locks us out. */
export class NotGranted extends Data.TaggedError("NotGranted")<{
  readonly detail: string
  readonly isRefused: boolean
}> {}

/** Asks for a token once. */
export type Fetch = Effect.Effect<Granted, NotGranted>

const refusals = new Set([
  "invalid_client",
  "unauthorized_client",
  "invalid_request",
  "invalid_scope",
  "unsupported_grant_type"
])

/** The server's error code, or the kind of the fault; a challenge (401) says that it does not know us as a client. */
const codeOf = (cause: unknown): string => {
  if (cause instanceof openid.ResponseBodyError) return cause.error
  if (cause instanceof openid.WWWAuthenticateChallengeError) return "invalid_client"
  if (!(cause instanceof Error)) return "unknown"
  return "code" in cause && typeof cause.code === "string" ? cause.code : cause.name
}

/** What went wrong, in words that hold no secret. */
const notGranted = (cause: unknown): NotGranted => {
  const code = codeOf(cause)
  return new NotGranted({ detail: `The token server answered ${code}.`, isRefused: refusals.has(code) })
}

const invalid = (detail: string) => new NotGranted({ detail, isRefused: false })

/** `expires_in` in seconds; some servers send digits as a text. */
const lifeOf = (stated: unknown): Effect.Effect<number | null, NotGranted> => {
  if (stated === undefined || stated === null) return Effect.succeed(null)
  const seconds = typeof stated === "string" && /^\d{1,15}$/.test(stated) ? Number(stated) : stated
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0
    ? Effect.succeed(seconds)
    : Effect.fail(invalid("The token server gave a life (expires_in) that is no number of seconds."))
}

const authentication = ({ authMethod, clientSecret }: OAuthConfig) =>
  authMethod === "client_secret_post"
    ? openid.ClientSecretPost(Redacted.value(clientSecret))
    : openid.ClientSecretBasic(Redacted.value(clientSecret))

const isPlain = (address: string): boolean => address.startsWith("http:")

const configured = (config: OAuthConfig, address: string): openid.Configuration => {
  const server = { issuer: new URL(address).origin, token_endpoint: address }
  return new openid.Configuration(server, config.clientId, undefined, authentication(config))
}

const discovered = (config: OAuthConfig, issuer: string) =>
  Effect.tryPromise({
    try: () =>
      openid.discovery(new URL(issuer), config.clientId, undefined, authentication(config), {
        algorithm: "oauth2",
        timeout: config.timeLimitMillis / 1000,
        execute: isPlain(issuer) ? [openid.allowInsecureRequests] : []
      }),
    catch: notGranted
  })

/** The client's way to its token endpoint: client credentials (RFC 6749 §4.4), nothing followed, within the time limit. */
export const make = (config: OAuthConfig): Effect.Effect<Fetch> =>
  Effect.gen(function* () {
    const server = yield* Effect.cachedInvalidateWithTTL(
      config.tokenEndpoint === undefined
        ? discovered(config, config.issuer ?? "")
        : Effect.sync(() => configured(config, config.tokenEndpoint ?? "")),
      "1 hour"
    )
    const [client, forget] = server
    const ask = Effect.gen(function* () {
      const configuration = yield* Effect.tapError(client, () => forget)
      configuration.timeout = config.timeLimitMillis / 1000
      if (isPlain(configuration.serverMetadata().token_endpoint ?? "")) openid.allowInsecureRequests(configuration)
      const answer = yield* Effect.tryPromise({
        try: () =>
          openid.clientCredentialsGrant(configuration, config.scope === undefined ? {} : { scope: config.scope }),
        catch: notGranted
      })
      if (answer.token_type.toLowerCase() !== "bearer")
        return yield* invalid(`The token server gave a token of type ${JSON.stringify(answer.token_type)}, not Bearer.`)
      return { token: Redacted.make(answer.access_token), lifeSeconds: yield* lifeOf(answer.expires_in) }
    })
    return ask.pipe(
      Effect.timeoutFail({
        duration: config.timeLimitMillis,
        onTimeout: () => invalid("The token server did not answer in time.")
      })
    )
  })
