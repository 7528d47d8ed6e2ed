import { createPublicKey, type JsonWebKey, verify } from "node:crypto"
import { readFileSync } from "node:fs"
import { expect, it } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { describe } from "vitest"
import { OAuthConfig } from "../src/index.ts"
import * as Key from "../src/Key.ts"
import * as TokenEndpoint from "../src/TokenEndpoint.ts"
import { answering, good } from "./answering.ts"
import { configured } from "./tokenServer.ts"

interface Case {
  readonly name: string
  readonly client_id: string
  readonly client_secret: string
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body: string }
}

interface Signed extends Case {
  readonly assertion_header: { readonly alg: string; readonly kid: string }
  readonly assertion_claims: Readonly<Record<string, unknown>>
}

interface Deterministic {
  readonly alg: "RS256" | "EdDSA"
  readonly header_json: string
  readonly payload_json: string
  readonly jwt: string
  readonly private_jwk_throwaway: JsonWebKey
}

const vectors = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), "utf8"))

const requests = vectors("token-requests.json") as {
  readonly cases: ReadonlyArray<Case>
  readonly private_key_jwt: ReadonlyArray<Signed>
  readonly deterministic_assertions: ReadonlyArray<Deterministic>
}

const parametersIn = (body: string) => [...new URLSearchParams(body)].sort()

/** The id and the secret of a Basic header, decoded as RFC 6749 §2.3.1 has it. */
const pairOf = (header: string | undefined) =>
  Buffer.from((header ?? "").replace(/^Basic /, ""), "base64")
    .toString("utf8")
    .split(":")
    .map((half) => new URLSearchParams(`x=${half}`).get("x"))

const asSent = (config: object) =>
  Effect.gen(function* () {
    const { tokenEndpoint, asked } = yield* answering(() => ({ status: 200, body: good }))
    yield* yield* TokenEndpoint.make(configured({ tokenEndpoint, ...config }))
    const [first] = asked
    return { headers: first?.headers, body: first?.body ?? "" }
  }).pipe(Effect.scoped)

