import { expect, it as vitest } from "@effect/vitest"
import { OrderNo, Payment } from "@payment-proxy/domain"
import { DueWork, Vendors } from "@payment-proxy/ports"
import { aPayment, FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, type Layer, Logger, TestClock } from "effect"
import { close } from "../src/Close.ts"
import { limitsOf } from "../src/Decision.ts"
import { dueIn, Policies } from "../src/Policy.ts"
import { refund } from "../src/Refund.ts"
import { it, lived, now, placed, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor

const limits = {
  createTimeLimitMillis: 10_000,
  settlingMillis: 300_000,
  confirming: {
    inDoubt: [1000, 2000],
    pending: [3000, 4000],
    authorized: [5000, 6000],
    closing: [7000],
    refund: [9000]
  }
}

const waitsOf = (overrides: Partial<Payment.Payment>) =>
  Effect.map(Policies, (policy) =>
    [0, 1, 2].map((tries) => {
      const payment = aPayment({ expiresAtMillis: 2_000_000_000_000, createdAtMillis: 0, ...overrides })
      const wait = dueIn(policy, payment, { nowMillis: 1_900_000_000_000, tries, isHeard: true }, limits)
      return wait === null ? null : Duration.toMillis(wait)
    })
  )

const next = { type: "none" } as const

vitest.effect("each state is asked about by its own list, whose last wait goes on", () =>
  Effect.gen(function* () {
    expect(yield* waitsOf({ state: "SUBMITTING", unknownCalls: 0 })).toEqual([1000, 2000, 2000])
    expect(yield* waitsOf({ state: "PENDING" }), "without what the payer is shown").toEqual([1000, 2000, 2000])
    expect(yield* waitsOf({ state: "PENDING", next })).toEqual([3000, 4000, 4000])
    expect(yield* waitsOf({ state: "AUTHORIZED" })).toEqual([5000, 6000, 6000])
    expect(yield* waitsOf({ state: "CLOSING" })).toEqual([7000, 7000, 7000])
    expect(yield* waitsOf({ state: "LATE_PAID" })).toEqual([9000, 9000, 9000])
    expect(yield* waitsOf({ state: "HELD" })).toEqual([null, null, null])
  })
)

vitest.effect("a call that may still be under way has its time, however quick the list is", () =>
  Effect.gen(function* () {
    expect((yield* waitsOf({ state: "SUBMITTING", unknownCalls: 1 }))[0]).toBe(12_000)
    const open = yield* waitsOf({ state: "PENDING", next: null, unknownCalls: 1, arrived: true })
    expect(open, "it is sent again at each of these").toEqual([12_000, 12_000, 12_000])
    const operation = { no: "1C1", kind: "capture", amountMinor: 1n, unknownCalls: 1 } as const
    expect((yield* waitsOf({ state: "AUTHORIZED", operation }))[0]).toBe(12_000)
  })
)

vitest.effect("every state that its vendor could still change is due again, also where its vendor is gone", () =>
  Effect.gen(function* () {
    const policy = yield* Policies
    const vendors = yield* Vendors
    const open: ReadonlyArray<Payment.State> = ["SUBMITTING", "PENDING", "AUTHORIZED", "CLOSING", "LATE_PAID"]
    for (const state of Payment.State.literals) {
      const payment = aPayment({ state, vendor: "gone", deadlineMillis: 0 })
      const asked = { nowMillis: 10_000_000_000_000, tries: 1_000_000, isHeard: true }
      const wait = dueIn(policy, payment, asked, limitsOf(vendors, payment))
      expect([state, wait === null], state).toEqual([state, !open.includes(state) && state !== "CREATED"])
    }
  }).pipe(Effect.provide(FakeVendors.layer({ names: ["platform"] })))
)

vitest.effect("an authorization is due at its end less the margin, however long its list waits", () =>
  Effect.gen(function* () {
    const nowMillis = 1_900_000_000_000
    const ends = (inMillis: number) => ({
      state: "AUTHORIZED" as const,
      authorizedUntilMillis: nowMillis + Duration.toMillis(Duration.hours(1)) + inMillis
    })
    expect(yield* waitsOf(ends(5500))).toEqual([5000, 5500, 5500])
    expect(yield* waitsOf(ends(10)), "to the millisecond").toEqual([10, 10, 10])
    expect(yield* waitsOf(ends(-10)), "past it, by the list").toEqual([5000, 6000, 6000])
    const operation = { no: "1C1", kind: "capture", amountMinor: 1n, unknownCalls: 0 } as const
    expect(yield* waitsOf({ ...ends(10), operation }), "an open operation goes on past it").toEqual([1000, 2000, 2000])
  })
)

vitest.effect(
  "a contradiction is asked about when the vendor has settled, and then by the list: never without rest",
  () =>
    Effect.gen(function* () {
      const nowMillis = 1_900_000_000_000
      const contradicted = (sinceMillis: number) =>
        waitsOf({ state: "SUCCEEDED", contradiction: { column: "open", sinceMillis } })
      expect(yield* contradicted(nowMillis - 299_000)).toEqual([1000, 1000, 1000])
      expect(yield* contradicted(nowMillis - 300_001)).toEqual([1000, 2000, 2000])
    })
)

/** The alarms that are logged. */
const alarms = Effect.sync(() => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => {
    const line = JSON.stringify(message)
    if (line.includes("alarm STILL_OPEN")) lines.push(line)
  })
  return { lines, layer: Logger.replace(Logger.defaultLogger, logger) satisfies Layer.Layer<never> }
})

