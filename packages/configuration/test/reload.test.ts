import { describe, expect, it } from "@effect/vitest"
import { Mappings, Vendors, VendorTokens } from "@payment-proxy/ports"
import { Context, Effect, Exit, Layer, Option, Scope, TestClock } from "effect"
import { Generations, Routes } from "../src/index.ts"
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

  it.effect(
    "whoever stops after a change that nothing interrupts does not wait for the last call of a removed route",
    () =>
      Effect.gen(function* () {
        const { events, build } = yield* world
        const scope = yield* Scope.make()
        const before = yield* Scope.extend(build(`routes: { a: ${route("a")} }`), scope)
        const after = yield* Scope.extend(build("routes: {}", before), scope)
        yield* Effect.uninterruptible(Scope.extend(Routes.retire(before, after), scope))
        yield* Scope.close(scope, Exit.void)
        expect(events).toEqual(["held a", "let go a"])
      })
  )
})

describe("what speaks to vendors over a reload", () => {
  const generations = (events: Array<string>) => {
    let count = 0
    return Generations.layer(decoded(""), () => {
      const generation = ++count
      return Layer.mergeAll(
        Layer.scoped(
          Vendors,
          Effect.acquireRelease(
            Effect.sync(() => Vendors.of({ get: () => Option.none(), name: generation } as never)),
            () => Effect.sync(() => events.push(`closed ${generation}`))
          )
        ),
        Layer.succeed(VendorTokens, {} as never),
        Layer.succeed(Mappings, {} as never)
      )
    })
  }
  const names = (context: Context.Context<Vendors | Generations.VendorSide>) =>
    Reflect.get(Context.get(context, Vendors), "name")

  it.effect("the new one is in force at once, the old one is closed when its last call must be over", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(generations(events), scope)
      const prepared = yield* Context.get(context, Generations.VendorSide).prepare(decoded(""))
      expect(names(context)).toBe(1)
      yield* prepared.commit
      expect([names(context), events]).toEqual([2, []])
      yield* TestClock.adjust("3 minutes")
      expect(events).toEqual(["closed 1"])
      yield* Scope.close(scope, Exit.void)
      expect(events).toEqual(["closed 1", "closed 2"])
    })
  )

  it.effect("whoever stops after a change that nothing interrupts does not wait for that", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(generations(events), scope)
      const prepared = yield* Context.get(context, Generations.VendorSide).prepare(decoded(""))
      yield* Effect.uninterruptible(prepared.commit)
      yield* Scope.close(scope, Exit.void)
      expect(events.sort()).toEqual(["closed 1", "closed 2"])
    })
  )
})
