import { expect } from "@effect/vitest"
import { Evidence, PaymentCommands, PaymentMachine } from "@payment-proxy/domain"
import { Orders, Vendors } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, Either, Fiber, Layer, TestClock } from "effect"
import { round } from "../src/Work.ts"
import { causes, it, lived, now, placed, states } from "./harness.ts"

const vendor = FakeVendors.FakeVendor

const callsOf = (kind: FakeVendors.Call) =>
  Effect.flatMap(vendor, ({ got }) => Effect.map(got, (all) => all.filter(({ call }) => call === kind).length))

it.world("approved money is taken by a further call of ours, once, whose intent is on disk first", () =>
  Effect.gen(function* () {
    const { approve, payments } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "PAYPAL" })
    yield* approve(payOrderNo)
    yield* lived(Duration.seconds(6), 1)
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "PENDING", "PENDING", "SUCCEEDED"])
    expect((yield* causes(payOrderNo)).slice(2)).toEqual(["query:approved", "complete", "operation:paid"])
    expect((yield* payments)[0]?.status).toBe("paid")
    yield* lived(Duration.seconds(30), 10)
    expect(yield* callsOf("complete")).toBe(1)
  })
)

it.world("held money is taken at once where the order captures automatically", () =>
  Effect.gen(function* () {
    const { authorize } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD" })
    yield* authorize(payOrderNo)
    yield* lived(Duration.seconds(6), 1)
    const after = yield* now(payOrderNo)
    expect(after).toMatchObject({ state: "SUCCEEDED", operation: null, captured: 1234n })
    expect((yield* causes(payOrderNo)).slice(2)).toEqual(["query:authorized", "capture", "operation:paid"])
  })
)

it.world("held money stays held where the app captures by itself", () =>
  Effect.gen(function* () {
    const { authorize } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD", capture: "manual" })
    yield* authorize(payOrderNo)
    yield* lived(Duration.seconds(10), 6)
    expect((yield* now(payOrderNo)).state).toBe("AUTHORIZED")
    expect(yield* callsOf("capture")).toBe(0)
  })
)

it.world("a call whose answer got lost is asked about before it is sent again, and the money is taken once", () =>
  Effect.gen(function* () {
    const { approve, script } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "PAYPAL" })
    yield* approve(payOrderNo)
    yield* script("complete", "dropAfter")
    yield* lived(Duration.seconds(6), 1)
    expect((yield* now(payOrderNo)).operation).toMatchObject({ no: `${payOrderNo}C1`, unknownCalls: 1 })
    yield* lived(Duration.seconds(5), 6)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    expect(yield* callsOf("complete")).toBe(1)
  })
)

it.world("a call that never arrived is sent again under the same number", () =>
  Effect.gen(function* () {
    const { approve, script } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "PAYPAL" })
    yield* approve(payOrderNo)
    yield* script("complete", "dropBefore", "unreachable")
    yield* lived(Duration.seconds(6), 1)
    yield* lived(Duration.seconds(20), 6)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    const calls = (yield* (yield* vendor).got).filter(({ call }) => call === "complete")
    expect(calls.length).toBeGreaterThan(1)
    expect(new Set(calls.map(({ operationNo }) => operationNo))).toEqual(new Set([`${payOrderNo}C1`]))
  })
)

