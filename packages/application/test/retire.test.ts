import { expect, it } from "@effect/vitest"
import { Retention, type Shelf, StoreUnavailable } from "@payment-proxy/ports"
import { Duration, Effect, Fiber, TestClock } from "effect"
import * as Retire from "../src/Retire.ts"
import { Keepings, retire } from "../src/Retire.ts"

const keeping = {
  age: Duration.days(30),
  batch: 10,
  pause: Duration.seconds(1),
  every: Duration.hours(1)
}

/** A store with so many old rows on each shelf, which fails as often as it is told to. */
const storeOf = (rows: Record<Shelf, number>, failures = 0) => {
  const calls: Array<readonly [Shelf, number]> = []
  let left = failures
  const retention = Retention.of({
    moveOut: (shelf, age, limit) =>
      Effect.suspend(() => {
        expect(Duration.toDays(age)).toBe(30)
        if (left-- > 0) return new StoreUnavailable({ cause: "It is not there." })
        const count = Math.min(rows[shelf], limit)
        rows[shelf] -= count
        calls.push([shelf, count])
        return Effect.succeed(count)
      })
  })
  const provided = <A, E>(effect: Effect.Effect<A, E, Retention>) =>
    effect.pipe(Effect.provideService(Retention, retention), Effect.provideService(Keepings, keeping))
  return { calls, provided }
}

it.effect("all that is old moves out, batch by batch, with a pause between", () =>
  Effect.gen(function* () {
    const { calls, provided } = storeOf({ history: 25, deliveries: 0, inbox: 10 })
    const fiber = yield* Effect.fork(provided(retire))
    yield* TestClock.adjust("0 seconds")
    expect(calls).toEqual([["history", 10]])
    yield* TestClock.adjust("10 seconds")
    expect(yield* Fiber.join(fiber)).toBe(35)
    expect(calls.slice(1)).toEqual([
      ["history", 10],
      ["history", 5],
      ["deliveries", 0],
      ["inbox", 10],
      ["inbox", 0]
    ])
  })
)

it.effect("it looks again each hour, also after it failed", () =>
  Effect.gen(function* () {
    const { calls, provided } = storeOf({ history: 1, deliveries: 0, inbox: 0 }, 1)
    const fiber = yield* Effect.fork(provided(Retire.loop))
    yield* TestClock.adjust("59 minutes")
    expect(calls).toEqual([])
    yield* TestClock.adjust("1 minutes")
    expect(calls[0]).toEqual(["history", 1])
    yield* Fiber.interrupt(fiber)
  })
)