describe("token requests are an independent library's", () => {
  for (const { name, client_id: clientId, client_secret: clientSecret, request } of requests.cases) {
    const parameters = new URLSearchParams(request.body)
    const isPost = parameters.has("client_secret")
    const scope = parameters.get("scope")
    const config = {
      clientId,
      clientSecret,
      authMethod: isPost ? "client_secret_post" : "client_secret_basic",
      ...(scope === null ? {} : { scope }),
      ...(parameters.has("resource") ? { resource: parameters.getAll("resource") } : {})
    }
    if (/[^\x20-\x7e]/.test(clientId + clientSecret))
      it(`${name}: not printable ASCII, so refused when the configuration is read`, () => {
        const given = { tokenEndpoint: "https://a.example/token", ...config }
        expect(Either.isLeft(Schema.decodeUnknownEither(OAuthConfig)(given))).toBe(true)
      })
    else
      it.live(name, () =>
        Effect.gen(function* () {
          const { headers, body } = yield* asSent(config)
          expect(parametersIn(body)).toEqual(parametersIn(request.body))
          expect(headers?.["content-type"]).toBe(request.headers["content-type"])
          expect(headers?.accept).toBe("application/json")
          // The library encodes more than the form rules do: what is decoded is the same.
          if (isPost) expect(headers?.authorization).toBeUndefined()
          else expect(pairOf(headers?.authorization)).toEqual(pairOf(request.headers["authorization"]))
        })
      )
  }

  it.live("and encode no more than the form rules ask for, or nothing", () =>
    Effect.gen(function* () {
      const credentials = { clientId: "plain-client.of_a*test", clientSecret: "a b~c" }
      const headerOf = (config: object) =>
        Effect.map(asSent({ ...credentials, ...config }), ({ headers }) =>
          Buffer.from(headers?.authorization?.slice("Basic ".length) ?? "", "base64").toString("utf8")
        )
      expect(yield* headerOf({})).toBe("plain-client.of_a*test:a+b%7Ec")
      expect(yield* headerOf({ basicEncoding: "raw" })).toBe("plain-client.of_a*test:a b~c")
    })
  )

  const json = (part: string | undefined) => JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"))
  const keyFor = (alg: string) =>
    requests.deterministic_assertions.find((one) => one.alg === alg)?.private_jwk_throwaway

  for (const { name, request, assertion_header, assertion_claims } of requests.private_key_jwt)
    if (assertion_header.alg !== "ES256")
      it.live(name, () =>
        Effect.gen(function* () {
          const key = keyFor("RS256")
          const before = Math.floor(Date.now() / 1000)
          const { body } = yield* asSent({
            clientId: "plain-client",
            authMethod: "private_key_jwt",
            privateKey: JSON.stringify(key),
            ...assertion_header,
            assertionAudience: "https://auth.platform.test",
            scope: "payments"
          })
          const without = (text: string) => parametersIn(text).filter(([parameter]) => parameter !== "client_assertion")
          expect(without(body)).toEqual(without(request.body))
          const [header, payload] = (new URLSearchParams(body).get("client_assertion") ?? "").split(".")
          expect(json(header)).toEqual(assertion_header)
          const { jti, iat, exp, ...claims } = json(payload)
          expect(claims).toEqual({ aud: assertion_claims["aud"], iss: "plain-client", sub: "plain-client" })
          expect([typeof jti, exp - iat <= 60, iat >= before]).toEqual(["string", true, true])
        })
      )

  it.each(requests.deterministic_assertions)("and keys sign as another library's do: $alg", async (vector) => {
    const text = JSON.stringify(vector.private_jwk_throwaway)
    const { key } = Either.getOrThrow(Key.read({ text, alg: vector.alg, kid: undefined }))
    const signed = vector.jwt.slice(0, vector.jwt.lastIndexOf("."))
    const signature = await crypto.subtle.sign(key.algorithm.name, key, Buffer.from(signed))
    expect(Buffer.from(signature).toString("base64url")).toBe(vector.jwt.split(".")[2])
    const { kty, n, e, crv, x } = vector.private_jwk_throwaway
    const publicKey = createPublicKey({ key: JSON.parse(JSON.stringify({ kty, n, e, crv, x })), format: "jwk" })
    const hash = vector.alg === "RS256" ? "sha256" : null
    expect(verify(hash, Buffer.from(signed), publicKey, Buffer.from(signature))).toBe(true)
  })
})

interface Reply {
  readonly name: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly oauth4webapi: { readonly outcome: "accept" | "reject"; readonly token?: { readonly access_token: string } }
}

const replies = (vectors("token-responses.json") as { readonly cases: ReadonlyArray<Reply> }).cases

/** We speak Bearer alone; the library hands a DPoP token to who has no proof. */
const stricter = new Set(["token_type DPoP without a proof"])

describe("token replies are read as an independent library reads them", () => {
  for (const { name, status, headers, body, oauth4webapi } of replies)
    it.live(name, () =>
      Effect.gen(function* () {
        const { tokenEndpoint } = yield* answering(() => ({ status, headers, body }))
        const config = configured({ tokenEndpoint, clientId: "c", clientSecret: "s", scope: "payments refunds" })
        const outcome = yield* Effect.either(yield* TokenEndpoint.make(config))
        const isGranted = oauth4webapi.outcome === "accept" && !stricter.has(name)
        expect(Either.isRight(outcome), String(outcome)).toBe(isGranted)
        const error: unknown = body.startsWith("{") ? JSON.parse(body).error : undefined
        if (Either.isLeft(outcome) && typeof error === "string") expect(outcome.left.detail).toContain(error)
        if (Either.isLeft(outcome))
          expect(outcome.left.isRefused).toBe(/^(invalid_|unauthorized_|unsupported_)/.test(String(error)))
        const { "retry-after": wait } = headers
        if (Either.isLeft(outcome) && wait !== undefined)
          expect(outcome.left.retryAfterMillis).toBe(Number(wait) * 1000)
      }).pipe(Effect.scoped)
    )
})
