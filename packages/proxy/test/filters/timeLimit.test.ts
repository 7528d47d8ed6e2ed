import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { Filters, Route } from "../../src/index.ts"
import type { Limits } from "../../src/Message.ts"
import { answer, call, faultsOf, made } from "./calls.ts"

const limitsBehind = (options: unknown) =>
  Effect.gen(function* () {
    const filter = yield* made(Filters.timeLimit, options)
    let seen: Limits | undefined
    yield* filter.around(({ limits }) => {
      seen = limits
      return Effect.succeed(answer())
    })(call())
    return seen
  })

describe("time-limit", () => {
  it.effect("shortens the phases that it names, and leaves the others", () =>
    Effect.gen(function* () {
      expect(yield* limitsBehind({ headMillis: 2000, totalMillis: 9000 })).toEqual({
        ...Route.defaults.limits,
        headMillis: 2000,
        totalMillis: 9000
      })
    })
  )

  it.effect("never lengthens what the route allows", () =>
    Effect.gen(function* () {
      const most = {
        connectMillis: 86_400_000,
        headMillis: 86_400_000,
        idleMillis: 86_400_000,
        totalMillis: 86_400_000
      }
      expect(yield* limitsBehind(most)).toEqual(Route.defaults.limits)
    })
  )

  it("one that limits nothing, or by nothing, is refused", () => {
    expect(faultsOf(Filters.timeLimit, {})).toContain("at least one")
    expect(faultsOf(Filters.timeLimit, { headMillis: 0 })).toContain("headMillis")
    expect(faultsOf(Filters.timeLimit, { headMillis: 1.5 })).toContain("headMillis")
  })
})
