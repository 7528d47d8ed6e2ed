import {
  type Ability,
  Apps,
  Insight,
  type LastFailure,
  type QueueLag,
  type StoreUnavailable,
  Tallies,
  type Tally,
  type Troubled,
  tallyBoundsMillis,
  Vendors
} from "@payment-proxy/ports"
import { Clock, Context, Duration, Effect, Layer, Option, Schedule, Stream } from "effect"

/** What happened with a vendor in one minute; percentiles are null where no call was made. */
export interface Minute {
  readonly atMillis: number
  readonly placed: number
  readonly succeeded: number
  readonly failed: number
  /** Calls to it, and those that brought no definite answer. */
  readonly calls: number
  readonly errors: number
  readonly p50Millis: number | null
  readonly p99Millis: number | null
}

/** A vendor's last hour, the oldest minute first; minutes in which nothing happened are there with zeros. */
export interface VendorHour {
  readonly vendor: string
  readonly kind: string
  readonly minutes: ReadonlyArray<Minute>
}

/** An endpoint that is behind; `stopped`: why nothing more is sent to it. */
export interface Behind {
  readonly app: string
  readonly endpoint: string
  readonly waiting: number
  readonly oldestMillis: number
  /** When the first of what waits is due; in the past while it waits for its turn. */
  readonly nextAtMillis: number
  /** The last try in vain of what waits, as a store knows it, what was said cut to 200 characters; null where none was tried. */
  readonly lastFailure: LastFailure | null
  readonly stopped: string | null
}

interface Some {
  readonly count: number
  readonly oldest: ReadonlyArray<Troubled>
}

/** How the whole stands. */
export interface State {
  readonly atMillis: number
  readonly vendors: ReadonlyArray<VendorHour>
  readonly inDoubt: Some
  readonly held: Some
  /** Proposals that wait for a second person. */
  readonly proposals: number
  readonly queues: ReadonlyArray<QueueLag>
  readonly deliveriesBehind: ReadonlyArray<Behind>
}

/** How a vendor has done in the last 5 minutes, as seen by all processes. */
export interface VendorHealth {
  readonly name: string
  readonly kind: string
  readonly can: ReadonlyArray<Ability>
  readonly health: "ok" | "degraded" | "down" | "unknown"
  readonly calls: number
  readonly errors: number
  readonly p50Millis: number | null
  readonly p99Millis: number | null
  /** The minute of its last definite answer, within the last hour. */
  readonly lastAnswerAtMillis: number | null
}

/** How the whole stands, read at most every two seconds, once for all who ask. */
export class Overview extends Context.Tag("@payment-proxy/application/Overview")<
  Overview,
  {
    readonly now: Effect.Effect<State, StoreUnavailable>
    /** One every two seconds. While the store is away there is none; the stream goes on. */
    readonly live: Stream.Stream<State>
    readonly vendors: Effect.Effect<ReadonlyArray<VendorHealth>, StoreUnavailable>
  }
>() {}

const minuteMillis = 60_000
const hour = 60
const healthMinutes = 5
const shown = 10
const maxSaidChars = 200
const every = Duration.seconds(2)
/** What is shown is read anew with each: two that come from one reading would show what is four seconds old. */
const kept = Duration.millis(1990)
/** Below the first share of errors a vendor is ok, below the second one degraded. */
const degradedFrom = 0.05
const downFrom = 0.5

/** The time that a share of the calls took at most, by the ends of their buckets, straight in between; null without calls. */
export const quantile = (buckets: ReadonlyArray<number>, share: number): number | null => {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let before = 0
  for (const [at, count] of buckets.entries()) {
    const from = tallyBoundsMillis[at - 1] ?? 0
    const to = tallyBoundsMillis[at] ?? from
    if (before + count >= share * total)
      return Math.round(from + ((to - from) * (share * total - before)) / (count || 1))
    before += count
  }
  return tallyBoundsMillis.at(-1) ?? null
}

