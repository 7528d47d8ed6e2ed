import { describe, expect, it } from "@effect/vitest"
import { Effect, Exit, Scope, TestClock } from "effect"
import { Routes } from "../src/index.ts"
import { decoded } from "./files.ts"
import { gates, holding, kindsWith, through } from "./routes.ts"

const route = (what: string, total = 60_000) =>
  `{ vendor: platform, allow: ["ANY /**"], limits: { totalMillis: ${total} }, filters: [{ holding: { what: ${what} } }, { rate-limit: { perSecond: 0.001, burst: 1 } }] }`

const world = Effect.gen(function* () {
  const events: Array<string> = []
  const kinds = kindsWith(holding(events))
  const build = (more: string, previous?: Routes.Built) => Routes.build(decoded(more), kinds, gates, previous)
  return { events, build, kinds }
})

describe("routes over a reload", () => {
  it.scoped("a route that did not change is the same, with what its filters remember", () =>
    Effect.gen(function* () {
      const { events, build } = yield* world
      const before = yield* build(`routes: { a: ${route("a")}, b: ${route("b")} }`)
      yield* through(before.routes[0])
      const after = yield* build(`trustedProxies: ["::1"]\nroutes: { b: ${route("other")}, a: ${route("a")} }`, before)
      const a = after.routes.find(({ id }) => id === "a")
      expect(a).toBe(before.routes[0])
      expect(yield* Effect.flip(through(a))).toMatchObject({ problem: { code: "RATE_LIMITED" } })
      expect(after.routes.find(({ id }) => id === "b")).not.toBe(before.routes[1])
      expect(events).toEqual(["held a", "held b", "held other"])
    })
  )

  it.scoped("a route changes with its vendor, and with a secret alone", () =>
    Effect.gen(function* () {
      const { build, kinds } = yield* world
      const before = yield* build(`    settlingMillis: 1000\nroutes: { a: ${route("a")} }`)
      const after = yield* build(`    settlingMillis: 2000\nroutes: { a: ${route("a")} }`, before)
      expect(after.routes[0]).not.toBe(before.routes[0])
      const rotated = decoded(`    settlingMillis: 2000\nroutes: { a: ${route("a")} }`, "a test", {
        PLATFORM_CLIENT_SECRET: "another"
      })
      expect((yield* Routes.build(rotated, kinds, gates, after)).routes[0]).not.toBe(after.routes[0])
    })
  )

  it.scoped("what a changed or removed route held is let go when its last call must be over", () =>
    Effect.gen(function* () {
      const { events, build } = yield* world
      const before = yield* build(`routes: { a: ${route("a", 5000)}, b: ${route("b", 9000)}, c: ${route("c", 1000)} }`)
      const after = yield* build(`routes: { b: ${route("new")}, c: ${route("c", 1000)} }`, before)
      yield* Routes.retire(before, after)
      yield* TestClock.adjust(4999)
      expect(events).toEqual(["held a", "held b", "held c", "held new"])
      yield* TestClock.adjust(1)
      expect(events.slice(4)).toEqual(["let go a"])
      yield* TestClock.adjust(3_600_000)
      expect(events.slice(4)).toEqual(["let go a", "let go b"])
    })
  )

  it.scoped("a faulty configuration lets go what it held, and leaves the routes before it as they are", () =>
    Effect.gen(function* () {
      const { events, build } = yield* world
      const before = yield* build(`routes: { a: ${route("a")} }`)
      const faulty = `routes: { a: ${route("a")}, b: ${route("b")}, c: { vendor: platform, filters: [rate-limit] } }`
      yield* Effect.flip(build(faulty, before))
      expect(events).toEqual(["held a", "held b", "let go b"])
    })
  )

  it.effect("all is let go with the scope", () =>
    Effect.gen(function* () {
      const { events, build } = yield* world
      const scope = yield* Scope.make()
      const before = yield* Scope.extend(build(`routes: { a: ${route("a")} }`), scope)
      const after = yield* Scope.extend(build(`routes: { a: ${route("b")} }`, before), scope)
      yield* Effect.uninterruptible(Scope.extend(Routes.retire(before, after), scope))
      yield* Scope.close(scope, Exit.void)
      expect([...events].sort()).toEqual(["held a", "held b", "let go a", "let go b"])
    })
  )
})
