import { expect, it as vitest } from "@effect/vitest"
import {
  DueWork,
  Insight,
  type Tally as Minute,
  Orders,
  StoreUnavailable,
  Tallies,
  tallyBoundsMillis
} from "@payment-proxy/ports"
import { aChange, aDelivery, aPayment, FakeVendors, fresh } from "@payment-proxy/testkit"
import { Chunk, Clock, Context, Duration, Effect, Exit, Fiber, Layer, Metric, Scope, Stream, TestClock } from "effect"
import * as Calls from "../src/Calls.ts"
import { Changes, place } from "../src/index.ts"
import * as Overview from "../src/Overview.ts"
import * as Tally from "../src/Tally.ts"
import { asked, faked, paid, placed, ports, withShop, worked } from "./harness.ts"

const minuteMillis = 60_000
const firstMinute = 29_500_000
const vendor = FakeVendors.FakeVendor

/** The ports with every call counted, as a process has them. */
const counting = Layer.provideMerge(
  Changes.layer,
  Layer.provideMerge(Layer.provideMerge(Calls.layer, Tally.layer), ports)
)

const counted = <E>(name: string, test: () => Effect.Effect<unknown, E, Layer.Layer.Success<typeof counting>>) =>
  vitest.effect(name, () =>
    TestClock.setTime(firstMinute * minuteMillis).pipe(
      Effect.zipRight(Effect.zipRight(withShop, test()).pipe(Effect.provide(counting)))
    )
  )

const put = Effect.zipRight(
  TestClock.adjust(Duration.seconds(2)),
  Effect.flatMap(Tallies, (tallies) => tallies.since(0))
)

const totalOf = (tallies: ReadonlyArray<Minute>) =>
  tallies.reduce(
    (sum, { placed, succeeded, failed, calls, errors }) => ({
      placed: sum.placed + placed,
      succeeded: sum.succeeded + succeeded,
      failed: sum.failed + failed,
      calls: sum.calls + calls,
      errors: sum.errors + errors
    }),
    { placed: 0, succeeded: 0, failed: 0, calls: 0, errors: 0 }
  )

counted("orders that are placed, succeed and fail are counted once each, by vendor, with the calls that it took", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    yield* paid({ idempotencyKey: "one" })
    const before = yield* put
    expect(totalOf(before)).toMatchObject({ placed: 1, succeeded: 1, failed: 0, errors: 0 })
    expect(before.every((tally) => tally.vendor === "platform")).toBe(true)
    yield* script("create", "reject")
    yield* placed({ idempotencyKey: "two" })
    yield* Effect.exit(place(asked({ idempotencyKey: "two" })))
    yield* worked
    expect(totalOf(yield* put)).toMatchObject({ placed: 2, succeeded: 1, failed: 1, errors: 0 })
  })
)

counted(
  "a call without a definite answer is an error, and a refusal is none; how long they took falls into buckets",
  () =>
    Effect.gen(function* () {
      const { always, calm } = yield* vendor
      yield* placed({ idempotencyKey: "fine" })
      yield* always("create", "unreachable")
      yield* placed({ idempotencyKey: "away" })
      yield* always("create", "throttle")
      yield* placed({ idempotencyKey: "busy" })
      yield* always("create", "dropAfter")
      yield* placed({ idempotencyKey: "doubtful" })
      yield* always("create", "reject")
      yield* placed({ idempotencyKey: "refused" })
      yield* calm
      const tallies = yield* put
      const { calls, errors } = totalOf(tallies)
      expect([calls, errors]).toEqual([5, 3])
      expect(tallies.flatMap(({ buckets }) => buckets).reduce((sum, count) => sum + count, 0)).toBe(5)
      const families = (yield* Metric.snapshot).map(({ metricKey }) => metricKey.name)
      expect(families).toContain("payment_proxy_vendor_call_seconds")
      expect(families).toContain("payment_proxy_vendor_call_failures")
    })
)

vitest.effect(
  "what a store does not take is kept, with what comes after it, and put down later; nothing is counted twice",
  () =>
    Effect.gen(function* () {
      const counts = Tally.counts()
      const taken: Array<ReadonlyArray<Minute>> = []
      let isAway = true
      const tallies = Tallies.of({
        add: (_, some) =>
          isAway
            ? new StoreUnavailable({ cause: "away" })
            : Effect.sync(() => {
                taken.push(some)
              }),
        since: () => Effect.succeed([]),
        forget: () => Effect.void
      })
      counts.called("one", 7, false, 60_000)
      counts.moved("one", "SUBMITTING", true, 60_000)
      yield* Tally.flush(tallies, "p", counts)
      counts.called("one", 40_000, true, 61_000)
      counts.moved("one", "FAILED", false, 120_000)
      yield* Tally.flush(tallies, "p", counts)
      isAway = false
      yield* Tally.flush(tallies, "p", counts)
      yield* Tally.flush(tallies, "p", counts)
      expect(taken.length).toBe(1)
      const [first, second] = taken[0] ?? []
      expect(first).toMatchObject({ minute: 1, vendor: "one", placed: 1, calls: 2, errors: 1 })
      expect([first?.buckets[1], first?.buckets.at(-1)]).toEqual([1, 1])
      expect(second).toMatchObject({ minute: 2, failed: 1, calls: 0 })
    })
)

