import { expect } from "@effect/vitest"
import { Money, Payment } from "@payment-proxy/domain"
import { type CrashPoint, CrashPoints, Deliveries, DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, Fiber, Layer, TestClock } from "effect"
import { receive } from "../src/Receive.ts"
import { sync } from "../src/Sync.ts"
import * as Turns from "../src/Turns.ts"
import { round } from "../src/Work.ts"
import {
  back,
  callsOf,
  causes,
  type faked,
  held,
  it,
  lived,
  now,
  paid,
  placed,
  refundNow,
  refusalOf,
  states,
  worked
} from "./harness.ts"

const vendor = FakeVendors.FakeVendor
const news = (payOrderNo: string, sha256: string) =>
  receive("platform", FakeVendors.news({ merchantOrderNo: payOrderNo }), sha256)
const later = (wait: Duration.Duration) =>
  Layer.effect(
    Vendors,
    Effect.map(Vendors, (vendors) =>
      Vendors.of({
        ...vendors,
        refund: (payment, refund, untilMillis) =>
          Effect.zipRight(
            Effect.sleep(wait),
            Effect.suspend(() => vendors.refund(payment, refund, untilMillis))
          )
      })
    )
  )
const slow = later(Duration.seconds(5))
const paused = later(Duration.minutes(1))
const hundred = { amount: Money.make(100n, "CNY") }

it.world("a part goes back, then the rest: both rows and the payment tell the same", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const part = yield* back(payOrderNo, 234n, { reason: "One seat was not there" })
    expect(part).toMatchObject({
      isNew: true,
      refund: { refundNo: `${payOrderNo}R1`, state: "SUCCEEDED", reason: "One seat was not there" },
      payment: { state: "PARTIALLY_REFUNDED" }
    })
    const rest = yield* back(payOrderNo, null)
    expect(rest).toMatchObject({ refund: { amount: { amountMinor: 1000n } }, payment: { state: "REFUNDED" } })
    expect((yield* held).refundedMinor).toBe(1234n)
    expect(yield* states(`${payOrderNo}R1`)).toEqual(["SUBMITTING", "SUCCEEDED"])
    expect(yield* causes(`${payOrderNo}R1`)).toEqual(["submit", "operation:succeeded"])
    expect((yield* causes(payOrderNo)).slice(-4)).toEqual(["refund", "refund:succeeded", "refund", "refund:succeeded"])
  })
)

it.world("the app is told of each step of a refund, and of what it does to the payment", () =>
  Effect.gen(function* () {
    const deliveries = yield* Deliveries
    const { payOrderNo } = yield* paid()
    yield* back(payOrderNo, 234n)
    const types = (yield* deliveries.ofOrder(payOrderNo)).map(({ type }) => type)
    expect(types).toEqual(expect.arrayContaining(["refund.submitting", "refund.succeeded", "order.partially_refunded"]))
  })
)

it.world("the intent is on disk, counted, before the vendor is called; who leaves meanwhile does not stop it", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const caller = yield* Effect.fork(back(payOrderNo, 1000n).pipe(Effect.provide(slow)))
    yield* Effect.yieldNow().pipe(Effect.repeatN(20))
    expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({ state: "SUBMITTING", unknownCalls: 1 })
    expect(Payment.refundable(yield* now(payOrderNo))).toBe(234n)
    expect(yield* callsOf("refund")).toHaveLength(0)
    yield* Fiber.interruptFork(caller)
    yield* TestClock.adjust(Duration.seconds(6))
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    expect(yield* callsOf("refund")).toHaveLength(1)
  })
)

it.world("the same key answers the same refund; with another body it is refused", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const key = { idempotencyKey: "once", fingerprint: "a" }
    const first = yield* back(payOrderNo, 100n, key)
    const again = yield* back(payOrderNo, 100n, key)
    expect(again).toMatchObject({ isNew: false, refund: { refundNo: first.refund.refundNo, state: "SUCCEEDED" } })
    expect(yield* refusalOf(back(payOrderNo, 200n, { ...key, fingerprint: "b" }))).toBe("KeyReused")
    expect(yield* callsOf("refund")).toHaveLength(1)
  })
)

