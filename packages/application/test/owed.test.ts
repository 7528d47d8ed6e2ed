import { expect } from "@effect/vitest"
import { Evidence } from "@payment-proxy/domain"
import { DueWork, Orders, StoreUnavailable } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, TestClock } from "effect"
import { close } from "../src/Close.ts"
import * as Operators from "../src/Operators.ts"
import { receive } from "../src/Receive.ts"
import { takeIn } from "../src/TakeIn.ts"
import { round } from "../src/Work.ts"
import { back, causes, it, lived, now, paid, placed, refundNow } from "./harness.ts"

// Design §5: in a cell with a dagger only fresh evidence moves; late evidence there makes a query due now.

const vendor = FakeVendors.FakeVendor

/** What the platform is called for while this goes on, in its order. */
const callsDuring = <E, R>(effect: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const { got } = yield* vendor
    const before = (yield* got).length
    yield* effect
    return (yield* got).slice(before).map(({ call }) => call)
  })

/** The vendor tells, late, what a payment once was. */
const told = (payOrderNo: string, kind: FakeVendors.Held["status"]) =>
  Effect.zipRight(
    receive("platform", FakeVendors.notification(payOrderNo, kind), `${kind} ${payOrderNo}`),
    round("inbox")
  )

/** One claim of what is due of orders, which is one piece. */
const oneClaim = Effect.tap(round("orders"), ({ count }) => Effect.sync(() => expect(count).toBe(1)))

/** Money that is held, and a call to take it that has gone so. */
const takingGone = (...behaviours: ReadonlyArray<FakeVendors.Behaviour>) =>
  Effect.gen(function* () {
    const { authorize, script } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD" })
    yield* authorize(payOrderNo)
    yield* script("capture", ...behaviours)
    yield* lived(Duration.seconds(6), 1)
    expect((yield* now(payOrderNo)).state).toBe("AUTHORIZED")
    return payOrderNo
  })

it.world(
  "late word that money which is to be taken is gone: the vendor is asked, and the capture goes in the same claim",
  () =>
    Effect.gen(function* () {
      const payOrderNo = yield* takingGone("unreachable")
      expect((yield* now(payOrderNo)).operation).toMatchObject({ unknownCalls: 0 })
      yield* told(payOrderNo, "failed")
      expect(yield* callsDuring(oneClaim)).toEqual(["query", "capture"])
      expect(yield* now(payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1234n })
    })
)

it.world("where the query is throttled the capture goes all the same, and the query is settled", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const payOrderNo = yield* takingGone("unreachable", "throttle")
    yield* told(payOrderNo, "closed")
    yield* script("query", "throttle")
    expect(yield* callsDuring(oneClaim)).toEqual(["query", "capture"])
    expect(yield* callsDuring(Effect.zipRight(TestClock.adjust(Duration.minutes(1)), oneClaim))).toEqual(["capture"])
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world("what the vendor says when it is asked decides: money that is gone is not asked for", () =>
  Effect.gen(function* () {
    const { refuse } = yield* vendor
    const payOrderNo = yield* takingGone("unreachable")
    yield* refuse(payOrderNo)
    yield* told(payOrderNo, "failed")
    expect(yield* callsDuring(oneClaim)).toEqual(["query"])
    expect((yield* now(payOrderNo)).state).toBe("FAILED")
  })
)

it.world("late word that also brings news is followed by a query before anything is sent, too", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* takingGone("unreachable")
    yield* takeIn(
      payOrderNo,
      Evidence.make("failed", "notification", { code: "GONE", detail: "", keep: "a-number-of-the-vendor's" })
    )
    expect((yield* causes(payOrderNo)).at(-1)).toBe("notification:failed")
    expect(yield* callsDuring(oneClaim)).toEqual(["query", "capture"])
  })
)

it.world("an order that needs a query anyway is asked about once", () =>
  Effect.gen(function* () {
    const { authorize } = yield* vendor
    const { payOrderNo } = yield* placed({ method: "CARD", capture: "manual" })
    yield* authorize(payOrderNo)
    yield* lived(Duration.seconds(6), 1)
    yield* told(payOrderNo, "failed")
    expect(yield* callsDuring(oneClaim)).toEqual(["query"])
    expect((yield* now(payOrderNo)).state).toBe("AUTHORIZED")
  })
)

