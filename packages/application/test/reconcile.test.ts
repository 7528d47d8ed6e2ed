import { expect, it as vitest } from "@effect/vitest"
import { Money, OrderNo, Payment, type RefundMachine } from "@payment-proxy/domain"
import { type BillLine, InDoubt, Orders } from "@payment-proxy/ports"
import { FakeVendors, fresh, freshNo } from "@payment-proxy/testkit"
import type { Layer } from "effect"
import { Duration, Effect, Layer as Layers, Option, Stream, TestClock } from "effect"
import * as Reconcile from "../src/Reconcile.ts"
import {
  ann,
  Bills,
  bill,
  day,
  found,
  hourMillis,
  lineOf,
  nextDay,
  paid,
  refunded,
  refundLineOf,
  run,
  startMillis,
  stored,
  vendor,
  world
} from "./billing.ts"
import { now, placed, withShop } from "./harness.ts"

/** A test at 10:00 of the day after the day. */
const it = <E>(name: string, test: () => Effect.Effect<unknown, E, Layer.Layer.Success<typeof world>>) =>
  vitest.effect(name, () =>
    TestClock.setTime(startMillis + 34 * hourMillis).pipe(
      Effect.zipRight(withShop),
      Effect.zipRight(test()),
      Effect.provide(world)
    )
  )

const cny = (minor: bigint) => Money.make(minor, "CNY")
const short = (all: ReadonlyArray<{ kind: string; of: string; status: string; action: string }>) =>
  all.map(({ kind, of, status, action }) => `${kind} ${of} ${status} ${action}`)

it("a day that is booked as it stands here has no differences, and is counted", () =>
  Effect.gen(function* () {
    const [one, two] = [yield* paid(), yield* paid({ amount: cny(500n), captured: 500n })]
    const refund = yield* refunded(one)
    const other = lineOf(one, { kind: "other", direction: "out", merchantOrderNo: null, transactionNo: null })
    yield* bill(day, lineOf(one), lineOf(two, { fee: "0.030" }), refundLineOf(one, refund, { fee: "-0.01" }), other)
    const report = yield* run()
    expect(report.differences).toEqual([])
    expect(report.day).toMatchObject({ run: 1, fault: null, finishedAtMillis: startMillis + 34 * hourMillis })
    expect(report.day.counted).toEqual({
      lines: 4,
      others: 1,
      matched: 3,
      totals: [{ in: cny(1734n), out: cny(34n), fee: "0.09" }],
      disputes: []
    })
  }))

it("a payment whose notification never came and that nobody asked about is found by the bill", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(startMillis + hourMillis)
    const order = yield* placed({ vendor })
    const fake = yield* FakeVendors.FakeVendor
    yield* fake.pay(order.merchantOrderNo)
    yield* TestClock.setTime(startMillis + 34 * hourMillis)
    expect((yield* now(order.payOrderNo)).state).toBe("PENDING")
    yield* bill(day, lineOf(order, { atMillis: startMillis + 2 * hourMillis }))
    const { differences } = yield* run()
    expect(short(differences)).toEqual(["STATUS payment resolved evidence"])
    expect(differences[0]).toMatchObject({ payOrderNo: order.payOrderNo, resolvedBy: "evidence" })
    const after = yield* now(order.payOrderNo)
    expect(after).toMatchObject({ state: "SUCCEEDED", paidAtMillis: startMillis + 2 * hourMillis })
    const history = yield* Effect.flatMap(Orders, (orders) => orders.history(order.payOrderNo))
    expect(history.at(-1)).toMatchObject({ cause: "bill:paid", state: "SUCCEEDED" })
  }))

it("money that was booked for an order that was closed here is late money", () =>
  Effect.gen(function* () {
    const order = yield* stored({ state: "CLOSED", toldDead: true })
    yield* bill(day, lineOf(order, { transactionNo: fresh("txn") }))
    expect(short((yield* run()).differences)).toEqual(["STATUS payment resolved evidence"])
    expect((yield* now(order.payOrderNo)).state).toBe("LATE_PAID")
  }))

