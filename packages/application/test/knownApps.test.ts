import { expect, it } from "@effect/vitest"
import { Apps, unlimited } from "@payment-proxy/ports"
import { Effect, Option, Ref, TestClock } from "effect"
import * as KnownApps from "../src/KnownApps.ts"
import { shop } from "./harness.ts"

/** Apps below, with what is there and how often it was looked up. */
const below = Effect.gen(function* () {
  const there = yield* Ref.make<Option.Option<typeof shop>>(Option.none())
  const looked = yield* Ref.make(0)
  const apps = Apps.of({
    put: (app) => Ref.set(there, Option.some({ ...shop, ...app, endpoints: [], limits: unlimited, isDisabled: false })),
    byId: () =>
      Effect.zipRight(
        Ref.update(looked, (count) => count + 1),
        Ref.get(there)
      ),
    edit: () => Effect.succeedNone,
    list: Effect.succeed([]),
    addKey: () => Effect.void,
    keysOf: () => Effect.succeed([]),
    revokeKey: () => Effect.succeed(false),
    keyById: () => Effect.succeedNone
  })
  return { there, looked, known: yield* Effect.provideService(KnownApps.make, Apps, apps) }
})

it.effect("an app is looked up once in ten seconds", () =>
  Effect.gen(function* () {
    const { there, looked, known } = yield* below
    yield* Ref.set(there, Option.some(shop))
    for (let count = 0; count < 100; count++) expect(yield* known.byId("shop")).toEqual(Option.some(shop))
    expect(yield* Ref.get(looked)).toBe(1)
    yield* Ref.set(there, Option.none())
    yield* TestClock.adjust("9999 millis")
    expect(yield* known.byId("shop"), "taken to be as it was").toEqual(Option.some(shop))
    yield* TestClock.adjust("1 millis")
    expect(yield* known.byId("shop"), "gone").toEqual(Option.none())
  })
)

it.effect("an app that is not there is looked up each time: it works as soon as it is", () =>
  Effect.gen(function* () {
    const { there, known } = yield* below
    expect(yield* known.byId("shop")).toEqual(Option.none())
    yield* Ref.set(there, Option.some(shop))
    expect(yield* known.byId("shop")).toEqual(Option.some(shop))
  })
)

it.effect("an app that is put here is as it was put at once", () =>
  Effect.gen(function* () {
    const { there, known } = yield* below
    yield* Ref.set(there, Option.some(shop))
    yield* known.byId("shop")
    yield* known.put({ ...shop, name: "Renamed" })
    expect(Option.getOrThrow(yield* known.byId("shop")).name).toBe("Renamed")
  })
)
