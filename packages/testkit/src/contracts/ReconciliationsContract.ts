import { expect, layer } from "@effect/vitest"
import { Money, OrderNo, type Payment, RefundMachine } from "@payment-proxy/domain"
import { type Counted, DueWork, type NewDifference, Orders, Reconciliations } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Duration, Effect, Option, TestClock } from "effect"
import { aChange, aPayment, epochMillis, fresh } from "../Samples.ts"

type Stores = Orders | DueWork | Reconciliations

const lease = Duration.seconds(30)
const hour = 3_600_000

const counted: Counted = {
  lines: 3,
  others: 1,
  matched: 2,
  totals: [{ in: Money.make(2468n, "CNY"), out: Money.make(34n, "CNY"), fee: "0.15" }],
  disputes: [{ payOrderNo: "01", disputeNo: "D1", amount: Money.make(1234n, "CNY"), state: "open" }]
}

const aDifference = (overrides: Partial<NewDifference> = {}): NewDifference => {
  const kind = overrides.kind ?? "MISSING_THERE"
  return {
    id: `${kind}-${fresh("id")}`,
    kind,
    of: "payment",
    payOrderNo: fresh("no"),
    refundNo: null,
    merchantOrderNo: null,
    transactionNo: null,
    merchantRefundNo: null,
    vendorRefundNo: null,
    ours: { amount: Money.make(1234n, "CNY"), state: "SUCCEEDED", fee: "0.07", atMillis: epochMillis },
    theirs: null,
    status: "open",
    action: "asked",
    note: null,
    ...overrides
  }
}

/** An order of a vendor as it is, on disk. */
const stored = (overrides: Partial<Payment.Payment>) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const payment = aPayment(overrides)
    yield* orders.commit([aChange(payment, 0)])
    return { ...payment, version: 1 }
  })

const paid = (vendor: string, atMillis: number | null, overrides: Partial<Payment.Payment> = {}) =>
  stored({
    vendor,
    state: "SUCCEEDED",
    captured: 1234n,
    paidAtMillis: atMillis,
    transactionNo: fresh("txn"),
    ...overrides
  })

const refunded = (payment: Payment.Payment, atMillis: number | null, state: RefundMachine.State = "SUCCEEDED") =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const refund: RefundMachine.Refund = {
      ...RefundMachine.make({
        refundNo: OrderNo.refundNo(payment.payOrderNo, 1),
        payOrderNo: payment.payOrderNo,
        amount: Money.make(34n, "CNY"),
        reason: null,
        createdAtMillis: epochMillis,
        deadlineMillis: epochMillis
      }),
      state,
      version: 1,
      vendorRefundNo: fresh("rfd"),
      refundedAtMillis: atMillis
    }
    const change = aChange(payment, 0)
    const entry = { ...change.entry, payOrderNo: refund.refundNo }
    yield* orders.commit([{ ...change, refund, entry }])
    return refund
  })

const begun = (vendor: string, day: string) =>
  Effect.gen(function* () {
    const store = yield* Reconciliations
    const claimed = Option.getOrThrow(yield* store.take(vendor, day, lease))
    const run = Option.getOrThrow(yield* store.begin(claimed))
    return { claimed, run: { vendor, day, run } }
  })

const all = (vendor: string, day: string) =>
  Effect.flatMap(Reconciliations, (store) =>
    store.differences({ vendor, day, statuses: null, after: null, limit: 100 })
  )

const search = (vendor: string) => ({
  vendor,
  fromMillis: epochMillis,
  toMillis: epochMillis + 24 * hour,
  after: null,
  limit: 100
})

