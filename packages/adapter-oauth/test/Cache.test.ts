import { expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Either, Fiber, Logger, Random, Redacted, TestClock } from "effect"
import * as Cache from "../src/Cache.ts"
import type { Fetch } from "../src/TokenEndpoint.ts"
import { NotGranted } from "../src/TokenEndpoint.ts"

/** A token server that a test scripts: how often it was asked, and what it does next. */
const server = (lifeSeconds: number | null = 100) => {
  let asked = 0
  let failing: NotGranted | null = null
  let gate: Deferred.Deferred<void> | null = null
  const fetch: Fetch = Effect.suspend(() => {
    asked += 1
    const token = Redacted.make(`token-${asked}`)
    const wait = gate === null ? Effect.void : Deferred.await(gate)
    return Effect.zipRight(
      wait,
      Effect.suspend(() => (failing === null ? Effect.succeed({ token, lifeSeconds }) : Effect.fail(failing)))
    )
  })
  return {
    fetch,
    asked: () => asked,
    fail: (failure: NotGranted | null) => {
      failing = failure
    },
    hold: (next: Deferred.Deferred<void> | null) => {
      gate = next
    }
  }
}

const down = new NotGranted({ detail: "down", isRefused: false })
const value = (cache: Cache.Cache) => Effect.map(cache.get, Redacted.value)

it.effect("however many wait, one fetch is in the air", () =>
  Effect.gen(function* () {
    const { fetch, asked, hold } = server()
    const gate = yield* Deferred.make<void>()
    hold(gate)
    const cache = yield* Cache.make(fetch)
    const all = yield* Effect.fork(
      Effect.all(
        Array.from({ length: 100 }, () => value(cache)),
        { concurrency: "unbounded" }
      )
    )
    yield* Effect.yieldNow()
    yield* Deferred.succeed(gate, undefined)
    expect(new Set(yield* Fiber.join(all))).toEqual(new Set(["token-1"]))
    expect(asked()).toBe(1)
  })
)

it.effect("who stops waiting does not cancel the others' fetch", () =>
  Effect.gen(function* () {
    const { fetch, asked, hold } = server()
    const gate = yield* Deferred.make<void>()
    hold(gate)
    const cache = yield* Cache.make(fetch)
    const impatient = yield* Effect.fork(value(cache))
    const patient = yield* Effect.fork(value(cache))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(impatient)
    yield* Deferred.succeed(gate, undefined)
    expect(yield* Fiber.join(patient)).toBe("token-1")
    expect(asked()).toBe(1)
  })
)

it.effect("it is renewed ahead of its end while the old one still serves", () =>
  Effect.gen(function* () {
    const { fetch, asked } = server(100)
    const cache = yield* Cache.make(fetch)
    expect(yield* value(cache)).toBe("token-1")
    yield* TestClock.adjust(Duration.seconds(79))
    expect([yield* value(cache), asked()]).toEqual(["token-1", 1])
    yield* TestClock.adjust(Duration.seconds(10))
    expect(yield* value(cache)).toBe("token-1")
    yield* TestClock.adjust(Duration.zero)
    expect([yield* value(cache), asked()]).toEqual(["token-2", 2])
  })
)

it.effect("it is never handed out past its end less the skew", () =>
  Effect.gen(function* () {
    const { fetch } = server(100)
    const cache = yield* Cache.make(fetch)
    yield* value(cache)
    yield* TestClock.adjust(Duration.seconds(90))
    expect(yield* value(cache)).toBe("token-2")
  })
)

it.effect(
  "its age is real: a clock that is set back does not keep it alive, one that is set ahead does not end it",
  () =>
    Effect.gen(function* () {
      const { fetch, asked } = server(100)
      const cache = yield* Cache.make(fetch)
      yield* value(cache)
      const clock = yield* Effect.clock
      const setTo = (millis: number) =>
        Effect.withClock(Object.create(clock, { currentTimeMillis: { value: Effect.succeed(millis) } }))
      expect(yield* setTo(3_600_000)(value(cache))).toBe("token-1")
      expect(asked()).toBe(1)
      yield* TestClock.adjust(Duration.seconds(90))
      expect(yield* setTo(0)(value(cache))).toBe("token-2")
    })
)