it.world("fifty simultaneous repeats of one key are one refund", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const all = yield* Effect.all(
      Array.from({ length: 50 }, () => back(payOrderNo, 10n)),
      { concurrency: "unbounded" }
    )
    expect(new Set(all.map(({ refund }) => refund.refundNo)).size).toBe(1)
    expect(all.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect((yield* held).refundedMinor).toBe(10n)
  })
)

it.world(
  "nothing, less than nothing, more than is left, another currency and another app's order are refused, and leave no trace",
  () =>
    Effect.gen(function* () {
      const { payOrderNo, version } = yield* paid()
      for (const amountMinor of [0n, -1n, 1235n])
        expect(yield* refusalOf(back(payOrderNo, amountMinor))).toBe("AMOUNT_INVALID")
      const amount = Money.make(100n, "USD")
      expect(yield* refusalOf(back(payOrderNo, 100n, { amount }))).toBe("AMOUNT_INVALID")
      expect(yield* refusalOf(back(payOrderNo, 100n, { app: "other" }))).toBe("OrderNotFound")
      expect(yield* refusalOf(back("01NOSUCHORDER0000000000000000", 100n))).toBe("OrderNotFound")
      const open = yield* placed({ idempotencyKey: "open" })
      expect(yield* refusalOf(back(open.payOrderNo, 1n))).toBe("NOT_ALLOWED")
      expect(yield* callsOf("refund")).toHaveLength(0)
      expect((yield* now(payOrderNo)).version).toBe(version)
    })
)

it.world("a vendor that cannot refund is not asked to: the app is told so", () =>
  Effect.gen(function* () {
    const { configure } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* configure({ abilities: ["create", "query", "close"] })
    expect(yield* refusalOf(back(payOrderNo, 1n))).toBe("NOT_SUPPORTED")
  })
)

it.world("F57: of twenty simultaneous refunds of 60 % one succeeds, and no more goes back than came", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid(hundred)
    const ends = yield* Effect.all(
      Array.from({ length: 20 }, (_, at) => refusalOf(back(payOrderNo, 60n, { idempotencyKey: `key-${at}` }))),
      { concurrency: "unbounded" }
    )
    expect(ends.filter((end) => end === null)).toHaveLength(1)
    expect((yield* held).refundedMinor).toBe(60n)
  })
)

it.world(
  "of 200 parallel refunds of 1 unit on a payment of 100, 100 succeed and 100 are refused, and the ledger agrees",
  () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const { payOrderNo } = yield* paid(hundred)
      const ends = yield* Effect.all(
        Array.from({ length: 200 }, (_, at) => refusalOf(back(payOrderNo, 1n, { idempotencyKey: `key-${at}` }))),
        { concurrency: "unbounded" }
      )
      expect(ends.filter((end) => end === null)).toHaveLength(100)
      const refusals = ends.filter((end) => end === "NOTHING_REFUNDABLE" || end === "NOT_ALLOWED")
      expect(refusals, "as all of it is on its way, or has gone").toHaveLength(100)
      const { refundedMinor, refunds } = yield* held
      expect([refundedMinor, refunds.length]).toEqual([100n, 100])
      const rows = yield* orders.refundsOf(payOrderNo)
      expect(rows.map(({ refundNo }) => refundNo).sort()).toEqual(refunds.map(({ ourNo }) => ourNo).sort())
      expect(rows.every(({ state }) => state === "SUCCEEDED")).toBe(true)
      expect((yield* now(payOrderNo)).state).toBe("REFUNDED")
      expect((yield* Turns.Lines).size, "who took turns left nothing behind").toBe(0)
    })
)

it.world("another process's commits in between are met by deciding anew, and nothing is overdrawn", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const world = yield* Effect.context<Layer.Layer.Success<typeof faked>>()
    const { payOrderNo } = yield* paid(hundred)
    let others = 3
    /** Another process refunds 20 in between; it takes no turns with this one. */
    const elsewhere = Effect.suspend(() => back(payOrderNo, 20n, { idempotencyKey: `other-${others}` })).pipe(
      Effect.provideService(Turns.Lines, new Map()),
      Effect.provide(world),
      Effect.ignore
    )
    const contended = Orders.of({
      ...orders,
      commit: (changes) =>
        changes[1]?.entry.cause === "submit" && others-- > 0
          ? Effect.zipRight(elsewhere, orders.commit(changes))
          : orders.commit(changes)
    })
    const mine = yield* Effect.fork(Effect.provideService(refusalOf(back(payOrderNo, 60n)), Orders, contended))
    yield* TestClock.adjust(Duration.seconds(1))
    expect(yield* Fiber.join(mine)).toBe("AMOUNT_INVALID")
    expect((yield* held).refundedMinor).toBe(60n)
  })
)

