import { Clock, Deferred, Effect, Exit, FiberId, Random, Redacted } from "effect"
import type { Fetch, Granted, NotGranted } from "./TokenEndpoint.ts"

interface Held {
  readonly token: Redacted.Redacted
  /** From here on it is renewed while it still serves. */
  readonly renewAtMillis: number
  /** From here on it is not handed out. */
  readonly endsAtMillis: number
}

/** Good tokens of one client: one fetch at a time, renewed ahead, never handed out past its end. */
export interface Cache {
  readonly get: Effect.Effect<Redacted.Redacted, NotGranted>
  readonly discard: (token: Redacted.Redacted) => Effect.Effect<void>
}

const unstatedLifeSeconds = 300
const maxSkewMillis = 60_000
const firstRestMillis = 1000
const longestRestMillis = 60_000

const nanosPerMilli = 1e6
/** A token's age goes by Effect's nanoseconds, which nobody can set: a clock that jumps neither keeps a token alive nor ends it. */
const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / nanosPerMilli)

const held = ({ token, lifeSeconds }: Granted, askedAtMillis: number): Held => {
  const lifeMillis = (lifeSeconds ?? unstatedLifeSeconds) * 1000
  const skewMillis = Math.min(maxSkewMillis, lifeMillis / 10)
  return {
    token,
    renewAtMillis: askedAtMillis + lifeMillis * 0.8,
    endsAtMillis: askedAtMillis + lifeMillis - skewMillis
  }
}

/**
 * Keeps `fetch`'s tokens. A failed fetch is shared by all who wait and rested on, 1 s at first, doubling to 60 s; a
 * renewal that fails changes nothing while the old token is good; whoever stops waiting does not cancel the others'.
 */
export const make = (fetch: Fetch): Effect.Effect<Cache> =>
  Effect.sync(() => {
    let current: Held | null = null
    let flight: Deferred.Deferred<Redacted.Redacted, NotGranted> | null = null
    let failures = 0
    let rest: { readonly untilMillis: number; readonly failure: NotGranted } | null = null

    const restAfter = (failure: NotGranted) =>
      Effect.gen(function* () {
        const nowMillis = yield* monotonicMillis
        const jitter = yield* Random.nextRange(0.8, 1.2)
        const waitMillis = failure.isRefused
          ? longestRestMillis
          : Math.min(firstRestMillis * 2 ** failures * jitter, longestRestMillis)
        failures += 1
        rest = { untilMillis: nowMillis + waitMillis, failure }
        if (failure.isRefused) yield* Effect.logError(`alarm TOKEN_REFUSED: ${failure.detail}`)
      })

    const land = (landing: Deferred.Deferred<Redacted.Redacted, NotGranted>) =>
      Effect.gen(function* () {
        const askedAtMillis = yield* monotonicMillis
        const exit = yield* Effect.exit(Effect.map(fetch, (granted) => held(granted, askedAtMillis)))
        const landed = Exit.match(exit, {
          onSuccess: (fresh) => {
            failures = 0
            rest = null
            current = fresh
            return Exit.succeed(fresh.token)
          },
          onFailure: (cause) => Exit.failCause(cause)
        })
        if (Exit.isFailure(exit) && exit.cause._tag === "Fail") yield* restAfter(exit.cause.error)
        flight = null
        yield* Deferred.done(landing, landed)
      })

    /** One fetch at a time: whoever comes while one is in the air waits for that one. */
    const fetched = Effect.suspend(() => {
      if (flight !== null) return Effect.succeed(flight)
      const landing = Deferred.unsafeMake<Redacted.Redacted, NotGranted>(FiberId.none)
      flight = landing
      return Effect.as(Effect.forkDaemon(Effect.uninterruptible(land(landing))), landing)
    })

    const get = Effect.clockWith((clock) => {
      const nowMillis = Number(clock.unsafeCurrentTimeNanos()) / nanosPerMilli
      const resting = rest !== null && nowMillis < rest.untilMillis ? rest.failure : null
      if (current !== null && nowMillis < current.endsAtMillis) {
        const { token } = current
        return nowMillis >= current.renewAtMillis && resting === null
          ? Effect.as(fetched, token)
          : Effect.succeed(token)
      }
      return resting !== null && flight === null ? resting : Effect.flatMap(fetched, Deferred.await)
    })

    const discard = (token: Redacted.Redacted) =>
      Effect.sync(() => {
        if (current !== null && Redacted.value(current.token) === Redacted.value(token)) current = null
      })

    return { get, discard }
  })
