import { describe, it } from "@effect/vitest"
import { Effect, Ref, TestClock } from "effect"
import { expect } from "vitest"
import * as Stays from "../src/Stays.ts"

const watched = (stay: `${number} millis`) =>
  Effect.gen(function* () {
    const told = yield* Ref.make<ReadonlyArray<string>>([])
    const stays = yield* Stays.make(stay, (one: string) => Ref.update(told, (all) => [...all, one]))
    return { ...stays, told: Ref.getAndSet(told, []) }
  })

describe("whoever stays is told of", () => {
  it.scoped("each time that so long is over, and nobody before that", () =>
    Effect.gen(function* () {
      const { come, told } = yield* watched("100 millis")
      yield* come("a")
      yield* TestClock.adjust("60 millis")
      yield* come("b")
      yield* TestClock.adjust("39 millis")
      expect(yield* told).toEqual([])
      yield* TestClock.adjust("1 millis")
      expect(yield* told).toEqual(["a"])
      yield* TestClock.adjust("60 millis")
      expect(yield* told).toEqual(["b"])
      yield* TestClock.adjust("100 millis")
      expect(yield* told).toEqual(["a", "b"])
    })
  )

  it.scoped("not who left, and again who came back", () =>
    Effect.gen(function* () {
      const { come, leave, told } = yield* watched("100 millis")
      yield* come("a")
      yield* TestClock.adjust("99 millis")
      yield* leave("a")
      yield* TestClock.adjust("1 seconds")
      expect(yield* told).toEqual([])
      yield* come("a")
      yield* TestClock.adjust("100 millis")
      expect(yield* told).toEqual(["a"])
    })
  )

  it.scoped("those who came at once together, and one who leaves meanwhile no more", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const stays: Stays.Stays<string> = yield* Stays.make("100 millis", (one: string) =>
        Effect.sync(() => void told.push(one)).pipe(Effect.zipRight(one === "a" ? stays.leave("a") : Effect.void))
      )
      yield* stays.come("a")
      yield* stays.come("b")
      yield* TestClock.adjust("100 millis")
      yield* TestClock.adjust("100 millis")
      expect(told).toEqual(["a", "b", "b"])
    })
  )

  it.scoped("though telling of another one died", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const stays = yield* Stays.make("100 millis", (one: string) =>
        one === "bad" ? Effect.die("cannot be told") : Effect.sync(() => void told.push(one))
      )
      yield* stays.come("bad")
      yield* stays.come("good")
      yield* TestClock.adjust("100 millis")
      yield* TestClock.adjust("100 millis")
      expect(told).toEqual(["good", "good"])
    })
  )
})