it.world("a refund whose answer got lost is asked about, and is one", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "dropAfter")
    expect(yield* back(payOrderNo, 100n)).toMatchObject({ refund: { state: "SUBMITTING" }, isNew: true })
    yield* lived(Duration.seconds(15), 1)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    expect(yield* callsOf("refund")).toHaveLength(1)
    expect((yield* now(payOrderNo)).state).toBe("PARTIALLY_REFUNDED")
  })
)

it.world("a refund that never arrived is sent again under its own number until it is decided", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "dropBefore", "unreachable", "throttle", "dropBefore")
    yield* back(payOrderNo, 100n)
    yield* lived(Duration.seconds(30), 20)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    const calls = yield* callsOf("refund")
    expect(calls).toHaveLength(5)
    expect(new Set(calls.map(({ operationNo }) => operationNo))).toEqual(new Set([`${payOrderNo}R1`]))
    expect((yield* held).refundedMinor).toBe(100n)
  })
)

it.world(
  "F37: a refund at a vendor that is dark for 24 hours is in doubt all the while, reserved, and then decided",
  () =>
    Effect.gen(function* () {
      const { script, always } = yield* vendor
      const { payOrderNo } = yield* paid()
      yield* script("refund", "dropAfter")
      for (const call of ["queryRefund", "query", "refund"] as const) yield* always(call, "dropBefore")
      yield* back(payOrderNo, 1000n)
      yield* lived(Duration.minutes(10), 6 * 24)
      expect((yield* refundNow(`${payOrderNo}R1`)).state, "nothing was guessed").toBe("SUBMITTING")
      expect(Payment.refundable(yield* now(payOrderNo))).toBe(234n)
      for (const call of ["queryRefund", "query", "refund"] as const) yield* always(call, "normal")
      yield* lived(Duration.minutes(20), 4)
      expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
      expect((yield* held).refundedMinor).toBe(1000n)
    })
)

it.world("a refusal ends a refund, frees what it reserved, and the next has a new number", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "reject")
    const failed = yield* back(payOrderNo, 1234n)
    expect(failed.refund).toMatchObject({ state: "FAILED", failure: { code: "DECLINED" } })
    expect(Payment.refundable(failed.payment)).toBe(1234n)
    const next = yield* back(payOrderNo, 1234n, { idempotencyKey: "again" })
    expect(next).toMatchObject({ refund: { refundNo: `${payOrderNo}R2`, state: "SUCCEEDED" } })
  })
)

it.world(
  "a refund that got lost and is refused from then on has FAILED once no call of it can have arrived, and not before",
  () =>
    Effect.gen(function* () {
      const { script, always } = yield* vendor
      const { payOrderNo } = yield* paid()
      yield* script("refund", "dropBefore")
      yield* always("refund", "reject")
      yield* back(payOrderNo, 100n)
      yield* lived(Duration.seconds(20), 12)
      expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUBMITTING")
      expect(yield* callsOf("refund")).toHaveLength(2)
      yield* lived(Duration.minutes(10), 3)
      expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({ state: "FAILED", failure: { code: "DECLINED" } })
      expect(Payment.refundable(yield* now(payOrderNo))).toBe(1234n)
      expect(yield* callsOf("refund")).toHaveLength(2)
    })
)

it.world("a refused question says nothing of the refund: it is not FAILED by it", () =>
  Effect.gen(function* () {
    const { script, always } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "dropAfter")
    yield* always("queryRefund", "reject")
    yield* back(payOrderNo, 100n)
    yield* lived(Duration.minutes(1), 20)
    const { state } = yield* refundNow(`${payOrderNo}R1`)
    expect(["SUBMITTING", "SUCCEEDED"]).toContain(state)
    expect((yield* held).refundedMinor).toBe(100n)
  })
)

