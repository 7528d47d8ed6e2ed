import { expect, layer } from "@effect/vitest"
import { VendorTokens } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Effect, Either, Redacted } from "effect"

/** What every `VendorTokens` must do for `vendor`, whose token server answers. */
export const vendorTokensContract = (name: string, tokens: Layer.Layer<VendorTokens, unknown>, vendor: string): void =>
  layer(tokens, { excludeTestServices: true })(`VendorTokens: ${name}`, (it) => {
    it.effect("the same good token is handed out to all who ask", () =>
      Effect.gen(function* () {
        const { get } = yield* VendorTokens
        const all = yield* Effect.all(
          Array.from({ length: 50 }, () => get(vendor)),
          { concurrency: "unbounded" }
        )
        expect(new Set(all.map(Redacted.value)).size).toBe(1)
      })
    )

    it.effect("a token that was discarded is not handed out again; discarding an old one changes nothing", () =>
      Effect.gen(function* () {
        const { get, discard } = yield* VendorTokens
        const first = yield* get(vendor)
        yield* discard(vendor, first)
        const second = yield* get(vendor)
        expect(Redacted.value(second)).not.toBe(Redacted.value(first))
        yield* discard(vendor, first)
        expect(Redacted.value(yield* get(vendor))).toBe(Redacted.value(second))
      })
    )

    it.effect("a vendor that is not configured has none", () =>
      Effect.gen(function* () {
        const { get } = yield* VendorTokens
        const none = yield* Effect.either(get("nobody"))
        expect(Either.isLeft(none) && none.left._tag).toBe("TokenUnavailable")
      })
    )
  })
