import { generateKeyPairSync } from "node:crypto"
import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as TokenEndpoint from "../src/TokenEndpoint.ts"
import { client, configured, tokenServer } from "./tokenServer.ts"

const pair = (kid: string) => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  return {
    pem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    jwk: { ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }
  }
}
const [older, newer] = [pair("older"), pair("newer")]

const signing = (...keys: ReadonlyArray<object>) =>
  client("signing", { token_endpoint_auth_method: "private_key_jwt", jwks: { keys } })
const secret = (client_secret: string) =>
  client("secret", { client_secret, token_endpoint_auth_method: "client_secret_post" })

it.scopedLive(
  "F47 a signing key is exchanged: the client's own, and the server's with every restart; each fetch succeeds",
  () =>
    Effect.gen(function* () {
      const server = yield* tokenServer([signing(older.jwk)])
      const fetch = yield* TokenEndpoint.make(
        configured({
          issuer: server.issuer,
          clientId: "signing",
          authMethod: "private_key_jwt",
          privateKey: older.pem,
          kid: "older",
          next: { privateKey: newer.pem, kid: "newer" }
        })
      )
      for (const [known, asks] of [
        [[older.jwk], 1],
        [[older.jwk, newer.jwk], 1],
        [[newer.jwk], 2],
        [[newer.jwk], 1],
        [[older.jwk], 2]
      ] as const) {
        server.restart([signing(...known)])
        const before = server.asked()
        yield* fetch
        expect(server.asked() - before).toBe(asks)
      }
    })
)

it.scopedLive("F47 with no second credential, or with two that are refused, it is refused after one try of each", () =>
  Effect.gen(function* () {
    const server = yield* tokenServer([secret("right")])
    const { tokenEndpoint } = server
    const common = { tokenEndpoint, clientId: "secret", authMethod: "client_secret_post", clientSecret: "wrong" }
    for (const [next, asks] of [
      [{}, 1],
      [{ next: { clientSecret: "wrong, too" } }, 2]
    ] as const) {
      const before = server.asked()
      const failure = yield* Effect.flip(yield* TokenEndpoint.make(configured({ ...common, ...next })))
      expect([failure.isRefused, failure.code, server.asked() - before]).toEqual([true, "invalid_client", asks])
    }
  })
)