vitest("what is kept while the store is away has an end: the oldest minutes go first", () => {
  const counts = Tally.counts()
  for (let minute = 0; minute < 10_100; minute++) counts.called("one", 1, false, minute * minuteMillis)
  const kept = counts.take()
  expect(kept.length).toBe(10_000)
  expect(kept[0]?.minute).toBe(100)
  expect(counts.take()).toEqual([])
})

vitest.effect("a process that ends puts down what it has counted, and what is older than a day is forgotten", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(firstMinute * minuteMillis)
    const services = yield* Layer.build(ports)
    const tallies = Context.get(services, Tallies)
    yield* tallies.add("other", [aMinute({ minute: firstMinute - 1440 }), aMinute({ minute: firstMinute - 1441 })])
    const scope = yield* Scope.make()
    const built = yield* Layer.buildWithScope(Layer.provide(Tally.layer, Layer.succeedContext(services)), scope)
    yield* TestClock.adjust(Duration.zero)
    Context.get(built, Tally.Tally).called("platform", 1, false, firstMinute * minuteMillis)
    yield* Scope.close(scope, Exit.void)
    expect((yield* tallies.since(0)).map(({ minute, calls }) => [minute, calls])).toEqual([
      [firstMinute - 1440, 0],
      [firstMinute, 1]
    ])
  }).pipe(Effect.scoped)
)

const aMinute = (given: Partial<Minute>): Minute => ({
  minute: firstMinute,
  vendor: "platform",
  placed: 0,
  succeeded: 0,
  failed: 0,
  calls: 0,
  errors: 0,
  buckets: tallyBoundsMillis.map(() => 0).concat(0),
  ...given
})

vitest("percentiles are told by the buckets, straight between their ends", () => {
  const of = (counts: { readonly [at: number]: number }) =>
    Array.from({ length: tallyBoundsMillis.length + 1 }, (_, at) => counts[at] ?? 0)
  expect(Overview.quantile(of({}), 0.5)).toBe(null)
  expect(Overview.quantile(of({ 2: 10 }), 0.5)).toBe(15)
  expect(Overview.quantile(of({ 0: 98, 12: 2 }), 0.5)).toBe(3)
  expect(Overview.quantile(of({ 0: 98, 12: 2 }), 0.99)).toBe(625)
  expect(Overview.quantile(of({ [tallyBoundsMillis.length]: 1 }), 0.99)).toBe(30_000)
})

/** An overview with a count of how often it read the store. */
const watched = Effect.gen(function* () {
  const insight = yield* Insight
  let reads = 0
  const counting = Insight.of({
    ...insight,
    held: (limit) =>
      Effect.zipRight(
        Effect.sync(() => {
          reads += 1
        }),
        insight.held(limit)
      )
  })
  const overview = yield* Effect.provideService(Overview.make(Effect.succeed(3)), Insight, counting)
  return { overview, reads: () => reads }
})

const standing = <E>(name: string, test: () => Effect.Effect<unknown, E, Layer.Layer.Success<typeof faked>>) =>
  vitest.effect(name, () =>
    TestClock.setTime(firstMinute * minuteMillis).pipe(
      Effect.zipRight(Effect.zipRight(withShop, test()).pipe(Effect.provide(faked)))
    )
  )

standing("the last hour of each vendor is there minute by minute, with zeros where nothing happened", () =>
  Effect.gen(function* () {
    const { add } = yield* Tallies
    const buckets = aMinute({}).buckets.with(2, 4)
    yield* add("p", [
      aMinute({ minute: firstMinute - 59, placed: 5 }),
      aMinute({ minute: firstMinute - 60, placed: 9 })
    ])
    yield* add("p", [aMinute({ calls: 4, errors: 1, buckets }), aMinute({ vendor: "gone", failed: 1 })])
    const { overview } = yield* watched
    const { vendors, proposals, atMillis } = yield* overview.now
    expect([proposals, atMillis]).toEqual([3, firstMinute * minuteMillis])
    const [platform, gone] = vendors
    expect([platform?.vendor, platform?.kind, platform?.minutes.length]).toEqual(["platform", "fake", 60])
    expect(platform?.minutes[0]).toEqual({
      atMillis: (firstMinute - 59) * minuteMillis,
      placed: 5,
      succeeded: 0,
      failed: 0,
      calls: 0,
      errors: 0,
      p50Millis: null,
      p99Millis: null
    })
    expect(platform?.minutes[30]).toMatchObject({ placed: 0, calls: 0, p50Millis: null })
    expect(platform?.minutes[59]).toMatchObject({ calls: 4, errors: 1, p50Millis: 15, p99Millis: 20 })
    expect([gone?.vendor, gone?.kind, gone?.minutes[59]?.failed]).toEqual(["gone", "", 1])
  })
)