it.world("a pending refund is asked about, more and more rarely, until the vendor has decided", () =>
  Effect.gen(function* () {
    const { script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "pending")
    expect((yield* back(payOrderNo, 100n)).refund.state).toBe("PENDING")
    yield* lived(Duration.minutes(1), 120)
    const asked = (yield* callsOf("queryRefund")).length
    expect(asked).toBeGreaterThan(5)
    expect(asked).toBeLessThan(12)
    yield* settleRefund(`${payOrderNo}R1`, "succeeded")
    yield* lived(Duration.hours(1), 2)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    yield* lived(Duration.hours(1), 24)
    expect((yield* callsOf("queryRefund")).length, "then nobody asks any more").toBeLessThan(asked + 3)
  })
)

it.world("a refund that the vendor takes and then fails is FAILED, and may be placed anew", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "fail")
    yield* back(payOrderNo, 1234n)
    yield* lived(Duration.seconds(30), 2)
    expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({ state: "FAILED", failure: { code: "REFUND_FAILED" } })
    expect((yield* back(payOrderNo, 1234n, { idempotencyKey: "again" })).payment.state).toBe("REFUNDED")
  })
)

it.world("an abnormal refund is HELD, stays reserved, and is no more sent", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "abnormal")
    const { refund } = yield* back(payOrderNo, 1000n)
    expect(refund).toMatchObject({ state: "HELD", heldReason: "VENDOR_ABNORMAL" })
    expect(Payment.refundable(yield* now(payOrderNo))).toBe(234n)
    yield* lived(Duration.hours(1), 24)
    expect(yield* callsOf("refund")).toHaveLength(1)
  })
)

it.world("a refund that failed and succeeds after all is found, HELD, and counted", () =>
  Effect.gen(function* () {
    const { script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "fail")
    yield* back(payOrderNo, 1000n)
    yield* lived(Duration.seconds(30), 2)
    yield* settleRefund(`${payOrderNo}R1`, "succeeded")
    yield* lived(Duration.minutes(10), 1)
    expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({ state: "HELD", heldReason: "SUCCEEDED_AFTER_FAILED" })
  })
)

it.world("refunds made at the vendor's desk count: no more goes back through us than is left", () =>
  Effect.gen(function* () {
    const { refundAtDesk } = yield* vendor
    const { payOrderNo } = yield* paid(hundred)
    yield* refundAtDesk(payOrderNo, 70n)
    yield* news(payOrderNo, "desk")
    yield* worked
    expect((yield* now(payOrderNo)).state).toBe("PARTIALLY_REFUNDED")
    expect(yield* refusalOf(back(payOrderNo, 31n))).toBe("AMOUNT_INVALID")
    expect((yield* back(payOrderNo, null)).refund.amount.amountMinor).toBe(30n)
    expect((yield* held).refundedMinor).toBe(100n)
  })
)

it.world("a vendor's list that names our refund decides its row together with the payment", () =>
  Effect.gen(function* () {
    const { script, settleRefund, always } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "pending")
    yield* always("queryRefund", "dropBefore")
    yield* back(payOrderNo, 1234n)
    yield* settleRefund(`${payOrderNo}R1`, "succeeded")
    yield* news(payOrderNo, "list")
    yield* news(payOrderNo, "the same list again")
    yield* worked
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    expect((yield* now(payOrderNo)).state).toBe("REFUNDED")
    expect(yield* states(`${payOrderNo}R1`)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
  })
)

it.world("a list that says that our refund failed makes the vendor be asked, which decides", () =>
  Effect.gen(function* () {
    const { script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "pending")
    yield* back(payOrderNo, 1234n)
    yield* settleRefund(`${payOrderNo}R1`, "failed")
    yield* news(payOrderNo, "list")
    yield* worked
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("FAILED")
    expect((yield* causes(`${payOrderNo}R1`)).at(-1)).toBe("query:failed")
    expect(Payment.refundable(yield* now(payOrderNo))).toBe(1234n)
  })
)

