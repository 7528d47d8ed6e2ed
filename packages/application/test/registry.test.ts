import { Apps, unlimited, Vault } from "@payment-proxy/ports"
import { Duration, Effect, Either, Redacted, TestClock } from "effect"
import { expect } from "vitest"
import * as AppKeys from "../src/AppKeys.ts"
import { secretContext } from "../src/Deliver.ts"
import * as Registry from "../src/Registry.ts"
import { it } from "./harness.ts"

const day = Duration.days(1)

/** The ids of the keys that open now, oldest first. */
const open = (app: string) =>
  Effect.gen(function* () {
    const nowMillis = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    return (yield* AppKeys.list(app)).filter((key) => AppKeys.isActive(key, nowMillis)).map(({ keyId }) => keyId)
  })

it.world("an app has at most two keys that open, and a third is refused by name", () =>
  Effect.gen(function* () {
    const first = yield* AppKeys.create("shop")
    yield* TestClock.adjust(Duration.seconds(1))
    const second = yield* AppKeys.create("shop")
    expect(Redacted.value(first.text)).toMatch(/^pp_live_[0-9a-z]{12}_[0-9A-Za-z]{43}$/)
    expect(yield* Effect.flip(AppKeys.create("shop"))).toMatchObject({
      _tag: "TooManyKeys",
      keyIds: [first.keyId, second.keyId]
    })
    expect(JSON.stringify(first)).not.toContain(Redacted.value(first.text))
    expect(yield* Effect.flip(AppKeys.create("nobody"))).toMatchObject({ _tag: "AppNotFound", app: "nobody" })
  })
)

it.world("a key that is taken over from opens for the overlap more, and never a third beside the two", () =>
  Effect.gen(function* () {
    const first = yield* AppKeys.create("shop")
    yield* TestClock.adjust(Duration.seconds(1))
    const second = yield* AppKeys.rotate("shop", day)
    expect(yield* open("shop")).toEqual([first.keyId, second.keyId])
    yield* TestClock.adjust(Duration.hours(1))
    const third = yield* AppKeys.rotate("shop", day)
    expect(yield* open("shop")).toEqual([second.keyId, third.keyId])
    yield* TestClock.adjust(day)
    expect(yield* open("shop")).toEqual([third.keyId])
  })
)

it.world("a key that is revoked opens nothing from now on, and cannot be revoked again", () =>
  Effect.gen(function* () {
    const { keyId } = yield* AppKeys.create("shop")
    yield* AppKeys.revoke(keyId)
    expect(yield* open("shop")).toEqual([])
    expect(yield* Effect.flip(AppKeys.revoke(keyId))).toMatchObject({ _tag: "KeyNotFound", keyId })
  })
)

it.world("an app is made once, under an id and a name that fit", () =>
  Effect.gen(function* () {
    expect(yield* Registry.create("kiosk", "A kiosk")).toEqual({
      id: "kiosk",
      name: "A kiosk",
      endpoints: [],
      limits: unlimited,
      isDisabled: false
    })
    expect(yield* Effect.flip(Registry.create("kiosk", "Another"))).toMatchObject({ _tag: "AppTaken" })
    for (const id of ["", "Kiosk", "-kiosk", "k".repeat(57), "a b"])
      expect(yield* Effect.flip(Registry.create(id, "A kiosk")), id).toMatchObject({ _tag: "Malformed", what: "id" })
    expect(yield* Effect.flip(Registry.create("other", "a\nb"))).toMatchObject({ _tag: "Malformed", what: "name" })
    expect((yield* Registry.setDisabled("kiosk", true)).isDisabled).toBe(true)
    expect(yield* Effect.flip(Registry.setDisabled("nobody", true))).toMatchObject({ _tag: "AppNotFound" })
  })
)

it.world("endpoints are added under ids of their own, which are not given again, and taken away", () =>
  Effect.gen(function* () {
    yield* Registry.create("kiosk", "A kiosk")
    const wanted = { url: "https://kiosk.example/hooks", events: null, secret: null }
    const ids: Array<string> = []
    for (let count = 0; count < 8; count++) ids.push((yield* Registry.addEndpoint("kiosk", wanted)).endpoint.id)
    expect(new Set(ids).size).toBe(8)
    const [first = ""] = ids
    expect(yield* Effect.flip(Registry.addEndpoint("kiosk", wanted))).toMatchObject({ _tag: "Limited" })
    yield* Registry.removeEndpoint("kiosk", first)
    expect(ids).not.toContain((yield* Registry.addEndpoint("kiosk", wanted)).endpoint.id)
    expect(yield* Effect.flip(Registry.removeEndpoint("kiosk", first))).toMatchObject({
      _tag: "EndpointNotFound"
    })
    for (const events of [[], ["orders"], ["order.*x"], ["order. "]])
      expect(yield* Effect.flip(Registry.addEndpoint("shop", { ...wanted, events })), `${events}`).toMatchObject({
        what: "events"
      })
    for (const url of ["ftp://kiosk.example", "kiosk.example", `https://${"k".repeat(2100)}.example`])
      expect(yield* Effect.flip(Registry.addEndpoint("shop", { ...wanted, url })), url).toMatchObject({ what: "url" })
  })
)

it.world("an endpoint's second secret signs beside the first until that is retired; a third is refused", () =>
  Effect.gen(function* () {
    const vault = yield* Vault
    const apps = yield* Apps
    const second = yield* Registry.rotateSecret("shop", "shop-webhook")
    const opened = Effect.flatMap(apps.byId("shop"), (app) =>
      Effect.forEach(app._tag === "Some" ? (app.value.endpoints[0]?.sealedSecrets ?? []) : [], (sealed) =>
        vault.open(secretContext("shop-webhook"), sealed)
      )
    )
    const both = yield* opened
    expect(both.length).toBe(2)
    expect(both[0]).toBe(Redacted.value(second))
    expect(Either.isLeft(yield* Effect.either(Registry.rotateSecret("shop", "shop-webhook")))).toBe(true)
    yield* Registry.retireSecret("shop", "shop-webhook")
    expect(yield* opened).toEqual([Redacted.value(second)])
  })
)

it.world("a stopped endpoint says why and since when, and starts again", () =>
  Effect.gen(function* () {
    yield* TestClock.adjust(day)
    const stopped = yield* Registry.stopEndpoint("shop", "shop-webhook", "it moves")
    expect(stopped.endpoints[0]?.stopped).toEqual({ reason: "it moves", sinceMillis: Duration.toMillis(day) })
    expect((yield* Registry.startEndpoint("shop", "shop-webhook")).endpoints[0]?.stopped).toBeNull()
  })
)