/** What every `Reconciliations` must do. */
export const reconciliationsContract = (name: string, stores: Layer.Layer<Stores, unknown>): void =>
  layer(stores)(`Reconciliations: ${name}`, (it) => {
    it.effect("a day is due when it was opened for, once, and its row stays as it is when it is opened again", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const due = yield* DueWork
        const vendor = fresh("v")
        const day = { vendor, day: "2026-01-01", dueIn: Duration.hours(2) }
        yield* store.open([day, { ...day, day: "2026-01-02", dueIn: Duration.hours(90) }])
        const claim = Effect.map(due.claim("reconcile", 100, lease), (pieces) =>
          pieces.filter(({ owner }) => owner === vendor)
        )
        expect(yield* claim).toEqual([])
        yield* TestClock.adjust(Duration.hours(2))
        const [claimed] = yield* claim
        expect(claimed).toMatchObject({ queue: "reconcile", id: `${vendor}/2026-01-01`, owner: vendor, tries: 0 })
        if (claimed !== undefined) expect(yield* due.done(claimed, null)).toBe(true)
        yield* store.open([{ ...day, dueIn: Duration.zero }])
        expect(yield* claim).toEqual([])
        expect((yield* store.days(vendor, 1)).map(({ day: latest }) => latest)).toEqual(["2026-01-02"])
      })
    )

    it.effect("a day is taken by hand while nobody has it; a vendor's days are run one at a time", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const due = yield* DueWork
        const vendor = fresh("v")
        const first = yield* begun(vendor, "2026-01-01")
        expect(first.run.run).toBe(1)
        expect(Option.isNone(yield* store.take(vendor, "2026-01-01", lease))).toBe(true)
        const second = Option.getOrThrow(yield* store.take(vendor, "2026-01-02", lease))
        expect(Option.isNone(yield* store.begin(second)), "another day is being run").toBe(true)
        expect(Option.isSome(yield* store.begin((yield* begun(fresh("v"), "2026-01-02")).claimed))).toBe(true)
        yield* due.done(first.claimed, null)
        expect(Option.isSome(yield* store.begin(second))).toBe(true)
        expect(Option.isNone(yield* store.begin(first.claimed)), "the claim is gone").toBe(true)
        yield* TestClock.adjust(Duration.seconds(31))
        expect((yield* begun(vendor, "2026-01-01")).run.run, "its lease has ended").toBe(2)
      })
    )

    it.effect("what is found again is one difference, and keeps what became of it", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const vendor = fresh("v")
        const { run, claimed } = yield* begun(vendor, "2026-01-01")
        const [one, two] = [aDifference(), aDifference({ kind: "FEE", action: "none", theirs: null })]
        expect(yield* store.note(run, { differences: [one, two], elsewhere: [] })).toBe(true)
        const settled = { status: "resolved", action: "none", note: "by hand", resolvedBy: "ann" } as const
        expect(yield* store.settle(vendor, run.day, one.id, settled)).toBe(true)
        expect(yield* store.settle(vendor, run.day, one.id, settled), "it is resolved already").toBe(false)
        yield* Effect.flatMap(DueWork, (due) => due.done(claimed, null))
        const { run: again } = yield* begun(vendor, run.day)
        expect(yield* store.note(again, { differences: [one, two], elsewhere: [] })).toBe(true)
        const found = yield* all(vendor, run.day)
        expect(found.map(({ id }) => id)).toEqual([one.id, two.id].sort())
        expect(found.find(({ id }) => id === one.id)).toMatchObject({ ...one, ...settled, run: 2 })
        expect(found.find(({ id }) => id === two.id)).toMatchObject({ ...two, run: 2, resolvedBy: null })
        expect(yield* store.counts(vendor, run.day)).toEqual([
          { kind: "FEE", status: "open", count: 1 },
          { kind: "MISSING_THERE", status: "resolved", count: 1 }
        ])
      })
    )

    it.effect("who was overtaken by a later run writes nothing more", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const vendor = fresh("v")
        const { run } = yield* begun(vendor, "2026-01-01")
        yield* TestClock.adjust(Duration.seconds(31))
        const { run: later } = yield* begun(vendor, "2026-01-01")
        expect(yield* store.note(run, { differences: [aDifference()], elsewhere: [] })).toBe(false)
        expect(yield* store.finish(run, counted)).toBe(false)
        yield* store.fail(run, "too late")
        expect(yield* all(vendor, run.day)).toEqual([])
        expect(Option.getOrThrow(yield* store.day(vendor, run.day))).toMatchObject({ fault: null, counted: null })
        expect(yield* store.finish(later, counted)).toBe(true)
        expect(Option.getOrThrow(yield* store.day(vendor, run.day))).toMatchObject({ run: 2, counted, fault: null })
      })
    )

    it.effect("a run that fails concludes nothing; one that ends resolves what it did not find again", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const vendor = fresh("v")
        const { run, claimed } = yield* begun(vendor, "2026-01-01")
        const [stays, goes] = [aDifference(), aDifference()]
        yield* store.note(run, { differences: [stays, goes], elsewhere: [] })
        yield* store.fail(run, "The bill breaks off.")
        expect(Option.getOrThrow(yield* store.day(vendor, run.day))).toMatchObject({
          fault: "The bill breaks off.",
          finishedAtMillis: null
        })
        yield* Effect.flatMap(DueWork, (due) => due.done(claimed, null))
        const { run: again } = yield* begun(vendor, run.day)
        yield* store.note(again, { differences: [stays], elsewhere: [] })
        yield* store.finish(again, counted)
        const statuses = new Map(
          (yield* all(vendor, run.day)).map(({ id, status, resolvedBy }) => [id, [status, resolvedBy]])
        )
        expect(statuses.get(stays.id)).toEqual(["open", null])
        expect(statuses.get(goes.id)).toEqual(["resolved", "run"])
      })
    )

    it.effect("what was resolved only as a run did not find it again is found again as new", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const vendor = fresh("v")
        const [comes, byHand] = [aDifference({ note: "first" }), aDifference()]
        const ran = (...differences: ReadonlyArray<NewDifference>) =>
          Effect.gen(function* () {
            const { run, claimed } = yield* begun(vendor, "2026-01-01")
            yield* store.note(run, { differences, elsewhere: [] })
            yield* store.finish(run, counted)
            yield* Effect.flatMap(DueWork, (due) => due.done(claimed, null))
          })
        yield* ran(comes, byHand)
        const settled = { status: "resolved", action: "none", note: "by hand", resolvedBy: "ann" } as const
        yield* store.settle(vendor, "2026-01-01", byHand.id, settled)
        yield* ran()
        const again: NewDifference = { ...comes, ours: null, action: "none", note: "again" }
        yield* ran(again, byHand)
        const found = yield* all(vendor, "2026-01-01")
        expect(found.find(({ id }) => id === comes.id)).toMatchObject({
          ...again,
          run: 3,
          status: "open",
          resolvedBy: null,
          resolvedAtMillis: null
        })
        expect(found.find(({ id }) => id === byHand.id)).toMatchObject({ ...settled, run: 3 })
      })
    )

    it.effect("what a day's bill lacks is resolved by another day's, or open when the neighbour's lacks it too", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const vendor = fresh("v")
        const { run } = yield* begun(vendor, "2026-01-01")
        const awaited = { status: "awaited" } as const
        const [found, lacking] = [aDifference(awaited), aDifference(awaited)]
        const fee = aDifference({ ...awaited, kind: "FEE", payOrderNo: found.payOrderNo })
        yield* store.note(run, { differences: [found, lacking, fee], elsewhere: [] })
        yield* store.finish(run, counted)
        expect((yield* all(vendor, run.day)).every(({ status }) => status === "awaited")).toBe(true)
        yield* TestClock.adjust(Duration.seconds(31))
        const { run: next } = yield* begun(vendor, "2026-01-02")
        yield* store.found(next, [found.payOrderNo ?? "", fresh("no")])
        yield* store.finish(next, counted)
        const statuses = new Map(
          (yield* all(vendor, run.day)).map(({ id, status, resolvedBy }) => [id, [status, resolvedBy]])
        )
        expect(statuses.get(found.id)).toEqual(["resolved", "bill"])
        expect(statuses.get(lacking.id)).toEqual(["open", null])
        expect(statuses.get(fee.id)).toEqual(["open", null])
      })
    )

    it.effect("what another day's bill has is remembered, by vendor and number", () =>
      Effect.gen(function* () {
        const store = yield* Reconciliations
        const vendor = fresh("v")
        const { run } = yield* begun(vendor, "2026-01-01")
        yield* store.note(run, { differences: [], elsewhere: ["01", "02"] })
        yield* store.note(run, { differences: [], elsewhere: ["02"] })
        expect([...(yield* store.elsewhere(vendor, ["01", "03"], "2026-01-02"))]).toEqual(["01"])
        expect([...(yield* store.elsewhere(fresh("v"), ["01"], "2026-01-02"))]).toEqual([])
        expect([...(yield* store.elsewhere(vendor, ["01"], run.day))], "it is this day's bill").toEqual([])
      })
    )

    it.effect(
      "payments and refunds are found by what the vendor was given and by its own numbers, at this vendor alone",
      () =>
        Effect.gen(function* () {
          const store = yield* Reconciliations
          const vendor = fresh("v")
          const one = yield* paid(vendor, epochMillis)
          const two = yield* paid(vendor, epochMillis, { merchantOrderNo: fresh("own") })
          const refund = yield* refunded(one, epochMillis)
          const found = yield* store.counterparts(vendor, {
            given: [two.merchantOrderNo, refund.refundNo, fresh("no")],
            theirs: [one.transactionNo ?? "", two.transactionNo ?? "", refund.vendorRefundNo ?? ""]
          })
          expect(found.payments.map(({ payOrderNo }) => payOrderNo).sort()).toEqual(
            [one.payOrderNo, two.payOrderNo].sort()
          )
          expect(found.refunds).toEqual([refund])
          const numbers = { given: [two.merchantOrderNo], theirs: [] }
          expect((yield* store.counterparts(vendor, numbers)).payments.map(({ amount }) => amount)).toEqual([
            two.amount
          ])
          expect(yield* store.counterparts(fresh("v"), numbers)).toEqual({ payments: [], refunds: [] })
          expect(yield* store.counterparts(vendor, { given: [], theirs: [] })).toEqual({ payments: [], refunds: [] })
        })
    )

    it.effect(
      "what moved money in a window is listed page by page: paid orders, made refunds, and what was paid at no known time",
      () =>
        Effect.gen(function* () {
          const store = yield* Reconciliations
          const vendor = fresh("v")
          const first = yield* paid(vendor, epochMillis)
          const sameTime = yield* paid(vendor, epochMillis)
          const last = yield* paid(vendor, epochMillis + 24 * hour - 1, { state: "HELD" })
          yield* paid(vendor, epochMillis + 24 * hour)
          yield* paid(vendor, epochMillis - 1)
          yield* paid(fresh("v"), epochMillis)
          yield* stored({ vendor })
          const undated = yield* paid(vendor, null)
          const refund = yield* refunded(first, epochMillis + hour)
          yield* refunded(sameTime, epochMillis + hour, "PENDING")
          const numbers = [
            ...[first, sameTime].map(({ payOrderNo }) => payOrderNo).sort(),
            refund.refundNo,
            last.payOrderNo
          ]
          const expected = [...numbers, undated.payOrderNo]
          const once = yield* store.moved(search(vendor))
          expect(once.map(({ no }) => no)).toEqual(expected)
          expect(once.find(({ of }) => of === "refund")).toEqual({
            no: refund.refundNo,
            of: "refund",
            payOrderNo: first.payOrderNo,
            merchantOrderNo: refund.refundNo,
            vendorNo: refund.vendorRefundNo,
            amount: refund.amount,
            state: "SUCCEEDED",
            atMillis: epochMillis + hour
          })
          const paged: Array<string> = []
          for (let after: (typeof once)[number] | null = null; ; ) {
            const page: typeof once = yield* store.moved({ ...search(vendor), after, limit: 2 })
            paged.push(...page.map(({ no }) => no))
            after = page.at(-1) ?? null
            if (page.length < 2) break
          }
          expect(paged).toEqual(expected)
        })
    )
  })
