import { expect } from "@effect/vitest"
import { Money, Payment } from "@payment-proxy/domain"
import type { Change } from "@payment-proxy/ports"
import { anyOrder, Deliveries, DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Deferred, Duration, Effect, Exit, Fiber, Option, TestClock } from "effect"
import { capture } from "../src/Capture.ts"
import { close } from "../src/Close.ts"
import { place } from "../src/Place.ts"
import { receive } from "../src/Receive.ts"
import { returned } from "../src/Returned.ts"
import { sync } from "../src/Sync.ts"
import * as Turns from "../src/Turns.ts"
import { round } from "../src/Work.ts"
import * as Endpoints from "./endpoints.ts"
import {
  asked,
  back,
  callsOf,
  causes,
  held,
  it,
  lived,
  now,
  paid,
  placed,
  refusalOf,
  states,
  worked
} from "./harness.ts"

// What users of other systems lost, each on record there: the name of a test says what does not happen here.

const vendor = FakeVendors.FakeVendor
const cny = (amountMinor: bigint) => Money.make(amountMinor, "CNY")
const hundred = { amount: cny(100n) }

const told = (payOrderNo: string, kind: FakeVendors.Held["status"], copy = "") =>
  receive("platform", FakeVendors.notification(payOrderNo, kind), `${kind} ${payOrderNo} ${copy}`)

/** The events that an order's app has got. */
const heardOf = (payOrderNo: string) =>
  Effect.gen(function* () {
    yield* worked
    const deliveries = yield* Effect.flatMap(Deliveries, (all) => all.ofOrder(payOrderNo))
    return deliveries.filter(({ state }) => state === "delivered").map(({ type }) => type)
  })

/** How often an order's app has heard this. */
const timesHeard = (payOrderNo: string, type: string) =>
  Effect.map(heardOf(payOrderNo), (types) => types.filter((one) => one === type).length)

/** Orders of which so many commits of a kind have all been decided before the first of them is written. */
const facing = (count: number, isMeant: (changes: ReadonlyArray<Change>) => boolean) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const all = yield* Deferred.make<void>()
    let waiting = 0
    const arrived = Effect.suspend(() => {
      waiting += 1
      if (waiting > count) return Effect.void
      return waiting === count ? Deferred.succeed(all, undefined) : Deferred.await(all)
    })
    return Orders.of({
      ...orders,
      commit: (changes) =>
        isMeant(changes) ? Effect.zipRight(arrived, orders.commit(changes)) : orders.commit(changes)
    })
  })

/** As a process of its own does it: it takes no turns with the others. */
const elsewhere = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.provideService(effect, Turns.Lines, new Map()))

/** Vendors at which this happens while a create is under way, after it was done and before it is answered. */
const meanwhile = <E, R>(happens: (payOrderNo: string) => Effect.Effect<unknown, E, R>) =>
  Effect.map(Effect.all([Vendors, Effect.context<R>()]), ([vendors, world]) =>
    Vendors.of({
      ...vendors,
      create: (payment, prepared, untilMillis) =>
        Effect.tap(vendors.create(payment, prepared, untilMillis), () =>
          happens(payment.payOrderNo).pipe(Effect.interruptible, Effect.provide(world), Effect.orDie)
        )
    })
  )

it.world(
  "two refunds of 60 at once on a payment of 100, in two processes, never both go back (hyperswitch#13182)",
  () =>
    Effect.gen(function* () {
      const { always, settleRefund } = yield* vendor
      const { payOrderNo } = yield* paid(hundred)
      yield* always("refund", "pending")
      const orders = yield* facing(2, ([, second]) => second?.entry.cause === "submit")
      const asking = yield* Effect.fork(
        Effect.all(
          ["a", "b"].map((idempotencyKey) => elsewhere(refusalOf(back(payOrderNo, 60n, { idempotencyKey })))),
          { concurrency: "unbounded" }
        ).pipe(Effect.provideService(Orders, orders))
      )
      yield* TestClock.adjust(Duration.seconds(1))
      const ends = yield* Fiber.join(asking)
      expect([...ends].sort()).toEqual(["AMOUNT_INVALID", null])
      expect(yield* callsOf("refund"), "the platform was asked once").toHaveLength(1)
      yield* settleRefund(`${payOrderNo}R1`, "succeeded")
      yield* lived(Duration.seconds(30), 2)
      expect(yield* held).toMatchObject({ capturedMinor: 100n, refundedMinor: 60n })
      expect(yield* now(payOrderNo)).toMatchObject({ state: "PARTIALLY_REFUNDED" })
      expect(yield* timesHeard(payOrderNo, "refund.succeeded")).toBe(1)
    })
)