it("another amount than the order's holds it, for a person", () =>
  Effect.gen(function* () {
    const [settled, open] = [yield* paid(), yield* stored({ state: "PENDING" })]
    yield* bill(day, lineOf(settled, { amount: cny(1235n) }), lineOf(open, { amount: cny(1n) }))
    const { differences } = yield* run()
    expect(short(differences)).toEqual(["AMOUNT payment open held", "AMOUNT payment open held"])
    for (const { payOrderNo } of [settled, open])
      expect(yield* now(payOrderNo)).toMatchObject({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
    const one = differences.find(({ payOrderNo }) => payOrderNo === settled.payOrderNo)
    expect([one?.ours?.amount, one?.theirs?.amount]).toEqual([cny(1234n), cny(1235n)])
    expect(short((yield* run()).differences), "it is held until a person decides").toEqual(short(differences))
  }))

it("what was captured of an order is its amount, too", () =>
  Effect.gen(function* () {
    const part = yield* paid({ capture: "manual", captureAsked: 1000n, captured: 1000n })
    const unheard = yield* stored({ state: "AUTHORIZED", capture: "manual", captureAsked: 1000n })
    yield* bill(day, lineOf(part, { amount: cny(1000n) }), lineOf(unheard, { amount: cny(1000n) }))
    expect(short((yield* run()).differences)).toEqual(["STATUS payment resolved evidence"])
    expect(yield* now(unheard.payOrderNo)).toMatchObject({ state: "SUCCEEDED", captured: 1000n })
  }))

it("a second payment of an order holds it; the same line twice is told", () =>
  Effect.gen(function* () {
    const [twice, again] = [yield* paid(), yield* paid()]
    yield* bill(day, lineOf(twice), lineOf(twice, { transactionNo: "another" }), lineOf(again), lineOf(again))
    const { differences } = yield* run()
    expect(short(differences).sort()).toEqual(["DUPLICATE payment open held", "DUPLICATE payment open none"])
    expect(yield* now(twice.payOrderNo)).toMatchObject({ state: "HELD", heldReason: "SECOND_PAYMENT" })
    expect((yield* now(again.payOrderNo)).state).toBe("SUCCEEDED")
  }))

it("what nobody here knows is MISSING_HERE; a try that failed is not", () =>
  Effect.gen(function* () {
    const ghost = { ...(yield* paid({ paidAtMillis: startMillis - hourMillis })), merchantOrderNo: "GHOST" }
    const theirs = { merchantOrderNo: "GHOST", transactionNo: "ghost-1" }
    yield* bill(
      day,
      lineOf(ghost, theirs),
      lineOf(ghost, { ...theirs, merchantOrderNo: "GHOST-2", state: "failed" }),
      refundLineOf(ghost, null, { ...theirs, vendorRefundNo: "ghost-refund" })
    )
    const { differences } = yield* run()
    expect(short(differences).sort()).toEqual(["MISSING_HERE payment open none", "MISSING_HERE refund open none"])
    expect(differences.find(({ of }) => of === "payment")).toMatchObject({ ...theirs, payOrderNo: null, ours: null })
  }))

it("a refund that was made at the vendor's desk is taken in, once", () =>
  Effect.gen(function* () {
    const order = yield* paid()
    const desk = refundLineOf(order, null, { amount: cny(34n), vendorRefundNo: "desk-1" })
    yield* bill(day, lineOf(order), desk, { ...desk, vendorRefundNo: "desk-2", state: "failed" })
    expect(short((yield* run()).differences)).toEqual(["MISSING_HERE refund resolved evidence"])
    const after = yield* now(order.payOrderNo)
    expect(after.state).toBe("PARTIALLY_REFUNDED")
    expect(after.refundItems).toMatchObject([{ vendorRefundNo: "desk-1", amountMinor: 34n, state: "succeeded" }])
    expect(short((yield* run()).differences)).toEqual(["MISSING_HERE refund resolved evidence"])
    expect((yield* now(order.payOrderNo)).version).toBe(after.version)
  }))

it("a refund of ours that is booked, and open here, is asked about; another amount, too", () =>
  Effect.gen(function* () {
    const [one, two] = [yield* paid(), yield* paid()]
    const open = yield* refunded(one, { state: "PENDING", refundedAtMillis: null })
    const other = yield* refunded(two)
    yield* bill(
      day,
      lineOf(one),
      lineOf(two),
      refundLineOf(one, open),
      refundLineOf(two, { ...other, amount: cny(35n) })
    )
    expect(short((yield* run()).differences)).toEqual(["AMOUNT refund open asked", "STATUS refund open asked"])
    expect((yield* now(one.payOrderNo)).state).toBe("PARTIALLY_REFUNDED")
  }))

/** A payment with a refund of ours of 0.34 that is on its way. */
const refunding = (overrides: Partial<RefundMachine.Refund> = {}) =>
  Effect.gen(function* () {
    const payOrderNo = freshNo()
    const own = { refundNo: OrderNo.refundNo(payOrderNo, 1), amountMinor: 34n, state: "open" } as const
    const order = yield* paid({ payOrderNo, merchantOrderNo: payOrderNo, ownRefunds: [own] })
    return { order, refund: yield* refunded(order, { state: "PENDING", refundedAtMillis: null, ...overrides }) }
  })

const refundNow = (refundNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.refund(refundNo)).pipe(Effect.map(Option.getOrThrow))

it("a refund of ours that is booked, and open here, is decided by the bill, in the same run", () =>
  Effect.gen(function* () {
    const one = yield* refunding()
    const two = yield* refunding({ vendorRefundNo: null, state: "SUBMITTING" })
    yield* bill(
      day,
      lineOf(one.order),
      lineOf(two.order),
      refundLineOf(one.order, one.refund),
      refundLineOf(two.order, two.refund, { vendorRefundNo: null })
    )
    const { differences } = yield* run()
    expect(short(differences)).toEqual(Array(2).fill("STATUS refund resolved evidence"))
    for (const { order, refund } of [one, two]) {
      expect(yield* refundNow(refund.refundNo)).toMatchObject({
        state: "SUCCEEDED",
        vendorRefundNo: refund.vendorRefundNo
      })
      const after = yield* now(order.payOrderNo)
      expect(after).toMatchObject({ state: "PARTIALLY_REFUNDED", ownRefunds: [{ state: "succeeded" }] })
      expect(Payment.refunded(after)).toBe(34n)
    }
    expect(short((yield* run()).differences)).toEqual(short(differences))
  }))

it("a refund of ours that is booked with another amount, or that failed here, is held for a person", () =>
  Effect.gen(function* () {
    const [other, failed] = [yield* refunding(), yield* refunding({ state: "FAILED" })]
    yield* bill(
      day,
      lineOf(other.order),
      lineOf(failed.order),
      refundLineOf(other.order, { ...other.refund, amount: cny(35n) }),
      refundLineOf(failed.order, failed.refund)
    )
    expect(short((yield* run()).differences)).toEqual(["AMOUNT refund open held", "STATUS refund open held"])
    expect(yield* refundNow(other.refund.refundNo)).toMatchObject({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
    expect((yield* refundNow(failed.refund.refundNo)).state).toBe("HELD")
  }))

it("a refund that is booked in another currency is not counted in the order's", () =>
  Effect.gen(function* () {
    const own = yield* refunding()
    const desk = yield* paid()
    const dollars = { amount: Money.make(34n, "USD") }
    yield* bill(
      day,
      lineOf(own.order),
      lineOf(desk),
      refundLineOf(own.order, own.refund, dollars),
      refundLineOf(desk, null, dollars)
    )
    expect(short((yield* run()).differences)).toEqual(["AMOUNT refund open asked", "MISSING_HERE refund open asked"])
    expect((yield* refundNow(own.refund.refundNo)).state).toBe("PENDING")
    for (const { payOrderNo } of [own.order, desk]) expect(Payment.refunded(yield* now(payOrderNo))).toBe(0n)
  }))

it("two payments of an order that was open here hold it, though neither was known", () =>
  Effect.gen(function* () {
    const [twice, line] = [yield* stored({ state: "PENDING" }), yield* stored({ state: "PENDING" })]
    const once = lineOf(line, { transactionNo: "only" })
    yield* bill(day, lineOf(twice, { transactionNo: "one" }), lineOf(twice, { transactionNo: "two" }), once, once)
    yield* run()
    expect(yield* now(twice.payOrderNo)).toMatchObject({ state: "HELD", heldReason: "SECOND_PAYMENT" })
    expect((yield* now(line.payOrderNo)).state, "the same line twice is no second payment").toBe("SUCCEEDED")
  }))

it("a payment that a bill had, and has no more when it is fetched again, is missing there", () =>
  Effect.gen(function* () {
    const unheard = yield* stored({ state: "PENDING" })
    yield* bill(day, lineOf(unheard, { transactionNo: fresh("txn") }))
    expect(short((yield* run()).differences)).toEqual(["STATUS payment resolved evidence"])
    yield* bill(day)
    expect(short((yield* run()).differences)).toContain("MISSING_THERE payment open asked")
  }))

it("what is booked as undecided is settled by the success in the next day's bill", () =>
  Effect.gen(function* () {
    const order = yield* paid()
    yield* bill(day, lineOf(order, { state: "pending" }))
    expect(short((yield* run()).differences)).toEqual(["STATUS payment open asked"])
    yield* TestClock.adjust(Duration.days(1))
    yield* bill(nextDay, lineOf(order))
    yield* run(nextDay)
    expect((yield* found()).map(({ status, resolvedBy }) => [status, resolvedBy])).toEqual([["resolved", "bill"]])
  }))

it("an order that is paid here, and not booked there, is asked about, and open until another day's bill has it", () =>
  Effect.gen(function* () {
    const [lost, late] = [yield* paid(), yield* paid()]
    yield* bill(day)
    expect(short((yield* run()).differences)).toEqual(Array(2).fill("MISSING_THERE payment open asked"))
    yield* TestClock.adjust(Duration.days(1))
    yield* bill(nextDay, lineOf(late))
    expect((yield* run(nextDay)).differences).toEqual([])
    const states = new Map(
      (yield* found()).map(({ payOrderNo, status, resolvedBy }) => [payOrderNo, [status, resolvedBy]])
    )
    expect(states.get(lost.payOrderNo)).toEqual(["open", null])
    expect(states.get(late.payOrderNo)).toEqual(["resolved", "bill"])
  }))

it("what is booked as failed or undecided, and paid here, differs in its status, unless a line of success follows", () =>
  Effect.gen(function* () {
    const [undecided, retried] = [yield* paid(), yield* paid()]
    yield* bill(
      day,
      lineOf(undecided, { state: "pending" }),
      lineOf(retried, { state: "failed", transactionNo: "first-try" }),
      lineOf(retried)
    )
    const { differences } = yield* run()
    expect(short(differences)).toEqual(["STATUS payment open asked"])
    expect(differences[0]).toMatchObject({ payOrderNo: undecided.payOrderNo, theirs: { state: "pending" } })
  }))

it("orders that were paid about midnight may be in the neighbour day's bill", () =>
  Effect.gen(function* () {
    const end = startMillis + 24 * hourMillis
    const inNext = yield* paid({ paidAtMillis: end - 3000 })
    const inPrevious = yield* paid({ paidAtMillis: end + 3000 })
    const nowhere = yield* paid({ paidAtMillis: end - 5000 })
    yield* bill(day, lineOf(inPrevious))
    yield* run()
    expect(short(yield* found())).toEqual(Array(2).fill("MISSING_THERE payment awaited asked"))
    yield* TestClock.adjust(Duration.days(1))
    yield* bill(nextDay, lineOf(inNext))
    expect((yield* run(nextDay)).differences).toEqual([])
    const states = new Map((yield* found()).map(({ payOrderNo, status }) => [payOrderNo, status]))
    expect(states).toEqual(
      new Map([
        [inNext.payOrderNo, "resolved"],
        [nowhere.payOrderNo, "open"]
      ])
    )
  }))

it("a fee that is not the agreed one is told, with what was agreed", () =>
  Effect.gen(function* () {
    const [right, wrong, unsaid] = [yield* paid(), yield* paid(), yield* paid()]
    yield* bill(day, lineOf(right, { fee: "0.07404" }), lineOf(wrong, { fee: "0.08" }), lineOf(unsaid, { fee: null }))
    const rates = [{ currency: "CNY", percent: "0.6", fixed: "0", toleranceMinor: 0 }]
    const agreed = Layers.effect(
      Reconcile.Reconciling,
      Effect.map(Reconcile.Reconciling, (usual) => ({ ...usual, vendors: { [vendor]: { zone: "UTC", rates } } }))
    )
    const { differences } = yield* Effect.provide(run(), agreed)
    expect(short(differences)).toEqual(["FEE payment open none"])
    expect(differences[0]).toMatchObject({
      payOrderNo: wrong.payOrderNo,
      ours: { fee: "0.07" },
      theirs: { fee: "0.08" }
    })
  }))

it("disputes that are open or lost are listed with the day", () =>
  Effect.gen(function* () {
    const dispute = (disputeNo: string, state: "open" | "won" | "lost") => ({ disputeNo, amountMinor: 5n, state })
    const order = yield* paid({ disputes: [dispute("D1", "open"), dispute("D2", "won"), dispute("D3", "lost")] })
    yield* bill(day, lineOf(order))
    const { payOrderNo } = order
    expect((yield* run()).day.counted?.disputes).toEqual([
      { payOrderNo, disputeNo: "D1", amount: cny(5n), state: "open" },
      { payOrderNo, disputeNo: "D3", amount: cny(5n), state: "lost" }
    ])
  }))

it("a bill that breaks off moves nothing and says nothing of what is missing; the next run does", () =>
  Effect.gen(function* () {
    const [unheard, unbooked] = [yield* stored({ state: "PENDING" }), yield* paid()]
    const lines: ReadonlyArray<BillLine> = [lineOf(unheard)]
    const broken = Stream.concat(
      Stream.fromIterable(lines),
      Stream.fail(new InDoubt({ detail: "The bill breaks off." }))
    )
    yield* Bills.write(day, broken)
    const failure = yield* Effect.flip(run())
    expect(failure).toMatchObject({ _tag: "NotReconciled", detail: "InDoubt: The bill breaks off." })
    expect((yield* now(unheard.payOrderNo)).state).toBe("PENDING")
    expect((yield* found()).filter(({ kind }) => kind === "MISSING_THERE")).toEqual([])
    const report = yield* Reconcile.report(vendor, day)
    expect(report.day).toMatchObject({ fault: "InDoubt: The bill breaks off.", finishedAtMillis: null, counted: null })
    yield* bill(day, ...lines)
    yield* TestClock.adjust(Duration.minutes(5))
    expect(short((yield* run()).differences).sort()).toEqual([
      "MISSING_THERE payment open asked",
      "STATUS payment resolved evidence"
    ])
    expect((yield* now(unheard.payOrderNo)).state).toBe("SUCCEEDED")
    expect((yield* now(unbooked.payOrderNo)).state).toBe("SUCCEEDED")
  }))

it("a day that is run again doubles nothing, and what was resolved stays so; what is put right is resolved", () =>
  Effect.gen(function* () {
    const [lost, wrong, unheard] = [yield* paid(), yield* paid(), yield* stored({ state: "PENDING" })]
    yield* bill(day, lineOf(wrong, { amount: cny(1n) }), lineOf(unheard))
    const first = yield* run()
    const missing = first.differences.find(({ payOrderNo }) => payOrderNo === lost.payOrderNo)
    const long = { id: missing?.id ?? "", note: "x".repeat(257) }
    expect((yield* Effect.flip(Reconcile.resolve(vendor, day, long, ann)))._tag).toBe("OperatorInvalid")
    yield* Reconcile.resolve(vendor, day, { ...long, note: "The vendor paid it by hand." }, ann)
    const versions = yield* Effect.forEach([lost, wrong, unheard], ({ payOrderNo }) => now(payOrderNo))
    const second = yield* run()
    expect(second.day.run).toBe(2)
    expect(short(second.differences)).toEqual([
      "AMOUNT payment open held",
      "MISSING_THERE payment resolved none",
      "STATUS payment resolved evidence"
    ])
    expect(second.differences.find(({ id }) => id === missing?.id)).toMatchObject({ resolvedBy: "ann" })
    expect(yield* Effect.forEach([lost, wrong, unheard], ({ payOrderNo }) => now(payOrderNo))).toEqual(versions)
    const gone = yield* Effect.flip(Reconcile.resolve(vendor, day, { ...long, note: "" }, { ...ann, name: "bob" }))
    expect(gone._tag).toBe("DifferenceUnknown")
    yield* bill(day, lineOf(wrong), lineOf(unheard), lineOf(lost))
    expect((yield* run()).differences.find(({ kind }) => kind === "AMOUNT")).toMatchObject({
      status: "resolved",
      resolvedBy: "run"
    })
  }))

it("a day that is none, is not over, or is of no vendor is not run", () =>
  Effect.gen(function* () {
    expect((yield* Effect.flip(Reconcile.run(vendor, "2026-02-30", ann)))._tag).toBe("DayInvalid")
    expect((yield* Effect.flip(Reconcile.run(vendor, nextDay, ann)))._tag).toBe("DayInvalid")
    expect((yield* Effect.flip(Reconcile.run("nobody", day, ann)))._tag).toBe("UnknownVendor")
    expect((yield* Effect.flip(Reconcile.report(vendor, day)))._tag).toBe("DayUnknown")
  }))

it("more differences than there can be say that something else is wrong", () =>
  Effect.gen(function* () {
    const order = yield* paid()
    yield* bill(
      day,
      ...Array.from({ length: 12 }, (_, at) => lineOf(order, { merchantOrderNo: `X${at}`, transactionNo: `x${at}` }))
    )
    const few = Layers.effect(
      Reconcile.Reconciling,
      Effect.map(Reconcile.Reconciling, (usual) => ({ ...usual, maxDifferences: 10 }))
    )
    const failure = yield* Effect.flip(Effect.provide(run(), few))
    expect(failure).toMatchObject({ _tag: "NotReconciled" })
    expect(String(Object(failure).detail)).toContain("zone is UTC")
  }))
