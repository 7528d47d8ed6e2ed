import type { VendorTokens } from "@payment-proxy/ports"
import { FakeVault, Memory, Sandbox } from "@payment-proxy/testkit"
import { Effect, Layer, Redacted } from "effect"
import { Agent, request } from "undici"
import * as OAuth from "../src/index.ts"
import { configured } from "./tokenServer.ts"

/** A store and a vault of a test's own. */
export const stores = Layer.merge(Memory.layer, FakeVault.layer)

/** The sandbox's client, discovered. */
export const clientOf = ({ issuer, clientId, clientSecret }: Sandbox.Sandbox["Type"], more: object = {}) =>
  configured({ issuer, clientId, clientSecret, scope: "payments", ...more })

/** Tokens for the sandbox, as `platform`. */
export const tokensFor = (more: object = {}) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => OAuth.make({ platform: clientOf(sandbox, more) }))

interface Ledger {
  readonly requests: ReadonlyArray<{ readonly path: string; readonly did: string }>
  readonly next: number
}

/** How many token requests the sandbox saw, also those that went wrong. */
export const asked = Effect.flatMap(Sandbox.Sandbox, ({ control }) =>
  Effect.map(
    control("GET", "/_ledger"),
    (ledger) => (ledger as Ledger).requests.filter(({ path }) => path === "token" || path === "/oauth/token").length
  )
)

/** Somebody else's token of the same client, fetched past ours. */
export const outsider = Effect.flatMap(Sandbox.Sandbox, ({ issuer, clientId, clientSecret }) =>
  Effect.promise(() =>
    fetch(`${issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
      body: new URLSearchParams({ grant_type: "client_credentials", scope: "payments" })
    }).then((response) => response.text())
  )
)

/** Connections of calls to the platform's API: not as many as calls. */
const connections = Effect.acquireRelease(
  Effect.sync(() => new Agent({ connections: 64 })),
  (agent) => Effect.promise(() => agent.close())
)

/** What became of a call: how often it was sent, and the last status; 404 says that the token was good. */
export interface Called {
  readonly times: number
  readonly status: number
}

/** Calls to the platform as filters and vendors make them: refused for its token, a call is made once more. */
export const caller = Effect.gen(function* () {
  const { url } = yield* Sandbox.Sandbox
  const dispatcher = yield* connections
  const send = (token: Redacted.Redacted) =>
    Effect.promise(() =>
      request(`${url}/payments/none`, {
        dispatcher,
        headers: { authorization: `Bearer ${Redacted.value(token)}` }
      }).then(({ statusCode, headers, body }) =>
        body.dump().then(() => ({
          status: statusCode,
          isBad: statusCode === 401 && String(headers["www-authenticate"]).includes("invalid_token")
        }))
      )
    )
  return ({ get, discard }: VendorTokens["Type"]) =>
    Effect.gen(function* () {
      const token = yield* get("platform")
      const { status, isBad } = yield* send(token)
      if (!isBad) return { times: 1, status }
      yield* discard("platform", token)
      return { times: 2, status: (yield* send(yield* get("platform"))).status }
    })
})

/** Every different outcome of calls. */
export const outcomes = (calls: ReadonlyArray<Called>): ReadonlyArray<string> =>
  [...new Set(calls.map(({ times, status }) => `${times}x ${status}`))].sort()
