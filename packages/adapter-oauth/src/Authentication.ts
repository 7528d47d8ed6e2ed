import { Either, Redacted } from "effect"
import * as openid from "openid-client"
import type { ClientConfig, Credential } from "./Config.ts"
import * as Key from "./Key.ts"

const longestAssertionSeconds = 60

/** `application/x-www-form-urlencoded`, as RFC 6749 appendix B has it. */
const form = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1)
const raw = (text: string): string => text

/** RFC 6749 §2.3.1. `openid-client` encodes more than the form rules do, which some servers do not take. */
const basic =
  (secret: string, encode: (text: string) => string): openid.ClientAuth =>
  (_, client, __, headers) => {
    const pair = Buffer.from(`${encode(client.client_id)}:${encode(secret)}`, "utf8")
    headers.set("authorization", `Basic ${pair.toString("base64")}`)
  }

/** RFC 7523 §3, by the clock of the house: `jti` is fresh each time. Without `nbf`, which a server that is a second behind refuses. */
const assertion = (
  { key, alg, kid }: Key.Signing,
  audience: string | undefined,
  now: () => number
): openid.ClientAuth =>
  openid.PrivateKeyJwt(kid === undefined ? { key } : { key, kid }, {
    [openid.modifyAssertion]: (header, payload) => {
      const nowSeconds = Math.floor(now() / 1000)
      header["alg"] = alg
      payload["iat"] = nowSeconds
      payload["exp"] = nowSeconds + longestAssertionSeconds
      delete payload["nbf"]
      if (audience !== undefined) payload["aud"] = audience
    }
  })

/** What a credential of the configuration does to a request; `now` is milliseconds since the epoch. */
export type Authenticate = (now: () => number) => openid.ClientAuth

/** How the client shows that it is us with this credential; or what is wrong with it, in words that hold no secret. */
export const make = (config: ClientConfig, credential: Credential): Either.Either<Authenticate, string> => {
  const { clientSecret, privateKey, alg, kid } = credential
  const secret = clientSecret === undefined ? "" : Redacted.value(clientSecret)
  switch (config.authMethod) {
    case "client_secret_basic":
      return Either.right(() => basic(secret, config.basicEncoding === "raw" ? raw : form))
    case "client_secret_post":
      return Either.right(() => openid.ClientSecretPost(secret))
    case "private_key_jwt": {
      const text = privateKey === undefined ? "" : Redacted.value(privateKey)
      const audience = config.assertionAudience ?? config.tokenEndpoint
      return Either.map(Key.read({ text, alg, kid }), (key) => (now) => assertion(key, audience, now))
    }
    default:
      return Either.right(() => openid.TlsClientAuth())
  }
}
