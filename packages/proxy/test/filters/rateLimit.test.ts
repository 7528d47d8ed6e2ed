import { describe, expect, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import type { Filter } from "../../src/Filter.ts"
import { Filters, Headers } from "../../src/index.ts"
import { answering, call, faultsOf, made } from "./calls.ts"

/** 200, or how the call was refused. */
const tried = (filter: Filter, caller: string | null = "shop") =>
  filter
    .around(answering())(call({ caller }))
    .pipe(
      Effect.map(({ status }) => ({ status, code: "", headers: [] as ReadonlyArray<string> })),
      Effect.catchAll(({ problem, headers }) => Effect.succeed({ status: problem.status, code: problem.code, headers }))
    )
const times = (filter: Filter, count: number, caller: string | null = "shop") =>
  Effect.map(Effect.replicateEffect(tried(filter, caller), count), (all) => all.map(({ status }) => status))

describe("rate-limit", () => {
  it.effect("a burst passes, then calls pass as the bucket fills", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.rateLimit, { perSecond: 2, burst: 3 })
      expect(yield* times(filter, 5)).toEqual([200, 200, 200, 429, 429])
      yield* TestClock.adjust(500)
      expect(yield* times(filter, 2)).toEqual([200, 429])
      yield* TestClock.adjust(60_000)
      expect(yield* times(filter, 4)).toEqual([200, 200, 200, 429])
    })
  )

  it.effect("the refusal says when to come again, in whole seconds rounded up", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.rateLimit, { perSecond: 0.4, burst: 2 })
      yield* times(filter, 2)
      yield* TestClock.adjust(100)
      const { code, headers } = yield* tried(filter)
      expect(code).toBe("RATE_LIMITED")
      expect(Headers.get(headers, "retry-after")).toBe("3")
      expect(Headers.get(headers, "ratelimit-limit")).toBe("2")
      expect(Headers.get(headers, "ratelimit-remaining")).toBe("0")
      expect(Headers.get(headers, "ratelimit-reset")).toBe("5")
      yield* TestClock.adjust(2399)
      expect((yield* tried(filter)).status).toBe(429)
      yield* TestClock.adjust(1)
      expect((yield* tried(filter)).status).toBe(200)
    })
  )

  it.effect("a rate that no fraction can hold lets its whole burst through, and no more", () =>
    Effect.gen(function* () {
      for (const perSecond of [3, 7, 0.3, 999]) {
        const filter = yield* made(Filters.rateLimit, { perSecond, burst: 100 })
        const passed = (yield* times(filter, 101)).filter((status) => status === 200)
        expect(passed.length, String(perSecond)).toBe(100)
      }
    })
  )

  it.effect("each caller has a bucket of its own, and those who prove nothing share one", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.rateLimit, { perSecond: 1, burst: 1 })
      expect(yield* times(filter, 2, "shop")).toEqual([200, 429])
      expect(yield* times(filter, 2, "desk")).toEqual([200, 429])
      expect(yield* times(filter, 2, null)).toEqual([200, 429])
    })
  )

  it.effect("two routes count apart", () =>
    Effect.gen(function* () {
      const one = yield* made(Filters.rateLimit, { perSecond: 1, burst: 1 })
      const other = yield* made(Filters.rateLimit, { perSecond: 1, burst: 1 })
      expect(yield* times(one, 2)).toEqual([200, 429])
      expect(yield* times(other, 1)).toEqual([200])
    })
  )

  it.effect("a burst of 0 refuses all", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.rateLimit, { perSecond: 100, burst: 0 })
      yield* TestClock.adjust(60_000)
      const { status, headers } = yield* tried(filter)
      expect(status).toBe(429)
      expect(Headers.get(headers, "retry-after")).toBe("60")
    })
  )

  it.effect("beyond 10 000 callers full buckets are forgotten first, so that an empty one stays empty", () =>
    Effect.gen(function* () {
      const filter = yield* made(Filters.rateLimit, { perSecond: 0.001, burst: 2 })
      yield* times(filter, 2, "greedy")
      for (let at = 1; at < 10_000; at++) yield* tried(filter, `caller-${at}`)
      expect(yield* times(filter, 1, "one-more")).toEqual([200])
      expect(yield* times(filter, 1, "greedy")).toEqual([429])
      yield* TestClock.adjust(1_000_000)
      yield* times(filter, 1, "greedy")
      expect(yield* times(filter, 1, "yet-one-more")).toEqual([200])
      expect(yield* times(filter, 1, "greedy")).toEqual([429])
    })
  )

  it("a rate of nothing, and one that is left out, are refused", () => {
    expect(faultsOf(Filters.rateLimit, { perSecond: 0, burst: 1 })).toContain("perSecond")
    expect(faultsOf(Filters.rateLimit, { perSecond: Number.NaN, burst: 1 })).toContain("perSecond")
    const faults = faultsOf(Filters.rateLimit, {})
    expect(faults).toContain("perSecond")
    expect(faults).toContain("burst")
  })
})
