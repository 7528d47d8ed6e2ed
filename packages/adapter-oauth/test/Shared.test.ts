import { expect, it } from "@effect/vitest"
import { SharedTokens, StoreUnavailable, Vault } from "@payment-proxy/ports"
import { FakeVault, Memory } from "@payment-proxy/testkit"
import { Deferred, Duration, Effect, Either, Fiber, Layer, Option, Redacted, TestClock } from "effect"
import * as Cache from "../src/Cache.ts"
import * as Shared from "../src/Shared.ts"
import { type Fetch, NotGranted } from "../src/TokenEndpoint.ts"
import { configured } from "./tokenServer.ts"

const stores = Layer.merge(Memory.layer, FakeVault.layer)
const config = configured({ tokenEndpoint: "https://a.example/token", clientId: "c", clientSecret: "s", shared: true })

/** A token server that ends the old token when it gives a new one. */
const server = (lifeSeconds: number | null = 600) => {
  let asked = 0
  let failing = false
  let gate: Deferred.Deferred<void> | null = null
  const fetch: Fetch = Effect.gen(function* () {
    asked += 1
    const token = Redacted.make(`token-${asked}`)
    if (gate !== null) yield* Deferred.await(gate)
    return failing ? yield* new NotGranted({ detail: "down", isRefused: false }) : { token, lifeSeconds }
  })
  return {
    fetch,
    asked: () => asked,
    isGood: (token: Redacted.Redacted) => Redacted.value(token) === `token-${asked}`,
    fail: (isFailing: boolean) => {
      failing = isFailing
    },
    hold: (next: Deferred.Deferred<void> | null) => {
      gate = next
    }
  }
}

/** A process that shares the store with others. */
const process = (fetch: Fetch) =>
  Effect.flatMap(Shared.make("platform", config, fetch), (shared) => Cache.make(shared.fetch, shared))

const value = ({ get }: Cache.Cache) => Effect.map(get, Redacted.value)

/** Lets what is under way come to its end, waits of the losers and all. */
const settle = TestClock.adjust(Duration.seconds(3))

it.effect("whatever process asks, one fetches and all have the same token", () =>
  Effect.gen(function* () {
    const { fetch, asked, hold } = server()
    const gate = yield* Deferred.make<void>()
    hold(gate)
    const processes = yield* Effect.replicateEffect(process(fetch), 10)
    const all = yield* Effect.fork(Effect.all(processes.map(value), { concurrency: "unbounded" }))
    yield* TestClock.adjust(Duration.seconds(1))
    yield* Deferred.succeed(gate, undefined)
    yield* settle
    expect(new Set(yield* Fiber.join(all))).toEqual(new Set(["token-1"]))
    expect(asked()).toBe(1)
    const later = yield* process(fetch)
    expect([yield* value(later), asked()]).toEqual(["token-1", 1])
  }).pipe(Effect.provide(stores))
)

it.effect("it is sealed for its vendor and client in the store, and is not there in plain", () =>
  Effect.gen(function* () {
    const { fetch } = server()
    yield* value(yield* process(fetch))
    const tokens = yield* SharedTokens
    const vault = yield* Vault
    const client = Shared.clientOf(config)
    const { sealed } = Option.getOrThrow(yield* tokens.read("platform", client))
    expect(FakeVault.isSealed(sealed)).toBe(true)
    expect(sealed).not.toContain("token-1")
    expect(yield* vault.open(`payment_proxy_token/platform/${client}/sealed`, sealed)).toBe("token-1")
    expect(Either.isLeft(yield* Effect.either(vault.open(`payment_proxy_token/other/${client}/sealed`, sealed)))).toBe(
      true
    )
  }).pipe(Effect.provide(stores))
)

it.effect("one process renews ahead; the others are refused, read the newer one, and fetch none", () =>
  Effect.gen(function* () {
    const { fetch, asked, isGood } = server(600)
    const [one, two] = [yield* process(fetch), yield* process(fetch)]
    yield* value(one)
    yield* value(two)
    yield* TestClock.adjust(Duration.seconds(530))
    yield* value(one)
    yield* settle
    expect([yield* value(one), asked()]).toEqual(["token-2", 2])
    const call = ({ get, discard }: Cache.Cache) =>
      Effect.gen(function* () {
        const first = yield* get
        if (isGood(first)) return true
        yield* discard(first)
        return isGood(yield* get)
      })
    const calls = yield* Effect.replicateEffect(call(two), 1000, { concurrency: "unbounded" })
    expect(new Set(calls)).toEqual(new Set([true]))
    expect(asked()).toBe(2)
  }).pipe(Effect.provide(stores))
)

it.effect("F46 revoked early while all call: one fetch for all processes, and each call is made twice at most", () =>
  Effect.gen(function* () {
    const { fetch, asked } = server()
    const processes = yield* Effect.replicateEffect(process(fetch), 5)
    yield* Effect.forEach(processes, value)
    const revoked = "token-1"
    const call = ({ get, discard }: Cache.Cache) =>
      Effect.gen(function* () {
        const first = yield* get
        yield* Effect.yieldNow()
        if (Redacted.value(first) !== revoked) return Redacted.value(first)
        yield* discard(first)
        return Redacted.value(yield* get)
      })
    const calls = yield* Effect.fork(
      Effect.all(
        processes.flatMap((each) => Array.from({ length: 200 }, () => call(each))),
        { concurrency: "unbounded" }
      )
    )
    yield* settle
    expect(new Set(yield* Fiber.join(calls))).toEqual(new Set(["token-2"]))
    expect(asked()).toBe(2)
  }).pipe(Effect.provide(stores))
)

