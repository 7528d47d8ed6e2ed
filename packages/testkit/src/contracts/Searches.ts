import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import { type Currency, Money, OrderNo, type Payment, type Words } from "@payment-proxy/domain"
import { anyOrder, type OrderFilter, Orders, type Search } from "@payment-proxy/ports"
import { Effect } from "effect"
import { aChange, aPayment, epochMillis, fresh } from "../Samples.ts"
import { place } from "./placed.ts"
import { refunded } from "./RefundRows.ts"

type It = Vitest.MethodsNonLive<Orders>

const searchOf = (app: string | null, narrowed: Partial<Search> = {}): Search => ({
  ...anyOrder,
  app,
  after: null,
  limit: 100,
  ...narrowed
})

/** A number of a time, as orders that are created then have. */
const numberAt = (nowMillis: number) =>
  OrderNo.make({ nowMillis, shard: 0, random: crypto.getRandomValues(new Uint8Array(10)) })
const createdAt = (createdAtMillis: number) => ({ createdAtMillis, payOrderNo: numberAt(createdAtMillis) })

const listing = (it: It) => {
  it.effect("an app's orders are listed newest first, in pages, each once and none of another app", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const app = fresh("app")
      const placed = yield* Effect.forEach(Array.from({ length: 7 }), () => place(aPayment({ app })))
      yield* place(aPayment({ app: fresh("app") }))
      const pages: Array<string> = []
      for (let page = 0; page < 4; page++) {
        const found = yield* orders.search(searchOf(app, { limit: 3, after: pages.at(-1) ?? null }))
        pages.push(...found.map(({ payOrderNo }) => payOrderNo))
      }
      expect(pages).toEqual(placed.map(({ payment }) => payment.payOrderNo).reverse())
    })
  )

  it.effect("a search is narrowed by business number, state, vendor and time of creation", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const app = fresh("app")
      const plain = { app, state: "PENDING", vendor: "one", businessNo: "B-1" } as const
      const placed = (given: Partial<Payment.Payment>, atMillis = 5_000_000) =>
        place(aPayment({ ...plain, ...createdAt(atMillis), ...given }))
      const { payment } = yield* placed({})
      yield* placed({ businessNo: "B-2" })
      yield* placed({ businessNo: null })
      yield* placed({ state: "CLOSED" })
      yield* placed({ vendor: "two" })
      yield* placed({}, 1_000_000)
      yield* placed({}, 9_000_000)
      const narrowed = { businessNo: "B-1", state: "PENDING", vendor: "one" } as const
      const times = { createdFromMillis: 4_000_000, createdToMillis: 6_000_000 }
      expect(yield* orders.search(searchOf(app, { ...narrowed, ...times }))).toEqual([payment])
      expect((yield* orders.search(searchOf(app, narrowed))).length).toBe(3)
      expect((yield* orders.search(searchOf(app, times))).length).toBe(5)
      expect((yield* orders.search(searchOf(app))).length).toBe(7)
    })
  )

  it.effect("a search of no app's in particular finds those of all apps", () =>
    Effect.gen(function* () {
      const vendor = fresh("vendor")
      const { orders, payment } = yield* place(aPayment({ app: fresh("app"), vendor }))
      const other = yield* place(aPayment({ app: fresh("app"), vendor }))
      const found = yield* orders.search(searchOf(null, { vendor }))
      expect(found).toEqual([other.payment, payment])
    })
  )

  it.effect("a search shows each order as it now is", () =>
    Effect.gen(function* () {
      const app = fresh("app")
      const { orders, payment } = yield* place(aPayment({ app }))
      const moved = aChange({ ...payment, state: "SUCCEEDED" }, 1)
      yield* orders.commit([moved])
      expect(yield* orders.search(searchOf(app, { state: "SUCCEEDED" }))).toEqual([moved.payment])
      expect(yield* orders.search(searchOf(app, { state: "CREATED" }))).toEqual([])
    })
  )
}

const numbers = (it: It) => {
  it.effect("an order is found by every number that it or one of its refunds has, and by none other", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const [businessNo, merchantOrderNo, transactionNo, vendorRefundNo] = [
        fresh("B"),
        fresh("M"),
        fresh("T"),
        fresh("R")
      ]
      const { payment } = yield* place(
        aPayment({ businessNo, merchantOrderNo, transactionNo, vendor: fresh("vendor") })
      )
      const { refund, payment: after } = yield* refunded(payment, 1, {}, { vendorRefundNo })
      yield* place(aPayment({ vendor: payment.vendor }))
      const found = (number: string) => orders.search(searchOf(null, { number }))
      for (const number of [
        payment.payOrderNo,
        businessNo,
        merchantOrderNo,
        transactionNo,
        refund.refundNo,
        vendorRefundNo
      ]) {
        expect(yield* found(number), number).toEqual([after])
        expect(yield* orders.count({ ...anyOrder, number })).toEqual({ count: 1, isExact: true })
      }
      const others = [
        businessNo.toLowerCase(),
        `${transactionNo} `,
        merchantOrderNo.slice(0, -1),
        `${payment.payOrderNo}R2`
      ]
      for (const number of [...others, fresh("none"), `%${transactionNo.slice(1)}`])
        expect(yield* found(number), number).toEqual([])
    })
  )

  it.effect("orders of one number come newest first in pages, and no other filter is forgotten", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const app = fresh("app")
      const businessNo = fresh("B")
      const placed = yield* Effect.forEach(Array.from({ length: 5 }), () => place(aPayment({ app, businessNo })))
      const newest = placed.map(({ payment }) => payment).reverse()
      const found = yield* orders.search(searchOf(null, { number: businessNo, limit: 2 }))
      expect(found).toEqual(newest.slice(0, 2))
      const after = found.at(-1)?.payOrderNo ?? null
      expect(yield* orders.search(searchOf(app, { number: businessNo, after }))).toEqual(newest.slice(2))
      expect(yield* orders.search(searchOf(fresh("app"), { number: businessNo }))).toEqual([])
      expect(yield* orders.search(searchOf(app, { number: businessNo, state: "HELD" }))).toEqual([])
    })
  )
}

