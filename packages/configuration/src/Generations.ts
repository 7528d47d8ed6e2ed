import { Context, Duration, Effect, Exit, Layer, Scope } from "effect"
import type { Configuration } from "./Configuration.ts"

/** Services built beside those in force: they come into force, or are dropped. */
export interface Prepared<Out> {
  readonly services: Context.Context<Out>
  readonly commit: Effect.Effect<void>
  readonly drop: Effect.Effect<void>
}

/** Services that are built from the configuration, and built anew when it changes. */
export interface Generations<Out> {
  /** Whoever has one of these goes by the newest generation. */
  readonly services: Context.Context<Out>
  readonly prepare: (configuration: Configuration) => Effect.Effect<Prepared<Out>>
}

/** How long an old generation is kept for what is under way by it: longer than any call to a vendor may take. */
const grace = Duration.minutes(3)

/** A service whose every member is that of the service which `current` has. */
const following = <S extends object>(current: () => S): S =>
  new Proxy<S>(Object.create(null), { get: (_, name) => Reflect.get(current(), name) })

/** The services of `tags` as `build` makes them; closed with the scope. */
export const make = <Out, R>(
  tags: ReadonlyArray<Context.Tag<Out, object>>,
  first: Configuration,
  build: (configuration: Configuration) => Layer.Layer<Out, never, R>
): Effect.Effect<Generations<Out>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const outer = yield* Effect.scope
    const needs = yield* Effect.context<R>()
    const built = (configuration: Configuration) =>
      Effect.gen(function* () {
        const scope = yield* Scope.fork(outer, outer.strategy)
        const services = yield* Layer.buildWithScope(build(configuration), scope).pipe(Effect.provide(needs))
        return { services, scope }
      })
    let current = yield* built(first)
    const services = tags.reduce(
      (all, tag) =>
        Context.add(
          all,
          tag,
          following(() => Context.get(current.services, tag))
        ),
      Context.empty() as Context.Context<Out>
    )
    const prepare = (configuration: Configuration) =>
      Effect.map(built(configuration), (next): Prepared<Out> => {
        const closed = (scope: Scope.CloseableScope) => Scope.close(scope, Exit.void)
        return {
          services: next.services,
          commit: Effect.suspend(() => {
            const { scope } = current
            current = next
            return Effect.asVoid(Effect.forkIn(Effect.delay(closed(scope), grace), outer))
          }),
          drop: closed(next.scope)
        }
      })
    return { services, prepare }
  })
