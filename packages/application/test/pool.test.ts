import { expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Pool from "../src/Pool.ts"

it.scoped("a piece that is over before it is known leaves its place, wherever the runtime turned to it", () =>
  Effect.gen(function* () {
    const pool = yield* Pool.make(10_000, 10)
    // The runtime turns from one fiber to the next every so many steps, so also between a piece's start and what follows.
    for (let count = 0; count < 5000; count++) yield* pool.put("app", Effect.void)
    yield* Effect.yieldNow()
    expect(pool.owners()).toEqual([])
    expect(yield* pool.room).toBe(10_000)
  })
)
