import { TokenUnavailable, VendorTokens } from "@payment-proxy/ports"
import { Effect, Layer, Redacted } from "effect"

/** Tokens for `vendors`, a new one after each that was discarded. */
export const layer = (vendors: ReadonlyArray<string>): Layer.Layer<VendorTokens> =>
  Layer.sync(VendorTokens, () => {
    const generations = new Map(vendors.map((vendor) => [vendor, 1]))
    const tokenOf = (vendor: string, generation: number) => `token-${generation}-of-${vendor}`
    return VendorTokens.of({
      get: (vendor) => {
        const generation = generations.get(vendor)
        return generation === undefined
          ? new TokenUnavailable({ vendor, detail: "No OAuth client is configured for it." })
          : Effect.succeed(Redacted.make(tokenOf(vendor, generation)))
      },
      discard: (vendor, token) =>
        Effect.sync(() => {
          const generation = generations.get(vendor)
          if (generation !== undefined && Redacted.value(token) === tokenOf(vendor, generation))
            generations.set(vendor, generation + 1)
        })
    })
  })
