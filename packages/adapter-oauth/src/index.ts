import { TokenUnavailable, VendorTokens } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import * as Cache from "./Cache.ts"
import type { OAuthConfig } from "./Config.ts"
import * as TokenEndpoint from "./TokenEndpoint.ts"

export { OAuthConfig } from "./Config.ts"

/** Tokens for the vendors of `configs`, by name. */
export const make = (configs: { readonly [vendor: string]: OAuthConfig }) =>
  Effect.gen(function* () {
    const caches = yield* Effect.all(
      Object.entries(configs).map(([vendor, config]) =>
        TokenEndpoint.make(config).pipe(
          Effect.flatMap(Cache.make),
          Effect.map((cache) => [vendor, cache] as const)
        )
      )
    )
    const byVendor = new Map(caches)
    return VendorTokens.of({
      get: (vendor) => {
        const cache = byVendor.get(vendor)
        return cache === undefined
          ? new TokenUnavailable({ vendor, detail: "No OAuth client is configured for it." })
          : Effect.mapError(cache.get, ({ detail }) => new TokenUnavailable({ vendor, detail }))
      },
      discard: (vendor, token) => byVendor.get(vendor)?.discard(token) ?? Effect.void
    })
  })

/** `make` as a layer. */
export const layer = (configs: { readonly [vendor: string]: OAuthConfig }): Layer.Layer<VendorTokens> =>
  Layer.effect(VendorTokens, make(configs))
