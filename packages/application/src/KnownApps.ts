import { Apps } from "@payment-proxy/ports"
import { Effect, Layer, Option } from "effect"

/** How long, by a clock that nobody can set, an app or a key is taken to be as it was; a key that was withdrawn works at most that much longer. */
export const rememberedMillis = 10_000
const rememberedNanos = BigInt(rememberedMillis) * 1_000_000n
const maxRemembered = 10_000

/** What was found, for a while; what was not found is looked up each time, so that a new key works at once. */
const remembering = <A, E>(lookUp: (id: string) => Effect.Effect<Option.Option<A>, E>) => {
  const found = new Map<string, { readonly value: Option.Option<A>; readonly untilNanos: bigint }>()
  const fetched = (id: string, nowNanos: bigint) =>
    Effect.tap(lookUp(id), (value) =>
      Effect.sync(() => {
        if (found.size >= maxRemembered) found.clear()
        if (Option.isSome(value)) found.set(id, { value, untilNanos: nowNanos + rememberedNanos })
        else found.delete(id)
      })
    )
  return {
    get: (id: string) =>
      Effect.clockWith((clock) => {
        const nowNanos = clock.unsafeCurrentTimeNanos()
        const known = found.get(id)
        return known !== undefined && nowNanos < known.untilNanos ? Effect.succeed(known.value) : fetched(id, nowNanos)
      }),
    forget: (id: string) => Effect.sync(() => found.delete(id))
  }
}

/** The apps and keys below, each looked up about once in ten seconds however many calls it makes. */
export const make = Effect.map(Apps, (apps) => {
  const byId = remembering(apps.byId)
  const keyById = remembering(apps.keyById)
  return Apps.of({
    ...apps,
    put: (app) => Effect.zipLeft(apps.put(app), byId.forget(app.id)),
    edit: (id, change) => Effect.zipLeft(apps.edit(id, change), byId.forget(id)),
    revokeKey: (keyId, atMillis) => Effect.zipLeft(apps.revokeKey(keyId, atMillis), keyById.forget(keyId)),
    byId: byId.get,
    keyById: keyById.get
  })
})

/** `make` as a layer over `Apps`. */
export const layer: Layer.Layer<Apps, never, Apps> = Layer.effect(Apps, make)
