import { Effect, Schema } from "effect"
import { type Filter, kind } from "../Filter.ts"
import { type Refusal, refuse } from "../Refusal.ts"
import * as Elapsed from "./Elapsed.ts"

const maxBuckets = 10_000
/** A route that takes nothing may take calls again once the configuration has changed. */
const closedMillis = 60_000
/** Sums of fractions of a millisecond are not exact. */
const slackMillis = 0.001

const Options = Schema.Struct({
  perSecond: Schema.Number.pipe(
    Schema.filter((rate) => rate >= 0.001 && rate <= 1_000_000, {
      message: () => "This is not a rate from 0.001 to 1000000 calls a second."
    })
  ),
  burst: Schema.Int.pipe(Schema.between(0, 1_000_000))
})

/** For each caller the moment at which its bucket is full again. */
type Buckets = Map<string | null, number>

/** Full buckets are as good as none; where none is full, the fullest goes. */
const makeRoom = (buckets: Buckets, nowMillis: number): void => {
  let fullest: string | null = null
  let soonest = Number.POSITIVE_INFINITY
  for (const [caller, fullAt] of buckets) {
    if (fullAt <= nowMillis) buckets.delete(caller)
    else if (fullAt < soonest) {
      fullest = caller
      soonest = fullAt
    }
  }
  if (buckets.size >= maxBuckets) buckets.delete(fullest)
}

const refusal = (burst: number, waitMillis: number, resetMillis: number): Refusal => {
  const wait = Elapsed.secondsOf(waitMillis)
  const detail = burst === 0 ? "This route takes no calls at present." : `Call again in ${wait} s.`
  return refuse("RATE_LIMITED", detail, [
    "Retry-After",
    wait,
    "RateLimit-Limit",
    String(burst),
    "RateLimit-Remaining",
    "0",
    "RateLimit-Reset",
    Elapsed.secondsOf(resetMillis)
  ])
}

/**
 * Each caller of the route has a bucket of `burst` calls that fills by `perSecond`; those who prove nothing share one. An
 * empty one: 429 with `Retry-After`. The buckets are this process's own, the 10 000 of them that are least full at most.
 */
export const rateLimit = kind({
  name: "rate-limit",
  options: Options,
  make: ({ perSecond, burst }) =>
    Effect.sync((): Filter => {
      const eachMillis = 1000 / perSecond
      const fullMillis = burst * eachMillis
      const buckets: Buckets = new Map()
      const take = (caller: string | null, nowMillis: number): Refusal | undefined => {
        if (burst === 0) return refusal(burst, closedMillis, closedMillis)
        const known = buckets.get(caller)
        const fullAt = Math.max(known ?? nowMillis, nowMillis)
        const waitMillis = fullAt + eachMillis - fullMillis - nowMillis
        if (waitMillis > slackMillis) return refusal(burst, waitMillis, fullAt - nowMillis)
        if (known === undefined && buckets.size >= maxBuckets) makeRoom(buckets, nowMillis)
        buckets.set(caller, fullAt + eachMillis)
        return undefined
      }
      return {
        around: (next) => (request) =>
          Effect.flatMap(Elapsed.millis, (nowMillis) => take(request.caller, nowMillis) ?? next(request))
      }
    })
})
