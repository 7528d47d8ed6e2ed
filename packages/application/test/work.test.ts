import { expect } from "@effect/vitest"
import { DueWork, WebhookSender } from "@payment-proxy/ports"
import { Duration, Effect, Fiber, TestClock } from "effect"
import { round } from "../src/Work.ts"
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