it.effect("who dies in the middle of a fetch is replaced when its lease ends", () =>
  Effect.gen(function* () {
    const { fetch, hold } = server()
    const gate = yield* Deferred.make<void>()
    hold(gate)
    const dying = yield* Shared.make("platform", config, fetch)
    const dead = yield* Effect.fork(dying.fetch)
    yield* Effect.yieldNow()
    hold(null)
    const two = yield* process(fetch)
    const waiting = yield* Effect.fork(value(two))
    yield* TestClock.adjust(Duration.seconds(14))
    expect(waiting.unsafePoll()).toBeNull()
    yield* TestClock.adjust(Duration.seconds(2))
    expect(yield* Fiber.join(waiting)).toBe("token-2")
    // Back from the dead, it finds that its lease is lost, and takes what is there.
    yield* Deferred.succeed(gate, undefined)
    yield* settle
    expect(Redacted.value((yield* Fiber.join(dead)).token)).toBe("token-2")
  }).pipe(Effect.provide(stores))
)

it.effect("a fetch that fails gives the lease back, and is each process's own failure", () =>
  Effect.gen(function* () {
    const { fetch, fail } = server()
    const [one, two] = [yield* process(fetch), yield* process(fetch)]
    fail(true)
    expect(Either.isLeft(yield* Effect.either(value(one)))).toBe(true)
    fail(false)
    expect(yield* value(two)).toBe("token-2")
    yield* settle
    expect(yield* value(one)).toBe("token-2")
  }).pipe(Effect.provide(stores))
)

it.effect("a token that this vault cannot open is fetched again", () =>
  Effect.gen(function* () {
    const { fetch, asked } = server()
    yield* value(yield* process(fetch))
    const strange = Vault.of({
      ...FakeVault.make,
      open: (context, sealed) => FakeVault.make.open(`${context}!`, sealed)
    })
    const two = yield* Effect.provideService(process(fetch), Vault, strange)
    expect([yield* value(two), asked()]).toEqual(["token-2", 2])
  }).pipe(Effect.provide(stores))
)

it.effect("with the store away, a token that is good goes on being used; without one there is none", () =>
  Effect.gen(function* () {
    const { fetch, asked } = server(600)
    const tokens = yield* SharedTokens
    let isAway = false
    const away = <A>(call: Effect.Effect<A, StoreUnavailable>) =>
      Effect.suspend(() => (isAway ? new StoreUnavailable({ cause: "away" }) : call))
    const flaky = SharedTokens.of({
      read: (vendor, client) => away(tokens.read(vendor, client)),
      lease: (...all) => away(tokens.lease(...all)),
      put: (...all) => away(tokens.put(...all)),
      release: (...all) => away(tokens.release(...all)),
      discard: (...all) => away(tokens.discard(...all))
    })
    const started = Effect.provideService(process(fetch), SharedTokens, flaky)
    const [one, two] = [yield* started, yield* started]
    yield* value(one)
    isAway = true
    const none = yield* Effect.either(value(two))
    expect(Either.isLeft(none) && none.left.detail).toContain("store")
    yield* TestClock.adjust(Duration.seconds(530))
    expect(yield* value(one)).toBe("token-1")
    yield* settle
    expect([yield* value(one), asked()]).toEqual(["token-1", 1])
    yield* TestClock.adjust(Duration.seconds(60))
    expect(Either.isLeft(yield* Effect.either(value(one)))).toBe(true)
    isAway = false
    yield* TestClock.adjust(Duration.seconds(60))
    expect([yield* value(one), asked()]).toEqual(["token-2", 2])
  }).pipe(Effect.provide(stores))
)

it.effect("what was fetched and cannot be put serves the process that has it", () =>
  Effect.gen(function* () {
    const { fetch, asked } = server()
    const tokens = yield* SharedTokens
    const unput = SharedTokens.of({ ...tokens, put: () => new StoreUnavailable({ cause: "full" }) })
    const one = yield* Effect.provideService(process(fetch), SharedTokens, unput)
    const got = yield* Effect.fork(value(one))
    yield* settle
    expect([yield* Fiber.join(got), yield* value(one), asked()]).toEqual(["token-1", "token-1", 1])
  }).pipe(Effect.provide(stores))
)

it("clients that differ in what a token is good for do not share one; others do", () => {
  const of = (more: object) => Shared.clientOf(configured({ ...config, clientSecret: "s", ...more }))
  const base = of({ scope: "a b", resource: ["https://a.example", "https://b.example"] })
  expect(of({ scope: "b a", resource: ["https://b.example", "https://a.example"], clientSecret: "newer" })).toBe(base)
  for (const other of [
    { scope: "a" },
    { clientId: "d" },
    { audience: "x" },
    { tokenEndpoint: "https://b.example/token" }
  ])
    expect(of({ scope: "a b", resource: ["https://a.example", "https://b.example"], ...other })).not.toBe(base)
})
