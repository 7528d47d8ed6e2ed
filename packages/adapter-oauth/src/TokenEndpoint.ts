import { Clock, Data, Effect, Either, Redacted } from "effect"
import * as openid from "openid-client"
import * as Authentication from "./Authentication.ts"
import * as Channel from "./Channel.ts"
import { type ClientConfig, isByCertificate, isSafe } from "./Config.ts"

/** A token as the server gave it; `lifeSeconds` is null where it did not say. */
export interface Granted {
  readonly token: Redacted.Redacted
  readonly lifeSeconds: number | null
  /** How much of its life is over already, where it was not fetched just now. */
  readonly ageMillis?: number
  /** Which of the shared tokens it is, where it is one. */
  readonly generation?: number
}

/** No token came; `isRefused` where the server refused us as a client, so that asking again soon only locks us out. */
export class NotGranted extends Data.TaggedError("NotGranted")<{
  readonly detail: string
  readonly isRefused: boolean
  /** RFC 6749 §5.2, where the server named one. */
  readonly code?: string
  /** For how long the server asks to be left alone. */
  readonly retryAfterMillis?: number
}> {}

/** Asks for a token once. */
export type Fetch = Effect.Effect<Granted, NotGranted>

/** Asking again does not help before somebody changes a configuration, ours or the server's. */
const refusals = new Set([
  "invalid_client",
  "unauthorized_client",
  "invalid_request",
  "invalid_grant",
  "invalid_scope",
  "invalid_target",
  "unsupported_grant_type"
])
const troubles = new Set([
  "temporarily_unavailable",
  "server_error",
  "slow_down",
  "invalid_dpop_proof",
  "use_dpop_nonce"
])

/** RFC 6750 §2.1: what may stand in an Authorization header. */
const b64token = /^[\w.~+/-]+=*$/

const invalid = (detail: string) => new NotGranted({ detail, isRefused: false })

/** The server's own words stay out of what is logged: they may repeat what we sent. */
const answered = (error: string): NotGranted => {
  const isRefused = refusals.has(error)
  const code = isRefused || troubles.has(error) ? error : "an error of its own"
  return new NotGranted({ detail: `The token server answered ${code}.`, isRefused, code })
}

const codeIn = (cause: unknown): string | undefined =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined

/** What went wrong, in words that hold no secret; a challenge (401) says that the server does not know us as a client. */
const notGranted = (cause: unknown): NotGranted => {
  if (cause instanceof openid.ResponseBodyError) return answered(cause.error)
  if (cause instanceof openid.WWWAuthenticateChallengeError && cause.status === 401) return answered("invalid_client")
  const code = codeIn(cause)
  if (code?.startsWith("OAUTH_")) return invalid(`The token server's answer is not one (${code}).`)
  const reason = code ?? (cause instanceof Error ? codeIn(cause.cause) : undefined) ?? "no code"
  return invalid(`The token server could not be asked (${reason}).`)
}

/** RFC 9110 §10.2.3, in milliseconds from `nowMillis` on. */
const waitOf = (retryAfter: string | null, nowMillis: number): number | null => {
  if (retryAfter === null) return null
  const millis = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - nowMillis
  return Number.isFinite(millis) && millis > 0 ? millis : null
}

/** `expires_in` in seconds, of the answer as it came; some servers send digits as a text. */
const lifeOf = (body: unknown): Effect.Effect<number | null, NotGranted> => {
  const stated = typeof body === "object" && body !== null && "expires_in" in body ? body.expires_in : undefined
  if (stated === undefined) return Effect.succeed(null)
  const seconds = typeof stated === "string" && /^\d{1,15}$/.test(stated) ? Number(stated) : stated
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0
    ? Effect.succeed(seconds)
    : Effect.fail(invalid("The token server gave a life (expires_in) that is no number of seconds."))
}

const isPlain = (address: string): boolean => address.startsWith("http:")

const parametersOf = ({ scope, audience, resource }: ClientConfig): URLSearchParams => {
  const parameters = new URLSearchParams()
  if (scope !== undefined) parameters.set("scope", scope)
  if (audience !== undefined) parameters.set("audience", audience)
  for (const one of typeof resource === "string" ? [resource] : (resource ?? [])) parameters.append("resource", one)
  return parameters
}

const words = (text: string | undefined): ReadonlyArray<string> => text?.split(" ").filter((word) => word !== "") ?? []

/** Says once that the server gave less than was asked for. */
const narrowing = ({ scope }: ClientConfig) => {
  let isTold = false
  return (granted: string | undefined) =>
    Effect.suspend(() => {
      const given = new Set(words(granted))
      const missing = granted === undefined ? [] : words(scope).filter((word) => !given.has(word))
      if (isTold || missing.length === 0) return Effect.void
      isTold = true
      return Effect.logWarning(
        `The token server gave a narrower scope than was asked for: without ${missing.join(" ")}.`
      )
    })
}

const endpointOf = (config: ClientConfig, server: openid.ServerMetadata): string | undefined =>
  (isByCertificate(config) ? server.mtls_endpoint_aliases?.token_endpoint : undefined) ?? server.token_endpoint

