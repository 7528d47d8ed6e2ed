import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import { Money, OrderNo, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { anyOrder, Duplicate, Orders, type Placing, Stale } from "@payment-proxy/ports"
import { Effect, Either, Option } from "effect"
import { aChange, aPayment, aRefund, aRefundChange, fresh, freshNo } from "../Samples.ts"
import { place } from "./placed.ts"

type It = Vitest.MethodsNonLive<Orders>

/** A refund on disk with the next version of its payment, as both then are. */
export const refunded = (
  payment: Payment.Payment,
  count: number,
  placing: Partial<Placing> = {},
  overrides: Partial<RefundMachine.Refund> = {}
) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const moved = aChange(payment, payment.version)
    const sample = aRefundChange(moved.payment, aRefund(payment, count, overrides), 0)
    const change = { ...sample, placing: sample.placing === null ? null : { ...sample.placing, ...placing } }
    yield* orders.commit([moved, change])
    const refund = change.refund ?? aRefund(payment, count)
    return { orders, payment: moved.payment, refund, change, placing: change.placing }
  })

const placing = (it: It) => {
  it.effect(
    "a refund is placed with its payment's next version, and found by its number, its payment and its key",
    () =>
      Effect.gen(function* () {
        const { payment } = yield* place()
        const first = yield* refunded(payment, 1)
        const { orders, refund } = first
        expect(yield* orders.refund(refund.refundNo)).toEqual(Option.some(refund))
        expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(first.payment))
        const byKey = yield* orders.refundByKey(payment.payOrderNo, first.placing?.idempotencyKey ?? "")
        expect(byKey).toEqual(Option.some({ refund, fingerprint: first.placing?.fingerprint }))
        expect(yield* orders.history(refund.refundNo)).toEqual([first.change.entry])
        expect((yield* orders.history(payment.payOrderNo)).map(({ version }) => version)).toEqual([1, 2])
      })
  )

  it.effect("what a refund is told comes back as it was committed, whatever was told", () =>
    Effect.gen(function* () {
      const { payment } = yield* place(aPayment({ amount: Money.make(123_456_789n, "KWD") }))
      const { orders, refund } = yield* refunded(payment, 1, {}, { reason: "“Zurück”, said 顾客's 'shop' \\ 😀" })
      const told = {
        ...refund,
        state: "HELD",
        learntVersion: 2,
        vendorRefundNo: fresh("RF"),
        unknownCalls: 3,
        contradiction: { column: "failed", sinceMillis: 7 },
        failure: { code: "CODE", detail: "detail" },
        heldReason: "ABNORMAL",
        refundedAtMillis: payment.createdAtMillis + 5,
        // Each further call raises it.
        deadlineMillis: refund.deadlineMillis + 60_000
      } as const
      const change = aRefundChange(payment, told, 1)
      yield* orders.commit([change])
      expect(yield* orders.refund(refund.refundNo)).toEqual(Option.some(change.refund))
      expect((yield* orders.history(refund.refundNo)).map(({ state }) => state)).toEqual(["SUBMITTING", "HELD"])
    })
  )

  it.effect("the refunds of a payment come oldest first, the tenth after the second; others' are not among them", () =>
    Effect.gen(function* () {
      const one = yield* place()
      const other = yield* place()
      let payment = one.payment
      for (let count = 1; count <= 11; count++) payment = (yield* refunded(payment, count)).payment
      yield* refunded(other.payment, 1)
      const found = yield* one.orders.refundsOf(payment.payOrderNo)
      const numbers = Array.from({ length: 11 }, (_, index) => OrderNo.refundNo(payment.payOrderNo, index + 1))
      expect(found.map(({ refundNo }) => refundNo)).toEqual(numbers)
      expect(yield* one.orders.refundsOf(freshNo())).toEqual([])
    })
  )

  it.effect("a refund is no payment, and a payment no refund", () =>
    Effect.gen(function* () {
      const app = fresh("app")
      const { payment } = yield* place(aPayment({ app }))
      const { orders, refund, payment: moved } = yield* refunded(payment, 1, {}, { vendorRefundNo: fresh("RF") })
      const { refundNo } = refund
      expect(yield* orders.byNumber(refundNo)).toEqual(Option.none())
      expect(yield* orders.ofApp(app, refundNo)).toEqual(Option.none())
      expect(yield* orders.byMerchantOrderNo(payment.vendor, refundNo)).toEqual(Option.none())
      expect(yield* orders.byTransactionNo(payment.vendor, refund.vendorRefundNo ?? "")).toEqual(Option.none())
      expect(yield* orders.refund(payment.payOrderNo)).toEqual(Option.none())
      const found = yield* orders.search({ ...anyOrder, app, after: null, limit: 100 })
      expect(found).toEqual([moved])
    })
  )
}