it.world("a refund of less than nothing never makes more than 100 refundable of 100 (hyperswitch#11491)", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid(hundred)
    expect(yield* refusalOf(back(payOrderNo, -60n))).toBe("AMOUNT_INVALID")
    expect(Payment.refundable(yield* now(payOrderNo))).toBe(100n)
    expect(yield* refusalOf(back(payOrderNo, 101n))).toBe("AMOUNT_INVALID")
    yield* back(payOrderNo, 100n)
    expect(yield* held).toMatchObject({ capturedMinor: 100n, refundedMinor: 100n })
    expect(yield* callsOf("refund")).toHaveLength(1)
  })
)

it.world(
  "an order that times out again and again is never called failed, although the platform took the money (hyperswitch#2380)",
  () =>
    Effect.gen(function* () {
      const { script, always, calm, pay } = yield* vendor
      yield* script("create", "dropAfter")
      for (const call of ["query", "close"] as const) yield* always(call, "dropBefore")
      const { payOrderNo } = yield* placed()
      yield* pay(payOrderNo)
      yield* lived(Duration.minutes(30), 2 * 24 * 3)
      expect(yield* states(payOrderNo), "after three days of silence").toEqual(["SUBMITTING", "CLOSING"])
      expect((yield* callsOf("query")).length + (yield* callsOf("close")).length).toBeGreaterThan(20)
      for (const word of ["order.failed", "order.closed"]) expect(yield* heardOf(payOrderNo)).not.toContain(word)
      yield* calm
      yield* lived(Duration.minutes(30), 2)
      expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
      expect(yield* callsOf("create")).toHaveLength(1)
      expect((yield* held).capturedMinor).toBe(1234n)
      expect(yield* heardOf(payOrderNo)).toEqual(["order.submitting", "order.closing", "order.succeeded"])
    })
)

it.world("an event whose first try failed is never left unsent, whichever worker comes next (hyperswitch#3408)", () =>
  Effect.gen(function* () {
    const idle = Duration.seconds(30)
    const endpoints = Endpoints.make(() => 500)
    const { payOrderNo } = yield* Endpoints.anOrder()
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(Duration.seconds(1)))
    expect(endpoints.tries.map(({ status }) => status)).toEqual([500])
    endpoints.behave = () => 204
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(Duration.minutes(1)))
    expect(Endpoints.arrived(endpoints).map(({ version }) => version)).toEqual([1, 2])
    const [failed, first] = endpoints.tries
    expect(first?.eventId, "the very same event").toBe(failed?.eventId)
    expect((yield* Endpoints.deliveriesOf(payOrderNo)).every(({ state }) => state === "delivered")).toBe(true)
  })
)

it.world("money that two workers are about to take at once is never taken twice (medusa#13301)", () =>
  Effect.gen(function* () {
    const { approve } = yield* vendor
    const vendors = yield* Vendors
    const { payOrderNo } = yield* placed()
    yield* approve(payOrderNo)
    yield* told(payOrderNo, "approved")
    yield* round("inbox")
    const slow = Vendors.of({
      ...vendors,
      complete: (...call) => Effect.delay(vendors.complete(...call), Duration.seconds(1))
    })
    const orders = yield* facing(2, ([change]) => change?.entry.cause === "complete")
    const worker = round("orders").pipe(Effect.provideService(Orders, orders), Effect.provideService(Vendors, slow))
    const first = yield* Effect.fork(worker)
    yield* TestClock.adjust(Duration.millis(1))
    // The payer comes back: the order is due at once, whoever works at it already.
    yield* Effect.flatMap(DueWork, (due) => due.hasten(payOrderNo))
    const second = yield* Effect.fork(worker)
    yield* TestClock.adjust(Duration.seconds(2))
    expect((yield* Fiber.join(first)).count + (yield* Fiber.join(second)).count, "both were at it").toBe(2)
    yield* lived(Duration.seconds(10), 6)
    expect(yield* callsOf("complete")).toHaveLength(1)
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    expect((yield* held).capturedMinor).toBe(1234n)
    expect(yield* timesHeard(payOrderNo, "order.succeeded")).toBe(1)
  })
)

