import { generateKeyPairSync } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Effect, Either, Redacted } from "effect"
import type * as OAuth from "../src/index.ts"
import * as TokenEndpoint from "../src/TokenEndpoint.ts"
import { certificate, jwkOf } from "./certificates.ts"
import { client, configured, mutualServer, tokenServer } from "./tokenServer.ts"

const granted = (config: OAuth.ClientConfig) => Effect.flatMap(TokenEndpoint.make(config), Effect.either)
const refusal = (config: OAuth.ClientConfig) =>
  Effect.map(granted(config), (either) => (Either.isLeft(either) ? either.left.detail : "granted"))

const odd = "a b%/é+&=~*".replace("é", "e")
const secretOf = (method: string, id: string) =>
  client(id, { client_secret: `p:w ${odd}`, token_endpoint_auth_method: method })

it.scopedLive("client_secret_basic and client_secret_post: ids and secrets of all that is printable", () =>
  Effect.gen(function* () {
    const server = yield* tokenServer([
      secretOf("client_secret_basic", `basic ${odd}:`),
      secretOf("client_secret_post", `post ${odd}:`),
      client("plain", { client_secret: "plain_secret.of-1*", token_endpoint_auth_method: "client_secret_basic" })
    ])
    const { tokenEndpoint } = server
    for (const kind of ["basic", "post"])
      expect(
        yield* refusal(
          configured({
            tokenEndpoint,
            clientId: `${kind} ${odd}:`,
            clientSecret: `p:w ${odd}`,
            authMethod: `client_secret_${kind}`
          })
        )
      ).toBe("granted")
    const raw = { tokenEndpoint, basicEncoding: "raw" }
    const plain = configured({ ...raw, clientId: "plain", clientSecret: "plain_secret.of-1*" })
    expect(yield* refusal(plain)).toBe("granted")
  })
)

const keys = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: generateKeyPairSync("ed25519")
}

it.scopedLive(
  "private_key_jwt: each algorithm, from PEM and from JWK, discovered or given; a fresh assertion each time",
  () =>
    Effect.gen(function* () {
      const jwks = Object.entries(keys).map(([alg, { publicKey }]) => ({
        ...publicKey.export({ format: "jwk" }),
        kid: `kid-${alg}`,
        alg,
        use: "sig"
      }))
      const signing = client("signing", { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: jwks } })
      const server = yield* tokenServer([signing])
      const { issuer, tokenEndpoint } = server
      for (const [alg, { privateKey }] of Object.entries(keys)) {
        const common = { clientId: "signing", authMethod: "private_key_jwt" }
        const pem = privateKey.export({ type: "pkcs8", format: "pem" })
        const jwk = JSON.stringify({ ...privateKey.export({ format: "jwk" }), alg, kid: `kid-${alg}` })
        for (const config of [
          { issuer, privateKey: pem, alg, kid: `kid-${alg}` },
          { issuer, privateKey: jwk },
          { tokenEndpoint, privateKey: jwk },
          { tokenEndpoint, privateKey: jwk, assertionAudience: issuer }
        ]) {
          const fetch = yield* TokenEndpoint.make(configured({ ...common, ...config }))
          const tokens = [yield* fetch, yield* fetch].map(({ token }) => Redacted.value(token))
          expect(new Set(tokens).size, alg).toBe(2)
        }
        const elsewhere = configured({ ...common, issuer, privateKey: jwk, assertionAudience: "https://other.example" })
        expect(yield* refusal(elsewhere)).toContain("invalid_client")
      }
    })
)

const authority = certificate("tests' own authority")
const serverCertificate = certificate("a token server", authority)
const ours = certificate("our client", authority)
const selfSigned = certificate("our self-signed client")
const stranger = certificate("our client")

const tls = (of: typeof ours, ca = authority.cert): OAuth.Tls => ({ ca, cert: of.cert, key: Redacted.make(of.key) })

const mutual = mutualServer(serverCertificate, authority, [
  client("by-authority", {
    token_endpoint_auth_method: "tls_client_auth",
    tls_client_auth_subject_dn: `CN=${ours.commonName}`
  }),
  client("by-key", { token_endpoint_auth_method: "self_signed_tls_client_auth", jwks: { keys: [jwkOf(selfSigned)] } }),
  client("by-secret", { client_secret: "throwaway", token_endpoint_auth_method: "client_secret_basic" })
])

it.scopedLive(
  "tls_client_auth and self_signed_tls_client_auth: by certificate, at the alias that the server names",
  () =>
    Effect.gen(function* () {
      const { issuer, mutualEndpoint } = yield* mutual
      const byAuthority = configured({ issuer, clientId: "by-authority", authMethod: "tls_client_auth" })
      const byKey = configured({ issuer, clientId: "by-key", authMethod: "self_signed_tls_client_auth" })
      expect(yield* refusal({ ...byAuthority, tls: tls(ours) })).toBe("granted")
      expect(yield* refusal({ ...byKey, tls: tls(selfSigned) })).toBe("granted")
      const given = configured({
        tokenEndpoint: mutualEndpoint,
        clientId: "by-authority",
        authMethod: "tls_client_auth"
      })
      expect(yield* refusal({ ...given, tls: tls(ours) })).toBe("granted")

      expect(yield* refusal({ ...byAuthority, tls: tls(stranger) })).toContain("invalid_client")
      expect(yield* refusal({ ...byKey, tls: tls(ours) })).toContain("invalid_client")
      expect(yield* refusal({ ...byKey, tls: { ca: authority.cert } })).toContain("invalid_client")
    })
)

it.scopedLive("TLS is always verified, whatever the environment says", () =>
  Effect.gen(function* () {
    const { issuer } = yield* mutual
    const config = configured({ issuer, clientId: "by-secret", clientSecret: "throwaway" })
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0"
      }),
      () =>
        Effect.sync(() => {
          delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"]
        })
    )
    expect(yield* refusal({ ...config, tls: { ca: authority.cert } })).toBe("granted")
    expect(yield* refusal(config)).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/)
    expect(yield* refusal({ ...config, tls: { ca: stranger.cert } })).toMatch(/SELF_SIGNED|UNABLE/)
  })
)

it.scopedLive("scope, audience and resource are asked for; a scope that was narrowed is told of once", () =>
  Effect.gen(function* () {
    const server = yield* tokenServer([
      client("asking", {
        client_secret: "throwaway",
        token_endpoint_auth_method: "client_secret_basic",
        scope: "payments"
      })
    ])
    const common = { tokenEndpoint: server.tokenEndpoint, clientId: "asking", clientSecret: "throwaway" }
    expect(yield* refusal(configured({ ...common, resource: "https://api.platform.example/" }))).toBe("granted")
    const two = ["https://api.platform.example/a", "https://api.platform.example/b"]
    expect(yield* refusal(configured({ ...common, resource: two }))).toContain("invalid_target")
    expect(yield* refusal(configured({ ...common, scope: "payments" }))).toBe("granted")
    expect(yield* refusal(configured({ ...common, scope: "payments refunds" }))).toContain("invalid_scope")
  })
)