const amounts = (it: It) => {
  it.effect("orders of a method, or of an amount from one end to the other in a currency, are found", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const app = fresh("app")
      const of = (amountMinor: bigint, currency: Currency.Currency, method: Words.Method) =>
        Effect.map(
          place(aPayment({ app, method, amount: Money.make(amountMinor, currency) })),
          ({ payment }) => payment
        )
      const small = yield* of(99n, "CNY", "ALIPAY")
      const large = yield* of(12_345_678_901_234n, "CNY", "CARD")
      const yen = yield* of(99n, "JPY", "CARD")
      const found = (narrowed: Partial<Search>) => orders.search(searchOf(app, narrowed))
      expect(yield* found({ method: "CARD" })).toEqual([yen, large])
      expect(yield* found({ currency: "CNY" })).toEqual([large, small])
      expect(yield* found({ currency: "CNY", amountFromMinor: 99n, amountToMinor: 99n })).toEqual([small])
      expect(yield* found({ currency: "CNY", amountFromMinor: 100n })).toEqual([large])
      expect(yield* found({ currency: "CNY", amountToMinor: 98n })).toEqual([])
      expect(yield* found({ currency: "JPY", amountToMinor: 100n, method: "CARD" })).toEqual([yen])
      expect(yield* found({ currency: "JPY", amountToMinor: 100n, method: "ALIPAY" })).toEqual([])
    })
  )

  it.effect("what a refund has beside its payment is found by nothing: not its amount, state, vendor or method", () =>
    Effect.gen(function* () {
      const vendor = fresh("vendor")
      const { orders, payment } = yield* place(aPayment({ vendor, app: fresh("app"), state: "SUCCEEDED" }))
      const { payment: after } = yield* refunded(payment, 1, {}, { state: "SUCCEEDED" })
      for (const narrowed of [{}, { state: after.state }, { currency: "CNY" }, { method: payment.method }] as const) {
        expect(yield* orders.search(searchOf(null, { vendor, ...narrowed })), JSON.stringify(narrowed)).toEqual([after])
        expect(yield* orders.count({ ...anyOrder, vendor, ...narrowed })).toEqual({ count: 1, isExact: true })
      }
    })
  )
}

/** Each part of a filter, as it fits one of the orders below or none. */
const parts = {
  app: ["one", "two"],
  vendor: ["one", "two"],
  state: ["PENDING", "SUCCEEDED"],
  method: ["ALIPAY", "CARD"],
  amountFromMinor: [100n, 200n]
} as const

const mixed = (it: It) => {
  it.effect("whatever parts a filter has, it finds and counts what has all of them, page by page", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const mark = fresh("mix")
      const all: Array<Payment.Payment> = []
      const named = (name: string) => `${name}_${mark}`
      for (let index = 0; index < 32; index++) {
        const pick = <A>(pair: readonly [A, A], bit: number): A => pair[(index >> bit) & 1] ?? pair[0]
        const { payment } = yield* place(
          aPayment({
            ...createdAt(epochMillis + 1000 * index),
            app: named(pick(parts.app, 0)),
            vendor: named(pick(parts.vendor, 1)),
            state: pick(parts.state, 2),
            method: pick(parts.method, 3),
            amount: Money.make(pick(parts.amountFromMinor, 4), "ISK")
          })
        )
        all.push(payment)
      }
      for (let kind = 1; kind < 32; kind++) {
        const filter: OrderFilter = {
          ...anyOrder,
          app: kind & 1 ? named("one") : null,
          vendor: kind & 2 ? named("two") : null,
          state: kind & 4 ? "SUCCEEDED" : null,
          method: kind & 8 ? "ALIPAY" : null,
          currency: kind & 16 ? "ISK" : null,
          amountFromMinor: kind & 16 ? 150n : null,
          createdFromMillis: epochMillis + 4000,
          createdToMillis: epochMillis + 30_000
        }
        const expected = all.filter(
          (payment) =>
            (filter.app ?? payment.app) === payment.app &&
            (filter.vendor ?? payment.vendor) === payment.vendor &&
            (filter.state ?? payment.state) === payment.state &&
            (filter.method ?? payment.method) === payment.method &&
            payment.amount.amountMinor >= (filter.amountFromMinor ?? 0n) &&
            payment.createdAtMillis >= epochMillis + 4000 &&
            payment.createdAtMillis < epochMillis + 30_000
        )
        const found = yield* orders.search({ ...filter, after: null, limit: 1000 })
        const ours = found.filter(({ app }) => app.endsWith(mark))
        const name = JSON.stringify(filter, (_, value) => (typeof value === "bigint" ? String(value) : value))
        expect(
          ours.map(({ payOrderNo }) => payOrderNo),
          name
        ).toEqual(expected.map(({ payOrderNo }) => payOrderNo).reverse())
        expect(yield* orders.count(filter), name).toEqual({ count: found.length, isExact: true })
        const after = found.at(0)?.payOrderNo ?? null
        expect(
          (yield* orders.search({ ...filter, after, limit: 2 })).map(({ payOrderNo }) => payOrderNo),
          name
        ).toEqual(found.slice(1, 3).map(({ payOrderNo }) => payOrderNo))
      }
    })
  )
}

/** Which orders a search finds. */
export const searching = (it: It): void => {
  listing(it)
  numbers(it)
  amounts(it)
  mixed(it)
}
