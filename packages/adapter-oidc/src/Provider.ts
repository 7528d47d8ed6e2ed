import { type Begun, type Identity, IdentityProvider, IdentityRefused } from "@payment-proxy/ports"
import { Cause, Duration, Effect, Layer, Redacted } from "effect"
import * as client from "openid-client"

/** How the company's provider is reached, and by which claims it says who somebody is. */
export interface Options {
  /** What people call it. */
  readonly name: string
  /** Its issuer, whose metadata is discovered (OpenID Connect Discovery 1.0). */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted
  /** `openid` and what brings the claims. */
  readonly scope: string
  readonly nameClaim: string
  readonly groupsClaim: string
  /** Plain http to the issuer, on a developer's own machine. */
  readonly allowHttp: boolean
}

const timeoutSeconds = 10
/** Metadata and keys are asked for anew after so long. */
const life = Duration.hours(1)

const refused = (detail: string): IdentityRefused => new IdentityRefused({ detail })

/** What went wrong, in words that name no secret: the library's own carry what the other side sent. */
const wordsOf = (cause: unknown): string => {
  if (cause instanceof client.AuthorizationResponseError)
    return `The provider did not let you in: ${/^[a-z_]{1,40}$/.test(cause.error) ? cause.error : "it said no"}.`
  if (cause instanceof client.ResponseBodyError)
    return `The provider refused what it was asked: ${/^[a-z_]{1,40}$/.test(cause.error) ? cause.error : "it said no"}.`
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""
  return `The provider could not be asked, or what it answered does not hold${/^[A-Z_]{1,60}$/.test(code) ? ` (${code})` : ""}: sign in again.`
}

const attempt = <A>(call: () => Promise<A>): Effect.Effect<A, IdentityRefused> =>
  Effect.tryPromise({ try: call, catch: (cause) => cause }).pipe(
    Effect.tapErrorCause((cause) =>
      Effect.logWarning("A sign-in at the provider failed.", wordsOf(Cause.squash(cause)))
    ),
    Effect.mapError((cause) => refused(wordsOf(cause)))
  )

const textIn = (claims: Readonly<Record<string, unknown>>, name: string): string | null => {
  const value = claims[name]
  return typeof value === "string" && value.trim() !== "" ? value : null
}

const groupsIn = (claims: Readonly<Record<string, unknown>>, name: string): ReadonlyArray<string> | null => {
  const value = claims[name]
  if (typeof value === "string") return [value]
  return Array.isArray(value) ? value.filter((group) => typeof group === "string") : null
}

/** The provider, whose metadata is discovered when somebody first signs in, so that a start does not wait for it. */
export const make = (options: Options) =>
  Effect.gen(function* () {
    const [discovered, forget] = yield* Effect.cachedInvalidateWithTTL(
      attempt(() =>
        client.discovery(new URL(options.issuer), options.clientId, Redacted.value(options.clientSecret), undefined, {
          timeout: timeoutSeconds,
          ...(options.allowHttp ? { execute: [client.allowInsecureRequests] } : {})
        })
      ),
      life
    )
    // What went wrong once is asked anew.
    const configuration = Effect.tapError(discovered, () => forget)

    const begin = (redirectUri: string): Effect.Effect<Begun, IdentityRefused> =>
      Effect.gen(function* () {
        const config = yield* configuration
        const codeVerifier = client.randomPKCECodeVerifier()
        const codeChallenge = yield* attempt(() => client.calculatePKCECodeChallenge(codeVerifier))
        const state = client.randomState()
        const nonce = client.randomNonce()
        const url = client.buildAuthorizationUrl(config, {
          redirect_uri: redirectUri,
          scope: options.scope,
          code_challenge: codeChallenge,
          code_challenge_method: "S256",
          state,
          nonce
        })
        return { url: url.href, state, nonce, codeVerifier }
      })

    /** Claims of the userinfo endpoint, where the ID token has no groups. */
    const more = (config: client.Configuration, tokens: { readonly access_token: string }, subject: string) =>
      config.serverMetadata().userinfo_endpoint === undefined
        ? Effect.succeed<Readonly<Record<string, unknown>>>({})
        : attempt(() => client.fetchUserInfo(config, tokens.access_token, subject))

    const finish = (callback: string, begun: Omit<Begun, "url">): Effect.Effect<Identity, IdentityRefused> =>
      Effect.gen(function* () {
        const config = yield* configuration
        const tokens = yield* attempt(() =>
          client.authorizationCodeGrant(config, new URL(callback), {
            pkceCodeVerifier: begun.codeVerifier,
            expectedState: begun.state,
            expectedNonce: begun.nonce,
            idTokenExpected: true
          })
        )
        const claims = tokens.claims()
        if (claims === undefined) return yield* refused("The provider did not say who you are.")
        const isWhole = groupsIn(claims, options.groupsClaim) !== null && textIn(claims, options.nameClaim) !== null
        const all = isWhole ? claims : { ...(yield* more(config, tokens, claims.sub)), ...claims }
        const name = textIn(all, options.nameClaim)
        if (name === null)
          return yield* refused(`The provider did not say your name (claim ${options.nameClaim}): ask who runs it.`)
        return { subject: `${claims.iss} ${claims.sub}`, name, groups: groupsIn(all, options.groupsClaim) ?? [] }
      })

    return { name: options.name, begin, finish }
  })

/** `IdentityProvider` over OpenID Connect. */
export const layer = (options: Options): Layer.Layer<never> => Layer.effect(IdentityProvider, make(options))
