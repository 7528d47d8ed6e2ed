import { type SharedTokens, TokenUnavailable, type Vault, VendorTokens } from "@payment-proxy/ports"
import { Effect, Redacted } from "effect"
import * as Cache from "./Cache.ts"
import type { ClientConfig } from "./Config.ts"
import * as Shared from "./Shared.ts"
import * as TokenEndpoint from "./TokenEndpoint.ts"

/** The clients that we are, by the vendors' names. */
export type Configs = { readonly [vendor: string]: ClientConfig }

/** The clients of a process, through every configuration that it has. */
export interface Clients {
  /**
   * Tokens for the vendors of a configuration, all of them: to be called at the start, and again for each configuration that
   * is taken up. A vendor whose client is the same as in the call before, secrets and all, keeps its token, and so
   * costs no fetch; one that is not named any more is forgotten. What an earlier call answered goes on working, for calls that
   * are under way.
   */
  readonly of: (configs: Configs) => Effect.Effect<VendorTokens["Type"]>
}

/** Whether two values of a configuration are the same, all the way down; a setting that is undefined is left out. */
const isSame = (one: unknown, two: unknown): boolean => {
  if (Redacted.isRedacted(one) && Redacted.isRedacted(two)) return Redacted.value(one) === Redacted.value(two)
  if (typeof one !== "object" || typeof two !== "object" || one === null || two === null) return one === two
  const [left, right] = [one as { readonly [name: string]: unknown }, two as { readonly [name: string]: unknown }]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) => isSame(left[name], right[name]))
}

interface Client {
  readonly config: ClientConfig
  readonly get: Effect.Effect<Redacted.Redacted, TokenUnavailable>
  readonly discard: Cache.Cache["discard"]
}

const made = (vendor: string, config: ClientConfig): Effect.Effect<Client, never, SharedTokens | Vault> =>
  Effect.gen(function* () {
    const fetch = yield* TokenEndpoint.make(config)
    const shared = config.shared ? yield* Shared.make(vendor, config, fetch) : { fetch }
    const { get, discard } = yield* Cache.make(shared.fetch, { ...shared, vendor })
    return { config, discard, get: Effect.mapError(get, ({ detail }) => new TokenUnavailable({ vendor, detail })) }
  })

/** No clients yet: the first call of `of` makes them. */
export const make: Effect.Effect<Clients, never, SharedTokens | Vault> = Effect.gen(function* () {
  const services = yield* Effect.context<SharedTokens | Vault>()
  const oneByOne = yield* Effect.makeSemaphore(1)
  let clients: ReadonlyMap<string, Client> = new Map()

  const kept = (vendor: string, config: ClientConfig) => {
    const known = clients.get(vendor)
    return known !== undefined && isSame(known.config, config) ? Effect.succeed(known) : made(vendor, config)
  }

  const of: Clients["of"] = (configs) =>
    Effect.gen(function* () {
      const all = yield* Effect.forEach(Object.entries(configs), ([vendor, config]) =>
        Effect.map(kept(vendor, config), (client) => [vendor, client] as const)
      )
      const byVendor = new Map(all)
      clients = byVendor
      return VendorTokens.of({
        get: (vendor) =>
          byVendor.get(vendor)?.get ??
          new TokenUnavailable({ vendor, detail: "No OAuth client is configured for it." }),
        discard: (vendor, token) => byVendor.get(vendor)?.discard(token) ?? Effect.void
      })
    }).pipe(Effect.provide(services), oneByOne.withPermits(1))

  return { of }
})