const keys = (it: It) => {
  it.effect("a refund's key is unique within its payment: another payment's, or the payment's own key is free", () =>
    Effect.gen(function* () {
      const idempotencyKey = fresh("key")
      const app = fresh("app")
      const one = yield* place(aPayment({ app }), { idempotencyKey })
      const other = yield* place(aPayment({ app }))
      const first = yield* refunded(one.payment, 1, { idempotencyKey })
      const second = yield* refunded(other.payment, 1, { idempotencyKey })
      const { orders } = one
      const found = (no: string) =>
        Effect.map(
          orders.refundByKey(no, idempotencyKey),
          Option.map(({ refund }) => refund)
        )
      expect(yield* found(one.payment.payOrderNo)).toEqual(Option.some(first.refund))
      expect(yield* found(other.payment.payOrderNo)).toEqual(Option.some(second.refund))
      expect(Option.getOrThrow(yield* orders.byKey(app, idempotencyKey)).payment).toEqual(first.payment)
      expect(yield* orders.refundByKey(one.payment.payOrderNo, fresh("key"))).toEqual(Option.none())
    })
  )

  it.effect("a number or a key that is taken is Stale, and nothing of the commit is on disk", () =>
    Effect.gen(function* () {
      const { payment } = yield* place()
      const first = yield* refunded(payment, 1)
      const { orders } = first
      const sameNo = yield* Effect.flip(refunded(first.payment, 1))
      expect(sameNo).toBeInstanceOf(Stale)
      const idempotencyKey = first.placing?.idempotencyKey ?? null
      const sameKey = yield* Effect.flip(refunded(first.payment, 2, { idempotencyKey }))
      expect(sameKey).toBeInstanceOf(Stale)
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(first.payment))
      expect(yield* orders.refundsOf(payment.payOrderNo)).toEqual([first.refund])
      expect((yield* orders.history(first.refund.refundNo)).length).toBe(1)
    })
  )

  it.effect("a payment and its refund may be placed in one commit; a payment that is taken is still a Duplicate", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const placed = aChange(aPayment({ state: "SUCCEEDED" }), 0)
      const refund = aRefundChange(placed.payment, aRefund(placed.payment, 1), 0)
      yield* orders.commit([placed, refund])
      expect(yield* orders.refundsOf(placed.payment.payOrderNo)).toEqual([refund.refund])
      const again = yield* Effect.flip(
        orders.commit([placed, aRefundChange(placed.payment, aRefund(placed.payment, 2), 0)])
      )
      expect(again).toBeInstanceOf(Duplicate)
      expect((yield* orders.refundsOf(placed.payment.payOrderNo)).length).toBe(1)
    })
  )
}

const committing = (it: It) => {
  it.effect("of many refunds decided from one version of their payment, one is placed and the others are Stale", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const tries = yield* Effect.all(
        Array.from({ length: 8 }, () => Effect.either(refunded(payment, 1))),
        { concurrency: "unbounded" }
      )
      const winners = tries.filter(Either.isRight)
      expect(winners.length).toBe(1)
      for (const { left } of tries.filter(Either.isLeft)) expect(left).toBeInstanceOf(Stale)
      expect(yield* orders.refundsOf(payment.payOrderNo)).toEqual([winners[0]?.right.refund])
    })
  )

  it.effect("of two changes of a refund decided from one version, one is Stale, and takes its payment's with it", () =>
    Effect.gen(function* () {
      const { payment } = yield* place()
      const { orders, refund, payment: moved } = yield* refunded(payment, 1)
      const won = aRefundChange(moved, { ...refund, state: "SUCCEEDED" }, 1)
      yield* orders.commit([won])
      const next = aChange({ ...moved, state: "REFUNDED" }, moved.version)
      const late = yield* Effect.flip(orders.commit([next, aRefundChange(next.payment, refund, 1)]))
      expect(late).toEqual(new Stale({ payOrderNo: refund.refundNo }))
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(moved))
      expect(yield* orders.refund(refund.refundNo)).toEqual(Option.some(won.refund))
    })
  )

  it.effect("a change of a refund that is not there is Stale; versions are told of refunds, too", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const nobody = yield* Effect.flip(orders.commit([aRefundChange(payment, aRefund(payment, 1), 3)]))
      expect(nobody).toBeInstanceOf(Stale)
      const { refund } = yield* refunded(payment, 1)
      const versions = yield* orders.versions([refund.refundNo, payment.payOrderNo, `${payment.payOrderNo}R2`])
      expect(new Map(versions)).toEqual(
        new Map([
          [refund.refundNo, 1],
          [payment.payOrderNo, 2]
        ])
      )
    })
  )
}

/** What an `Orders` must do about refunds. */
export const refundRows = (it: It): void => {
  placing(it)
  keys(it)
  committing(it)
}

const head = (letter: string) => `a1b2c3d4.${letter.repeat(64)}`

/** What an `Orders` must keep of what chains a history. */
export const chained = (it: It): void => {
  it.effect(
    "entries come back with what chains them, and payments and refunds with what their histories end with",
    () =>
      Effect.gen(function* () {
        const orders = yield* Orders
        const placed = aChange(aPayment({ head: head("1") }), 0)
        const linked = { ...placed, entry: { ...placed.entry, hash: head("1") } }
        yield* orders.commit([linked])
        const moved = aChange({ ...placed.payment, head: head("2") }, 1)
        const refund = aRefund(placed.payment, 1, { head: head("3") })
        const refunding = aRefundChange(moved.payment, refund, 0)
        const entries = [
          { ...moved.entry, hash: head("2") },
          { ...refunding.entry, hash: head("3") }
        ] as const
        yield* orders.commit([
          { ...moved, entry: entries[0] },
          { ...refunding, entry: entries[1] }
        ])
        const { payOrderNo } = placed.payment
        expect((yield* orders.history(payOrderNo)).map(({ hash }) => hash)).toEqual([head("1"), head("2")])
        expect((yield* orders.history(refund.refundNo)).map(({ hash }) => hash)).toEqual([head("3")])
        expect(Option.getOrThrow(yield* orders.byNumber(payOrderNo)).head).toBe(head("2"))
        expect(Option.getOrThrow(yield* orders.refund(refund.refundNo)).head).toBe(head("3"))
      })
  )

  it.effect("a history that was begun before the chain has none, and may be chained from its next entry on", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const moved = aChange({ ...payment, head: head("4") }, 1)
      yield* orders.commit([{ ...moved, entry: { ...moved.entry, hash: head("4") } }])
      expect((yield* orders.history(payment.payOrderNo)).map(({ hash }) => hash)).toEqual([null, head("4")])
    })
  )
}