/** One request of `openid-client`'s. */
const exchange = <A>(
  channel: Channel.Channel,
  ask: (fetch: Channel.Exchange["fetch"]) => Promise<A>
): Effect.Effect<{ readonly answer: A; readonly said: Channel.Said }, NotGranted> =>
  Effect.clockWith((clock) =>
    Effect.suspend(() => {
      let said: Channel.Exchange["said"] = () => ({ retryAfter: null, body: undefined })
      return Effect.tryPromise({
        try: (signal) => {
          const begun = channel(signal)
          said = begun.said
          return ask(begun.fetch)
        },
        catch: (cause) => {
          const failure = notGranted(cause)
          const retryAfterMillis = waitOf(said().retryAfter, clock.unsafeCurrentTimeMillis())
          return retryAfterMillis === null ? failure : new NotGranted({ ...failure, retryAfterMillis })
        }
      }).pipe(Effect.map((answer) => ({ answer, said: said() })))
    })
  )

const metadataLastsMillis = 3_600_000
const nanosPerMilli = 1e6

/** The server's metadata (RFC 8414), looked up every hour at most; or what is known of it where its endpoint was given. */
const serverOf = (config: ClientConfig, channel: Channel.Channel): Effect.Effect<openid.ServerMetadata, NotGranted> => {
  const { issuer, tokenEndpoint, clientId } = config
  if (issuer === undefined) {
    const token_endpoint = tokenEndpoint ?? ""
    return Effect.succeed({ issuer: new URL(token_endpoint).origin, token_endpoint })
  }
  let known: { readonly server: openid.ServerMetadata; readonly untilMillis: number } | null = null
  const discovered = exchange(channel, (fetch) =>
    openid.discovery(new URL(issuer), clientId, undefined, openid.None(), {
      algorithm: "oauth2",
      execute: isPlain(issuer) ? [openid.allowInsecureRequests] : [],
      [openid.customFetch]: fetch
    })
  )
  return Effect.gen(function* () {
    const nowMillis = Number(yield* Clock.currentTimeNanos) / nanosPerMilli
    if (known !== null && nowMillis < known.untilMillis) return known.server
    const server = (yield* discovered).answer.serverMetadata()
    // RFC 8414 §3.3: identical, letter by letter.
    if (server.issuer !== issuer) return yield* invalid("The discovered document is of another issuer.")
    if (!isSafe(endpointOf(config, server) ?? "")) return yield* invalid("The discovered token endpoint is not https.")
    known = { server, untilMillis: nowMillis + metadataLastsMillis }
    return server
  })
}

const granting = (config: ClientConfig, channel: Channel.Channel) => {
  const warnOfScope = narrowing(config)
  const isMutual = isByCertificate(config)
  return (server: openid.ServerMetadata, authenticate: Authentication.Authenticate): Fetch =>
    Effect.gen(function* () {
      const clock = yield* Effect.clock
      const { answer, said } = yield* exchange(channel, (fetch) => {
        const auth = authenticate(() => clock.unsafeCurrentTimeMillis())
        const client = new openid.Configuration(server, config.clientId, { use_mtls_endpoint_aliases: isMutual }, auth)
        client[openid.customFetch] = fetch
        if (isPlain(endpointOf(config, server) ?? "")) openid.allowInsecureRequests(client)
        return openid.clientCredentialsGrant(client, parametersOf(config))
      })
      if (answer.token_type.toLowerCase() !== "bearer")
        return yield* invalid("The token server gave a token of another type than Bearer.")
      if (!b64token.test(answer.access_token))
        return yield* invalid("The token server gave a token that no header can hold (RFC 6750 §2.1).")
      const lifeSeconds = yield* lifeOf(said.body)
      yield* warnOfScope(answer.scope)
      return { token: Redacted.make(answer.access_token), lifeSeconds }
    })
}

/**
 * The client's way to its token endpoint: client credentials (RFC 6749 §4.4), nothing followed, all of it within the time
 * limit. Where the credential is refused and there is a second one, that is tried once; the one that works is kept.
 */
export const make = (config: ClientConfig): Effect.Effect<Fetch> =>
  Effect.sync(() => {
    const channel = Channel.make(config)
    const server = serverOf(config, channel)
    const grant = granting(config, channel)
    const [first, second] = [config, ...(config.next === undefined ? [] : [config.next])].map((credential) =>
      Authentication.make(config, credential)
    )
    let [used, spare] = [first, second]
    const withCredential = (metadata: openid.ServerMetadata, credential: typeof first): Fetch =>
      credential === undefined || Either.isLeft(credential)
        ? new NotGranted({ detail: credential?.left ?? "There is no credential.", isRefused: true })
        : grant(metadata, credential.right)
    const withSpare = (metadata: openid.ServerMetadata, failure: NotGranted): Fetch =>
      spare === undefined || failure.code !== "invalid_client"
        ? Effect.fail(failure)
        : Effect.tap(withCredential(metadata, spare), () => {
            ;[used, spare] = [spare, used]
            return Effect.logInfo(`The token server refused one credential of ${config.clientId} and took the other.`)
          })
    return Effect.flatMap(server, (metadata) =>
      Effect.catchAll(
        Effect.suspend(() => withCredential(metadata, used)),
        (failure) => withSpare(metadata, failure)
      )
    ).pipe(
      Effect.timeoutFail({
        duration: config.timeLimitMillis,
        onTimeout: () => invalid("The token server did not answer in time.")
      })
    )
  })
