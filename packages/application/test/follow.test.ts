import { expect } from "@effect/vitest"
import { DueWork, Inbox, Orders } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, Either, Option, TestClock } from "effect"
import { close } from "../src/Close.ts"
import { place } from "../src/Place.ts"
import { receive } from "../src/Receive.ts"
import { round } from "../src/Work.ts"
import { asked, causes, it, lived, now, placed, states, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor
const told = (payOrderNo: string, kind: "open" | "paid" | "failed" | "closed", sha256: string = kind) =>
  receive("platform", FakeVendors.notification(payOrderNo, kind), sha256)

it.world("a notification ends the wait: SUCCEEDED, once", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    const reply = yield* told(payOrderNo, "paid")
    expect(reply.body).toBe("success")
    yield* worked
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
    expect((yield* now(payOrderNo)).transactionNo).toBe(`txn-${payOrderNo}`)
  })
)

it.world("ten copies of one notification, and copies that differ, make one history", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    yield* Effect.all(
      Array.from({ length: 10 }, (_, copy) => told(payOrderNo, "paid", copy < 5 ? "same" : `other-${copy}`)),
      { concurrency: "unbounded" }
    )
    yield* worked
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
  })
)

it.world("a notification that overtakes the create's own answer is taken in; the answer then adds nothing", () =>
  Effect.gen(function* () {
    const { script, pay, payments } = yield* vendor
    yield* script("create", "dropAfter")
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    yield* told(payOrderNo, "paid")
    yield* worked
    yield* lived(Duration.seconds(30), 2)
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "SUCCEEDED"])
    expect((yield* payments).length).toBe(1)
  })
)

it.world("a forged notification changes nothing and is not kept", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    const forged = { ...FakeVendors.notification(payOrderNo, "paid"), headers: {} }
    const refused = yield* Effect.either(receive("platform", forged, "hash"))
    expect(Either.isLeft(refused) && refused.left._tag).toBe("NotVerified")
    yield* worked
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING"])
  })
)

it.world("a notification for an order that is not there yet is tried for 24 hours, then given up aloud", () =>
  Effect.gen(function* () {
    const due = yield* DueWork
    yield* told("01UNKNOWN0000000000000000000", "paid")
    yield* lived(Duration.minutes(10), 6 * 23)
    yield* TestClock.adjust(Duration.minutes(20))
    expect((yield* due.claim("inbox", 10, Duration.millis(1))).length, "still tried after 23 hours").toBe(1)
    yield* lived(Duration.minutes(30), 4)
    yield* TestClock.adjust(Duration.days(2))
    expect((yield* due.claim("inbox", 10, Duration.seconds(1))).length).toBe(0)
  })
)

it.world("an order whose notification never comes is confirmed by query", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    yield* lived(Duration.seconds(6), 1)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    expect((yield* causes(payOrderNo)).at(-1)).toBe("query:paid")
  })
)

it.world("questions about a payer who takes his time become rarer", () =>
  Effect.gen(function* () {
    const { got } = yield* vendor
    yield* placed()
    yield* lived(Duration.seconds(5), 60)
    const queries = (yield* got).filter(({ call }) => call === "query").length
    expect(queries).toBeGreaterThan(4)
    expect(queries).toBeLessThan(12)
  })
)

it.world("an order that nobody pays is closed at its expiry, as the vendor confirms", () =>
  Effect.gen(function* () {
    const { payments } = yield* vendor
    const { payOrderNo } = yield* placed({ expiresIn: Duration.minutes(2) })
    yield* lived(Duration.seconds(20), 8)
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "CLOSING", "CLOSED"])
    expect((yield* causes(payOrderNo)).slice(2)).toEqual(["expire", "close:closed"])
    expect((yield* payments)[0]?.status).toBe("closed")
  })
)

it.world("a payer who is faster than the close has paid", () =>
  Effect.gen(function* () {
    const { pay, always } = yield* vendor
    const { payOrderNo } = yield* placed({ expiresIn: Duration.minutes(2) })
    yield* always("query", "dropBefore")
    yield* pay(payOrderNo)
    yield* lived(Duration.minutes(2), 1)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "CLOSING", "SUCCEEDED"])
  })
)

