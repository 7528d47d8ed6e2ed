import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import { Duplicate, Orders, Stale } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Effect, Either, Option } from "effect"
import { payment as anyPayment } from "../Generators.ts"
import { aChange, aPayment, fresh, freshNo } from "../Samples.ts"
import { numbersAtVendors } from "./OrderNumbers.ts"
import { place } from "./placed.ts"
import { chained, refundRows } from "./RefundRows.ts"
import { searching } from "./Searches.ts"

type It = Vitest.MethodsNonLive<Orders>

const placing = (it: It) => {
  it.effect("a placed order is found by its number, and by the key that it was placed under", () =>
    Effect.gen(function* () {
      const { orders, payment, placing } = yield* place()
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(payment))
      const byKey = yield* orders.byKey(payment.app, placing?.idempotencyKey ?? "")
      expect(byKey).toEqual(Option.some({ payment, fingerprint: placing?.fingerprint }))
      expect(yield* orders.sealedRequest(payment.payOrderNo)).toEqual(Option.some(placing?.sealedRequest))
    })
  )

  it.effect("an order that was never placed is not found", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const payOrderNo = freshNo()
      expect(yield* orders.byNumber(payOrderNo)).toEqual(Option.none())
      expect(yield* orders.ofApp("app_demo", payOrderNo)).toEqual(Option.none())
      expect(yield* orders.byKey("app_demo", fresh("key"))).toEqual(Option.none())
      expect(yield* orders.byMerchantOrderNo("fake", payOrderNo)).toEqual(Option.none())
      expect(yield* orders.byTransactionNo("fake", fresh("txn"))).toEqual(Option.none())
      expect(yield* orders.sealedRequest(payOrderNo)).toEqual(Option.none())
      expect(yield* orders.history(payOrderNo)).toEqual([])
    })
  )

  it.effect("an app finds its own order by number; another app's is not there", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      expect(yield* orders.ofApp(payment.app, payment.payOrderNo)).toEqual(Option.some(payment))
      expect(yield* orders.ofApp(fresh("app"), payment.payOrderNo)).toEqual(Option.none())
    })
  )

  it.effect("a taken number is a Duplicate of the order that has it", () =>
    Effect.gen(function* () {
      const { orders, payment, placing } = yield* place()
      const refused = yield* Effect.flip(orders.commit([aChange(payment, 0)]))
      expect(refused).toBeInstanceOf(Duplicate)
      expect(refused).toMatchObject({ existing: { payment, fingerprint: placing?.fingerprint } })
    })
  )

  it.effect("a taken idempotency key is a Duplicate of the order that has it, as that order now is", () =>
    Effect.gen(function* () {
      const idempotencyKey = fresh("key")
      const { orders, payment, placing } = yield* place(aPayment(), { idempotencyKey })
      const moved = aChange({ ...payment, state: "PENDING" }, 1)
      yield* orders.commit([moved])
      const other = aPayment()
      const refused = yield* Effect.flip(place(other, { idempotencyKey }))
      expect(refused).toBeInstanceOf(Duplicate)
      expect(refused).toMatchObject({ existing: { payment: moved.payment, fingerprint: placing?.fingerprint } })
      expect(yield* orders.byNumber(other.payOrderNo)).toEqual(Option.none())
    })
  )
}

const keys = (it: It) => {
  it.effect("another app's key of the same letters is free", () =>
    Effect.gen(function* () {
      const idempotencyKey = fresh("key")
      yield* place(aPayment({ app: fresh("app") }), { idempotencyKey })
      yield* place(aPayment({ app: fresh("app") }), { idempotencyKey })
    })
  )

  it.effect("keys compare by the byte: abc, ABC and abc with a blank are three", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const app = fresh("app")
      const placed = yield* Effect.forEach(["abc", "ABC", "abc ", "äbc"], (idempotencyKey) =>
        Effect.map(place(aPayment({ app }), { idempotencyKey }), ({ payment }) => [idempotencyKey, payment] as const)
      )
      for (const [idempotencyKey, payment] of placed)
        expect(Option.getOrThrow(yield* orders.byKey(app, idempotencyKey)).payment).toEqual(payment)
    })
  )

  it.effect("of many placings with one key at once, one makes the order and the others are its Duplicates", () =>
    Effect.gen(function* () {
      const idempotencyKey = fresh("key")
      const tries = yield* Effect.all(
        Array.from({ length: 8 }, () => Effect.either(place(aPayment(), { idempotencyKey }))),
        { concurrency: "unbounded" }
      )
      const winners = tries.filter(Either.isRight)
      expect(winners.length).toBe(1)
      for (const loser of tries.filter(Either.isLeft))
        expect(loser.left).toMatchObject({ _tag: "Duplicate", existing: { payment: winners[0]?.right.payment } })
    })
  )
}