it.world("F57: disputed money is not refunded as well; a dispute that is won frees it", () =>
  Effect.gen(function* () {
    const { dispute } = yield* vendor
    const deliveries = yield* Deliveries
    const { payOrderNo } = yield* paid(hundred)
    yield* dispute(payOrderNo, { disputeNo: "D1", amountMinor: 50n, state: "open" })
    yield* news(payOrderNo, "dispute")
    yield* worked
    expect(yield* now(payOrderNo)).toMatchObject({
      state: "SUCCEEDED",
      disputes: [{ disputeNo: "D1", amountMinor: 50n }]
    })
    expect((yield* deliveries.ofOrder(payOrderNo)).map(({ type }) => type)).toContain("order.disputed")
    expect(yield* refusalOf(back(payOrderNo, 60n))).toBe("AMOUNT_INVALID")
    yield* dispute(payOrderNo, { disputeNo: "D1", amountMinor: 50n, state: "won" })
    yield* news(payOrderNo, "dispute won")
    yield* worked
    expect((yield* back(payOrderNo, 60n)).refund.state).toBe("SUCCEEDED")
  })
)

it.world("money of an order that a person has to look at is not refunded", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* script("query", "wrongAmount")
    yield* Effect.flatMap(vendor, ({ pay }) => pay(payOrderNo))
    yield* lived(Duration.seconds(6), 1)
    expect((yield* now(payOrderNo)).state).toBe("HELD")
    expect(yield* refusalOf(back(payOrderNo, 1n))).toBe("NOT_ALLOWED")
  })
)

it.world("a worker that is paused between the intent and the call writes nothing; another makes the call", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "unreachable")
    yield* back(payOrderNo, 100n)
    yield* TestClock.adjust(Duration.seconds(10))
    const late = yield* Effect.fork(Effect.provide(round("orders"), paused))
    yield* TestClock.adjust(Duration.seconds(1))
    expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({ unknownCalls: 1 })
    yield* lived(Duration.seconds(5), 5)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    yield* TestClock.adjust(Duration.minutes(2))
    yield* Fiber.join(late)
    yield* lived(Duration.minutes(1), 3)
    expect(yield* callsOf("refund")).toHaveLength(2)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
  })
)

it.world(
  "a refund that failed and went back after all is not refunded once more: it counts while a person looks at it",
  () =>
    Effect.gen(function* () {
      const { script, settleRefund } = yield* vendor
      const { payOrderNo } = yield* paid()
      yield* script("refund", "fail")
      yield* back(payOrderNo, 1000n)
      yield* lived(Duration.seconds(30), 2)
      expect(Payment.refundable(yield* now(payOrderNo))).toBe(1234n)
      yield* settleRefund(`${payOrderNo}R1`, "succeeded")
      yield* lived(Duration.minutes(10), 1)
      expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("HELD")
      expect(Payment.refundable(yield* now(payOrderNo))).toBe(234n)
      expect(yield* refusalOf(back(payOrderNo, 1000n, { idempotencyKey: "once more" }))).toBe("AMOUNT_INVALID")
      expect((yield* held).refundedMinor).toBe(1000n)
    })
)

it.world("the same where the vendor's list of refunds tells of it", () =>
  Effect.gen(function* () {
    const { script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "fail")
    yield* back(payOrderNo, 1000n)
    yield* lived(Duration.seconds(30), 2)
    yield* settleRefund(`${payOrderNo}R1`, "succeeded")
    yield* news(payOrderNo, "list")
    yield* worked
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("HELD")
    expect(yield* now(payOrderNo)).toMatchObject({ ownRefunds: [{ state: "open" }] })
    expect(Payment.refundable(yield* now(payOrderNo))).toBe(234n)
  })
)

it.world("a refund whose call is still in the air is asked about by a sync, and not sent a second time beside it", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const caller = yield* Effect.fork(back(payOrderNo, 1000n).pipe(Effect.provide(slow)))
    yield* TestClock.adjust(Duration.seconds(1))
    yield* sync("shop", payOrderNo)
    yield* worked
    expect(yield* callsOf("queryRefund")).toHaveLength(1)
    expect(yield* callsOf("refund"), "the first call has not arrived yet").toHaveLength(0)
    yield* TestClock.adjust(Duration.seconds(5))
    yield* Fiber.join(caller)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    expect(yield* callsOf("refund")).toHaveLength(1)
  })
)

