import { expect, it } from "@effect/vitest"
import { AppKeys } from "@payment-proxy/application"
import { Apps, unlimited } from "@payment-proxy/ports"
import { Memory } from "@payment-proxy/testkit"
import { Effect, Either } from "effect"
import * as AppKey from "../src/AppKey.ts"

it.effect("a key proves its app; what is stored of it proves nothing", () =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const { text, keyId, secretSha256 } = AppKeys.generate()
    yield* apps.put({ id: "shop", name: "Shop", endpoints: [], limits: unlimited, isDisabled: false })
    yield* apps.addKey({ keyId, app: "shop", secretSha256, createdAtMillis: 0, revokedAtMillis: null })
    expect((yield* AppKey.authenticate(`Bearer ${text}`)).id).toBe("shop")
    expect((yield* AppKey.authenticate(`bearer  ${text}`)).id, "the scheme has no case").toBe("shop")
    const stored = yield* Effect.either(AppKey.authenticate(`Bearer pp_live_${keyId}_${secretSha256.slice(0, 43)}`))
    expect(Either.isLeft(stored)).toBe(true)
  }).pipe(Effect.provide(Memory.layer))
)

it("keys differ, and have the form that secret scanners know", () => {
  const keys = Array.from({ length: 1000 }, () => AppKeys.generate().text)
  expect(new Set(keys).size).toBe(1000)
  for (const key of keys) expect(key).toMatch(/^pp_live_[0-9a-z]{12}_[0-9A-Za-z]{43}$/)
})
