import { Apps } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import type { Tables } from "./Tables.ts"

/** `Apps` over the tables. */
export const make = (tables: Tables) =>
  Apps.of({
    put: (app) => Effect.sync(() => void tables.apps.set(app.id, app)),
    byId: (id) => Effect.sync(() => Option.fromNullable(tables.apps.get(id))),
    addKey: (key) => Effect.sync(() => void tables.appKeys.set(key.keyId, key)),
    keyById: (keyId) => Effect.sync(() => Option.fromNullable(tables.appKeys.get(keyId)))
  })