const committing = (it: It) => {
  it.effect("a change from the version that is on disk makes the next one", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const change = aChange({ ...payment, state: "PENDING", transactionNo: fresh("txn") }, 1)
      yield* orders.commit([change])
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(change.payment))
    })
  )

  it.effect("of two commits decided from one version, one is Stale", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const commits = (["PENDING", "CLOSING"] as const).map((state) => aChange({ ...payment, state }, 1))
      const outcomes = yield* Effect.all(
        commits.map((change) => Effect.either(orders.commit([change]))),
        { concurrency: "unbounded" }
      )
      const lost = outcomes.filter(Either.isLeft)
      expect(lost.map(({ left }) => left)).toEqual([new Stale({ payOrderNo: payment.payOrderNo })])
      const winner = commits[outcomes.findIndex(Either.isRight)]
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(winner?.payment))
      expect((yield* orders.history(payment.payOrderNo)).length).toBe(2)
    })
  )

  it.effect("a change of an order that is not there is Stale", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const refused = yield* Effect.flip(orders.commit([aChange(aPayment(), 3)]))
      expect(refused).toBeInstanceOf(Stale)
    })
  )

  it.effect("a commit is all or none: one Stale change keeps the others off the disk", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const other = yield* place()
      const refused = yield* Effect.flip(
        orders.commit([
          aChange(aPayment({ payOrderNo: "NEVERPLACED" }), 0),
          aChange({ ...payment, state: "PENDING" }, 1),
          aChange({ ...other.payment, state: "PENDING" }, 7)
        ])
      )
      expect(refused).toEqual(new Stale({ payOrderNo: other.payment.payOrderNo }))
      expect(yield* orders.byNumber("NEVERPLACED")).toEqual(Option.none())
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(Option.some(payment))
      expect((yield* orders.history(payment.payOrderNo)).length).toBe(1)
    })
  )

  it.effect("one commit takes changes of several orders", () =>
    Effect.gen(function* () {
      const first = yield* place()
      const second = yield* place()
      const changes = [first, second].map(({ payment }) => aChange({ ...payment, state: "PENDING" }, 1))
      yield* first.orders.commit(changes)
      const numbers = changes.map(({ payment }) => payment.payOrderNo)
      expect([...(yield* first.orders.versions(numbers)).values()]).toEqual([2, 2])
    })
  )
}

const reading = (it: It) => {
  it.effect("history tells every version, oldest first and without a gap", () =>
    Effect.gen(function* () {
      const { orders, payment, change } = yield* place()
      const pending = aChange({ ...payment, state: "PENDING" }, 1)
      const paid = aChange({ ...payment, state: "SUCCEEDED" }, 2)
      const told = { ...paid, entry: { ...paid.entry, cause: "notification:paid", detail: "“já”, said the vendor" } }
      yield* orders.commit([pending])
      yield* orders.commit([told])
      const history = yield* orders.history(payment.payOrderNo)
      expect(history).toEqual([change.entry, pending.entry, told.entry])
      expect(history.map(({ version }) => version)).toEqual([1, 2, 3])
    })
  )

  it.effect("an order is found by the vendor's number, for that vendor alone", () =>
    Effect.gen(function* () {
      const transactionNo = fresh("txn")
      const { orders, payment } = yield* place(aPayment({ vendor: "one" }))
      yield* place(aPayment({ vendor: "two", transactionNo }))
      const learnt = aChange({ ...payment, transactionNo }, 1)
      yield* orders.commit([learnt])
      expect(yield* orders.byTransactionNo("one", transactionNo)).toEqual(Option.some(learnt.payment))
      expect(yield* orders.byTransactionNo("three", transactionNo)).toEqual(Option.none())
      expect(yield* orders.byTransactionNo("one", transactionNo.toLowerCase())).toEqual(Option.none())
    })
  )

  it.effect("versions are told of those orders that are there", () =>
    Effect.gen(function* () {
      const { orders, payment } = yield* place()
      const moved = yield* place()
      yield* orders.commit([aChange(moved.payment, 1)])
      const versions = yield* orders.versions([payment.payOrderNo, freshNo(), moved.payment.payOrderNo])
      expect(new Map(versions)).toEqual(
        new Map([
          [payment.payOrderNo, 1],
          [moved.payment.payOrderNo, 2]
        ])
      )
      expect((yield* orders.versions([])).size).toBe(0)
    })
  )

  it.effect("a store that takes orders is ready", () => Effect.flatMap(Orders, (orders) => orders.ready))

  it.effect.prop(
    "a payment in any state, with any facts, comes back as it was committed",
    { any: anyPayment, later: anyPayment },
    ({ any, later }) =>
      Effect.gen(function* () {
        const { orders, payment } = yield* place({ ...any, payOrderNo: freshNo(), merchantOrderNo: fresh("shop") })
        expect(Option.getOrThrow(yield* orders.byNumber(payment.payOrderNo))).toEqual(payment)
        const { payOrderNo, merchantOrderNo } = payment
        const { state, transactionNo, kept, paidAtMillis } = later
        const moved = { state, transactionNo, kept, paidAtMillis }
        const again = aChange({ ...any, ...moved, payOrderNo, merchantOrderNo }, 1)
        yield* orders.commit([again])
        expect(Option.getOrThrow(yield* orders.byNumber(payment.payOrderNo))).toEqual(again.payment)
      }),
    { fastCheck: { numRuns: 60 } }
  )
}

/** What every `Orders` must do. An adapter's test file is one call of this; one store may run every contract. */
export const ordersContract = <E>(name: string, orders: Layer.Layer<Orders, E>): void =>
  layer(orders)(`Orders: ${name}`, (it) => {
    placing(it)
    keys(it)
    numbersAtVendors(it)
    committing(it)
    reading(it)
    searching(it)
    refundRows(it)
    chained(it)
  })
