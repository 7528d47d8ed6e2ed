import { Apps } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import type { Tables } from "./Tables.ts"

/** `Apps` over the tables. */
export const make = (tables: Tables) =>
  Apps.of({
    put: (app) => Effect.sync(() => void tables.apps.set(app.id, app)),
    edit: (id, change) =>
      Effect.sync(() => {
        const app = tables.apps.get(id)
        if (app === undefined) return Option.none()
        const changed = change(app)
        tables.apps.set(id, changed)
        return Option.some(changed)
      }),
    byId: (id) => Effect.sync(() => Option.fromNullable(tables.apps.get(id))),
    list: Effect.sync(() => [...tables.apps.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
    addKey: (key) => Effect.sync(() => void tables.appKeys.set(key.keyId, key)),
    keyById: (keyId) => Effect.sync(() => Option.fromNullable(tables.appKeys.get(keyId))),
    keysOf: (app) =>
      Effect.sync(() =>
        [...tables.appKeys.values()]
          .filter((key) => key.app === app)
          .sort((a, b) => a.createdAtMillis - b.createdAtMillis || (a.keyId < b.keyId ? -1 : 1))
      ),
    revokeKey: (keyId, atMillis) =>
      Effect.sync(() => {
        const key = tables.appKeys.get(keyId)
        if (key === undefined || (key.revokedAtMillis !== null && key.revokedAtMillis <= atMillis)) return false
        tables.appKeys.set(keyId, { ...key, revokedAtMillis: atMillis })
        return true
      })
  })
