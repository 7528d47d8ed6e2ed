import { type TokenAge, TokenAges } from "@payment-proxy/ports"
import { Clock, Deferred, Duration, Effect, Exit, FiberId, Random, Redacted } from "effect"
import type { Fetch, Granted, NotGranted } from "./TokenEndpoint.ts"

interface Held {
  readonly granted: Granted
  /** When it came to us. */
  readonly askedAtMillis: number
  /** From here on it is renewed while it still serves. */
  readonly renewAtMillis: number
  /** From here on it is not handed out. */
  readonly endsAtMillis: number
}

/** Good tokens of one client: one fetch at a time, renewed ahead, never handed out past its end. */
export interface Cache {
  readonly get: Effect.Effect<Redacted.Redacted, NotGranted>
  /** Where it is the one that is handed out, it no longer is. */
  readonly discard: (token: Redacted.Redacted) => Effect.Effect<void>
}

/** What a cache may be told beside where tokens come from. */
export interface About {
  /** Who alarms are about. */
  readonly vendor?: string
  /** What else is done about a token that was discarded; never done twice for one. */
  readonly over?: (granted: Granted) => Effect.Effect<void>
}

const unstatedLifeMillis = 300_000
const longestLifeMillis = 24 * 3_600_000
const maxSkewMillis = 60_000
const renewFrom = 0.8
const renewUntil = 0.88
const firstRestMillis = 1000
const longestRestMillis = 60_000
const longestBackoffMillis = 50_000
const jitterUntil = 1.2
/** A token that is refused younger than this, twice in a row, is not the token's fault: the next one is waited for. */
const youngMillis = 1000

const nanosPerMilli = 1e6
/** A token's age goes by Effect's nanoseconds, which nobody can set: a clock that jumps neither keeps a token alive nor ends it. */
export const monotonicMillis = Effect.map(Clock.currentTimeNanos, (nanos) => Number(nanos) / nanosPerMilli)

/** A token's age, as operators see it. */
const ageOf = ({ granted, askedAtMillis }: Held): TokenAge => {
  const sinceMillis = askedAtMillis - (granted.ageMillis ?? 0)
  return { sinceMillis, untilMillis: granted.lifeSeconds === null ? null : sinceMillis + lifeMillis(granted) }
}

/** A token's whole life, from when it was asked for: what the server said, at most a day; five minutes where it did not say. */
export const lifeMillis = ({ lifeSeconds }: Granted): number =>
  lifeSeconds === null ? unstatedLifeMillis : Math.min(lifeSeconds * 1000, longestLifeMillis)

/** So long before its end a token of such a life is not handed out any more. */
export const skewMillis = (lifeMillis: number): number => Math.min(maxSkewMillis, lifeMillis / 10)

const held = (granted: Granted, askedAtMillis: number, chance: number): Held => {
  const life = lifeMillis(granted)
  const bornAtMillis = askedAtMillis - (granted.ageMillis ?? 0)
  return {
    granted,
    askedAtMillis,
    renewAtMillis: bornAtMillis + life * (renewFrom + (renewUntil - renewFrom) * chance),
    endsAtMillis: bornAtMillis + life - skewMillis(life)
  }
}

const restMillis = (failure: NotGranted, failures: number, jitter: number): number => {
  if (failure.isRefused) return longestRestMillis
  const backoffMillis = Math.min(firstRestMillis * 2 ** failures, longestBackoffMillis) * jitter
  return Math.min(Math.max(backoffMillis, failure.retryAfterMillis ?? 0), longestRestMillis)
}

/**
 * Keeps `fetch`'s tokens. A failed fetch is shared by all who wait and rested on, 1 s at first, doubling to 60 s, or for as
 * long as the server asks within that; a renewal that fails changes nothing while the old token is good; whoever stops
 * waiting does not cancel the others'.
 */
export const make = (fetch: Fetch, { vendor = "a vendor", over }: About = {}): Effect.Effect<Cache> =>
  Effect.map(TokenAges, (ages) => {
    let current: Held | null = null
    let flight: Deferred.Deferred<Redacted.Redacted, NotGranted> | null = null
    let failures = 0
    let rest: { readonly untilMillis: number; readonly failure: NotGranted } | null = null
    let refusedYoung = 0

    const restAfter = (failure: NotGranted) =>
      Effect.gen(function* () {
        const nowMillis = yield* monotonicMillis
        const waitMillis = restMillis(failure, failures, yield* Random.nextRange(1, jitterUntil))
        failures += 1
        rest = { untilMillis: nowMillis + waitMillis, failure }
        if (failure.isRefused)
          yield* Effect.logError(`alarm TOKEN_REFUSED: as a client of ${vendor}: ${failure.detail}`)
      })

    const asked = Effect.gen(function* () {
      if (refusedYoung > 1) yield* Effect.sleep(Duration.millis(youngMillis))
      const askedAtMillis = yield* monotonicMillis
      const granted = yield* fetch
      return held(granted, askedAtMillis, yield* Random.next)
    })

    const land = (landing: Deferred.Deferred<Redacted.Redacted, NotGranted>) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(Effect.interruptible(asked))
        if (Exit.isSuccess(exit)) {
          failures = 0
          rest = null
          current = exit.value
          ages.set(vendor, ageOf(exit.value))
        } else if (exit.cause._tag === "Fail") yield* restAfter(exit.cause.error)
        flight = null
        yield* Deferred.done(
          landing,
          Exit.map(exit, ({ granted }) => granted.token)
        )
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
        const { token } = current.granted
        return nowMillis >= current.renewAtMillis && resting === null
          ? Effect.as(fetched, token)
          : Effect.succeed(token)
      }
      return resting !== null && flight === null ? resting : Effect.flatMap(fetched, Deferred.await)
    })

    const discard = (token: Redacted.Redacted) =>
      Effect.clockWith((clock) => {
        if (current === null || Redacted.value(current.granted.token) !== Redacted.value(token)) return Effect.void
        const { granted, askedAtMillis } = current
        const ageMillis = Number(clock.unsafeCurrentTimeNanos()) / nanosPerMilli - askedAtMillis
        refusedYoung = ageMillis < youngMillis ? refusedYoung + 1 : 0
        current = null
        ages.delete(vendor)
        return over === undefined ? Effect.void : over(granted)
      })

    return { get, discard }
  })
