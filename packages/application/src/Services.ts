import { Clock, Context, Effect } from "effect"

/**
 * Goes on with the fiber's services and its time, in one step of the runtime: one step for each of them by itself is a fifth of
 * what a create takes (docs/adr/0011).
 */
export const using =
  <R>() =>
  <A, E, R2>(
    f: (services: Context.Context<R>, nowMillis: number) => Effect.Effect<A, E, R2>
  ): Effect.Effect<A, E, R | R2> =>
    Effect.withFiberRuntime((fiber) =>
      f(
        fiber.currentContext as Context.Context<unknown> as Context.Context<R>,
        Context.get(fiber.currentDefaultServices, Clock.Clock).unsafeCurrentTimeMillis()
      )
    )
