import { type SharedTokens, TokenUnavailable, type Vault, VendorTokens } from "@payment-proxy/ports"
import { Context, Effect, Redacted, type Scope } from "effect"
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
   * is offered. A vendor whose client is the same, secrets and all, as in a configuration whose scope is open keeps its token,
   * and so costs no fetch; a configuration that is refused, its scope closed, leaves no trace. What an earlier call answered
   * goes on working, for calls that are under way.
   */
  readonly of: (configs: Configs) => Effect.Effect<VendorTokens["Type"], never, Scope.Scope>
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
  const open = new Set<ReadonlyMap<string, Client>>()

  const kept = (vendor: string, config: ClientConfig) => {
    const all = [...open].flatMap((clients) => clients.get(vendor) ?? [])
    const known = all.find((client) => isSame(client.config, config))
    return known === undefined ? made(vendor, config) : Effect.succeed(known)
  }

  const remembered = (clients: ReadonlyMap<string, Client>) =>
    Effect.acquireRelease(
      Effect.sync(() => open.add(clients)),
      () => Effect.sync(() => open.delete(clients))
    )

  const of: Clients["of"] = (configs) =>
    Effect.gen(function* () {
      const all = yield* Effect.forEach(Object.entries(configs), ([vendor, config]) =>
        Effect.map(kept(vendor, config), (client) => [vendor, client] as const)
      )
      const byVendor = new Map(all)
      yield* remembered(byVendor)
      return VendorTokens.of({
        get: (vendor) =>
          byVendor.get(vendor)?.get ??
          new TokenUnavailable({ vendor, detail: "No OAuth client is configured for it." }),
        discard: (vendor, token) => byVendor.get(vendor)?.discard(token) ?? Effect.void
      })
    }).pipe(
      Effect.mapInputContext((scope: Context.Context<Scope.Scope>) => Context.merge(services, scope)),
      oneByOne.withPermits(1)
    )

  return { of }
})