it.world(
  "a vendor that cannot be asked about refunds and refuses a doubtful one is left in peace, and nothing is freed",
  () =>
    Effect.gen(function* () {
      const { script, always, configure } = yield* vendor
      const { payOrderNo } = yield* paid()
      yield* configure({ abilities: ["create", "query", "close", "refund"] })
      yield* script("refund", "dropAfter")
      yield* always("refund", "reject")
      yield* always("query", "dropBefore")
      yield* back(payOrderNo, 1000n)
      yield* lived(Duration.minutes(1), 60)
      expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUBMITTING")
      expect(Payment.refundable(yield* now(payOrderNo))).toBe(234n)
      expect(yield* callsOf("refund")).toHaveLength(2)
    })
)

it.world(
  "a vendor that falls silent over a refund that it contradicted is asked at its own pace, not without rest",
  () =>
    Effect.gen(function* () {
      const { script, settleRefund, always } = yield* vendor
      const { payOrderNo } = yield* paid()
      yield* script("refund", "pending")
      yield* back(payOrderNo, 1234n)
      yield* settleRefund(`${payOrderNo}R1`, "succeeded")
      yield* lived(Duration.seconds(10), 1)
      expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
      yield* settleRefund(`${payOrderNo}R1`, "failed")
      yield* Effect.flatMap(DueWork, (due) => due.hasten(`${payOrderNo}R1`))
      yield* worked
      expect((yield* refundNow(`${payOrderNo}R1`)).contradiction?.column).toBe("failed")
      yield* always("queryRefund", "dropBefore")
      const before = (yield* callsOf("queryRefund")).length
      yield* lived(Duration.minutes(1), 30)
      expect((yield* callsOf("queryRefund")).length - before).toBeLessThan(10)
    })
)

it.world("a refund that FAILED and is on its way at the vendor is asked about until that has decided", () =>
  Effect.gen(function* () {
    const { script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "fail")
    yield* back(payOrderNo, 1000n)
    yield* lived(Duration.seconds(30), 2)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("FAILED")
    yield* settleRefund(`${payOrderNo}R1`, "pending")
    yield* lived(Duration.minutes(10), 6)
    yield* settleRefund(`${payOrderNo}R1`, "succeeded")
    yield* lived(Duration.hours(1), 2)
    expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({ state: "HELD", heldReason: "SUCCEEDED_AFTER_FAILED" })
  })
)

it.world("news that a held refund failed make the vendor be asked, until it says so and frees what was reserved", () =>
  Effect.gen(function* () {
    const { script, settleRefund } = yield* vendor
    const { payOrderNo } = yield* paid()
    yield* script("refund", "abnormal")
    yield* back(payOrderNo, 1000n)
    yield* settleRefund(`${payOrderNo}R1`, "failed")
    yield* script("queryRefund", "dropBefore")
    yield* news(payOrderNo, "list")
    yield* worked
    expect((yield* refundNow(`${payOrderNo}R1`)).state, "the vendor was silent").toBe("HELD")
    yield* lived(Duration.minutes(1), 2)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("FAILED")
    expect(Payment.refundable(yield* now(payOrderNo))).toBe(1234n)
    expect(yield* callsOf("refund")).toHaveLength(1)
    const asked = (yield* callsOf("queryRefund")).length
    yield* lived(Duration.hours(1), 24)
    expect((yield* callsOf("queryRefund")).length - asked).toBeLessThan(2)
  })
)

it.world("K18: a refund whose process dies between the intent and the call, again and again, goes back once", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    let lives = 3
    const dying = {
      hit: (point: CrashPoint) => {
        if (point === "K18" && lives-- > 0) throw new Error("The process died.")
      },
      written: (text: string) => text
    }
    const mortal = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provideService(effect, CrashPoints, dying)
    expect((yield* Effect.exit(mortal(back(payOrderNo, 1000n))))._tag).toBe("Failure")
    expect(yield* refundNow(`${payOrderNo}R1`)).toMatchObject({ state: "SUBMITTING", unknownCalls: 1 })
    expect(Payment.refundable(yield* now(payOrderNo)), "it is reserved").toBe(234n)
    expect(yield* callsOf("refund")).toHaveLength(0)
    yield* mortal(lived(Duration.minutes(1), 10))
    expect(lives, "it died each time").toBeLessThanOrEqual(0)
    expect((yield* refundNow(`${payOrderNo}R1`)).state).toBe("SUCCEEDED")
    expect(yield* callsOf("refund")).toHaveLength(1)
    expect(yield* back(payOrderNo, 1000n), "its key answers it").toMatchObject({ isNew: false })
  })
)
