import { Retention, shelves } from "@payment-proxy/ports"
import { Context, Duration, Effect, Schedule } from "effect"

/** How long what has ended stays where work is done, and how it is moved out. */
export interface Keeping {
  readonly age: Duration.Duration
  /** At most so many rows are moved at once. */
  readonly batch: number
  /** Between two batches, so that callers come first. */
  readonly pause: Duration.Duration
  readonly every: Duration.Duration
}

/** The keeping as configured, or this. */
export class Keepings extends Context.Reference<Keepings>()("@payment-proxy/application/Keepings", {
  defaultValue: (): Keeping => ({
    age: Duration.days(90),
    batch: 500,
    pause: Duration.millis(100),
    every: Duration.hours(1)
  })
}) {}

/** Moves out all that is old by now, batch by batch; answers how many rows there were. */
export const retire = Effect.gen(function* () {
  const retention = yield* Retention
  const { age, batch, pause } = yield* Keepings
  let moved = 0
  for (const shelf of shelves)
    for (;;) {
      const count = yield* retention.moveOut(shelf, age, batch)
      moved += count
      if (count < batch) break
      yield* Effect.sleep(pause)
    }
  return moved
})

/** Moves out what is old, every now and then, for ever. */
export const loop = Effect.flatMap(Keepings, ({ every }) =>
  retire.pipe(
    Effect.tap((moved) => (moved > 0 ? Effect.logInfo("moved out what is old", { rows: moved }) : Effect.void)),
    Effect.catchAllCause((cause) => Effect.logWarning("What is old could not be moved out.", cause)),
    Effect.repeat(Schedule.spaced(every))
  )
)
