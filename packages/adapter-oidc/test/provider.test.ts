import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it, layer } from "@effect/vitest"
import { type Begun, IdentityRefused } from "@payment-proxy/ports"
import { Sandbox } from "@payment-proxy/testkit"
import { Effect, Redacted } from "effect"
import { make, type Options } from "../src/index.ts"

const redirectUri = "http://127.0.0.1:4999/admin/oidc/callback"

const optionsOf = ({ issuer, clientId, consoleSecret }: Sandbox.Sandbox["Type"], more: Partial<Options> = {}) => ({
  name: "Sandbox Company",
  issuer,
  clientId: `${clientId}-console`,
  clientSecret: Redacted.make(consoleSecret),
  scope: "openid profile groups",
  nameClaim: "name",
  groupsClaim: "groups",
  allowHttp: true,
  ...more
})

const provider = (more: Partial<Options> = {}) =>
  Effect.flatMap(Sandbox.Sandbox, (sandbox) => make(optionsOf(sandbox, more)))

/** A browser without pages: keeps cookies, follows redirects as far as the console, and says who it is where it is asked. */
const browse = (url: string, person: string) =>
  Effect.promise(async () => {
    const jar = new Map<string, string>()
    const ask = async (address: string, init: RequestInit = {}) => {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ")
      const response = await fetch(address, { ...init, redirect: "manual", headers: { ...init.headers, cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        jar.set(name, value)
      }
      return response
    }
    let response = await ask(url)
    let at = url
    for (let steps = 0; steps < 10; steps++) {
      const location = response.headers.get("location")
      if (location === null) {
        response = await ask(at, {
          method: "POST",
          body: `person=${person}`,
          headers: { "content-type": "application/x-www-form-urlencoded" }
        })
        continue
      }
      at = new URL(location, at).href
      if (at.startsWith(redirectUri)) return at
      response = await ask(at)
    }
    return at
  })

const signedIn = (person: string, more: Partial<Options> = {}) =>
  Effect.gen(function* () {
    const { begin, finish } = yield* provider(more)
    const begun = yield* begin(redirectUri)
    const callback = yield* browse(begun.url, person)
    return { begun, callback, finish }
  })

layer(Sandbox.layer)("IdentityProvider: OpenID Connect, against the sandbox's provider", (it) => {
  it.effect("who comes back is known by issuer and subject, with name and groups", () =>
    Effect.gen(function* () {
      const { issuer } = yield* Sandbox.Sandbox
      const { begun, callback, finish } = yield* signedIn("omar")
      expect(yield* finish(callback, begun)).toEqual({
        subject: `${issuer} omar`,
        name: "Omar Reyes",
        groups: ["payments-operators", "everybody"]
      })
    })
  )

  it.effect("a sign-in is asked for with PKCE, state and nonce, all of them fresh", () =>
    Effect.gen(function* () {
      const { begin } = yield* provider()
      const [one, other] = yield* Effect.all([begin(redirectUri), begin(redirectUri)])
      const query = new URL(one.url).searchParams
      expect(query.get("code_challenge_method")).toBe("S256")
      expect(query.get("code_challenge")).not.toBe(one.codeVerifier)
      expect([query.get("state"), query.get("nonce")]).toEqual([one.state, one.nonce])
      expect(one.url).not.toContain(one.codeVerifier)
      for (const part of ["state", "nonce", "codeVerifier"] as const) expect(one[part]).not.toBe(other[part])
    })
  )

  const spoilt: ReadonlyArray<readonly [string, (begun: Begun) => Begun]> = [
    ["another state", (begun) => ({ ...begun, state: "another" })],
    ["another nonce", (begun) => ({ ...begun, nonce: "another" })],
    ["another code verifier", (begun) => ({ ...begun, codeVerifier: "a".repeat(43) })]
  ]
  for (const [what, spoil] of spoilt)
    it.effect(`${what} than was begun with lets nobody in`, () =>
      Effect.gen(function* () {
        const { begun, callback, finish } = yield* signedIn("ada")
        const refused = yield* Effect.flip(finish(callback, spoil(begun)))
        expect(refused).toBeInstanceOf(IdentityRefused)
        expect(JSON.stringify(refused)).not.toContain(begun.codeVerifier)
      })
    )

  it.effect("a callback that was used lets nobody in again", () =>
    Effect.gen(function* () {
      const { begun, callback, finish } = yield* signedIn("ada")
      yield* finish(callback, begun)
      expect(yield* Effect.flip(finish(callback, begun))).toBeInstanceOf(IdentityRefused)
    })
  )

  it.effect("a wrong client secret, and a person whom the directory does not have, let nobody in", () =>
    Effect.gen(function* () {
      const { begun, callback, finish } = yield* signedIn("ada", { clientSecret: Redacted.make("wrong") })
      const wrong = yield* Effect.flip(finish(callback, begun))
      expect(wrong.detail).toContain("invalid_client")
      const nobody = yield* signedIn("somebody else")
      expect((yield* Effect.flip(nobody.finish(nobody.callback, nobody.begun))).detail).toContain("access_denied")
    })
  )

  it.effect("a claim that is called otherwise is found, and a name that is missing is said", () =>
    Effect.gen(function* () {
      const { begun, callback, finish } = yield* signedIn("vera", { nameClaim: "nickname" })
      expect((yield* Effect.flip(finish(callback, begun))).detail).toContain("nickname")
      const grouped = yield* signedIn("vera", { groupsClaim: "sub" })
      expect((yield* grouped.finish(grouped.callback, grouped.begun)).groups).toEqual(["vera"])
    })
  )
})

it.scoped("a provider that is not there is said, and asked anew the next time", () =>
  Effect.gen(function* () {
    let asked = 0
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        createServer((_, response) => {
          asked += 1
          response.writeHead(503).end()
        }).listen(0, "127.0.0.1")
      ),
      (open) => Effect.sync(() => open.close())
    )
    yield* Effect.promise(() => new Promise((done) => (server.listening ? done(null) : server.once("listening", done))))
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { begin } = yield* make({
      name: "Nobody",
      issuer,
      clientId: "c",
      clientSecret: Redacted.make("s"),
      scope: "openid",
      nameClaim: "name",
      groupsClaim: "groups",
      allowHttp: true
    })
    for (let times = 1; times <= 2; times++) {
      expect(yield* Effect.flip(begin(redirectUri))).toBeInstanceOf(IdentityRefused)
      expect(asked).toBe(times)
    }
  })
)
