import { expect, it } from "@effect/vitest"
import type { Payment } from "@payment-proxy/domain"
import { Orders, StoreUnavailable } from "@payment-proxy/ports"
import { aChange, aPayment, ThrowawayMariaDb } from "@payment-proxy/testkit"
import { Effect, Either, Layer, Option } from "effect"
import * as Mysql from "../src/index.ts"
import { ownDatabase } from "./scratch.ts"

/** An order as its first version is on disk. */
const stored = (payment: Payment.Payment) => Option.some({ ...payment, version: 1 })

const all = { concurrency: "unbounded" } as const

const reading = <A, E>(
  test: (stores: {
    readonly orders: Orders["Type"]
    readonly url: string
    readonly proxy: Effect.Effect.Success<ReturnType<typeof ThrowawayMariaDb.proxied>>["proxy"]
  }) => Effect.Effect<A, E>
) =>
  Effect.gen(function* () {
    const url = yield* ownDatabase
    const through = yield* ThrowawayMariaDb.proxied(url)
    const context = yield* Layer.build(Mysql.layer({ url: through.url, statementMillis: 1000 }))
    return yield* test({ orders: yield* Effect.provide(Orders, context), url, proxy: through.proxy })
  })

it.scopedLive("hundreds of reads at once: each gets its own order, and nobody another's", () =>
  reading(({ orders, proxy }) =>
    Effect.gen(function* () {
      const payments = Array.from({ length: 30 }, () => aPayment())
      yield* Effect.forEach(payments, (payment) => orders.commit([aChange(payment, 0)]), all)
      let statements = 0
      proxy.fate = () => {
        statements += 1
        return "pass"
      }
      const asked = Array.from({ length: 300 }, (_, index) => payments[index % 40])
      const found = yield* Effect.forEach(asked, (payment) => orders.byNumber(payment?.payOrderNo ?? "nobody's"), all)
      expect(found).toEqual(asked.map((payment) => (payment === undefined ? Option.none() : stored(payment))))
      expect(statements, "they shared statements").toBeLessThan(30)
      const [payment] = payments
      if (payment === undefined) return
      expect(yield* orders.ofApp(payment.app, payment.payOrderNo)).toEqual(stored(payment))
      expect(yield* orders.ofApp("somebody-else", payment.payOrderNo)).toEqual(Option.none())
    })
  )
)

it.scopedLive("reads by what vendors know orders by share statements, too, and each gets its own", () =>
  reading(({ orders, proxy }) =>
    Effect.gen(function* () {
      const payments = Array.from({ length: 30 }, (_, index) =>
        aPayment({ vendor: `vendor-${index % 3}`, merchantOrderNo: `shop-${Math.floor(index / 3)}` })
      )
      yield* Effect.forEach(payments, (payment) => orders.commit([aChange(payment, 0)]), all)
      let statements = 0
      proxy.fate = () => {
        statements += 1
        return "pass"
      }
      const asked = Array.from({ length: 300 }, (_, index) => payments[index % 40])
      const found = yield* Effect.forEach(
        asked,
        (payment) => orders.byMerchantOrderNo(payment?.vendor ?? "vendor-1", payment?.merchantOrderNo ?? "nobody's"),
        all
      )
      expect(found.map(Option.map(({ payment }) => payment))).toEqual(
        asked.map((payment) => (payment === undefined ? Option.none() : stored(payment)))
      )
      expect(statements, "they shared statements").toBeLessThan(30)
    })
  )
)

it.scopedLive("an order that has moved since it was read is read anew, whoever moved it", () =>
  reading(({ orders, url }) =>
    Effect.gen(function* () {
      const payment = aPayment()
      yield* orders.commit([aChange(payment, 0)])
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(stored(payment))
      expect(yield* orders.byNumber(payment.payOrderNo)).toEqual(stored(payment))
      yield* ThrowawayMariaDb.statements(
        url,
        `UPDATE payment_proxy_order SET version = 2, pay_status = 20 WHERE pay_order_no = '${payment.payOrderNo}'`
      )
      expect(Option.getOrThrow(yield* orders.byNumber(payment.payOrderNo))).toMatchObject({
        version: 2,
        state: "PENDING"
      })
    })
  )
)

it.scopedLive("a row that cannot be read fails for who asks for it, not for who asks at the same time", () =>
  reading(({ orders, url }) =>
    Effect.gen(function* () {
      const [good, bad] = [aPayment(), aPayment()]
      yield* Effect.forEach([good, bad], (payment) => orders.commit([aChange(payment, 0)]))
      yield* ThrowawayMariaDb.statements(
        url,
        `UPDATE payment_proxy_order SET facts = 'no JSON' WHERE pay_order_no = '${bad.payOrderNo}'`
      )
      const numbers = [good.payOrderNo, bad.payOrderNo, good.payOrderNo]
      const [first, second, third] = yield* Effect.forEach(numbers, (no) => Effect.either(orders.byNumber(no)), all)
      expect([first, third]).toEqual([Either.right(stored(good)), Either.right(stored(good))])
      expect(second !== undefined && Either.isLeft(second) && second.left).toBeInstanceOf(StoreUnavailable)
    })
  )
)

it.scopedLive("where the database is dark, all who wait are told within its time limit, and all is well after", () =>
  reading(({ orders, proxy }) =>
    Effect.gen(function* () {
      const payment = aPayment()
      yield* orders.commit([aChange(payment, 0)])
      proxy.darken()
      const begin = Date.now()
      const failed = yield* Effect.forEach(
        Array.from({ length: 500 }),
        () => Effect.flip(orders.byNumber(payment.payOrderNo)),
        all
      )
      expect(failed.every((failure) => failure instanceof StoreUnavailable)).toBe(true)
      expect(Date.now() - begin).toBeLessThan(4000)
      proxy.lighten()
      expect(yield* Effect.retry(orders.byNumber(payment.payOrderNo), { times: 5 })).toEqual(stored(payment))
    })
  )
)
