import { expect, layer } from "@effect/vitest"
import { Vault } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Effect, Either } from "effect"

/** What every `Vault` must do. */
export const vaultContract = (name: string, vault: Layer.Layer<Vault, unknown>): void =>
  layer(vault)(`Vault: ${name}`, (it) => {
    it.effect("what was sealed opens in its own place, whatever it says", () =>
      Effect.gen(function* () {
        const { seal, open } = yield* Vault
        for (const text of ["", "whsec_c2VjcmV0", "支付 𝄞 \u0000", "x".repeat(100_000)])
          expect(yield* open("table/row/column", yield* seal("table/row/column", text))).toBe(text)
      })
    )

    it.effect("it does not open in another place, and does not show what it holds", () =>
      Effect.gen(function* () {
        const { seal, open } = yield* Vault
        const sealed = yield* seal("table/row-1/column", "a secret of its own")
        expect(sealed).not.toContain("a secret of its own")
        expect(Either.isLeft(yield* Effect.either(open("table/row-2/column", sealed)))).toBe(true)
      })
    )

    it.effect("what was never sealed is refused as a value, not a defect", () =>
      Effect.gen(function* () {
        const { open } = yield* Vault
        for (const text of ["", "nonsense", "v1.0.0.0.0", "{}"])
          expect(Either.isLeft(yield* Effect.either(open("table/row/column", text)))).toBe(true)
      })
    )
  })
