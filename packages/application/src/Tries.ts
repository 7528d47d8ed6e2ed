import { Duration, Effect, Random } from "effect"

const atOnce = 2
const stepMillis = 5
const maxDoublings = 6

/** A rest before a decision is taken anew: none at first, then longer each time and by chance, so that two processes do not meet again. */
export const pause = (tries: number): Effect.Effect<void> =>
  tries < atOnce
    ? Effect.void
    : Effect.flatMap(Random.next, (chance) =>
        Effect.sleep(Duration.millis(chance * stepMillis * 2 ** Math.min(tries - atOnce + 1, maxDoublings)))
      )
