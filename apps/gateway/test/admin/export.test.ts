import { anyOrder, Orders } from "@payment-proxy/ports"
import { aPayment } from "@payment-proxy/testkit/Samples"
import { Duration, Effect, Fiber, Layer, Stream, TestClock, TestContext } from "effect"
import { describe, expect, it } from "vitest"
import * as Export from "../../src/admin/Export.ts"

const tookMillis = 10

/** How many pages of orders without end an export has asked for after so long, each of which takes ten milliseconds, while so much of the process is busy. */
const asked = (millis: number, share: number) =>
  Effect.gen(function* () {
    let count = 0
    const orders = Layer.mock(Orders, {
      search: ({ limit }) =>
        Effect.as(
          Effect.zipRight(
            Effect.sync(() => count++),
            Effect.sleep(Duration.millis(tookMillis))
          ),
          Array.from({ length: limit }, () => aPayment())
        )
    })
    const fiber = yield* Effect.fork(Stream.runDrain(Export.csv(anyOrder, () => share)).pipe(Effect.provide(orders)))
    // Not in one step: each page begins when the last one's rest is over.
    for (let at = 0; at < millis; at += tookMillis) yield* TestClock.adjust(Duration.millis(tookMillis))
    yield* Fiber.interrupt(fiber)
    return count
  }).pipe(Effect.provide(TestContext.TestContext), Effect.runPromise)

describe("an export", () => {
  it("rests twice as long as a page took, where the process has time", async () => {
    // The third page is asked for after two of 30 ms.
    expect(await asked(50, 0.3)).toBe(2)
    expect(await asked(60, 0.3)).toBe(3)
  })

  it("rests eight times as long where it has none", async () => {
    expect(await asked(80, 1)).toBe(1)
    expect(await asked(90, 1)).toBe(2)
    expect(await asked(180, 1)).toBe(3)
  })

  it.each([
    [0, 2],
    [0.5, 2],
    [0.75, 4],
    [0.99, 8],
    [1, 8]
  ])("rests the longer, the more the process has to do: %d, %d times", (share, times) => {
    expect(Export.restOf(share)).toBe(times)
  })
})
