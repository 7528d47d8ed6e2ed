import { expect, it } from "@effect/vitest"
import { Effect, Exit, Redacted, Scope } from "effect"
import * as OAuth from "../src/index.ts"
import { answering, good } from "./answering.ts"
import { stores } from "./platform.ts"
import { configured } from "./tokenServer.ts"

const server = answering((count) => ({ status: 200, body: { ...good, access_token: `token-${count}` } }))

it.scopedLive("a vendor whose client is the same keeps its token through a change of the configuration", () =>
  Effect.gen(function* () {
    const { tokenEndpoint, asked } = yield* server
    const config = (more: object = {}) =>
      configured({ tokenEndpoint, clientId: "c", clientSecret: "s", resource: ["https://a.example/"], ...more })
    const clients = yield* OAuth.Clients.make
    let before = yield* Scope.make()
    /** Each takes the place of the one before. */
    const token = (configs: OAuth.Clients.Configs, vendor = "one") =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { get } = yield* Scope.extend(clients.of(configs), scope)
        yield* Scope.close(before, Exit.void)
        before = scope
        return Redacted.value(yield* get(vendor))
      })

    expect(yield* token({ one: config() })).toBe("token-1")
    expect(yield* token({ one: config(), two: config() })).toBe("token-1")
    expect(yield* token({ two: config(), one: { ...config(), tls: undefined } })).toBe("token-1")
    expect(yield* token({ two: config(), one: config() }, "two"), "another vendor's is its own").toBe("token-2")
    expect(asked.length).toBe(2)

    for (const change of [
      { clientSecret: "t" },
      { next: { clientSecret: "t" } },
      { resource: ["https://a.example/", "https://b.example/"] },
      { scope: "a" }
    ]) {
      yield* token({ one: config() })
      const before = asked.length
      yield* token({ one: config(change) })
      expect(asked.length, JSON.stringify(change)).toBe(before + 1)
    }
  }).pipe(Effect.provide(stores))
)

it.scopedLive("a configuration that is refused leaves no trace, and neither does one that is gone", () =>
  Effect.gen(function* () {
    const { tokenEndpoint, asked } = yield* server
    const config = (more: object = {}) => configured({ tokenEndpoint, clientId: "c", clientSecret: "s", ...more })
    const clients = yield* OAuth.Clients.make
    const generation = (configs: OAuth.Clients.Configs) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { get } = yield* Scope.extend(clients.of(configs), scope)
        return { token: Effect.map(get("one"), Redacted.value), close: Scope.close(scope, Exit.void) }
      })

    const first = yield* generation({ one: config() })
    expect(yield* first.token).toBe("token-1")
    const refused = yield* generation({ one: config({ clientSecret: "t" }) })
    expect(yield* refused.token).toBe("token-2")
    yield* refused.close
    const second = yield* generation({ one: config() })
    expect(yield* second.token, "that of the one in force").toBe("token-1")
    const other = yield* generation({ one: config({ clientSecret: "t" }) })
    expect(yield* other.token, "not that of the one refused").toBe("token-3")
    yield* first.close
    expect(yield* first.token, "what is under way goes on").toBe("token-1")
    yield* second.close
    yield* (yield* generation({ one: config() })).token
    expect(asked.length, "it was forgotten").toBe(4)
  }).pipe(Effect.provide(stores))
)

it.scopedLive("what an earlier configuration gave goes on working; who is not named any more has no token", () =>
  Effect.gen(function* () {
    const { tokenEndpoint } = yield* server
    const config = configured({ tokenEndpoint, clientId: "c", clientSecret: "s" })
    const clients = yield* OAuth.Clients.make
    const before = yield* clients.of({ one: config })
    const after = yield* clients.of({ two: config })
    expect((yield* Effect.flip(after.get("one")))._tag).toBe("TokenUnavailable")
    const token = yield* before.get("one")
    yield* before.discard("one", token)
    expect(Redacted.value(yield* before.get("one"))).toBe("token-2")
    const again = yield* clients.of({ one: config })
    expect(Redacted.value(yield* again.get("one")), "and is the same where it comes back").toBe("token-2")
  }).pipe(Effect.provide(stores))
)