it.world(
  "a payment that the app's question and the notification tell of at once is never counted twice (saleor#14648, #19220)",
  () =>
    Effect.gen(function* () {
      const { pay } = yield* vendor
      const { payOrderNo } = yield* placed()
      yield* pay(payOrderNo)
      yield* told(payOrderNo, "paid")
      const orders = yield* facing(2, ([change]) => change?.payment.state === "SUCCEEDED")
      const [asked] = yield* Effect.all([sync("shop", payOrderNo), round("inbox")], { concurrency: "unbounded" }).pipe(
        Effect.provideService(Orders, orders)
      )
      expect(asked.state).toBe("SUCCEEDED")
      expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
      expect(yield* now(payOrderNo)).toMatchObject({ captured: 1234n })
      expect(yield* callsOf("create"), "no second payment was begun").toHaveLength(1)
      expect((yield* held).capturedMinor).toBe(1234n)
      expect(yield* timesHeard(payOrderNo, "order.succeeded")).toBe(1)
    })
)

it.world(
  "a paid order is never turned over by a late word that it failed or expired (woocommerce-gateway-stripe#902, mollie/WooCommerce#668, #1159)",
  () =>
    Effect.gen(function* () {
      const { payOrderNo } = yield* paid()
      for (const kind of ["failed", "closed", "open"] as const) {
        yield* told(payOrderNo, kind, "late")
        yield* worked
        expect(yield* now(payOrderNo), kind).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
      }
      yield* lived(Duration.hours(1), 24)
      expect(yield* heardOf(payOrderNo)).toEqual(["order.submitting", "order.pending", "order.succeeded"])
      expect(yield* held).toMatchObject({ status: "paid", capturedMinor: 1234n, refundedMinor: 0n })
      expect((yield* back(payOrderNo, null)).payment.state, "its money is still there to be given back").toBe(
        "REFUNDED"
      )
    })
)

it.world(
  "a repeat after an error never goes out under another number, also beside others (globalpayments/dotnet-sdk#94)",
  () =>
    Effect.gen(function* () {
      const { script, payments, pay } = yield* vendor
      yield* script("create", "dropAfter", "dropBefore", "unreachable", "dropAfter", "throttle", "dropBefore")
      yield* script("query", "dropBefore", "dropBefore")
      const customers = yield* Effect.forEach(
        ["a", "b", "c"],
        (idempotencyKey) =>
          placed({ idempotencyKey, details: { description: idempotencyKey, payer: {}, returnUrl: null } }),
        { concurrency: "unbounded" }
      )
      yield* lived(Duration.seconds(15), 8)
      const calls = yield* callsOf("create")
      expect(calls.length, "some were repeated").toBeGreaterThan(customers.length)
      for (const { payOrderNo } of customers) {
        const ours = calls.filter(({ merchantOrderNo }) => merchantOrderNo === payOrderNo)
        expect(new Set(ours.map(({ prepared }) => prepared)).size, "byte for byte").toBe(1)
        yield* pay(payOrderNo)
        yield* told(payOrderNo, "paid")
      }
      yield* worked
      const numbers = customers.map(({ payOrderNo }) => payOrderNo)
      expect(new Set(calls.map(({ merchantOrderNo }) => merchantOrderNo))).toEqual(new Set(numbers))
      expect(
        (yield* payments).map(({ capturedMinor }) => capturedMinor),
        "each paid once"
      ).toEqual([1234n, 1234n, 1234n])
      for (const payOrderNo of numbers) expect(yield* timesHeard(payOrderNo, "order.succeeded")).toBe(1)
    })
)

it.world("a payment that is notified before its order is to be seen is never lost (polar#10728)", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const orders = yield* Orders
    const hidden = Orders.of({
      ...orders,
      byNumber: () => Effect.succeedNone,
      byMerchantOrderNo: () => Effect.succeedNone
    })
    let kept = 0
    const vendors = yield* meanwhile((payOrderNo) =>
      Effect.gen(function* () {
        yield* pay(payOrderNo)
        const reply = yield* told(payOrderNo, "paid").pipe(Effect.provideService(Orders, hidden))
        expect(reply.body, "it is taken").toBe("success")
        kept += (yield* Effect.provideService(round("inbox"), Orders, hidden)).count
      })
    )
    const { payOrderNo } = yield* placed().pipe(Effect.provideService(Vendors, vendors))
    expect(kept, "it was looked at too early").toBe(1)
    expect((yield* now(payOrderNo)).state).toBe("PENDING")
    yield* lived(Duration.seconds(1), 4)
    expect(yield* causes(payOrderNo)).toEqual(["submit", "create:open", "notification:paid"])
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    expect(yield* timesHeard(payOrderNo, "order.succeeded")).toBe(1)
  })
)

