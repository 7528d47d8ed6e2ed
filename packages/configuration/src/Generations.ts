import { Mappings, Vendors, VendorTokens } from "@payment-proxy/ports"
import { Context, Duration, Effect, Exit, Layer, Scope } from "effect"
import type { Configuration } from "./Configuration.ts"

/** All that speaks to vendors. */
export type Side = Vendors | VendorTokens | Mappings

/** A side built beside the one in force: it comes into force, or is dropped. */
export interface Prepared {
  readonly services: Context.Context<Side>
  readonly commit: Effect.Effect<void>
  readonly drop: Effect.Effect<void>
}

/** What speaks to vendors, from whom the next generation of it is had. */
export class VendorSide extends Context.Tag("@payment-proxy/configuration/VendorSide")<
  VendorSide,
  {
    /** Those that the first configuration made, themselves. */
    readonly services: Context.Context<Side>
    /** The configuration in force. */
    readonly inForce: () => Configuration
    readonly prepare: (configuration: Configuration) => Effect.Effect<Prepared>
  }
>() {}

/** How long an old generation is kept for what is under way by it: longer than any call to a vendor may take. */
const grace = Duration.minutes(3)

/** A service whose every member is that of the service which `current` has. */
const following = <S extends object>(current: () => S): S =>
  new Proxy<S>(Object.create(null), { get: (_, name) => Reflect.get(current(), name) })

/**
 * The ports to the vendors as `build` makes them from a configuration; whoever has one goes by the newest that came into force.
 * Closed with the scope.
 */
export const layer = <R>(
  first: Configuration,
  build: (configuration: Configuration) => Layer.Layer<Side, never, R>
): Layer.Layer<Side | VendorSide, never, R> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const outer = yield* Effect.scope
      const needs = yield* Effect.context<R>()
      const built = (configuration: Configuration) =>
        Effect.gen(function* () {
          const scope = yield* Scope.fork(outer, outer.strategy)
          const services = yield* Layer.buildWithScope(build(configuration), scope).pipe(
            Effect.provide(needs),
            Effect.onError(() => Scope.close(scope, Exit.void))
          )
          return { services, scope, configuration }
        })
      let current = yield* built(first)
      const closed = (scope: Scope.CloseableScope) => Scope.close(scope, Exit.void)
      // Whoever commits may not be interrupted: the wait may, or the end of the process would wait for it.
      const closedAfter = (scope: Scope.CloseableScope, wait: Duration.Duration) =>
        Effect.zipRight(Effect.interruptible(Effect.sleep(wait)), closed(scope))
      const prepare = (configuration: Configuration) =>
        Effect.map(
          built(configuration),
          (next): Prepared => ({
            services: next.services,
            commit: Effect.suspend(() => {
              const { scope } = current
              current = next
              return Effect.asVoid(Effect.forkIn(closedAfter(scope, grace), outer))
            }),
            drop: closed(next.scope)
          })
        )
      return Context.make(
        Vendors,
        following(() => Context.get(current.services, Vendors))
      ).pipe(
        Context.add(
          VendorTokens,
          following(() => Context.get(current.services, VendorTokens))
        ),
        Context.add(
          Mappings,
          following(() => Context.get(current.services, Mappings))
        ),
        Context.add(VendorSide, { services: current.services, inForce: () => current.configuration, prepare })
      )
    })
  )
