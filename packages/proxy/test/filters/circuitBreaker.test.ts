import { describe, expect, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema, TestClock } from "effect"
import type { Filter, Handler } from "../../src/Filter.ts"
import { Filters, Headers, Refusal } from "../../src/index.ts"
import { answering, call, made } from "./calls.ts"

const options = { failures: 3, withinMillis: 1000, restMillis: 5000 }
const broken: Handler = () => Refusal.broken("UPSTREAM_RESET", "It broke.")
const unreachable: Handler = () => Refusal.refuse("UPSTREAM_UNREACHABLE", "Nobody there.")

/** The status or the code that a call ends with, and how often the upstream was asked. */
const asked = (filter: Filter, upstream: Handler) => {
  let calls = 0
  return filter
    .around((request) => {
      calls += 1
      return upstream(request)
    })(call())
    .pipe(
      Effect.map(({ status }) => String(status)),
      Effect.catchAll(({ problem }) => Effect.succeed(problem.code)),
      Effect.map((end) => ({ end, calls }))
    )
}
const ends = (filter: Filter, upstream: Handler, times = 1) =>
  Effect.map(Effect.replicateEffect(asked(filter, upstream), times), (all) => all.map(({ end }) => end))

describe("circuit-breaker", () => {
  it.effect("after enough failures calls are refused at once, and nothing goes to the upstream", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, options)
      yield* ends(filter, broken, 2)
      yield* ends(filter, unreachable)
      expect(yield* asked(filter, answering())).toEqual({ end: "CIRCUIT_OPEN", calls: 0 })
    })
  )

  it.effect("the refusal says when to come again", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, options)
      yield* ends(filter, broken, 3)
      yield* TestClock.adjust(1200)
      const refused = yield* Effect.flip(filter.around(answering())(call()))
      expect(refused.problem.status).toBe(503)
      expect(Headers.get(refused.headers, "retry-after")).toBe("4")
    })
  )

  it.effect("failures that lie far apart open nothing", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, options)
      for (let at = 0; at < 10; at++) {
        yield* ends(filter, broken)
        yield* TestClock.adjust(600)
      }
      expect(yield* ends(filter, answering())).toEqual(["200"])
    })
  )

  it.effect("after the rest one that works lets all through again, one that fails begins another rest", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, options)
      yield* ends(filter, broken, 3)
      yield* TestClock.adjust(5000)
      expect(yield* ends(filter, broken)).toEqual(["UPSTREAM_RESET"])
      expect(yield* ends(filter, answering())).toEqual(["CIRCUIT_OPEN"])
      yield* TestClock.adjust(5000)
      expect(yield* ends(filter, answering(), 3)).toEqual(["200", "200", "200"])
      expect(yield* ends(filter, broken, 2)).toEqual(["UPSTREAM_RESET", "UPSTREAM_RESET"])
      expect(yield* ends(filter, answering())).toEqual(["200"])
    })
  )

  it.effect("one call at a time tries; one whose caller leaves says nothing, and the next tries", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, options)
      yield* ends(filter, broken, 3)
      yield* TestClock.adjust(5000)
      const arrived = yield* Deferred.make<void>()
      const probe = yield* Effect.fork(
        filter.around(() => Effect.zipRight(Deferred.succeed(arrived, undefined), Effect.never))(call())
      )
      yield* Deferred.await(arrived)
      expect(yield* ends(filter, answering())).toEqual(["CIRCUIT_OPEN"])
      yield* Fiber.interrupt(probe)
      expect(yield* ends(filter, answering())).toEqual(["200"])
    })
  )

  it.effect("a try that ends in a filter's fault says nothing, and the next tries", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, options)
      const faulty: Handler = () => {
        throw new Error("a filter behind it")
      }
      yield* ends(filter, broken, 3)
      yield* TestClock.adjust(5000)
      expect(yield* Effect.exit(filter.around(faulty)(call()))).toMatchObject({ _tag: "Failure" })
      expect(yield* ends(filter, answering())).toEqual(["200"])
      expect(yield* Effect.exit(filter.around(faulty)(call()))).toMatchObject({ _tag: "Failure" })
      expect(yield* ends(filter, answering()), "and so it is where the circuit is closed").toEqual(["200"])
    })
  )

  it.effect("callers who leave, and what we refuse ourselves, are no failures", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, options)
      for (let at = 0; at < 5; at++) {
        const leaving = yield* Effect.fork(filter.around(() => Effect.never)(call()))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(leaving)
      }
      yield* ends(filter, () => Refusal.refuse("BODY_TOO_LARGE", "Too large."), 5)
      yield* ends(filter, () => Refusal.refuse("UPSTREAM_BUSY", "Too many."), 5)
      yield* ends(filter, () => Refusal.broken("REQUEST_MALFORMED", "The body stopped."), 5)
      expect(yield* ends(filter, answering())).toEqual(["200"])
    })
  )

  it.effect("an answer counts as a failure where its status is named", () =>
    Effect.gen(function* () {
      const named = yield* made(Filters.circuitBreaker, { ...options, statuses: [503] })
      yield* ends(named, answering({ status: 503 }), 3)
      expect(yield* ends(named, answering())).toEqual(["CIRCUIT_OPEN"])
      const plain = yield* made(Filters.circuitBreaker, options)
      yield* ends(plain, answering({ status: 503 }), 9)
      expect(yield* ends(plain, answering())).toEqual(["200"])
    })
  )

  it.effect("a call of before the rest says nothing about after", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.circuitBreaker, { ...options, failures: 1 })
      const release = yield* Deferred.make<void>()
      const slow = yield* Effect.fork(
        ends(filter, (request) => Effect.zipRight(Deferred.await(release), broken(request)))
      )
      yield* Effect.yieldNow()
      yield* ends(filter, broken)
      yield* TestClock.adjust(5000)
      expect(yield* ends(filter, answering())).toEqual(["200"])
      yield* Deferred.succeed(release, undefined)
      expect(yield* Fiber.join(slow)).toEqual(["UPSTREAM_RESET"])
      expect(yield* ends(filter, answering())).toEqual(["200"])
    })
  )
})

describe("the circuits of a process", () => {
  it.scoped("say how each route's stands, for as long as it is in force", () =>
    Effect.gen(function* () {
      const all = yield* Filters.Circuits.Circuits
      const place = { route: "r", vendor: "v" } as never
      const kind = Filters.circuitBreaker
      const decoded = yield* Schema.decodeUnknown(kind.options)(options)
      const standing = () => Effect.all([...all].map(({ vendor, state }) => Effect.map(state, (now) => [vendor, now])))
      yield* Effect.scoped(
        Effect.gen(function* () {
          const filter = yield* kind.make(decoded, place)
          expect(yield* standing()).toEqual([["v", "closed"]])
          yield* ends(filter, broken, 3)
          expect(yield* standing()).toEqual([["v", "open"]])
          yield* TestClock.adjust(5000)
          expect(yield* standing()).toEqual([["v", "half-open"]])
          yield* ends(filter, answering())
          expect(yield* standing()).toEqual([["v", "closed"]])
        })
      )
      expect(all.size).toBe(0)
    })
  )
})
