import { expect, it, layer } from "@effect/vitest"
import { ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Clock, Effect, Either, Fiber, Layer, Logger, Runtime } from "effect"
import * as DatabaseClock from "../src/DatabaseClock.ts"
import * as Mysql from "../src/index.ts"
import { database } from "./scratch.ts"

const trueMillis = Date.UTC(2026, 10, 26)

/** Two machines and a way between them, each as wrong as a test wants it. */
const world = () => {
  const knobs = { elapsedMillis: 0, databaseMillis: 0, machineMillis: 0, outMillis: 1, backMillis: 1, isAway: false }
  const source: DatabaseClock.Source<string> = {
    database: Effect.suspend(() => {
      if (knobs.isAway) return Effect.fail("away")
      knobs.elapsedMillis += knobs.outMillis
      const said = trueMillis + knobs.elapsedMillis + knobs.databaseMillis
      knobs.elapsedMillis += knobs.backMillis
      return Effect.succeed(said)
    }),
    monotonicMillis: () => 5000 + knobs.elapsedMillis,
    machineMillis: () => trueMillis + knobs.elapsedMillis + knobs.machineMillis
  }
  /** How far a clock is from the truth. */
  const error = (clock: Clock.Clock) => clock.unsafeCurrentTimeMillis() - trueMillis - knobs.elapsedMillis
  return { knobs, source, error }
}

/** What was logged by `effect`. */
const logged = (effect: Effect.Effect<unknown, string>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => lines.push(JSON.stringify(message)))
    yield* Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger))
    return lines
  })

it.effect("it is the database's time, however wrong this machine's is", () =>
  Effect.gen(function* () {
    const { knobs, source, error } = world()
    knobs.machineMillis = 3_600_000
    const { clock } = yield* DatabaseClock.make(source)
    expect(Math.abs(error(clock))).toBeLessThanOrEqual(1)
    knobs.machineMillis = -600_000
    knobs.elapsedMillis += 10_000
    expect(Math.abs(error(clock))).toBeLessThanOrEqual(1)
  })
)

it.effect(
  "no look leads away from the truth: one after a long round trip changes nothing, one after a short one is exact",
  () =>
    Effect.gen(function* () {
      const { knobs, source, error } = world()
      Object.assign(knobs, { outMillis: 400, backMillis: 0 })
      const { clock, measure } = yield* DatabaseClock.make(source)
      expect(Math.abs(error(clock))).toBe(200)
      Object.assign(knobs, { outMillis: 1, backMillis: 1 })
      yield* measure
      expect(Math.abs(error(clock))).toBeLessThanOrEqual(2)
      Object.assign(knobs, { outMillis: 0, backMillis: 3000 })
      yield* measure
      Object.assign(knobs, { outMillis: 3000, backMillis: 0 })
      yield* measure
      expect(Math.abs(error(clock))).toBeLessThanOrEqual(2)
    })
)

it.effect("while the database is away it goes on by itself", () =>
  Effect.gen(function* () {
    const { knobs, source, error } = world()
    const { clock, measure } = yield* DatabaseClock.make(source)
    knobs.isAway = true
    knobs.elapsedMillis += 3_600_000
    expect(Either.isLeft(yield* Effect.either(measure))).toBe(true)
    expect(Math.abs(error(clock))).toBeLessThanOrEqual(1)
  })
)

it.effect("a drift of the database's clock is followed, and a jump that this machine's clock does not contradict", () =>
  Effect.gen(function* () {
    const { knobs, source, error } = world()
    const { clock, measure } = yield* DatabaseClock.make(source)
    for (let step = 0; step < 10; step++) {
      knobs.databaseMillis += 20
      yield* measure
    }
    expect(Math.abs(error(clock) - 200)).toBeLessThanOrEqual(2)
    knobs.machineMillis = -3_600_000
    yield* measure
    knobs.databaseMillis = -300_000
    expect(yield* logged(measure)).toEqual([expect.stringContaining("CLOCK_SET")])
    expect(Math.abs(error(clock) + 300_000)).toBeLessThanOrEqual(2)
  })
)

it.effect(
  "a jump of the database's clock is not followed where this machine's bears out what was; the correction changes nothing",
  () =>
    Effect.gen(function* () {
      const { knobs, source, error } = world()
      const { clock, measure } = yield* DatabaseClock.make(source)
      knobs.machineMillis = 30
      knobs.databaseMillis = -300_000
      expect(yield* logged(measure)).toEqual([expect.stringContaining("CLOCK_APART")])
      expect(yield* logged(measure), "once is enough").toEqual([])
      expect(Math.abs(error(clock))).toBeLessThanOrEqual(1)
      knobs.databaseMillis = 0
      expect(yield* logged(measure)).toEqual([expect.stringContaining("agree again")])
      expect(Math.abs(error(clock))).toBeLessThanOrEqual(1)
    })
)

it.effect("one that began with a database that was wrong is right once the database is", () =>
  Effect.gen(function* () {
    const { knobs, source, error } = world()
    knobs.databaseMillis = -300_000
    const { clock, measure } = yield* DatabaseClock.make(source)
    yield* measure
    expect(Math.abs(error(clock) + 300_000)).toBeLessThanOrEqual(1)
    knobs.databaseMillis = 0
    yield* measure
    expect(Math.abs(error(clock))).toBeLessThanOrEqual(2)
  })
)

/** The database says that it is a year ahead. */
const yearMillis = 365 * 86_400_000
const aYearAhead = Layer.succeed(
  Mysql.Now,
  Effect.succeed(`CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED) + ${yearMillis}`)
)

layer(ThrowawayMariaDb.layer, { excludeTestServices: true })("a clock in its layer", (it) => {
  it.scoped(
    "it is that of all that is built on it, of the fibers that are forked there, and of a runtime that is kept",
    () =>
      Effect.gen(function* () {
        const url = yield* database
        const seen: Array<number> = []
        const see = Effect.map(Clock.currentTimeMillis, (millis) => seen.push(millis))
        const forked = Layer.scopedDiscard(
          Effect.flatMap(Effect.forkScoped(Effect.delay(see, "50 millis")), Fiber.join)
        )
        const kept = Layer.scopedDiscard(
          Effect.flatMap(Effect.runtime<never>(), (runtime) => Effect.promise(() => Runtime.runPromise(runtime)(see)))
        )
        const { stores, clock } = Mysql.at({ url })
        const app = Layer.mergeAll(forked, kept, Layer.scopedDiscard(see)).pipe(
          Layer.provide(stores),
          Layer.provideMerge(clock),
          Layer.provide(aYearAhead)
        )
        const before = yield* Clock.currentTimeMillis
        yield* Effect.scoped(Effect.zipRight(Layer.build(app), see))
        expect(seen).toHaveLength(4)
        for (const millis of seen) expect(Math.abs(millis - before - yearMillis)).toBeLessThan(10_000)
        expect((yield* Clock.currentTimeMillis) - before).toBeLessThan(10_000)
      })
  )
})
