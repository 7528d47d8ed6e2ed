import { expect } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { DueWork, Orders, StoreUnavailable, Vendors } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Clock, Duration, Effect, Fiber, Layer, TestClock } from "effect"
import { capture } from "../src/Capture.ts"
import { close } from "../src/Close.ts"
import { sync } from "../src/Sync.ts"
import { back, callsOf, causes, held, it, lived, now, placed, refusalOf, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor
const cny = (amountMinor: bigint) => Money.make(amountMinor, "CNY")

/** An order whose money is held, to be taken by its app; until then, where that is said. */
const authorized = (untilMillis?: number) =>
  Effect.gen(function* () {
    const { authorize } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD", capture: "manual" })
    yield* authorize(payOrderNo, untilMillis)
    yield* lived(Duration.seconds(6), 1)
    expect((yield* now(payOrderNo)).state).toBe("AUTHORIZED")
    return payOrderNo
  })

it.world("held money is taken at once when the app asks for it, its intent on disk first", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* authorized()
    expect(yield* capture("shop", payOrderNo, null)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    expect((yield* causes(payOrderNo)).slice(-3)).toEqual(["capture asked", "capture", "operation:paid"])
    expect(yield* held).toMatchObject({ status: "paid", capturedMinor: 1234n })
  })
)

it.world("a part is taken, once; only that part can be refunded", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* authorized()
    expect(yield* capture("shop", payOrderNo, cny(1000n))).toMatchObject({ state: "SUCCEEDED", captured: 1000n })
    expect(yield* refusalOf(capture("shop", payOrderNo, cny(234n)))).toBe("NOT_ALLOWED")
    expect(yield* refusalOf(back(payOrderNo, 1001n))).toBe("AMOUNT_INVALID")
    expect((yield* back(payOrderNo, null)).payment.state).toBe("REFUNDED")
    expect(yield* held).toMatchObject({ capturedMinor: 1000n, refundedMinor: 1000n })
  })
)

it.world("more than is held, nothing, another currency, another app's order: refused, and nothing is sent", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* authorized()
    for (const amount of [cny(0n), cny(-1n), cny(1235n), Money.make(100n, "USD")])
      expect(yield* refusalOf(capture("shop", payOrderNo, amount))).toBe("AMOUNT_INVALID")
    expect(yield* refusalOf(capture("other", payOrderNo, null))).toBe("OrderNotFound")
    const open = yield* placed({ idempotencyKey: "open", capture: "manual" })
    expect(yield* refusalOf(capture("shop", open.payOrderNo, null))).toBe("NOT_ALLOWED")
    expect(yield* callsOf("capture")).toHaveLength(0)
  })
)

it.world("a vendor that cannot capture is not asked to: the app is told so", () =>
  Effect.gen(function* () {
    const { configure } = yield* vendor
    const payOrderNo = yield* authorized()
    yield* configure({ abilities: ["create", "query", "close"] })
    expect(yield* refusalOf(capture("shop", payOrderNo, null))).toBe("NOT_SUPPORTED")
  })
)

it.world("two simultaneous captures take the money once", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* authorized()
    const ends = yield* Effect.all(
      [600n, 700n].map((minor) => refusalOf(capture("shop", payOrderNo, cny(minor)))),
      { concurrency: "unbounded" }
    )
    expect(ends.filter((end) => end === null)).toHaveLength(1)
    expect(yield* callsOf("capture")).toHaveLength(1)
    expect([600n, 700n]).toContain((yield* held).capturedMinor)
  })
)

it.world("a capture whose answer got lost is asked about, is one, and is not asked for again meanwhile", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const payOrderNo = yield* authorized()
    yield* script("capture", "dropAfter")
    yield* capture("shop", payOrderNo, cny(1000n))
    expect(yield* refusalOf(capture("shop", payOrderNo, cny(1000n)))).toBe("OPERATION_OPEN")
    yield* lived(Duration.seconds(15), 2)
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1000n })
    expect(yield* callsOf("capture")).toHaveLength(1)
  })
)

it.world("a capture whose call is still in the air is asked about, and not sent a second time beside it", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* authorized()
    const slow = Layer.effect(
      Vendors,
      Effect.map(Vendors, (vendors) =>
        Vendors.of({
          ...vendors,
          capture: (...call) =>
            Effect.zipRight(
              Effect.sleep(Duration.seconds(5)),
              Effect.suspend(() => vendors.capture(...call))
            )
        })
      )
    )
    const caller = yield* Effect.fork(capture("shop", payOrderNo, null).pipe(Effect.provide(slow)))
    yield* TestClock.adjust(Duration.seconds(1))
    yield* Effect.flatMap(DueWork, (due) => due.hasten(payOrderNo))
    yield* worked
    expect(yield* callsOf("capture"), "the first call has not arrived yet").toHaveLength(0)
    yield* TestClock.adjust(Duration.seconds(5))
    expect((yield* Fiber.join(caller)).state).toBe("SUCCEEDED")
    expect(yield* callsOf("capture")).toHaveLength(1)
  })
)