const added = (one: ReadonlyArray<number>, other: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from({ length: Math.max(one.length, other.length) }, (_, at) => (one[at] ?? 0) + (other[at] ?? 0))

const minuteOf = (minute: number, tally: Tally | undefined): Minute => ({
  atMillis: minute * minuteMillis,
  placed: tally?.placed ?? 0,
  succeeded: tally?.succeeded ?? 0,
  failed: tally?.failed ?? 0,
  calls: tally?.calls ?? 0,
  errors: tally?.errors ?? 0,
  p50Millis: quantile(tally?.buckets ?? [], 0.5),
  p99Millis: quantile(tally?.buckets ?? [], 0.99)
})

/** The hour that ends with this minute, of vendors that are configured and of those that were. */
const hoursOf = (vendors: Vendors["Type"], tallies: ReadonlyArray<Tally>, last: number): ReadonlyArray<VendorHour> => {
  const byKey = new Map(tallies.map((tally) => [`${tally.minute} ${tally.vendor}`, tally]))
  const names = new Set([...vendors.names, ...tallies.map(({ vendor }) => vendor)])
  return [...names].map((vendor) => ({
    vendor,
    kind: Option.match(vendors.get(vendor), { onNone: () => "", onSome: ({ kind }) => kind }),
    minutes: Array.from({ length: hour }, (_, index) => {
      const minute = last - hour + 1 + index
      return minuteOf(minute, byKey.get(`${minute} ${vendor}`))
    })
  }))
}

const healthOf = (calls: number, errors: number): VendorHealth["health"] => {
  if (calls === 0) return "unknown"
  if (errors / calls < degradedFrom) return "ok"
  return errors / calls < downFrom ? "degraded" : "down"
}

/** The health of those that are configured, by the last full minutes and the one that goes on. */
const healths = (vendors: Vendors["Type"], tallies: ReadonlyArray<Tally>, last: number): ReadonlyArray<VendorHealth> =>
  vendors.names.flatMap((name) =>
    Option.match(vendors.get(name), {
      onNone: () => [],
      onSome: ({ kind, abilities }) => {
        const own = tallies.filter(({ vendor }) => vendor === name)
        const recent = own.filter(({ minute }) => minute > last - healthMinutes)
        const calls = recent.reduce((sum, tally) => sum + tally.calls, 0)
        const errors = recent.reduce((sum, tally) => sum + tally.errors, 0)
        const buckets = recent.reduce<ReadonlyArray<number>>((sum, tally) => added(sum, tally.buckets), [])
        const answered = own.filter((tally) => tally.calls > tally.errors).map(({ minute }) => minute)
        return {
          name,
          kind,
          can: abilities,
          health: healthOf(calls, errors),
          calls,
          errors,
          p50Millis: quantile(buckets, 0.5),
          p99Millis: quantile(buckets, 0.99),
          lastAnswerAtMillis: answered.length === 0 ? null : Math.max(...answered) * minuteMillis
        }
      }
    })
  )

/** A failure with so much of what the endpoint said as may be told to all who look on. */
export const shortened = (failure: LastFailure | null): LastFailure | null =>
  failure === null ? null : { ...failure, said: failure.said.slice(0, maxSaidChars).toWellFormed() }

/** `Overview` by the ports; `openProposals` counts what waits for a second person. */
export const make = <R>(openProposals: Effect.Effect<number, StoreUnavailable, R>) =>
  Effect.gen(function* () {
    const insight = yield* Insight
    const tallies = yield* Tallies
    const vendors = yield* Vendors
    const apps = yield* Apps
    const needs = yield* Effect.context<R>()

    const behind = Effect.flatMap(insight.behind(shown), (all) =>
      Effect.forEach(all, (one) =>
        Effect.map(apps.byId(one.app), (app): Behind => {
          const endpoint = Option.getOrUndefined(app)?.endpoints.find(({ id }) => id === one.endpoint)
          return { ...one, lastFailure: shortened(one.lastFailure), stopped: endpoint?.stopped?.reason ?? null }
        })
      )
    )
    // Whoever asks first and goes away leaves the others their answer: the store ends it in its own time.
    const shared = <A, E>(read: Effect.Effect<A, E>) => Effect.cachedWithTTL(Effect.uninterruptible(read), kept)
    const counted = yield* shared(
      Effect.gen(function* () {
        const last = Math.floor((yield* Clock.currentTimeMillis) / minuteMillis)
        return { last, all: yield* tallies.since(last - hour + 1) }
      })
    )
    const now = yield* shared(
      Effect.gen(function* (): Effect.fn.Return<State, StoreUnavailable> {
        const atMillis = yield* Clock.currentTimeMillis
        // Side by side: beside other work the database would keep each of them waiting.
        const { hours, ...stands } = yield* Effect.all(
          {
            hours: counted,
            inDoubt: insight.inDoubt(shown),
            held: insight.held(shown),
            proposals: Effect.provide(openProposals, needs),
            queues: insight.queues,
            deliveriesBehind: behind
          },
          { concurrency: "unbounded" }
        )
        return {
          atMillis,
          vendors: hoursOf(vendors, hours.all, hours.last),
          ...stands
        }
      })
    )
    return Overview.of({
      now,
      live: Stream.repeatEffectWithSchedule(Effect.option(now), Schedule.fixed(every)).pipe(
        Stream.filterMap((state) => state)
      ),
      vendors: Effect.map(counted, ({ last, all }) => healths(vendors, all, last))
    })
  })

/** `make` as a layer. */
export const layer = <R>(
  openProposals: Effect.Effect<number, StoreUnavailable, R>
): Layer.Layer<Overview, never, Insight | Tallies | Vendors | Apps | R> => Layer.effect(Overview, make(openProposals))