standing("orders that are held, and endpoints that are behind, are shown with why", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const held = aPayment({ app: "shop", state: "HELD", heldReason: "AMOUNT_MISMATCH" })
    const deliveries = [aDelivery("shop-webhook", { eventId: fresh("evt") })]
    yield* orders.commit([aChange(held, 0, { deliveries })])
    const madeAtMillis = yield* Clock.currentTimeMillis
    yield* TestClock.adjust(Duration.minutes(2))
    const { overview } = yield* watched
    const state = yield* overview.now
    expect(state.held).toMatchObject({ count: 1, oldest: [{ payOrderNo: held.payOrderNo, reason: "AMOUNT_MISMATCH" }] })
    expect(state.deliveriesBehind).toEqual([
      {
        app: "shop",
        endpoint: "shop-webhook",
        waiting: 1,
        oldestMillis: 120_000,
        nextAtMillis: madeAtMillis,
        lastFailure: null,
        stopped: null
      }
    ])
    expect(state.queues.map(({ queue }) => queue)).toEqual(["orders", "deliveries", "inbox", "reconcile"])
  })
)

standing("an endpoint that does not take events is shown with its answer, of which the beginning is enough", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const due = yield* DueWork
    const payment = aPayment({ app: "shop" })
    yield* orders.commit([aChange(payment, 0, { dueIn: null, deliveries: [aDelivery("shop-webhook")] })])
    const atMillis = yield* Clock.currentTimeMillis
    const said = `HTTP 403 ${"<b>".repeat(63)}x\u{1F600}${"y".repeat(200)}`
    for (const piece of yield* due.claim("deliveries", 10, Duration.minutes(1)))
      yield* due.postpone(piece, Duration.minutes(5), "HTTP 403", [{ atMillis, millis: 5, status: 403, said }])
    yield* TestClock.adjust(Duration.minutes(2))
    const { overview } = yield* watched
    const [behind] = (yield* overview.now).deliveriesBehind
    expect(behind).toMatchObject({ nextAtMillis: atMillis + 300_000, lastFailure: { atMillis, status: 403 } })
    expect(behind?.lastFailure?.said).toBe(`${said.slice(0, 199)}\uFFFD`)
  })
)

standing("many who ask at once, or within two seconds, have one reading; then it is read anew", () =>
  Effect.gen(function* () {
    const { overview, reads } = yield* watched
    yield* Effect.all(
      Array.from({ length: 50 }, () => overview.now),
      { concurrency: "unbounded" }
    )
    yield* TestClock.adjust(Duration.millis(1900))
    yield* overview.now
    expect(reads()).toBe(1)
    yield* TestClock.adjust(Duration.millis(200))
    yield* overview.now
    expect(reads()).toBe(2)
  })
)

standing("who follows has one every two seconds, of the readings that all share", () =>
  Effect.gen(function* () {
    const { overview, reads } = yield* watched
    const follow = Effect.fork(Stream.runCollect(Stream.take(overview.live, 3)))
    const all = yield* Effect.all(Array.from({ length: 10 }, () => follow))
    for (let second = 0; second < 8; second++) yield* TestClock.adjust(Duration.seconds(1))
    const seen = yield* Fiber.join(Fiber.all(all))
    expect(seen.map(Chunk.size)).toEqual(Array.from({ length: 10 }, () => 3))
    expect(reads()).toBeLessThanOrEqual(5)
  })
)

standing("a vendor is ok, degraded or down by its errors of the last five minutes, and unknown without a call", () =>
  Effect.gen(function* () {
    const { add } = yield* Tallies
    const { overview } = yield* watched
    const health = Effect.map(overview.vendors, ([platform]) => platform)
    expect(yield* health).toMatchObject({ name: "platform", health: "unknown", calls: 0, p50Millis: null })
    const seen: Array<unknown> = []
    for (const errors of [0, 4, 5, 45]) {
      yield* TestClock.adjust(Duration.minutes(5))
      const minute = firstMinute + 5 * (seen.length + 1)
      yield* add("p", [aMinute({ minute, calls: 90, errors }), aMinute({ minute: minute - 4, calls: 10, errors: 0 })])
      if (errors === 45) yield* add("p", [aMinute({ minute, errors: 5 })])
      seen.push((yield* health)?.health)
    }
    expect(seen).toEqual(["ok", "ok", "degraded", "down"])
    expect((yield* health)?.lastAnswerAtMillis).toBe((firstMinute + 20) * minuteMillis)
  })
)
