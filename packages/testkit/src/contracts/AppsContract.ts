import { expect, layer } from "@effect/vitest"
import { Apps } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Effect, Option } from "effect"
import { anApp, anAppKey, fresh } from "../Samples.ts"

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
  })
