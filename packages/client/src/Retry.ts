import { Clock, Effect, Random } from "effect"
import type { Failure } from "./Failure.ts"

/** How often and how long a call is made again. */
export interface Pace {
  /** In all, the first one included. */
  readonly tries: number
  /** No further try begins later than this after the first. */
  readonly withinMillis: number
}

/** Five tries within a minute. */
export const usual: Pace = { tries: 5, withinMillis: 60_000 }

const firstWaitMillis = 250
const maxWaitMillis = 5000

/**
 * Whether the same call may end otherwise when it is made again: no answer, 5xx, 429, and 409 with `Retry-After` (the first of two
 * at once is still under way).
 */
export const isWorthwhile = (failure: Failure): boolean => {
  if (failure._tag !== "PaymentProxyProblem") return failure._tag === "PaymentProxyUnreachable"
  const { status, retryAfterMillis } = failure
  return status >= 500 || status === 429 || (status === 409 && retryAfterMillis !== null)
}

/** How long to wait before the next try: what the gateway asks for, and a part of a growing span by chance. */
export const waitMillis = (tries: number, failure: Failure | null): Effect.Effect<number> => {
  const spanMillis = Math.min(firstWaitMillis * 2 ** Math.min(tries - 1, 16), maxWaitMillis)
  const askedMillis = failure?._tag === "PaymentProxyProblem" ? (failure.retryAfterMillis ?? 0) : 0
  return Effect.map(Random.next, (chance) => Math.round(askedMillis + spanMillis * (0.5 + chance / 2)))
}

/** Makes a call that may be repeated again for as long as that is worthwhile; its last failure where none succeeded. */
export const again =
  ({ tries, withinMillis }: Pace) =>
  <A, R>(call: Effect.Effect<A, Failure, R>): Effect.Effect<A, Failure, R> =>
    Effect.flatMap(Clock.currentTimeMillis, (startedMillis) => {
      const attempt = (count: number): Effect.Effect<A, Failure, R> =>
        Effect.catchAll(call, (failure) =>
          Effect.gen(function* () {
            if (count >= tries || !isWorthwhile(failure)) return yield* failure
            const pauseMillis = yield* waitMillis(count, failure)
            const tooLate = (yield* Clock.currentTimeMillis) + pauseMillis > startedMillis + withinMillis
            if (tooLate) return yield* failure
            yield* Effect.sleep(pauseMillis)
            return yield* attempt(count + 1)
          })
        )
      return attempt(1)
    })