it.effect("F45 a renewal that fails changes nothing while the old one is good", () =>
  Effect.gen(function* () {
    const { fetch, fail, asked } = server(100)
    const cache = yield* Cache.make(fetch)
    yield* value(cache)
    fail(down)
    yield* TestClock.adjust(Duration.seconds(89))
    expect(yield* value(cache)).toBe("token-1")
    yield* TestClock.adjust(Duration.zero)
    expect(yield* value(cache)).toBe("token-1")
    expect(asked()).toBe(2)
    yield* TestClock.adjust(Duration.seconds(6))
    expect(Either.isLeft(yield* Effect.either(value(cache)))).toBe(true)
  })
)

it.effect("a failed fetch is rested on, longer each time, and at most a minute", () =>
  Effect.gen(function* () {
    const { fetch, fail, asked } = server()
    fail(down)
    const cache = yield* Cache.make(fetch)
    for (let tries = 0; tries < 20; tries++) yield* Effect.either(value(cache))
    expect(asked()).toBe(1)
    yield* Effect.repeatN(Effect.zipRight(TestClock.adjust(Duration.millis(500)), Effect.either(value(cache))), 39)
    expect(asked()).toBeGreaterThan(2)
    expect(asked()).toBeLessThan(8)
    fail(null)
    yield* TestClock.adjust(Duration.seconds(61))
    expect(yield* value(cache)).toMatch(/^token-/)
  })
)

it.effect("a server that refuses us as a client is left alone for a minute", () =>
  Effect.gen(function* () {
    const { fetch, fail, asked } = server()
    fail(new NotGranted({ detail: "invalid_client", isRefused: true }))
    const cache = yield* Cache.make(fetch)
    yield* Effect.repeatN(Effect.zipRight(TestClock.adjust(Duration.seconds(1)), Effect.either(value(cache))), 50)
    expect(asked()).toBe(1)
  })
)

it.effect("discarding drops that very token, and no newer one", () =>
  Effect.gen(function* () {
    const cache = yield* Cache.make(server().fetch)
    const first = yield* cache.get
    yield* cache.discard(first)
    expect(yield* value(cache)).toBe("token-2")
    yield* cache.discard(first)
    expect(yield* value(cache)).toBe("token-2")
  })
)

it.effect("a life that is not stated is taken for five minutes; a life of nothing serves once", () =>
  Effect.gen(function* () {
    const unstated = yield* Cache.make(server(null).fetch)
    yield* value(unstated)
    yield* TestClock.adjust(Duration.seconds(200))
    expect(yield* value(unstated)).toBe("token-1")
    yield* TestClock.adjust(Duration.seconds(100))
    expect(yield* value(unstated)).toBe("token-2")
    const nothing = yield* Cache.make(server(0).fetch)
    expect([yield* value(nothing), yield* value(nothing)]).toEqual(["token-1", "token-2"])
  })
)

it.effect("each renews at its own moment, from 80 % of the life on", () =>
  Effect.gen(function* () {
    const servers = Array.from({ length: 50 }, () => server(100))
    const caches = yield* Effect.forEach(servers, ({ fetch }) => Cache.make(fetch))
    const renewed = Effect.gen(function* () {
      yield* Effect.forEach(caches, value)
      yield* TestClock.adjust(Duration.zero)
      return servers.filter(({ asked }) => asked() === 2).length
    })
    expect(yield* renewed).toBe(0)
    yield* TestClock.adjust(Duration.seconds(79.9))
    expect(yield* renewed).toBe(0)
    yield* TestClock.adjust(Duration.seconds(4.1))
    const half = yield* renewed
    expect(half).toBeGreaterThan(10)
    expect(half).toBeLessThan(40)
    yield* TestClock.adjust(Duration.seconds(4.1))
    expect(yield* renewed).toBe(50)
  }).pipe(Effect.withRandom(Random.make("renewals")))
)

it.effect("a life beyond a day is taken for a day", () =>
  Effect.gen(function* () {
    const { fetch } = server(1e15)
    const cache = yield* Cache.make(fetch)
    yield* value(cache)
    yield* TestClock.adjust(Duration.hours(19))
    expect(yield* value(cache)).toBe("token-1")
    yield* TestClock.adjust(Duration.hours(5))
    expect(yield* value(cache)).toBe("token-2")
  })
)

