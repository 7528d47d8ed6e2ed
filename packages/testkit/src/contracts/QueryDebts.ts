import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import type { Claimed, Deliveries, Inbox } from "@payment-proxy/ports"
import { DueWork, Orders } from "@payment-proxy/ports"
import { Duration, Effect, TestClock } from "effect"
import { aChange, aPayment, aRefund, aRefundChange } from "../Samples.ts"
import { lease, many } from "./announced.ts"

type It = Vitest.MethodsNonLive<Orders | DueWork | Deliveries | Inbox>

/** An order that is due after `dueIn`. */
const dueOrder = (dueIn: Duration.Duration) =>
  Effect.gen(function* () {
    const change = aChange(aPayment(), 0, { dueIn })
    yield* Effect.flatMap(Orders, (orders) => orders.commit([change]))
    return change.payment
  })

/** Whether each of these owes a query, as whoever claims them now is told; undefined of what is not due. */
const owed = (...numbers: ReadonlyArray<string>) =>
  Effect.map(
    Effect.flatMap(DueWork, (due) => due.claim("orders", many, lease)),
    (claimed) => numbers.map((no) => claimed.find(({ id }) => id === no)?.isQueryOwed)
  )

/** An order that owes a query, and the claim that it is seen to under. */
const owing = Effect.gen(function* () {
  const due = yield* DueWork
  const { payOrderNo: no, ...payment } = yield* dueOrder(Duration.hours(1))
  yield* due.hasten(no)
  const claimed = (yield* due.claim("orders", many, lease)).find(({ id }) => id === no)
  if (claimed === undefined) return yield* Effect.dieMessage("What is hastened is not due.")
  return { no, payment: { ...payment, payOrderNo: no }, claimed }
})
const asked = (claimed: Claimed): Claimed => ({ ...claimed, isQueryOwed: false })

/** Who owes a query, and what settles it (design §5, a cell with a dagger). */
export const queryDebts = (it: It): void => {
  it.effect("what is hastened owes a query; what is due by a commit alone does not", () =>
    Effect.gen(function* () {
      const { claimed } = yield* owing
      const { payOrderNo } = yield* dueOrder(Duration.zero)
      expect([claimed.isQueryOwed, ...(yield* owed(payOrderNo))]).toEqual([true, false])
    })
  )

  it.effect("a query that is owed for a refund is not owed for its payment, which is claimed beside it", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const payment = yield* dueOrder(Duration.zero)
      const refund = aRefund(payment, 1)
      yield* orders.commit([aRefundChange(payment, refund, 0, { dueIn: Duration.zero })])
      yield* Effect.flatMap(DueWork, (due) => due.hasten(refund.refundNo))
      expect(yield* owed(payment.payOrderNo, refund.refundNo)).toEqual([false, true])
    })
  )

  it.effect("who has asked hands it in, for later or as done, and it owes nothing more", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const orders = yield* Orders
      const [later, done] = [yield* owing, yield* owing]
      expect(yield* due.postpone(asked(later.claimed), Duration.seconds(5), null)).toBe(true)
      expect(yield* due.done(done.claimed, null)).toBe(true)
      yield* orders.commit([aChange(done.payment, 1, { dueIn: Duration.seconds(5) })])
      yield* TestClock.adjust(Duration.seconds(5))
      expect(yield* owed(later.no, done.no)).toEqual([false, false])
    })
  )

  it.effect(
    "it is owed still where the piece was given back, failed before its query, or where its worker is gone",
    () =>
      Effect.gen(function* () {
        const due = yield* DueWork
        const [given, failed, left] = [yield* owing, yield* owing, yield* owing]
        expect(yield* due.giveBack(given.claimed, Duration.zero)).toBe(true)
        expect(yield* due.postpone(failed.claimed, Duration.zero, "failed")).toBe(true)
        yield* TestClock.adjust(lease)
        expect(yield* owed(given.no, failed.no, left.no)).toEqual([true, true, true])
      })
  )

  it.effect("what another's commit says is never due again stays due while it owes a query", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const orders = yield* Orders
      const { no, payment, claimed } = yield* owing
      yield* orders.commit([aChange(payment, 1, { dueIn: null })])
      // Whoever held it cannot hand it in any more, and may not have asked.
      expect(yield* due.postpone(claimed, Duration.seconds(5), null)).toBe(false)
      expect(yield* owed(no)).toEqual([true])
      yield* orders.commit([aChange(payment, 2, { dueIn: null })])
      const again = (yield* due.claim("orders", many, lease)).find(({ id }) => id === no)
      expect(again?.isQueryOwed).toBe(true)
      yield* orders.commit([aChange(payment, 3, { dueIn: null, askedBy: again?.token ?? "" })])
      expect(yield* owed(no)).toEqual([undefined])
    })
  )

  it.effect("who asked before it was hastened once more settles nothing", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const orders = yield* Orders
      const [one, other] = [yield* owing, yield* owing]
      yield* due.hasten(one.no)
      yield* due.hasten(other.no)
      expect(yield* due.postpone(asked(one.claimed), Duration.hours(1), null)).toBe(false)
      yield* orders.commit([aChange(other.payment, 1, { askedBy: other.claimed.token })])
      expect(yield* owed(one.no, other.no)).toEqual([true, true])
    })
  )

  it.effect("a commit settles what the claim owed in whose name the vendor was asked; any other leaves it", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const [answered, foreign, another] = [yield* owing, yield* owing, yield* owing]
      const dueIn = Duration.zero
      const changes = [
        aChange(answered.payment, 1, { dueIn, askedBy: answered.claimed.token }),
        aChange(foreign.payment, 1, { dueIn }),
        aChange(another.payment, 1, { dueIn, askedBy: "another's" })
      ]
      yield* Effect.forEach(changes, (change) => orders.commit([change]), { concurrency: "unbounded" })
      expect(yield* owed(answered.no, foreign.no, another.no)).toEqual([false, true, true])
    })
  )

  it.effect(
    "a commit that owes a query leaves it owed, also where it settles the one before, beside one that owes none",
    () =>
      Effect.gen(function* () {
        const orders = yield* Orders
        const again = yield* owing
        const [first, none] = [yield* dueOrder(Duration.hours(1)), yield* dueOrder(Duration.hours(1))]
        const dueIn = Duration.zero
        const changes = [
          aChange(again.payment, 1, { dueIn, owesQuery: true, askedBy: again.claimed.token }),
          aChange(first, 1, { dueIn, owesQuery: true }),
          aChange(none, 1, { dueIn })
        ]
        yield* Effect.forEach(changes, (change) => orders.commit([change]), { concurrency: "unbounded" })
        expect(yield* owed(again.no, first.payOrderNo, none.payOrderNo)).toEqual([true, true, false])
      })
  )

  it.effect("a commit that puts off what is due leaves the query owed for when it is due again", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const { no, payment } = yield* owing
      yield* orders.commit([aChange(payment, 1, { dueIn: Duration.seconds(7), putsOff: true })])
      yield* TestClock.adjust(Duration.seconds(7))
      expect(yield* owed(no)).toEqual([true])
    })
  )
}
