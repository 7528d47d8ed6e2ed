import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import { Apps } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Effect, Option } from "effect"
import { anApp, anAppKey, anEndpoint, fresh } from "../Samples.ts"

type It = Vitest.MethodsNonLive<Apps>

const editing = (it: It) => {
  it.effect(
    "an app comes back with its limits and all that its endpoints are: two secrets, a filter, and why it was stopped",
    () =>
      Effect.gen(function* () {
        const store = yield* Apps
        const endpoints = [
          anEndpoint({ sealedSecrets: ["sealed-2", "sealed-1"], events: ["order.*", "refund.succeeded"] }),
          anEndpoint({ events: [], stopped: { reason: "HTTP 410 “gone”", sinceMillis: 1_800_000_000_000 } })
        ]
        const limits = { createsPerSecond: 50, readsPerSecond: null, streams: 3 }
        const app = anApp({ endpoints, limits, isDisabled: true })
        yield* store.put(app)
        expect(yield* store.byId(app.id)).toEqual(Option.some(app))
      })
  )

  it.effect("an edit changes the app as it is, and answers it; of an app that is not there it changes nothing", () =>
    Effect.gen(function* () {
      const store = yield* Apps
      const app = anApp()
      yield* store.put(app)
      const disabled = { ...app, isDisabled: true }
      expect(yield* store.edit(app.id, (was) => ({ ...was, isDisabled: true }))).toEqual(Option.some(disabled))
      expect(yield* store.byId(app.id)).toEqual(Option.some(disabled))
      const nobody = fresh("app")
      expect(yield* store.edit(nobody, (was) => was)).toEqual(Option.none())
      expect(yield* store.byId(nobody)).toEqual(Option.none())
    })
  )

  it.effect("of many edits at once none is lost", () =>
    Effect.gen(function* () {
      const store = yield* Apps
      const app = anApp({ endpoints: [] })
      yield* store.put(app)
      const added = Array.from({ length: 8 }, () => anEndpoint())
      yield* Effect.forEach(
        added,
        (endpoint) => store.edit(app.id, (was) => ({ ...was, endpoints: [...was.endpoints, endpoint] })),
        { concurrency: "unbounded" }
      )
      const { endpoints } = Option.getOrThrow(yield* store.byId(app.id))
      expect(endpoints.map(({ id }) => id).sort()).toEqual(added.map(({ id }) => id).sort())
    })
  )

  it.effect("all apps are listed, by id", () =>
    Effect.gen(function* () {
      const store = yield* Apps
      const apps = [anApp(), anApp()]
      for (const app of [...apps].reverse()) yield* store.put(app)
      const ids = (yield* store.list).map(({ id }) => id)
      expect(ids).toEqual([...ids].sort())
      expect((yield* store.list).filter(({ id }) => apps.some((app) => app.id === id))).toEqual(apps)
    })
  )
}

const keys = (it: It) => {
  it.effect("an app's keys are listed oldest first, also those that are revoked, and none of another app's", () =>
    Effect.gen(function* () {
      const store = yield* Apps
      const app = fresh("app")
      const young = anAppKey(app, { createdAtMillis: 2000 })
      const old = anAppKey(app, { createdAtMillis: 1000, revokedAtMillis: 1500 })
      for (const key of [young, old, anAppKey(fresh("app"))]) yield* store.addKey(key)
      expect(yield* store.keysOf(app)).toEqual([old, young])
    })
  )

  it.effect(
    "a key is revoked once: from an earlier time it may be, from a later one not; one that is not there never",
    () =>
      Effect.gen(function* () {
        const store = yield* Apps
        const key = anAppKey(fresh("app"))
        yield* store.addKey(key)
        const revokedAt = Effect.map(store.keyById(key.keyId), (found) => Option.getOrThrow(found).revokedAtMillis)
        expect(yield* store.revokeKey(key.keyId, 5000)).toBe(true)
        expect(yield* revokedAt).toBe(5000)
        expect(yield* store.revokeKey(key.keyId, 5000)).toBe(false)
        expect(yield* store.revokeKey(key.keyId, 6000)).toBe(false)
        expect(yield* revokedAt).toBe(5000)
        expect(yield* store.revokeKey(key.keyId, 4000)).toBe(true)
        expect(yield* revokedAt).toBe(4000)
        expect(yield* store.revokeKey(fresh("key"), 1)).toBe(false)
      })
  )
}

/** What every `Apps` must do. */
export const appsContract = (name: string, apps: Layer.Layer<Apps, unknown>): void =>
  layer(apps)(`Apps: ${name}`, (it) => {
    it.effect("an app comes back as it was put; put again, it is replaced", () =>
      Effect.gen(function* () {
        const store = yield* Apps
        const app = anApp()
        yield* store.put(app)
        expect(yield* store.byId(app.id)).toEqual(Option.some(app))
        const renamed = { ...app, name: "Renamed", endpoints: [], isDisabled: false }
        yield* store.put(renamed)
        expect(yield* store.byId(app.id)).toEqual(Option.some(renamed))
      })
    )

    it.effect("an app or a key that was never put is not there", () =>
      Effect.gen(function* () {
        const store = yield* Apps
        expect(yield* store.byId(fresh("app"))).toEqual(Option.none())
        expect(yield* store.keyById(fresh("key"))).toEqual(Option.none())
      })
    )

    it.effect("an app may have two keys, and numbers that differ in case are two", () =>
      Effect.gen(function* () {
        const store = yield* Apps
        const app = anApp()
        yield* store.put(app)
        const first = anAppKey(app.id)
        const second = anAppKey(app.id, { keyId: first.keyId.toLowerCase() })
        yield* store.addKey(first)
        yield* store.addKey(second)
        expect(yield* store.keyById(first.keyId)).toEqual(Option.some(first))
        expect(yield* store.keyById(second.keyId)).toEqual(Option.some(second))
      })
    )

    editing(it)
    keys(it)
  })
