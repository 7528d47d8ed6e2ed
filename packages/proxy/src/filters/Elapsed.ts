import { Clock, Effect } from "effect"

/** Milliseconds from some moment of the past, by the clock that never jumps. */
export const millis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / 1_000_000)

/** A wait in whole seconds as `Retry-After` has it (RFC 9110 §10.2.3), rounded up, at least one. */
export const secondsOf = (waitMillis: number): string => String(Math.max(1, Math.ceil(waitMillis / 1000)))
