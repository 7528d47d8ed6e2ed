import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import type { Payment } from "@payment-proxy/domain"
import { Orders } from "@payment-proxy/ports"
import { Effect, Either, Option } from "effect"
import { aChange, aPayment, fresh } from "../Samples.ts"
import { place } from "./placed.ts"

/** A proxied order, placed: the vendor knows it by the caller's own number, which is its key, too. */
const placeProxied = (merchantOrderNo: string, overrides: Partial<Payment.Payment> = {}) =>
  place(aPayment({ ...overrides, merchantOrderNo }), { idempotencyKey: null })

/** What an `Orders` must do about the numbers that vendors know orders by. */
export const numbersAtVendors = (it: Vitest.MethodsNonLive<Orders>): void => {
  it.effect(
    "an order is found by what its vendor knows it by: our number, or the caller's own; at that vendor alone",
    () =>
      Effect.gen(function* () {
        const { orders, payment, placing } = yield* place()
        const merchantOrderNo = fresh("shop")
        const proxied = yield* placeProxied(merchantOrderNo)
        expect(payment.merchantOrderNo).toBe(payment.payOrderNo)
        const ours = { payment, fingerprint: placing?.fingerprint }
        expect(yield* orders.byMerchantOrderNo(payment.vendor, payment.payOrderNo)).toEqual(Option.some(ours))
        const theirs = { payment: proxied.payment, fingerprint: proxied.placing?.fingerprint }
        expect(yield* orders.byMerchantOrderNo(payment.vendor, merchantOrderNo)).toEqual(Option.some(theirs))
        expect(yield* orders.byNumber(proxied.payment.payOrderNo)).toEqual(Option.some(proxied.payment))
        expect(yield* orders.byMerchantOrderNo(payment.vendor, proxied.payment.payOrderNo)).toEqual(Option.none())
        expect(yield* orders.byMerchantOrderNo("another", merchantOrderNo)).toEqual(Option.none())
      })
  )

  it.effect(
    "a number that is taken at a vendor is a Duplicate of the order that has it, whoever asks by whichever door",
    () =>
      Effect.gen(function* () {
        const merchantOrderNo = fresh("shop")
        const { orders, payment, placing } = yield* placeProxied(merchantOrderNo, { app: fresh("app") })
        const moved = aChange({ ...payment, state: "PENDING" }, 1)
        yield* orders.commit([moved])
        const existing = { payment: moved.payment, fingerprint: placing?.fingerprint }
        const other = yield* Effect.flip(placeProxied(merchantOrderNo, { app: fresh("app") }))
        expect(other).toMatchObject({ _tag: "Duplicate", existing })
        const sameApp = yield* Effect.flip(placeProxied(merchantOrderNo, { app: payment.app }))
        expect(sameApp).toMatchObject({ _tag: "Duplicate", existing })
        const placed = yield* place()
        const proxied = yield* Effect.flip(placeProxied(placed.payment.payOrderNo))
        expect(proxied).toMatchObject({ _tag: "Duplicate", existing: { payment: placed.payment } })
      })
  )

  it.effect(
    "of many placings with one number at one vendor at once, one makes the order and the others are its Duplicates",
    () =>
      Effect.gen(function* () {
        const merchantOrderNo = fresh("shop")
        const tries = yield* Effect.all(
          Array.from({ length: 8 }, () => Effect.either(placeProxied(merchantOrderNo, { app: fresh("app") }))),
          { concurrency: "unbounded" }
        )
        const winners = tries.filter(Either.isRight)
        expect(winners.length).toBe(1)
        for (const loser of tries.filter(Either.isLeft))
          expect(loser.left).toMatchObject({ _tag: "Duplicate", existing: { payment: winners[0]?.right.payment } })
      })
  )

  it.effect("the same number at another vendor is free, and an app may have many orders without a key", () =>
    Effect.gen(function* () {
      const merchantOrderNo = fresh("shop")
      const app = fresh("app")
      const one = yield* placeProxied(merchantOrderNo, { app, vendor: "one" })
      const two = yield* placeProxied(merchantOrderNo, { app, vendor: "two" })
      yield* placeProxied(fresh("shop"), { app, vendor: "one" })
      for (const { orders, payment } of [one, two]) {
        const found = yield* orders.byMerchantOrderNo(payment.vendor, merchantOrderNo)
        expect(Option.map(found, (placed) => placed.payment)).toEqual(Option.some(payment))
      }
    })
  )

  it.effect("numbers at a vendor compare by the byte, up to 256 characters", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const vendor = fresh("vendor")
      const long = "😀".repeat(255)
      const numbers = [
        "abc",
        "ABC",
        "abc ",
        "äbc",
        "a'b\\c",
        "😀",
        "😁",
        `${long}😀`,
        `${long}😁`,
        `${"x".repeat(255)} `
      ]
      const placed = yield* Effect.forEach(numbers, (no) => placeProxied(no, { vendor }), { concurrency: "unbounded" })
      const found = yield* Effect.forEach(numbers, (no) => orders.byMerchantOrderNo(vendor, no), {
        concurrency: "unbounded"
      })
      expect(found.map(Option.map(({ payment }) => payment))).toEqual(placed.map(({ payment }) => Option.some(payment)))
      expect(yield* orders.byMerchantOrderNo(vendor, "Abc")).toEqual(Option.none())
    })
  )
}
