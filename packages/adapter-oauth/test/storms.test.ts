import { expect, it, layer } from "@effect/vitest"
import { Sandbox } from "@payment-proxy/testkit"
import { Duration, Effect, Either, Fiber, Layer, Ref, Schedule } from "effect"
import * as OAuth from "../src/index.ts"
import { asked, caller, outcomes, outsider, stores, tokensFor } from "./platform.ts"
import { client, configured, tokenServer } from "./tokenServer.ts"

const faults = (...list: ReadonlyArray<object>) =>
  Effect.flatMap(Sandbox.Sandbox, ({ control }) => control("PUT", "/_faults", list))

/** How many token requests there were meanwhile, and what came out. */
const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* asked
    const result = yield* effect
    return { result, asks: (yield* asked) - before }
  })

const storm = <A, E, R>(call: Effect.Effect<A, E, R>, count: number) =>
  Effect.replicateEffect(call, count, { concurrency: "unbounded" })

/** Again, until a rest is over. */
const soon = Schedule.intersect(Schedule.spaced(Duration.millis(200)), Schedule.recurs(50))

/** Tokens of two seconds are renewed after 1.6 at the soonest. */
const mostAsks = (sinceMillis: number) => 2 + (performance.now() - sinceMillis) / 1600

/** Calls without a pause from 16 sides until `until` is done; what became of them. */
const ongoing = <A, E, R, R2>(call: Effect.Effect<A, E, R>, until: Effect.Effect<void, never, R2>) =>
  Effect.gen(function* () {
    const isOver = yield* Ref.make(false)
    const side = Effect.gen(function* () {
      const all: Array<A> = []
      while (!(yield* Ref.get(isOver))) all.push(yield* call)
      return all
    })
    const sides = yield* Effect.fork(storm(side, 16))
    yield* until
    yield* Ref.set(isOver, true)
    return (yield* Fiber.join(sides)).flat()
  })

layer(Layer.merge(Sandbox.layer, stores), { excludeTestServices: true })("the token server", (it) => {
  it.scoped("a thousand first calls at once fetch one token", () =>
    Effect.gen(function* () {
      const tokens = yield* tokensFor()
      const call = yield* caller
      const { result, asks } = yield* counted(storm(call(tokens), 1000))
      expect([outcomes(result), asks]).toEqual([["1x 404"], 1])
    })
  )

  const bad = [
    ["down", { fault: "drop-before-accept" }],
    ["500", { fault: "error-before-accept", status: 500 }],
    ["slow", { fault: "latency", millis: 30_000 }],
    ["silent", { fault: "hang" }],
    ["HTML", { fault: "html" }],
    ["garbage", { fault: "garbage" }],
    ["429", { fault: "throttle" }]
  ] as const

  const atRest =
    "F45 down, 500, slow, HTML and the like: one fetch for all, one a second at most however many ask; then all is well"
  it.effect(atRest, () =>
    Effect.gen(function* () {
      const clients = []
      for (const [name, fault] of bad) {
        const isSilent = name === "slow" || name === "silent"
        const tokens = yield* tokensFor({ timeLimitMillis: isSilent ? 1500 : 10_000 })
        yield* faults({ on: "token", ...fault })
        const get = Effect.either(tokens.get("platform"))
        const begun = performance.now()
        const first = yield* counted(storm(get, 100))
        const rest = yield* counted(storm(get, 500))
        const all = [...first.result, ...rest.result]
        expect(
          all.every((one) => Either.isLeft(one) && one.left._tag === "TokenUnavailable"),
          name
        ).toBe(true)
        expect(first.asks, name).toBe(1)
        expect(rest.asks, name).toBeLessThanOrEqual(Math.floor((performance.now() - begun) / 1000))
        clients.push(tokens.get("platform"))
      }
      yield* faults()
      for (const get of clients) yield* Effect.retry(get, soon)
    })
  )

  it.effect("F45 an odd expires_in: huge, absent and digits are kept, 0 serves once, a word or less than 0 none", () =>
    Effect.gen(function* () {
      for (const [fault, asksForAll, isGood] of [
        ["expires-huge", 1, true],
        ["expires-absent", 1, true],
        ["expires-digits", 1, true],
        ["expires-zero", 3, true],
        ["expires-negative", 1, false],
        ["expires-text", 1, false]
      ] as const) {
        yield* faults({ on: "token", fault })
        const tokens = yield* tokensFor()
        const isGiven = Effect.map(Effect.either(tokens.get("platform")), (one) => Either.isRight(one))
        const together = Effect.map(storm(isGiven, 100), (all) => all.every((one) => one === isGood))
        const { result, asks } = yield* counted(Effect.all([isGiven, isGiven, together]))
        expect([result, asks], fault).toEqual([[isGood, isGood, true], asksForAll])
      }
      yield* faults()
    })
  )
})

