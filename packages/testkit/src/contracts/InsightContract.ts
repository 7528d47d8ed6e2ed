import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import type { Payment } from "@payment-proxy/domain"
import {
  type Deliveries,
  DueWork,
  type Inbox,
  Insight,
  Orders,
  Tallies,
  type Tally,
  tallyBoundsMillis
} from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Clock, Duration, Effect, TestClock } from "effect"
import { aChange, aDelivery, aPayment, aRefund, aRefundChange, epochMillis, fresh } from "../Samples.ts"

type Stores = Orders | DueWork | Deliveries | Inbox | Insight | Tallies
type It = Vitest.MethodsNonLive<Stores>

/** Samples are made at `epochMillis`: by then none of their calls is under way. */
const later = TestClock.setTime(epochMillis + 3_600_000)

const placed = (given: Partial<Payment.Payment>, dueIn: Duration.Duration | null = null) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const change = aChange(aPayment(given), 0, { dueIn })
    yield* orders.commit([change])
    return change
  })

const troubles = (it: It) => {
  it.effect("orders whose last call has an unknown outcome are counted, and the oldest shown with since when", () =>
    Effect.gen(function* () {
      yield* later
      const { inDoubt } = yield* Insight
      const before = (yield* inDoubt(1000)).count
      const doubt = { arrived: false, unknownCalls: 1 } as const
      const operation = { no: "C1", kind: "capture", amountMinor: 1n, unknownCalls: 1 } as const
      const all = [
        yield* placed({ state: "SUBMITTING", ...doubt }),
        yield* placed({ state: "CLOSING", ...doubt }),
        yield* placed({ state: "PENDING", arrived: true, next: null }),
        yield* placed({ state: "AUTHORIZED", arrived: true, operation })
      ]
      yield* placed({ state: "SUBMITTING", arrived: false, unknownCalls: 0 })
      yield* placed({ state: "CLOSING", arrived: true, unknownCalls: 1 })
      yield* placed({ state: "PENDING", arrived: true, next: { type: "qr", content: "x" } as never })
      yield* placed({ state: "AUTHORIZED", arrived: true, operation: { ...operation, unknownCalls: 0 } })
      yield* placed({ state: "FAILED", ...doubt })
      const found = yield* inDoubt(1000)
      expect(found.count).toBe(before + all.length)
      const ours = found.oldest.filter(({ payOrderNo }) => all.some(({ payment }) => payment.payOrderNo === payOrderNo))
      expect(ours.map(({ state }) => state).sort()).toEqual(["AUTHORIZED", "CLOSING", "PENDING", "SUBMITTING"])
      expect(ours[0]).toMatchObject({ vendor: "fake", app: "app_demo", sinceMillis: all[0]?.entry.atMillis })
      expect((yield* inDoubt(2)).oldest.length).toBe(2)
    })
  )

  it.effect("a call that may still be under way is not in doubt", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(epochMillis + 5000)
      const { inDoubt } = yield* Insight
      expect(yield* inDoubt(10)).toEqual({ count: 0, oldest: [] })
      yield* placed({ state: "SUBMITTING", arrived: false, unknownCalls: 1 })
      expect(yield* inDoubt(10)).toEqual({ count: 0, oldest: [] })
    })
  )

  it.effect("payments and refunds that are held are counted and shown, with why", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const { held } = yield* Insight
      const before = (yield* held(1000)).count
      const one = yield* placed({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
      const paid = yield* placed({ state: "SUCCEEDED" })
      const moved = aChange(paid.payment, 1)
      const refund = aRefund(moved.payment, 1, { state: "HELD", heldReason: "VENDOR_ABNORMAL" })
      yield* orders.commit([moved, aRefundChange(moved.payment, refund, 0)])
      const found = yield* held(1000)
      expect(found.count).toBe(before + 2)
      const byNumber = new Map(found.oldest.map((trouble) => [trouble.payOrderNo, trouble]))
      const shown = { state: "HELD", vendor: "fake", app: "app_demo" }
      expect(byNumber.get(one.payment.payOrderNo)).toMatchObject({ ...shown, reason: "AMOUNT_MISMATCH" })
      expect(byNumber.get(refund.refundNo)).toMatchObject({ ...shown, reason: "VENDOR_ABNORMAL" })
      expect((yield* held(1)).oldest.length).toBe(1)
    })
  )
}