it.effect("a life of nothing serves all who wait for it", () =>
  Effect.gen(function* () {
    const { fetch, asked, hold } = server(0)
    const gate = yield* Deferred.make<void>()
    hold(gate)
    const cache = yield* Cache.make(fetch)
    const all = yield* Effect.fork(Effect.replicateEffect(value(cache), 100, { concurrency: "unbounded" }))
    yield* Effect.yieldNow()
    yield* Deferred.succeed(gate, undefined)
    expect(new Set(yield* Fiber.join(all))).toEqual(new Set(["token-1"]))
    expect(asked()).toBe(1)
  })
)

/** The moments, in seconds, at which the server was asked, while somebody asks for a token every half second. */
const moments = (failure: NotGranted, seconds: number) =>
  Effect.gen(function* () {
    const { fetch, fail, asked } = server()
    fail(failure)
    const cache = yield* Cache.make(fetch)
    const found: Array<number> = []
    for (let second = 0; second < seconds; second += 0.5) {
      const before = asked()
      expect(Either.isLeft(yield* Effect.either(value(cache)))).toBe(true)
      if (asked() > before) found.push(second)
      yield* TestClock.adjust(Duration.millis(500))
    }
    return found
  })

it.effect("however many ask, a server that fails is asked once a second at most, and ever more seldom", () =>
  Effect.gen(function* () {
    const found = yield* moments(down, 180)
    const waits = found.slice(1).map((moment, index) => moment - (found[index] ?? 0))
    const least = [1, 2, 4, 8, 16, 32, 50, 50]
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(least[index] ?? 50)
      expect(wait).toBeLessThanOrEqual(Math.min((least[index] ?? 50) * 1.2, 60) + 0.5)
    }
    expect(waits.length).toBeGreaterThan(5)
  })
)

it.effect("a server that asks to be left alone is, for a minute at most", () =>
  Effect.gen(function* () {
    const after = (retryAfterMillis: number) =>
      Effect.map(moments(new NotGranted({ ...down, retryAfterMillis }), 62), ([, second]) => second)
    expect(yield* after(7000)).toBe(7)
    expect(yield* after(3_600_000)).toBe(60)
    expect(yield* after(1)).toBeLessThanOrEqual(1.5)
  })
)

it.effect("a server that refuses us as a client alarms, and names the vendor", () =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const { fetch, fail } = server()
    fail(new NotGranted({ detail: "The token server answered invalid_client.", isRefused: true }))
    const cache = yield* Cache.make(fetch, { vendor: "platform" })
    const logger = Logger.replace(
      Logger.defaultLogger,
      Logger.make(({ message }) => lines.push(String(message)))
    )
    yield* Effect.either(value(cache)).pipe(Effect.provide(logger))
    expect(lines.join()).toContain(
      "alarm TOKEN_REFUSED: as a client of platform: The token server answered invalid_client."
    )
  })
)

it.effect("F46 a thousand that were refused with one token make one fetch, and one token is said to be over", () =>
  Effect.gen(function* () {
    const { fetch, asked } = server()
    const over: Array<string> = []
    const cache = yield* Cache.make(fetch, {
      over: ({ token }) => Effect.sync(() => over.push(Redacted.value(token)))
    })
    const call = Effect.gen(function* () {
      const first = yield* cache.get
      yield* Effect.yieldNow()
      if (Redacted.value(first) !== "token-1") return "no refusal"
      yield* cache.discard(first)
      return yield* value(cache)
    })
    const all = yield* Effect.replicateEffect(call, 1000, { concurrency: "unbounded" })
    expect(new Set(all)).toEqual(new Set(["token-2"]))
    expect([asked(), over]).toEqual([2, ["token-1"]])
  })
)

it.effect("a vendor that refuses every token makes one fetch a second at most, and nobody fails for it", () =>
  Effect.gen(function* () {
    const { fetch, asked } = server()
    const cache = yield* Cache.make(fetch)
    const refused = Effect.flatMap(cache.get, cache.discard)
    const call = Effect.zipRight(refused, cache.get)
    yield* call
    expect(asked()).toBe(2)
    const calls = yield* Effect.fork(Effect.repeatN(call, 9))
    yield* TestClock.adjust(Duration.seconds(4.5))
    expect(asked()).toBe(2 + 4)
    yield* TestClock.adjust(Duration.seconds(20))
    expect(typeof (yield* Fiber.join(calls))).toBe("object")
  })
)