it.world("an order that can still be paid is never called closed, whoever gave it up (casdoor#4111)", () =>
  Effect.gen(function* () {
    const { always, calm, pay } = yield* vendor
    for (const call of ["query", "close"] as const) yield* always(call, "dropBefore")
    const { payOrderNo } = yield* placed()
    expect((yield* close("shop", payOrderNo)).state, "the platform has not said so").toBe("CLOSING")
    yield* lived(Duration.minutes(1), 10)
    expect(yield* heardOf(payOrderNo)).not.toContain("order.closed")
    yield* pay(payOrderNo)
    yield* calm
    yield* lived(Duration.minutes(10), 2)
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    expect((yield* held).status).toBe("paid")
    expect(yield* heardOf(payOrderNo)).not.toContain("order.closed")
  })
)

it.world("money that comes for an order after its end is never kept in silence: it goes back (casdoor#4111)", () =>
  Effect.gen(function* () {
    const { payLate } = yield* vendor
    const { payOrderNo } = yield* placed()
    expect((yield* close("shop", payOrderNo)).state).toBe("CLOSED")
    yield* payLate(payOrderNo)
    yield* told(payOrderNo, "paid")
    yield* lived(Duration.seconds(5), 3)
    expect(yield* held).toMatchObject({ capturedMinor: 1234n, refundedMinor: 1234n })
    expect(yield* callsOf("refund")).toHaveLength(1)
    expect((yield* now(payOrderNo)).state).toBe("REFUNDED")
    const heard = yield* heardOf(payOrderNo)
    expect(heard).toEqual(expect.arrayContaining(["order.closed", "order.late_paid", "order.refunded"]))
    expect(heard).not.toContain("order.succeeded")
  })
)

it.world("an endpoint that works again after many failures never goes without new events (btcpayserver#3146)", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 500)
    const life = Effect.gen(function* () {
      for (let order = 0; order < 10; order++) yield* Endpoints.anOrder()
      yield* TestClock.adjust(Duration.minutes(40))
      endpoints.behave = () => 204
      const { payOrderNo } = yield* Endpoints.anOrder()
      yield* TestClock.adjust(Duration.minutes(6))
      expect((yield* Endpoints.deliveriesOf(payOrderNo)).map(({ state }) => state)).toEqual(["delivered", "delivered"])
      const afterwards = yield* Endpoints.anOrder()
      yield* TestClock.adjust(Duration.seconds(1))
      expect((yield* Endpoints.deliveriesOf(afterwards.payOrderNo)).map(({ state }) => state)).toContain("delivered")
    })
    yield* Endpoints.delivering(endpoints, Duration.seconds(30), life)
  })
)