it.world(
  "an order that its vendor does not decide is told to operators once its list is over, again each day, and is asked about for ever",
  () =>
    Effect.gen(function* () {
      const { lines, layer } = yield* alarms
      const { always, configure, got } = yield* vendor
      const fourHours = Duration.hours(4)
      yield* configure({ confirming: { ...limits.confirming, closing: [60_000, Duration.toMillis(fourHours)] } })
      const { payOrderNo } = yield* placed()
      yield* always("close", "dropBefore")
      yield* always("query", "dropBefore")
      const told: Array<number> = []
      yield* Effect.gen(function* () {
        yield* close("shop", payOrderNo)
        yield* lived(Duration.minutes(1), 2)
        for (let tries = 0; tries < 20; tries++) {
          told.push(lines.length)
          yield* lived(fourHours, 1)
        }
      }).pipe(Effect.provide(layer))
      expect(told, "when the list is over, and again each day").toEqual([
        0,
        ...Array(6).fill(1),
        ...Array(6).fill(2),
        ...Array(6).fill(3),
        4
      ])
      expect(lines[0]).toBe(JSON.stringify(["alarm STILL_OPEN", { payOrderNo, state: "CLOSING", vendor: "platform" }]))
      expect((yield* now(payOrderNo)).state).toBe("CLOSING")
      const before = (yield* got).length
      yield* lived(fourHours, 2)
      expect((yield* got).length).toBeGreaterThan(before)
    })
)

it.world(
  "a refund that its vendor does not decide is told to operators once, too, however often it was sent again",
  () =>
    Effect.gen(function* () {
      const { lines, layer } = yield* alarms
      const { always, pay, configure } = yield* vendor
      yield* configure({ confirming: { ...limits.confirming, pending: [5000], refund: [60_000, 600_000] } })
      const { payOrderNo } = yield* placed()
      yield* pay(payOrderNo)
      yield* lived(Duration.seconds(5), 1)
      yield* always("refund", "dropBefore")
      yield* Effect.gen(function* () {
        yield* refund({ app: "shop", payOrderNo, idempotencyKey: "r1", fingerprint: "f", amount: null, reason: null })
        yield* lived(Duration.minutes(5), 12 * 12)
      }).pipe(Effect.provide(layer))
      expect(lines).toEqual([
        JSON.stringify([
          "alarm STILL_OPEN",
          { refundNo: OrderNo.refundNo(payOrderNo, 1), state: "SUBMITTING", vendor: "platform" }
        ])
      ])
    })
)

it.world("an order whose payer takes his time is no alarm", () =>
  Effect.gen(function* () {
    const { lines, layer } = yield* alarms
    const { payOrderNo } = yield* placed({ expiresIn: Duration.hours(6) })
    yield* Effect.provide(lived(Duration.minutes(10), 30), layer)
    expect((yield* now(payOrderNo)).state).toBe("PENDING")
    expect(lines).toEqual([])
  })
)

it.world("an order is due again at its vendor's wait, to the millisecond", () =>
  Effect.gen(function* () {
    const { configure } = yield* vendor
    yield* configure({ confirming: { ...limits.confirming, pending: [5000] } })
    const { payOrderNo } = yield* placed()
    yield* worked
    const due = yield* DueWork
    yield* TestClock.adjust(Duration.millis(4999))
    expect(yield* due.claim("orders", 10, Duration.seconds(1))).toEqual([])
    yield* TestClock.adjust(Duration.millis(1))
    expect((yield* due.claim("orders", 10, Duration.seconds(1))).map(({ id }) => id)).toEqual([payOrderNo])
  })
)
