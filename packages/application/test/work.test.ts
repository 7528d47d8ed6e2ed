import { expect } from "@effect/vitest"
import { type Claimed, DueWork, WebhookSender } from "@payment-proxy/ports"
import { Deferred, Duration, Effect, Fiber, TestClock } from "effect"
import { loop, Paces, round } from "../src/Work.ts"
import { it, placed } from "./harness.ts"

it.world("a claim is renewed while its work goes on, and handed back when its worker stops", () =>
  Effect.gen(function* () {
    const due = yield* DueWork
    yield* placed()
    const silent = WebhookSender.of({ send: () => Effect.never })
    const working = yield* Effect.fork(Effect.provideService(round("deliveries"), WebhookSender, silent))
    yield* TestClock.adjust(Duration.seconds(9))
    for (let minutes = 0; minutes < 5; minutes++) {
      yield* TestClock.adjust(Duration.minutes(1))
      expect(yield* due.claim("deliveries", 10, Duration.millis(1)), "it is still his").toEqual([])
    }
    yield* Fiber.interrupt(working)
    expect((yield* due.claim("deliveries", 10, Duration.seconds(1))).length).toBe(1)
  })
)

/** The owners whose work was left out, claim after claim, while an owner has `most` of every batch of four. */
const leftOut = (most: number) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const asked: Array<string | undefined> = []
    const enough = yield* Deferred.make<void>()
    const piece = (owner: string): Claimed => ({
      queue: "orders",
      id: "nothing",
      owner,
      token: "",
      tries: 0,
      isQueryOwed: false
    })
    const crowded = DueWork.of({
      ...due,
      claim: (_, limit, __, { besides } = {}) => {
        if (asked.push(besides) > 4) return Effect.as(Deferred.succeed(enough, undefined), [])
        const batch = Array.from({ length: limit }, (_, index) => piece(index < most ? "crowd" : `quiet-${index}`))
        return Effect.succeed(besides === undefined ? batch : [])
      }
    })
    const pace = { ...(yield* Paces), batch: 4 }
    yield* loop("orders").pipe(
      Effect.provideService(DueWork, crowded),
      Effect.provideService(Paces, pace),
      Effect.raceFirst(Deferred.await(enough))
    )
    return asked
  })

it.world("while one owner's work fills the batches, every other batch is the others'", () =>
  Effect.gen(function* () {
    expect(yield* leftOut(3)).toEqual([undefined, "crowd", undefined, "crowd", undefined])
    expect(yield* leftOut(2), "he has most of it").toEqual([undefined, "crowd", undefined, "crowd", undefined])
  })
)