const waiting = (it: It) => {
  it.effect("what is due and nobody's waits, since its due time; what is claimed or not due does not", () =>
    Effect.gen(function* () {
      yield* later
      const due = yield* DueWork
      const { queues } = yield* Insight
      const lagOf = Effect.map(queues, (all) => all.find(({ queue }) => queue === "orders"))
      yield* due.claim("orders", 10_000, Duration.hours(1))
      expect(yield* lagOf).toEqual({ queue: "orders", waiting: 0, oldestMillis: 0 })
      yield* placed({ state: "PENDING" }, Duration.seconds(10))
      yield* placed({ state: "PENDING" }, Duration.seconds(20))
      yield* placed({ state: "PENDING" }, Duration.minutes(10))
      expect(yield* lagOf).toEqual({ queue: "orders", waiting: 0, oldestMillis: 0 })
      yield* TestClock.adjust(Duration.seconds(25))
      expect(yield* lagOf).toEqual({ queue: "orders", waiting: 2, oldestMillis: 15_000 })
      yield* due.claim("orders", 10_000, Duration.hours(1))
      expect(yield* lagOf).toEqual({ queue: "orders", waiting: 0, oldestMillis: 0 })
      expect((yield* queues).map(({ queue }) => queue)).toEqual(["orders", "deliveries", "inbox", "reconcile"])
    })
  )

  it.effect("of a payment and its refunds the first due time is said; none where none is due", () =>
    Effect.gen(function* () {
      yield* later
      const nowMillis = yield* Clock.currentTimeMillis
      const { dueAt } = yield* Insight
      const orders = yield* Orders
      const { payment } = yield* placed({ state: "SUCCEEDED" })
      const moved = aChange(payment, 1, { dueIn: Duration.minutes(50) })
      const refund = aRefund(moved.payment, 1)
      yield* orders.commit([moved, aRefundChange(moved.payment, refund, 0, { dueIn: Duration.minutes(20) })])
      const numbers = [payment.payOrderNo, refund.refundNo]
      expect(yield* dueAt(numbers)).toBe(nowMillis + 1_200_000)
      expect(yield* dueAt([payment.payOrderNo])).toBe(nowMillis + 3_000_000)
      const { payment: ended } = yield* placed({ state: "CLOSED" })
      expect(yield* dueAt([ended.payOrderNo, fresh("none")])).toBeNull()
      expect(yield* dueAt([])).toBeNull()
    })
  )

  it.effect("endpoints are behind whose events have waited for 10 seconds, the furthest first", () =>
    Effect.gen(function* () {
      yield* later
      const orders = yield* Orders
      const { behind } = yield* Insight
      const app = fresh("app")
      const tell = (endpoints: ReadonlyArray<string | null>) => {
        const payment = aPayment({ app })
        return orders.commit([aChange(payment, 0, { dueIn: null, deliveries: endpoints.map((one) => aDelivery(one)) })])
      }
      const ours = Effect.map(behind(1000), (all) => all.filter((one) => one.app === app))
      const madeAtMillis = yield* Clock.currentTimeMillis
      yield* tell(["slow", null])
      yield* TestClock.adjust(Duration.seconds(5))
      yield* tell(["slow", "quick"])
      expect(yield* ours).toEqual([])
      yield* TestClock.adjust(Duration.seconds(20))
      expect(yield* ours).toEqual([
        { app, endpoint: "slow", waiting: 2, oldestMillis: 25_000, nextAtMillis: madeAtMillis, lastFailure: null },
        {
          app,
          endpoint: "quick",
          waiting: 1,
          oldestMillis: 20_000,
          nextAtMillis: madeAtMillis + 5000,
          lastFailure: null
        }
      ])
      const due = yield* DueWork
      const claimed = yield* due.claim("deliveries", 10_000, Duration.minutes(1))
      for (const piece of claimed) yield* due.postpone(piece, Duration.hours(1), "no")
      expect((yield* ours)[0]).toMatchObject({ endpoint: "slow", waiting: 2 })
      expect((yield* behind(1)).length).toBe(1)
    })
  )

  it.effect("an endpoint that is behind has the last try in vain of what waits for it, and when the next is due", () =>
    Effect.gen(function* () {
      yield* later
      const orders = yield* Orders
      const due = yield* DueWork
      const { behind } = yield* Insight
      const app = fresh("app")
      yield* due.claim("deliveries", 10_000, Duration.hours(2))
      const tell = Effect.gen(function* () {
        const deliveries = [aDelivery("refusing")]
        yield* orders.commit([aChange(aPayment({ app }), 0, { dueIn: null, deliveries })])
        return (yield* due.claim("deliveries", 10_000, Duration.hours(1))).filter(({ owner }) => owner === app)
      })
      const tries = (status: number | null, said: string) =>
        Effect.map(Clock.currentTimeMillis, (atMillis) => ({ atMillis, millis: 5, status, said }))
      const ours = Effect.map(behind(1000), (all) => all.find((one) => one.app === app))
      const [early, late] = [yield* tell, yield* tell]
      const madeAtMillis = yield* Clock.currentTimeMillis
      yield* TestClock.adjust(Duration.seconds(20))
      expect(yield* ours).toMatchObject({ nextAtMillis: madeAtMillis, lastFailure: null })

      const answered = yield* tries(500, "HTTP 500 busy")
      for (const piece of early) yield* due.postpone(piece, Duration.minutes(40), "HTTP 500", [answered])
      yield* TestClock.adjust(Duration.seconds(30))
      const refused = yield* tries(403, "HTTP 403 <b>no</b>")
      for (const piece of late) yield* due.postpone(piece, Duration.minutes(1), "HTTP 403", [answered, refused])
      const nowMillis = yield* Clock.currentTimeMillis
      expect(yield* ours).toMatchObject({
        waiting: 2,
        nextAtMillis: nowMillis + 60_000,
        lastFailure: { atMillis: refused.atMillis, status: 403, said: "HTTP 403 <b>no</b>" }
      })
      yield* TestClock.adjust(Duration.minutes(2))
      const again = yield* tell
      expect((yield* ours)?.lastFailure).toMatchObject({ status: 403 })
      for (const piece of again) yield* due.done(piece, "HTTP 200")
      expect(yield* ours).toMatchObject({ waiting: 1, lastFailure: { atMillis: answered.atMillis, status: 500 } })
    })
  )

  it.effect("the try in vain is found however much was made since", () =>
    Effect.gen(function* () {
      yield* later
      const orders = yield* Orders
      const due = yield* DueWork
      const { behind } = yield* Insight
      const app = fresh("app")
      const tell = (count: number) => {
        const deliveries = Array.from({ length: count }, () => aDelivery("full"))
        return orders.commit([aChange(aPayment({ app }), 0, { dueIn: null, deliveries })])
      }
      yield* due.claim("deliveries", 10_000, Duration.hours(2))
      yield* tell(1)
      const attempts = [{ atMillis: yield* Clock.currentTimeMillis, millis: 5, status: 403, said: "no" }]
      for (const piece of yield* due.claim("deliveries", 10_000, Duration.minutes(1)))
        yield* due.postpone(piece, Duration.seconds(5), "HTTP 403", attempts)
      yield* TestClock.adjust(Duration.seconds(60))
      yield* tell(1100)
      const found = (yield* behind(1000)).find((one) => one.app === app)
      expect(found).toMatchObject({ waiting: 1101, lastFailure: { status: 403, said: "no" } })
      yield* due.claim("deliveries", 10_000, Duration.hours(2))
    })
  )

  it.effect("what failed before it reached its endpoint is told by its note", () =>
    Effect.gen(function* () {
      yield* later
      const orders = yield* Orders
      const due = yield* DueWork
      const { behind } = yield* Insight
      const app = fresh("app")
      yield* due.claim("deliveries", 10_000, Duration.hours(2))
      yield* orders.commit([aChange(aPayment({ app }), 0, { dueIn: null, deliveries: [aDelivery("unreached")] })])
      for (const piece of yield* due.claim("deliveries", 10_000, Duration.minutes(1)))
        yield* due.postpone(piece, Duration.hours(1), "failed")
      yield* TestClock.adjust(Duration.seconds(20))
      const found = (yield* behind(1000)).find((one) => one.app === app)
      expect(found?.lastFailure).toEqual({ atMillis: null, status: null, said: "failed" })
    })
  )
}