it.world("a vendor that is dark for 24 hours and then says paid: in doubt all the while, then SUCCEEDED", () =>
  Effect.gen(function* () {
    const { script, always, pay } = yield* vendor
    yield* script("create", "dropAfter")
    for (const call of ["query", "close"] as const) yield* always(call, "dropBefore")
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    yield* lived(Duration.minutes(10), 6 * 24)
    expect((yield* now(payOrderNo)).state, "nothing was guessed").toBe("CLOSING")
    for (const call of ["query", "close"] as const) yield* always(call, "normal")
    yield* lived(Duration.minutes(10), 2)
    expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    expect(yield* states(payOrderNo)).not.toContain("FAILED")
  })
)

it.world("an app closes an order; closing again answers the same; a paid order is not closed", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const open = yield* placed()
    expect((yield* close("shop", open.payOrderNo)).state).toBe("CLOSED")
    expect((yield* close("shop", open.payOrderNo)).state).toBe("CLOSED")
    const paid = yield* placed({ idempotencyKey: "key-2" })
    yield* pay(paid.payOrderNo)
    yield* told(paid.payOrderNo, "paid")
    yield* worked
    const refused = yield* Effect.either(close("shop", paid.payOrderNo))
    expect(Either.isLeft(refused) && refused.left._tag).toBe("Refused")
    const foreign = yield* Effect.either(close("other", open.payOrderNo))
    expect(Either.isLeft(foreign) && foreign.left._tag).toBe("OrderNotFound")
  })
)

it.world("money that comes after the app was told CLOSED is LATE_PAID", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    yield* close("shop", payOrderNo)
    yield* told(payOrderNo, "paid")
    yield* worked
    expect((yield* now(payOrderNo)).state).toBe("LATE_PAID")
  })
)

it.world("a piece of work that fails for ever stays with itself: the others go on", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const orders = yield* Orders
    const poisoned = yield* place(asked())
    const good = yield* place(asked({ idempotencyKey: "key-2" }))
    yield* pay(good.payment.payOrderNo)
    yield* TestClock.adjust(Duration.seconds(6))
    const hostile = Orders.of({
      ...orders,
      byNumber: (no) => (no === poisoned.payment.payOrderNo ? Effect.die("poison") : orders.byNumber(no))
    })
    expect((yield* Effect.provideService(round("orders"), Orders, hostile)).count).toBe(2)
    expect((yield* now(good.payment.payOrderNo)).state).toBe("SUCCEEDED")
    yield* lived(Duration.seconds(6), 1)
    expect((yield* now(poisoned.payment.payOrderNo)).state).toBe("PENDING")
  })
)

it.world("a notification that proves nothing makes the vendor be asked at once", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const inbox = yield* Inbox
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    const subject = { by: "payOrderNo", no: payOrderNo } as const
    yield* inbox.keep({ vendor: "platform", subject, body: "{}", sha256: "hint", evidence: null })
    yield* worked
    expect((yield* causes(payOrderNo)).at(-1)).toBe("query:paid")
    expect(
      Option.isSome(yield* Effect.flatMap(Orders, (orders) => orders.byTransactionNo("platform", `txn-${payOrderNo}`)))
    ).toBe(true)
  })
)

it.world(
  "an order that has ended is asked about once more when money could still have come late, and then never again",
  () =>
    Effect.gen(function* () {
      const { got, always } = yield* vendor
      const { payOrderNo } = yield* placed()
      yield* close("shop", payOrderNo)
      const queries = Effect.map(got, (calls) => calls.filter(({ call }) => call === "query").length)
      yield* lived(Duration.minutes(10), 2)
      expect(yield* queries).toBe(0)
      yield* always("query", "dropBefore")
      yield* lived(Duration.minutes(10), 1)
      expect(yield* queries, "silence is no answer: it is asked again").toBeGreaterThan(0)
      yield* always("query", "normal")
      yield* lived(Duration.minutes(10), 2)
      const asked = yield* queries
      yield* lived(Duration.hours(1), 48)
      expect(yield* queries).toBe(asked)
      expect((yield* now(payOrderNo)).state).toBe("CLOSED")
    })
)

it.world("money that came after the close, and that nobody told us of, is found at the horizon", () =>
  Effect.gen(function* () {
    const { pay, script } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* script("close", "normal")
    yield* pay(payOrderNo)
    yield* told(payOrderNo, "closed")
    yield* worked
    expect((yield* now(payOrderNo)).state).toBe("CLOSED")
    yield* lived(Duration.minutes(10), 3)
    expect((yield* now(payOrderNo)).state).toBe("LATE_PAID")
  })
)
