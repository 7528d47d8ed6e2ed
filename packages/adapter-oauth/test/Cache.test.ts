import { expect, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Either, Fiber, Redacted, TestClock } from "effect"
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
    yield* TestClock.adjust(Duration.seconds(2))
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

it.effect("a renewal that fails changes nothing while the old one is good", () =>
  Effect.gen(function* () {
    const { fetch, fail, asked } = server(100)
    const cache = yield* Cache.make(fetch)
    yield* value(cache)
    fail(down)
    yield* TestClock.adjust(Duration.seconds(85))
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