const buckets = (...counts: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from({ length: tallyBoundsMillis.length + 1 }, (_, at) => counts[at] ?? 0)

const aTally = (given: Partial<Tally>): Tally => ({
  minute: 100,
  vendor: "fake",
  placed: 1,
  succeeded: 2,
  failed: 3,
  calls: 4,
  errors: 1,
  buckets: buckets(3, 1),
  ...given
})

const tallying = (it: It) => {
  it.effect("what processes add to a minute is put together, by vendor, the oldest minute first", () =>
    Effect.gen(function* () {
      const { add, since } = yield* Tallies
      yield* add("one", [])
      yield* add("one", [aTally({ minute: 101 }), aTally({}), aTally({ vendor: "other" })])
      yield* add("one", [aTally({ placed: 10, buckets: buckets(0, 0, 7) })])
      yield* add("two", [aTally({})])
      const together = aTally({ placed: 12, succeeded: 6, failed: 9, calls: 12, errors: 3, buckets: buckets(6, 2, 7) })
      expect(yield* since(100)).toEqual([together, aTally({ vendor: "other" }), aTally({ minute: 101 })])
      expect(yield* since(101)).toEqual([aTally({ minute: 101 })])
      expect(yield* since(102)).toEqual([])
    })
  )

  it.effect("what is older than a minute is forgotten, and nothing else", () =>
    Effect.gen(function* () {
      const { add, forget, since } = yield* Tallies
      yield* add("one", [aTally({ minute: 7 }), aTally({ minute: 8 }), aTally({ minute: 9 })])
      yield* forget(9)
      expect((yield* since(0)).filter(({ minute }) => minute < 10).map(({ minute }) => minute)).toEqual([9])
    })
  )
}

/** What every `Insight` and every `Tallies` must do, over one store. */
export const insightContract = (name: string, stores: Layer.Layer<Stores, unknown>): void =>
  layer(stores)(`Insight, Tallies: ${name}`, (it) => {
    troubles(it)
    waiting(it)
    tallying(it)
  })
