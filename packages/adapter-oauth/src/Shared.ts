import { createHash } from "node:crypto"
import { type SharedToken, SharedTokens, type StoreUnavailable, Vault } from "@payment-proxy/ports"
import { Duration, Effect, Exit, Option, Random, Redacted, Schedule } from "effect"
import * as Cache from "./Cache.ts"
import { type ClientConfig, isByCertificate } from "./Config.ts"
import { type Fetch, type Granted, NotGranted } from "./TokenEndpoint.ts"

/** Beyond the request's own time limit, for sealing and putting what came. */
const leaseMarginMillis = 5000
const firstWaitMillis = 50
const longestWaitMillis = 500
const putTries = 2
const putEvery = Duration.millis(100)

const sorted = (text: string | undefined) => text?.split(" ").sort()

/** Names what a token is good for, however it was come by: clients that differ in nothing else share it. */
export const clientOf = (config: ClientConfig): string => {
  const { issuer, tokenEndpoint, clientId, scope, audience, resource, tls } = config
  const resources = typeof resource === "string" ? [resource] : [...(resource ?? [])].sort()
  // A token that is bound to a certificate opens nothing with another (RFC 8705 §3).
  const binding = isByCertificate(config) ? tls?.cert : undefined
  const parts = [issuer, tokenEndpoint, clientId, sorted(scope), audience, resources, binding]
  return createHash("sha256")
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest("hex")
}

const unavailable = (_: StoreUnavailable) =>
  new NotGranted({ detail: "The store of the tokens that are shared cannot be reached.", isRefused: false })

const isGood = ({ leftMillis, ageMillis }: SharedToken): boolean =>
  leftMillis > Cache.skewMillis(leftMillis + ageMillis)

/** Tokens of one client, from the store where a newer one is there, else from its server, under a lease. */
export interface Shared {
  readonly fetch: Fetch
  /** Says in the store that a token is over; where that fails, whoever uses it hears it from the vendor. */
  readonly over: (granted: Granted) => Effect.Effect<void>
}

/**
 * Shares what `fetch` gets. Whoever has no lease waits for who has one, as long as that may last. Each token is taken from
 * the store once: what comes next must be newer.
 */
export const make = (
  vendor: string,
  config: ClientConfig,
  fetch: Fetch
): Effect.Effect<Shared, never, SharedTokens | Vault> =>
  Effect.gen(function* () {
    const tokens = yield* SharedTokens
    const vault = yield* Vault
    const client = clientOf(config)
    const context = `payment_proxy_token/${vendor}/${client}/sealed`
    const leaseMillis = config.timeLimitMillis + leaseMarginMillis
    let lastGeneration = 0

    const opened = (shared: SharedToken): Effect.Effect<Granted | null> =>
      Effect.match(vault.open(context, shared.sealed), {
        onSuccess: (text) => ({
          token: Redacted.make(text),
          lifeSeconds: (shared.leftMillis + shared.ageMillis) / 1000,
          ageMillis: shared.ageMillis,
          generation: shared.generation
        }),
        // Sealed by another key, or altered: it is fetched again.
        onFailure: () => null
      })

    /** A token of our own; none where the lease was lost meanwhile, as somebody else then has a newer one. */
    const ours = (lease: string, generation: number) =>
      Effect.gen(function* () {
        const begunMillis = yield* Cache.monotonicMillis
        const granted = yield* fetch
        const sealed = yield* Effect.mapError(vault.seal(context, Redacted.value(granted.token)), unavailable)
        const leftMillis = Cache.lifeMillis(granted) - ((yield* Cache.monotonicMillis) - begunMillis)
        const life = Duration.millis(Math.max(Math.floor(leftMillis), 0))
        const put = tokens.put(vendor, client, lease, sealed, life)
        const isPut = yield* Effect.option(Effect.retry(put, { times: putTries, schedule: Schedule.spaced(putEvery) }))
        // Not in the store, or not known to be: it serves this process, until another one fetches.
        if (Option.isNone(isPut)) return granted
        if (!isPut.value) return null
        lastGeneration = generation + 1
        return { ...granted, generation: lastGeneration }
      }).pipe(
        Effect.onExit((exit) =>
          Exit.isSuccess(exit) ? Effect.void : Effect.ignore(tokens.release(vendor, client, lease))
        )
      )

    const once = Effect.gen(function* () {
      const newest = yield* Effect.mapError(tokens.read(vendor, client), unavailable)
      if (Option.isSome(newest) && newest.value.generation > lastGeneration && isGood(newest.value)) {
        const granted = yield* opened(newest.value)
        if (granted !== null) {
          lastGeneration = newest.value.generation
          return granted
        }
      }
      const generation = Option.match(newest, { onNone: () => 0, onSome: (token) => token.generation })
      const lease = yield* Effect.mapError(
        tokens.lease(vendor, client, generation, Duration.millis(leaseMillis)),
        unavailable
      )
      return Option.isNone(lease) ? null : yield* ours(lease.value, generation)
    })

    const round = (waitMillis: number, untilMillis: number): Fetch =>
      Effect.gen(function* () {
        const isLast = (yield* Cache.monotonicMillis) >= untilMillis
        const granted = yield* once
        if (granted !== null) return granted
        if (isLast)
          return yield* new NotGranted({
            detail: "Another process fetches the token, and does not end.",
            isRefused: false
          })
        yield* Effect.sleep(Duration.millis(yield* Random.nextIntBetween(waitMillis, waitMillis * 2)))
        return yield* round(Math.min(waitMillis * 2, longestWaitMillis), untilMillis)
      })

    return {
      fetch: Effect.flatMap(Cache.monotonicMillis, (nowMillis) => round(firstWaitMillis, nowMillis + leaseMillis)),
      over: ({ generation }) =>
        generation === undefined ? Effect.void : Effect.ignore(tokens.discard(vendor, client, generation))
    }
  })
