import { Clock, Duration, Effect } from "effect"

interface Sleeper {
  readonly atMillis: number
  readonly wake: () => void
}

/** A clock that stands until it is moved: unlike `TestClock` it waits for nobody, so that thousands of lives take seconds. */
export interface ManualClock {
  readonly clock: Clock.Clock
  /** Moves it on, and wakes whoever sleeps no longer, in the order of their times. */
  readonly advance: (millis: number) => void
  /** When the next sleeper is to wake, since the epoch; null where nobody sleeps. */
  readonly next: () => number | null
}

/** A clock that stands at `startMillis` since the epoch. */
export const make = (startMillis: number): ManualClock => {
  let nowMillis = startMillis
  let sleepers: ReadonlyArray<Sleeper> = []
  const now = () => nowMillis
  const nanos = () => BigInt(nowMillis) * 1_000_000n
  const after = (millis: number, wake: () => void): (() => boolean) => {
    const sleeper = { atMillis: nowMillis + millis, wake }
    sleepers = [...sleepers, sleeper]
    return () => {
      const isThere = sleepers.includes(sleeper)
      sleepers = sleepers.filter((other) => other !== sleeper)
      return isThere
    }
  }
  return {
    clock: {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: now,
      unsafeCurrentTimeNanos: nanos,
      currentTimeMillis: Effect.sync(now),
      currentTimeNanos: Effect.sync(nanos),
      sleep: (duration) =>
        Effect.async((resume) => {
          const cancel = after(Duration.toMillis(duration), () => resume(Effect.void))
          return Effect.sync(cancel)
        })
    },
    next: () => (sleepers.length === 0 ? null : Math.min(...sleepers.map(({ atMillis }) => atMillis))),
    advance: (millis) => {
      nowMillis += millis
      const awake = sleepers.filter(({ atMillis }) => atMillis <= nowMillis).sort((a, b) => a.atMillis - b.atMillis)
      sleepers = sleepers.filter((sleeper) => !awake.includes(sleeper))
      for (const { wake } of awake) wake()
    }
  }
}
