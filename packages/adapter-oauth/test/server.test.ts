import { expect, it } from "@effect/vitest"
import { VendorTokens } from "@payment-proxy/ports"
import { FakeVault, Memory, Sandbox, vendorTokensContract } from "@payment-proxy/testkit"
import { Cause, Effect, Either, Layer, Redacted } from "effect"
import * as OAuth from "../src/index.ts"
import * as TokenEndpoint from "../src/TokenEndpoint.ts"
import { answering } from "./answering.ts"
import { configured } from "./tokenServer.ts"

const stores = Layer.merge(Memory.layer, FakeVault.layer)
const secretOf = (sandbox: { readonly clientId: string; readonly clientSecret: string }) => ({
  clientId: sandbox.clientId,
  clientSecret: sandbox.clientSecret,
  scope: "payments"
})

const discovered = Layer.unwrapEffect(
  Effect.map(Sandbox.Sandbox, (sandbox) =>
    OAuth.layer({ platform: configured({ ...secretOf(sandbox), issuer: sandbox.issuer }) })
  )
).pipe(Layer.provide(stores), Layer.provideMerge(Sandbox.layer))

vendorTokensContract("a real OAuth server, discovered", discovered, "platform")

it.live("a token of the real server opens the platform's API; a wrong secret gets none, and shows in no error", () =>
  Effect.gen(function* () {
    const sandbox = yield* Sandbox.Sandbox
    const tokenEndpoint = `${sandbox.issuer}/token`
    const given = yield* TokenEndpoint.make(configured({ ...secretOf(sandbox), tokenEndpoint }))
    const { token, lifeSeconds } = yield* given
    expect(lifeSeconds).toBe(600)
    const authorization = `Bearer ${Redacted.value(token)}`
    const { status } = yield* Effect.promise(() =>
      fetch(`${sandbox.url}/payments/none`, { headers: { authorization } })
    )
    expect(status).toBe(404)

    const posted = {
      ...secretOf(sandbox),
      clientId: `${sandbox.clientId}-post`,
      authMethod: "client_secret_post",
      tokenEndpoint
    }
    expect((yield* yield* TokenEndpoint.make(configured(posted))).lifeSeconds).toBe(600)

    const canary = "canary-secret-77"
    const wrong = yield* TokenEndpoint.make(configured({ ...secretOf(sandbox), clientSecret: canary, tokenEndpoint }))
    const failed = yield* Effect.exit(wrong)
    expect(String(failed)).toContain("invalid_client")
    expect(JSON.stringify(failed)).not.toContain(canary)
    expect(failed._tag === "Failure" && Cause.pretty(failed.cause)).not.toContain(canary)
  }).pipe(Effect.provide(Sandbox.layer))
)

const granted = (status: number, body: object | string) =>
  Effect.gen(function* () {
    const { tokenEndpoint } = yield* answering(() => ({ status, body }))
    const fetch = yield* TokenEndpoint.make(configured({ clientId: "c", clientSecret: "s", tokenEndpoint }))
    return yield* Effect.either(fetch)
  }).pipe(Effect.scoped)

const good = { access_token: "t", token_type: "Bearer" }

it.live("a life in digits as a text is read; one that is no count of seconds is refused", () =>
  Effect.gen(function* () {
    const asText = yield* granted(200, { ...good, expires_in: "3600" })
    expect(Either.isRight(asText) && asText.right.lifeSeconds).toBe(3600)
    const absent = yield* granted(200, good)
    expect(Either.isRight(absent) && absent.right.lifeSeconds).toBe(null)
    for (const expires_in of [-1, "soon", [], true])
      expect(Either.isLeft(yield* granted(200, { ...good, expires_in })), String(expires_in)).toBe(true)
  })
)

it.live("answers that grant nothing are failures, whatever they look like", () =>
  Effect.gen(function* () {
    for (const [status, body] of [
      [500, good],
      [302, good],
      [200, "<html>"],
      [200, { token_type: "Bearer" }],
      [200, { ...good, token_type: "DPoP" }],
      [400, { error: "invalid_scope" }]
    ] as const)
      expect(Either.isLeft(yield* granted(status, body)), `${status} ${JSON.stringify(body)}`).toBe(true)
  })
)

it.effect("a vendor that is not configured has no token", () =>
  Effect.gen(function* () {
    const none = yield* Effect.flip(
      Effect.flatMap(VendorTokens, ({ get }) => get("x")).pipe(Effect.provide(Layer.provide(OAuth.layer({}), stores)))
    )
    expect(none._tag).toBe("TokenUnavailable")
  })
)
