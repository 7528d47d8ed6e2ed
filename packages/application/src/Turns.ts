import { Context, Effect } from "effect"

interface Turn {
  readonly semaphore: Effect.Semaphore
  users: number
}

/** Whose turn it is, by key; a key that nobody waits for leaves nothing behind. */
class Taken extends Context.Reference<Taken>()("@payment-proxy/application/Turns/Taken", {
  defaultValue: () => new Map<string, Turn>()
}) {}

/** Does this after all that was asked for under the same key before, in this process: those who would only make each other decide anew wait instead. */
export const inTurn =
  (key: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Taken, (taken) =>
      Effect.acquireUseRelease(
        Effect.sync(() => {
          const turn = taken.get(key) ?? { semaphore: Effect.unsafeMakeSemaphore(1), users: 0 }
          turn.users += 1
          taken.set(key, turn)
          return turn
        }),
        ({ semaphore }) => semaphore.withPermits(1)(effect),
        (turn) =>
          Effect.sync(() => {
            turn.users -= 1
            if (turn.users === 0) taken.delete(key)
          })
      )
    )

/** How many keys somebody waits for or works at. */
export const count: Effect.Effect<number> = Effect.map(Taken, ({ size }) => size)