it.world("a capture that is declined leaves the money held, to be asked for anew", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const payOrderNo = yield* authorized()
    yield* script("capture", "reject")
    expect(yield* capture("shop", payOrderNo, cny(1000n))).toMatchObject({ state: "AUTHORIZED", operation: null })
    expect(yield* capture("shop", payOrderNo, null)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    const numbers = (yield* callsOf("capture")).map(({ operationNo }) => operationNo)
    expect(numbers).toEqual([`${payOrderNo}C1`, `${payOrderNo}C2`])
  })
)

it.world("held money that nobody takes is released before the authorization ends", () =>
  Effect.gen(function* () {
    const untilMillis = (yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.hours(5))
    const payOrderNo = yield* authorized(untilMillis)
    yield* lived(Duration.minutes(10), 22)
    expect((yield* now(payOrderNo)).state).toBe("AUTHORIZED")
    yield* lived(Duration.minutes(10), 4)
    expect((yield* now(payOrderNo)).state).toBe("CLOSED")
    expect((yield* causes(payOrderNo)).slice(-2)).toEqual(["expire", "close:closed"])
    expect(yield* held).toMatchObject({ status: "closed", capturedMinor: 0n })
    expect(yield* refusalOf(capture("shop", payOrderNo, null))).toBe("NOT_ALLOWED")
  })
)

it.world("an authorization that the vendor lets lapse is CLOSED, as it says when it is asked", () =>
  Effect.gen(function* () {
    const { always } = yield* vendor
    const untilMillis = (yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.minutes(90))
    const payOrderNo = yield* authorized(untilMillis)
    yield* always("close", "dropBefore")
    yield* lived(Duration.minutes(10), 12)
    expect((yield* now(payOrderNo)).state).toBe("CLOSED")
  })
)

it.world(
  "held money that is gone before we take it, at a vendor that names no end: the order is closed at its deadline",
  () =>
    Effect.gen(function* () {
      const { authorize, refuse, reopen, script } = yield* vendor
      yield* script("capture", "dropBefore")
      const { payOrderNo } = yield* placed({ method: "CARD" })
      yield* authorize(payOrderNo)
      yield* lived(Duration.seconds(6), 1)
      expect((yield* now(payOrderNo)).state).toBe("AUTHORIZED")
      yield* refuse(payOrderNo)
      yield* reopen(payOrderNo)
      yield* lived(Duration.minutes(1), 10)
      expect((yield* now(payOrderNo)).state, "its payer may pay yet").toBe("AUTHORIZED")
      yield* lived(Duration.minutes(10), 3)
      expect((yield* now(payOrderNo)).state).toBe("CLOSED")
      expect((yield* held).status).toBe("closed")
    })
)

it.world("an app releases what is held by closing the order", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* authorized()
    expect((yield* close("shop", payOrderNo)).state).toBe("CLOSED")
    expect((yield* held).status).toBe("closed")
  })
)

it.world("a close whose answer cannot be put on disk is under way all the same, and the app is told so", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const { payOrderNo } = yield* placed()
    const failing = Orders.of({
      ...orders,
      commit: (changes) =>
        changes.some(({ entry }) => entry.cause.startsWith("close:"))
          ? new StoreUnavailable({ cause: "The disk is full." })
          : orders.commit(changes)
    })
    const closing = yield* close("shop", payOrderNo).pipe(Effect.provideService(Orders, failing))
    expect(closing.state).toBe("CLOSING")
    yield* lived(Duration.seconds(2), 1)
    expect((yield* now(payOrderNo)).state).toBe("CLOSED")
  })
)

it.world("a sync asks the vendor now, and again at the earliest two seconds later", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    expect((yield* sync("shop", payOrderNo)).state).toBe("SUCCEEDED")
    yield* Effect.all(
      Array.from({ length: 20 }, () => sync("shop", payOrderNo)),
      { concurrency: "unbounded" }
    )
    expect(yield* callsOf("query")).toHaveLength(1)
    yield* TestClock.adjust(Duration.millis(2000))
    yield* sync("shop", payOrderNo)
    expect(yield* callsOf("query")).toHaveLength(2)
    expect(yield* refusalOf(sync("other", payOrderNo))).toBe("OrderNotFound")
  })
)

it.world("a sync of an order whose refund is open has that asked about, too", () =>
  Effect.gen(function* () {
    const { pay, script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    yield* sync("shop", payOrderNo)
    yield* script("refund", "pending")
    yield* back(payOrderNo, 100n)
    yield* settleRefund(`${payOrderNo}R1`, "succeeded")
    yield* TestClock.adjust(Duration.seconds(2))
    const synced = yield* Effect.fork(sync("shop", payOrderNo))
    yield* Fiber.join(synced)
    yield* worked
    expect((yield* now(payOrderNo)).state).toBe("PARTIALLY_REFUNDED")
  })
)
