import { type SharedTokens, type Vault, VendorTokens } from "@payment-proxy/ports"
import { Effect, Layer } from "effect"
import * as Clients from "./Clients.ts"

export * as Clients from "./Clients.ts"
export { type ClientConfig, OAuthConfig, Tls, unfit } from "./Config.ts"

/** Tokens for the vendors of `configs`, by name. A process whose configuration changes uses `Clients`. */
export const make = (configs: Clients.Configs): Effect.Effect<VendorTokens["Type"], never, SharedTokens | Vault> =>
  Effect.scoped(Effect.flatMap(Clients.make, (clients) => clients.of(configs)))

/** `make` as a layer. */
export const layer = (configs: Clients.Configs): Layer.Layer<VendorTokens, never, SharedTokens | Vault> =>
  Layer.effect(VendorTokens, make(configs))