it.world("a declined call leaves the payer his time: each next one is further away, under a new number", () =>
  Effect.gen(function* () {
    const { approve, always } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "PAYPAL", expiresIn: Duration.minutes(15) })
    yield* approve(payOrderNo)
    yield* always("complete", "reject")
    yield* lived(Duration.seconds(5), 60)
    const calls = yield* callsOf("complete")
    expect(calls).toBeGreaterThan(2)
    expect(calls).toBeLessThan(12)
    expect((yield* now(payOrderNo)).state).toBe("PENDING")
    yield* always("complete", "normal")
    yield* lived(Duration.seconds(30), 10)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world("a capture that is declined again and again is not hurried, and is made once the vendor takes it", () =>
  Effect.gen(function* () {
    const { authorize, always } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD" })
    yield* authorize(payOrderNo)
    yield* always("capture", "reject")
    yield* lived(Duration.seconds(5), 60)
    const calls = yield* callsOf("capture")
    expect(calls).toBeGreaterThan(2)
    expect(calls).toBeLessThan(12)
    yield* always("capture", "normal")
    yield* lived(Duration.minutes(10), 2)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

for (const kind of ["complete", "capture"] as const)
  it.world(`a ${kind} that may have arrived once keeps its number however often it is declined, without hurry`, () =>
    Effect.gen(function* () {
      const { approve, authorize, always, script } = yield* vendor
      const { payOrderNo } = yield* placed({ method: "CARD" })
      yield* (kind === "complete" ? approve : authorize)(payOrderNo)
      yield* script(kind, "dropBefore")
      yield* always(kind, "reject")
      yield* lived(Duration.seconds(5), 60)
      const calls = yield* callsOf(kind)
      expect(calls).toBeGreaterThan(2)
      expect(calls).toBeLessThan(12)
      expect((yield* now(payOrderNo)).operation?.no).toBe(`${payOrderNo}C1`)
    })
  )

const isSentOnce = (end: string, then: (no: string) => Effect.Effect<unknown, unknown, FakeVendors.FakeVendor>) =>
  it.world(`a call that may have arrived is not sent again to an order that is found ${end}`, () =>
    Effect.gen(function* () {
      const { approve, script } = yield* vendor
      const { payOrderNo } = yield* placed({ method: "PAYPAL" })
      yield* approve(payOrderNo)
      yield* script("complete", "dropBefore")
      yield* lived(Duration.seconds(6), 1)
      expect((yield* now(payOrderNo)).operation).toMatchObject({ unknownCalls: 1 })
      yield* then(payOrderNo)
      yield* lived(Duration.seconds(20), 3)
      expect((yield* now(payOrderNo)).state).toBe(end)
      expect(yield* callsOf("complete")).toBe(1)
    })
  )

isSentOnce("HELD", () => Effect.flatMap(vendor, ({ script }) => script("query", "wrongAmount")))
isSentOnce("FAILED", (no) => Effect.flatMap(vendor, ({ refuse }) => refuse(no)))

it.world("a call on its way when the order expires is not sent again before its own time is over", () =>
  Effect.gen(function* () {
    const { approve, script } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "PAYPAL", expiresIn: Duration.seconds(10) })
    yield* approve(payOrderNo)
    yield* script("complete", "dropBefore")
    yield* lived(Duration.seconds(1), 14)
    expect(yield* callsOf("complete")).toBe(1)
    yield* lived(Duration.seconds(1), 8)
    expect(yield* callsOf("complete")).toBe(2)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world("a worker that is paused with a refusal in its hands says nothing of the call that was sent after it", () =>
  Effect.gen(function* () {
    const { authorize, script, always, calm } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD" })
    yield* authorize(payOrderNo)
    const pausedWith = Layer.effect(
      Vendors,
      Effect.map(Vendors, (vendors) =>
        Vendors.of({
          ...vendors,
          capture: (...call) => Effect.tapError(vendors.capture(...call), () => Effect.sleep(Duration.minutes(20)))
        })
      )
    )
    yield* TestClock.adjust(Duration.seconds(6))
    yield* round("orders")
    yield* script("capture", "reject")
    const late = yield* Effect.fork(Effect.provide(round("orders"), pausedWith))
    yield* TestClock.adjust(Duration.seconds(1))
    expect((yield* now(payOrderNo)).operation).toMatchObject({ unknownCalls: 1 })
    // Long after, the vendor says that the money is still there: it is given up for lost, and sent once more. That takes it, and nobody hears of it.
    yield* TestClock.adjust(Duration.minutes(10))
    yield* script("capture", "dropAfter")
    while ((yield* callsOf("capture")) < 2) yield* lived(Duration.seconds(30), 1)
    yield* always("query", "dropBefore")
    yield* TestClock.adjust(Duration.minutes(20))
    yield* Fiber.join(late)
    expect((yield* now(payOrderNo)).operation).toMatchObject({ unknownCalls: 1 })
    yield* calm
    yield* lived(Duration.minutes(1), 10)
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    expect(yield* callsOf("capture")).toBe(2)
  })
)

it.world("a worker that is paused between the intent and the call writes nothing; another makes the call", () =>
  Effect.gen(function* () {
    const { approve } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "PAYPAL" })
    yield* approve(payOrderNo)
    const paused = Layer.effect(
      Orders,
      Effect.map(Orders, (orders) =>
        Orders.of({
          ...orders,
          commit: (changes) =>
            Effect.zipRight(
              orders.commit(changes),
              changes[0]?.entry.cause === "complete" ? Effect.sleep(Duration.minutes(1)) : Effect.void
            )
        })
      )
    )
    yield* TestClock.adjust(Duration.seconds(6))
    yield* round("orders")
    const late = yield* Effect.fork(Effect.provide(round("orders"), paused))
    yield* TestClock.adjust(Duration.seconds(1))
    expect((yield* now(payOrderNo)).operation).toMatchObject({ unknownCalls: 1 })
    yield* lived(Duration.seconds(3), 5)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    yield* TestClock.adjust(Duration.minutes(2))
    yield* Fiber.join(late)
    expect(yield* callsOf("complete")).toBe(1)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world(
  "a call that got lost and is refused from then on leaves the order free to end: nothing is asked for ever",
  () =>
    Effect.gen(function* () {
      const { approve, script, always } = yield* vendor
      const { payOrderNo } = yield* placed({ method: "PAYPAL", expiresIn: Duration.minutes(15) })
      yield* approve(payOrderNo)
      yield* script("complete", "dropBefore")
      yield* always("complete", "reject")
      yield* lived(Duration.seconds(10), 60)
      yield* lived(Duration.minutes(1), 60)
      const { state } = yield* now(payOrderNo)
      expect(["CLOSING", "CLOSED"]).toContain(state)
    })
)

for (const kind of ["complete", "capture"] as const)
  it.world(
    `money that was there for a ${kind} and is not any more: each call says open, and the order still ends`,
    () =>
      Effect.gen(function* () {
        const { approve, authorize, always, refuse, reopen } = yield* vendor
        const { payOrderNo } = yield* placed({ method: "PAYPAL", expiresIn: Duration.minutes(15) })
        const { createdAtMillis } = yield* now(payOrderNo)
        yield* kind === "complete" ? approve(payOrderNo) : authorize(payOrderNo, createdAtMillis + 1_800_000)
        yield* always(kind, "dropBefore")
        yield* lived(Duration.seconds(6), 1)
        yield* Effect.all([refuse(payOrderNo), reopen(payOrderNo), always(kind, "normal")])
        yield* lived(Duration.minutes(1), 60)
        expect((yield* now(payOrderNo)).state).toBe("CLOSED")
        const calls = yield* callsOf(kind)
        yield* lived(Duration.hours(1), 24)
        expect(yield* callsOf(kind)).toBe(calls)
      })
  )

it.world("an order is not CLOSED while a call that takes the money may be in the air, also past its deadline", () =>
  Effect.gen(function* () {
    const { approve, script, pay } = yield* vendor
    const order = yield* placed({ method: "PAYPAL", expiresIn: Duration.minutes(15) })
    const { payOrderNo } = order
    const nowMillis = order.deadlineMillis + 60_000
    const asked = { version: order.version, atMillis: nowMillis }
    const untilMillis = nowMillis + 10_000
    const operation = {
      no: `${payOrderNo}C1`,
      kind: "complete",
      amountMinor: 1234n,
      unknownCalls: 1,
      untilMillis
    } as const
    const closing = { ...order, state: "CLOSING", operation } as const
    const settings = { settlingMillis: 300_000 }
    const approved = (atMillis: number) => Evidence.make("approved", "query", { asked: { ...asked, atMillis } })
    expect(PaymentMachine.absorb(closing, approved(nowMillis), nowMillis, settings).order.state).toBe("CLOSING")
    const late = untilMillis + settings.settlingMillis + 1
    expect(PaymentMachine.absorb(closing, approved(late), late, settings).order.state).toBe("CLOSED")
    yield* Effect.all([approve(payOrderNo), script("complete", "normal"), pay(payOrderNo)])
  })
)

it.world("what a person accepted in place of the order's amount is not held again by the vendor's next word", () =>
  Effect.gen(function* () {
    const order = yield* placed({ method: "CARD" })
    const amount = { amountMinor: 1000n, currency: "CNY" } as const
    const paid = Evidence.make("paid", "notification", { amount, captured: amount, paidAtMillis: null })
    const settings = { settlingMillis: 300_000 }
    const held = PaymentMachine.absorb(order, paid, 0, settings).order
    expect(held).toMatchObject({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
    const wanted = { type: "resolve", state: "SUCCEEDED", acceptedMinor: 1000n } as const
    const resolved = Either.getOrThrow(PaymentCommands.command(held, wanted)).order
    expect(PaymentMachine.absorb(resolved, paid, 0, settings).order.state).toBe("SUCCEEDED")
  })
)
