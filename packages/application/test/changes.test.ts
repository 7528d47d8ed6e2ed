import { expect, it } from "@effect/vitest"
import { Orders } from "@payment-proxy/ports"
import { Memory } from "@payment-proxy/testkit"
import { Duration, Effect, Fiber, Layer, TestClock } from "effect"
import * as Changes from "../src/Changes.ts"

/** A store that knows these versions, and what it was asked for. */
const storing = (known: ReadonlyMap<string, number>, asked: Array<ReadonlyArray<string>>) => {
  const store = Effect.map(Orders, (orders) =>
    Orders.of({
      ...orders,
      versions: (numbers) =>
        Effect.sync(() => {
          asked.push(numbers)
          return new Map([...known].filter(([number]) => numbers.includes(number)))
        })
    })
  )
  return Layer.provide(Changes.layer, Layer.provide(Layer.effect(Orders, store), Memory.layer))
}

const watched = (known: ReadonlyMap<string, number>) =>
  Effect.map(Changes.Changes, (changes) => {
    const woken: Array<Changes.News> = []
    const leave = changes.watch(known, (news) => woken.push(news))
    return { woken, leave }
  })

const awaited = Effect.flatMap(Changes.Changes, (changes) => changes.awaited)

it.scoped("who watches an order and its refunds is woken by whichever moves first, once, and then waits for none", () =>
  Effect.gen(function* () {
    const changes = yield* Changes.Changes
    const { woken } = yield* watched(
      new Map([
        ["A", 2],
        ["AR1", 1]
      ])
    )
    yield* changes.committed("A", 2)
    expect(woken, "what is known is no news").toEqual([])
    yield* changes.committed("AR1", 2)
    yield* changes.committed("A", 3)
    expect(woken).toEqual([{ number: "AR1", version: 2 }])
    expect(yield* awaited).toBe(0)
  }).pipe(Effect.provide(storing(new Map(), [])))
)

it.scoped("of who leaves, or waits in vain, nothing stays", () =>
  Effect.gen(function* () {
    const changes = yield* Changes.Changes
    const { leave, woken } = yield* watched(new Map([["A", 1]]))
    const other = yield* watched(new Map([["A", 1]]))
    leave()
    expect(yield* awaited).toBe(1)
    other.leave()
    const vain = yield* Effect.fork(changes.next("B", 1, Duration.seconds(3)))
    const impatient = yield* Effect.fork(changes.next("C", 1, Duration.seconds(30)))
    yield* TestClock.adjust(Duration.seconds(4))
    yield* Fiber.join(vain)
    yield* Fiber.interrupt(impatient)
    expect(yield* awaited).toBe(0)
    yield* changes.committed("A", 2)
    expect(woken).toEqual([])
  }).pipe(Effect.provide(storing(new Map(), [])))
)

it.scoped(
  "thousands that are waited for are looked up once each, in parts, and within a second of another process's commit",
  () => {
    const stored = new Map<string, number>()
    const asked: Array<ReadonlyArray<string>> = []
    return Effect.gen(function* () {
      const numbers = Array.from({ length: 6000 }, (_, index) => `N${index}`)
      const changes = yield* Changes.Changes
      const woken: Array<Changes.News> = []
      for (const number of [...numbers, ...numbers]) changes.watch(new Map([[number, 1]]), (news) => woken.push(news))
      yield* TestClock.adjust(Duration.zero)
      expect(asked.flat().length, "two wait for each number").toBe(6000)
      expect(Math.max(...asked.map(({ length }) => length))).toBe(500)
      asked.length = 0
      yield* TestClock.adjust(Duration.millis(599))
      expect(asked.length, "the more there are, the longer they are left alone").toBe(0)
      stored.set("N4321", 2)
      yield* TestClock.adjust(Duration.millis(401))
      expect(woken).toEqual(Array(2).fill({ number: "N4321", version: 2 }))
      expect(yield* awaited).toBe(5999)
    }).pipe(Effect.provide(storing(stored, asked)))
  }
)
