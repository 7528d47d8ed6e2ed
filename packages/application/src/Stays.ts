import type { Scope } from "effect"
import { Clock, Duration, Effect } from "effect"

/** Who is here; whoever stays is told of, each time that so long is over. One fiber watches over all, however many come and go. */
export interface Stays<A> {
  readonly come: (one: A) => Effect.Effect<void>
  readonly leave: (one: A) => Effect.Effect<void>
}

/** Watches for as long as the scope lives; those whose time is over together are told of side by side. What goes wrong with one stays with it. */
export const make = <A, R>(
  stay: Duration.DurationInput,
  told: (one: A) => Effect.Effect<void, never, R>
): Effect.Effect<Stays<A>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const stayNanos = BigInt(Math.ceil(Duration.toMillis(stay))) * 1_000_000n
    /** When each is told of; all stay as long, so that the first is the next. */
    const due = new Map<A, bigint>()
    const isAnyone = Effect.unsafeMakeLatch(false)
    const comes = (one: A, nowNanos: bigint): void => {
      due.set(one, nowNanos + stayNanos)
      isAnyone.unsafeOpen()
    }
    const toldOf = (one: A) =>
      Effect.catchAllCause(told(one), (cause) => Effect.logError("Nobody could be told of what stays.", cause))
    const over = (nowNanos: bigint): ReadonlyArray<A> => {
      const all: Array<A> = []
      for (const [one, atNanos] of due) {
        if (atNanos > nowNanos) break
        all.push(one)
      }
      for (const one of all) {
        due.delete(one)
        comes(one, nowNanos)
      }
      return all
    }
    const look = Effect.gen(function* () {
      if (due.size === 0) isAnyone.unsafeClose()
      yield* isAnyone.await
      const [nextNanos] = due.values()
      const nowNanos = yield* Clock.currentTimeNanos
      if (nextNanos === undefined) return
      if (nextNanos > nowNanos) yield* Effect.sleep(Duration.nanos(nextNanos - nowNanos))
      else yield* Effect.forEach(over(nowNanos), toldOf, { concurrency: "unbounded", discard: true })
    })
    yield* Effect.forkScoped(Effect.forever(look))
    return {
      come: (one) => Effect.map(Clock.currentTimeNanos, (nowNanos) => comes(one, nowNanos)),
      leave: (one) => Effect.sync(() => void due.delete(one))
    }
  })