const singleToken = Layer.merge(Sandbox.layerWith({ singleToken: true }), stores)

layer(singleToken, { excludeTestServices: true })(
  "a platform that ends the old token when it gives a new one",
  (it) => {
    it.scoped(
      "F46 the token is revoked early: a thousand calls at once make one fetch, and are made twice at most",
      () =>
        Effect.gen(function* () {
          const tokens = yield* tokensFor()
          const call = yield* caller
          yield* call(tokens)
          yield* outsider
          const { result, asks } = yield* counted(storm(call(tokens), 1000))
          expect([outcomes(result), asks]).toEqual([["2x 404"], 1])
        })
    )

    it.scoped("F46 shared by two processes: one fetch for both, whoever is refused first; no storm", () =>
      Effect.gen(function* () {
        const [one, two] = [yield* tokensFor({ shared: true }), yield* tokensFor({ shared: true })]
        const call = yield* caller
        const both = Effect.all([storm(call(one), 300), storm(call(two), 300)], { concurrency: 2 })
        const first = yield* counted(both)
        expect([outcomes(first.result.flat()), first.asks]).toEqual([["1x 404"], 1])
        yield* outsider
        const refused = yield* counted(both)
        expect([outcomes(refused.result.flat()), refused.asks]).toEqual([["2x 404"], 1])
      })
    )
  }
)

const short = Layer.merge(Sandbox.layerWith({ singleToken: true, tokenSeconds: 2 }), stores)

layer(short, { excludeTestServices: true })("tokens that end soon", (it) => {
  it.scoped("end in the middle of a storm, and no call fails, in whichever of two processes that share them", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* tokensFor({ shared: true }), yield* tokensFor({ shared: true })]
      const call = yield* caller
      const both = Effect.all([call(one), call(two)], { concurrency: 2 })
      const begun = performance.now()
      const { result, asks } = yield* counted(ongoing(both, Effect.sleep(Duration.seconds(4))))
      expect(result.length).toBeGreaterThan(100)
      expect(outcomes(result.flat()).filter((outcome) => !outcome.endsWith("404"))).toEqual([])
      expect(asks).toBeGreaterThanOrEqual(2)
      expect(asks).toBeLessThanOrEqual(mostAsks(begun))
    })
  )

  it.scoped("F47 the secret is exchanged while calls go on, both good, then the old one gone: no call fails", () =>
    Effect.gen(function* () {
      const { control, clientSecret } = yield* Sandbox.Sandbox
      const next = "another-throwaway-secret"
      const before = yield* asked
      const tokens = yield* tokensFor({ next: { clientSecret: next } })
      const call = yield* caller
      const accept = (...secrets: ReadonlyArray<string>) => control("PUT", "/_clients", { secrets })
      const exchange = Effect.gen(function* () {
        yield* accept(clientSecret, next)
        yield* Effect.sleep(Duration.millis(500))
        yield* accept(next)
        yield* Effect.sleep(Duration.seconds(4))
        // On a busy machine the renewal may be later.
        yield* Effect.repeat(Effect.zipLeft(asked, Effect.sleep(Duration.millis(100))), {
          until: (now) => now - before >= 4,
          times: 100
        })
      })
      const begun = performance.now()
      const { result, asks } = yield* counted(ongoing(call(tokens), exchange))
      expect(outcomes(result).filter((outcome) => !outcome.endsWith("404"))).toEqual([])
      // The first with the old secret, one that was refused, and then the new one alone.
      expect(asks).toBeGreaterThanOrEqual(4)
      expect(asks).toBeLessThanOrEqual(mostAsks(begun) + 1)
      yield* accept(clientSecret)
    })
  )
})

const basic = client("ours", { client_secret: "throwaway", token_endpoint_auth_method: "client_secret_basic" })

it.scopedLive("a token server that is killed is missed at once, and found again when it is back", () =>
  Effect.gen(function* () {
    const server = yield* tokenServer([basic])
    const { tokenEndpoint } = server
    const config = configured({ tokenEndpoint, clientId: "ours", clientSecret: "throwaway" })
    const { get, discard } = yield* OAuth.make({ platform: config })
    const first = yield* get("platform")
    yield* server.kill
    yield* discard("platform", first)
    const none = yield* storm(Effect.either(get("platform")), 1000)
    expect(none.every((one) => Either.isLeft(one) && one.left._tag === "TokenUnavailable")).toBe(true)
    yield* server.back
    yield* Effect.retry(get("platform"), soon)
    yield* storm(get("platform"), 1000)
    expect(server.asked()).toBe(2)
  }).pipe(Effect.provide(stores))
)