it.world("a payment and a refund of which nobody ever tells us never wait for ever (gumroad#3814)", () =>
  Effect.gen(function* () {
    const { pay, script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    yield* lived(Duration.seconds(6), 1)
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    expect((yield* causes(payOrderNo)).at(-1)).toBe("query:paid")
    yield* script("refund", "pending")
    const { refund } = yield* back(payOrderNo, 1000n)
    expect(refund.state).toBe("PENDING")
    yield* lived(Duration.hours(1), 24)
    yield* settleRefund(refund.refundNo, "succeeded")
    yield* lived(Duration.hours(1), 2)
    expect((yield* now(payOrderNo)).state).toBe("PARTIALLY_REFUNDED")
    expect(yield* held).toMatchObject({ capturedMinor: 1234n, refundedMinor: 1000n })
    const heard = yield* heardOf(payOrderNo)
    expect(heard).toEqual(expect.arrayContaining(["order.succeeded", "refund.succeeded", "order.partially_refunded"]))
  })
)

it.world(
  "a customer whose money was taken before a fault of ours never pays again when he tries again (woocommerce-payments#5188, #3520)",
  () =>
    Effect.gen(function* () {
      const { pay, payments } = yield* vendor
      const orders = yield* Orders
      const faulty = Orders.of({
        ...orders,
        commit: (changes) =>
          changes.some(({ entry }) => entry.cause.startsWith("create:"))
            ? Effect.die(new Error("A plugin threw, after the charge."))
            : orders.commit(changes)
      })
      const vendors = yield* meanwhile(pay)
      const first = yield* Effect.exit(
        place(asked()).pipe(Effect.provideService(Vendors, vendors), Effect.provideService(Orders, faulty))
      )
      expect(Exit.isFailure(first), "he saw an error").toBe(true)
      const second = yield* place(asked())
      expect(second.isNew, "it is the order that he has").toBe(false)
      yield* lived(Duration.seconds(15), 2)
      expect(yield* callsOf("create")).toHaveLength(1)
      expect((yield* payments).map(({ capturedMinor }) => capturedMinor)).toEqual([1234n])
      expect(yield* now(second.payment.payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
      expect(yield* timesHeard(second.payment.payOrderNo, "order.succeeded")).toBe(1)
    })
)

it.world(
  "three notifications of one payment at the same moment never settle it three times (pinelab-vendure-plugins#620)",
  () =>
    Effect.gen(function* () {
      const { pay } = yield* vendor
      const { payOrderNo } = yield* placed()
      yield* pay(payOrderNo)
      yield* Effect.forEach(["1", "2", "3"], (copy) => told(payOrderNo, "paid", copy), { concurrency: "unbounded" })
      const orders = yield* facing(3, ([change]) => change?.payment.state === "SUCCEEDED")
      const { count } = yield* Effect.provideService(round("inbox"), Orders, orders)
      expect(count, "all three are worked at").toBe(3)
      expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
      expect(yield* now(payOrderNo)).toMatchObject({ captured: 1234n })
      expect(yield* timesHeard(payOrderNo, "order.succeeded")).toBe(1)
      expect(Payment.refundable(yield* now(payOrderNo)), "and no more than that can go back").toBe(1234n)
    })
)

it.world("held money that two systems of a shop capture at once is never captured twice (mollie/magento2#978)", () =>
  Effect.gen(function* () {
    const { authorize, script } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD", capture: "manual" })
    yield* authorize(payOrderNo)
    yield* lived(Duration.seconds(6), 1)
    yield* script("capture", "dropBefore")
    const orders = yield* facing(2, ([change]) => change?.entry.cause === "capture asked")
    const ends = yield* Effect.all(
      [1, 2].map(() => refusalOf(capture("shop", payOrderNo, null))),
      { concurrency: "unbounded" }
    ).pipe(Effect.provideService(Orders, orders))
    expect(
      ends.filter((end) => end === null),
      "the other one is told so"
    ).toHaveLength(1)
    yield* told(payOrderNo, "authorized", "again")
    yield* lived(Duration.seconds(15), 6)
    const numbers = (yield* callsOf("capture")).map(({ operationNo }) => operationNo)
    expect(numbers.length, "its first call got lost").toBe(2)
    expect(new Set(numbers).size).toBe(1)
    expect((yield* held).capturedMinor).toBe(1234n)
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    expect(yield* timesHeard(payOrderNo, "order.succeeded")).toBe(1)
    expect(yield* refusalOf(capture("shop", payOrderNo, null))).toBe("NOT_ALLOWED")
  })
)

it.world(
  "a payer's return and the notification within one second never make two orders or two payments (razorpay-woocommerce#167)",
  () =>
    Effect.gen(function* () {
      const { pay, payments } = yield* vendor
      const { payOrderNo } = yield* placed()
      yield* pay(payOrderNo)
      const back = yield* Effect.fork(returned("platform", payOrderNo, { indicator: "right" }))
      yield* told(payOrderNo, "paid")
      const orders = yield* facing(2, ([change]) => change?.payment.state === "SUCCEEDED")
      const shop = place(asked())
      yield* TestClock.adjust(Duration.millis(1))
      const [, , again] = yield* Effect.all([round("orders"), round("inbox"), shop, shop], {
        concurrency: "unbounded"
      }).pipe(Effect.provideService(Orders, orders))
      yield* TestClock.adjust(Duration.seconds(5))
      yield* Fiber.join(back)
      yield* worked
      expect(again).toMatchObject({ isNew: false, payment: { payOrderNo } })
      const all = yield* Effect.flatMap(Orders, (known) =>
        known.search({ ...anyOrder, app: "shop", after: null, limit: 10 })
      )
      expect(all.map(({ state, captured }) => [state, captured])).toEqual([["SUCCEEDED", 1234n]])
      expect((yield* payments).map(({ capturedMinor }) => capturedMinor)).toEqual([1234n])
      expect(yield* callsOf("create")).toHaveLength(1)
      expect(yield* timesHeard(payOrderNo, "order.succeeded")).toBe(1)
      expect(Option.isSome(yield* Effect.flatMap(Orders, (known) => known.byKey("shop", "key-1")))).toBe(true)
    })
)