it.world("a call in doubt, which is asked about before it is sent again, is asked about once", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* takingGone("dropBefore")
    yield* TestClock.adjust(Duration.seconds(30))
    yield* told(payOrderNo, "failed")
    expect(yield* callsDuring(oneClaim)).toEqual(["query", "capture"])
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world("a state that persons named is asked about before the call that is open there goes", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* takingGone("unreachable")
    const foreign = "MERCHANT_MISMATCH"
    yield* takeIn(payOrderNo, Evidence.make("authorized", "notification", { untilMillis: null, foreign }))
    expect((yield* now(payOrderNo)).state).toBe("HELD")
    const wanted = { payOrderNo, state: "AUTHORIZED", acceptedMinor: null, note: "The vendor was called." } as const
    const { id } = yield* Operators.propose(wanted, { name: "ann", role: "operator" })
    yield* Operators.approve(id, { name: "bob", role: "operator" })
    expect(yield* callsDuring(oneClaim)).toEqual(["query", "capture"])
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world("a create that never left waits for the query that its order owes, and goes in the same claim", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    yield* script("create", "unreachable")
    const { payOrderNo } = yield* placed()
    expect(yield* now(payOrderNo)).toMatchObject({ state: "SUBMITTING", unknownCalls: 0 })
    yield* Effect.flatMap(DueWork, (due) => due.hasten(payOrderNo))
    expect(yield* callsDuring(oneClaim)).toEqual(["query", "create"])
    expect((yield* now(payOrderNo)).state).toBe("PENDING")
  })
)

/** An order that was closed, paid all the same, and of which late word says that it is closed. */
const latePaid = (policy: "refund" | "accept") =>
  Effect.gen(function* () {
    const { configure, payLate } = yield* vendor
    yield* configure({ latePaid: policy })
    const { payOrderNo } = yield* placed()
    yield* close("shop", payOrderNo)
    yield* payLate(payOrderNo)
    yield* told(payOrderNo, "paid")
    yield* told(payOrderNo, "closed")
    expect((yield* now(payOrderNo)).state).toBe("LATE_PAID")
    return payOrderNo
  })

it.world("late money that is accepted is asked about first where that is owed", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* latePaid("accept")
    expect(yield* callsDuring(oneClaim)).toEqual(["query"])
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world("late money that goes back is asked about once, as always", () =>
  Effect.gen(function* () {
    const payOrderNo = yield* latePaid("refund")
    expect(yield* callsDuring(oneClaim)).toEqual(["query", "refund"])
    expect((yield* now(payOrderNo)).state).toBe("REFUNDED")
  })
)

/** A refund that never left, and that owes a query. */
const refundOwing = Effect.gen(function* () {
  const { script } = yield* vendor
  const { payOrderNo } = yield* paid()
  yield* script("refund", "unreachable")
  const { refund } = yield* back(payOrderNo, 100n)
  expect(refund).toMatchObject({ state: "SUBMITTING", unknownCalls: 0 })
  yield* Effect.flatMap(DueWork, (due) => due.hasten(refund.refundNo))
  return refund.refundNo
})

it.world("a refund that never left is asked about where that is owed, and sent in the same claim", () =>
  Effect.gen(function* () {
    const refundNo = yield* refundOwing
    expect(yield* callsDuring(oneClaim)).toEqual(["queryRefund", "refund"])
    expect((yield* refundNow(refundNo)).state).toBe("SUCCEEDED")
  })
)

it.world("a refund whose query is throttled is sent all the same", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const refundNo = yield* refundOwing
    yield* script("queryRefund", "throttle")
    expect(yield* callsDuring(oneClaim)).toEqual(["queryRefund", "refund"])
    expect((yield* refundNow(refundNo)).state).toBe("SUCCEEDED")
  })
)

it.world("a refund at a vendor that cannot be asked about it is sent", () =>
  Effect.gen(function* () {
    const { configure } = yield* vendor
    const refundNo = yield* refundOwing
    yield* configure({ abilities: ["create", "query", "close", "refund"] })
    expect(yield* callsDuring(oneClaim)).toEqual(["refund"])
    expect((yield* refundNow(refundNo)).state).toBe("SUCCEEDED")
  })
)

it.world("work that fails before the vendor was asked owes the query still", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const payOrderNo = yield* takingGone("unreachable")
    yield* told(payOrderNo, "failed")
    const failing = Orders.of({ ...orders, byNumber: () => new StoreUnavailable({ cause: "The disk is full." }) })
    expect(yield* callsDuring(oneClaim.pipe(Effect.provideService(Orders, failing)))).toEqual([])
    yield* TestClock.adjust(Duration.seconds(30))
    expect(yield* callsDuring(oneClaim)).toEqual(["query", "capture"])
  })
)
