import { expect, it } from "@effect/vitest"
import { OrderNo, Payment, Words } from "@payment-proxy/domain"
import { Searching } from "@payment-proxy/order-table"
import { anyOrder, type OrderFilter, type Search } from "@payment-proxy/ports"
import { Effect, FastCheck, Layer } from "effect"
import { Database, layer } from "../src/Database.ts"
import { dialect } from "../src/Orders.ts"
import { file } from "./scratch.ts"

const opened = Layer.unwrapScoped(Effect.map(file, layer))

const rows = 2000
const beginMillis = 1_790_000_000_000
const tickMillis = 1000
/** Every way is gone by some of so few orders. */
const bounds: Searching.Bounds = {
  counted: 50,
  few: 10,
  some: [30, 100],
  told: 60,
  walked: 10,
  strolled: 60,
  strolledBeyond: 200,
  apps: 4
}

const states = ["SUCCEEDED", "FAILED", "CLOSED", "HELD"] as const
const methods = ["CARD", "ALIPAY"] as const
const vendors = ["one", "two", "three"]
/** One more than are looked through one by one, in half of the runs. */
const apps = ["a", "b", "c", "d", "e"]
const currencies = { CNY: 156, JPY: 392 } as const

interface Order {
  readonly no: string
  readonly isPayment: boolean
  readonly state: (typeof states)[number]
  readonly app: string
  readonly vendor: string
  readonly method: (typeof methods)[number]
  readonly currency: keyof typeof currencies
  readonly minor: number
}

const numberAt = (place: number): string =>
  `${OrderNo.least(beginMillis + place * tickMillis).slice(0, 10)}${String(place).padStart(16, "0")}`

const pick = <A>(all: ReadonlyArray<A>, chance: number): A => all[Math.floor(chance * all.length)] as A

/** Orders in stretches of one kind each, long and short, so that what is asked for may be the newest, the oldest, dense or thin. */
const ordersOf = (chances: ReadonlyArray<number>, appCount: number): ReadonlyArray<Order> => {
  const [first = 1] = chances
  let state = Math.floor(first * 2 ** 31) || 1
  const next = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const known = apps.slice(0, appCount)
  const orders: Array<Order> = []
  while (orders.length < rows) {
    const length = Math.ceil(next() ** 3 * rows)
    const [app, vendor, method, currency, kind] = [
      pick(known, next()),
      pick(vendors, next()),
      pick(methods, next()),
      pick(["CNY", "CNY", "JPY"] as const, next()),
      pick(states, next())
    ]
    const strays = next() * 0.4
    for (let count = 0; count < length && orders.length < rows; count++) {
      const isStray = next() < strays
      orders.push({
        no: numberAt(orders.length),
        isPayment: next() > 0.05,
        state: isStray ? pick(states, next()) : kind,
        app: isStray ? pick(known, next()) : app,
        vendor: isStray ? pick(vendors, next()) : vendor,
        method: isStray ? pick(methods, next()) : method,
        currency: isStray ? pick(["CNY", "JPY"] as const, next()) : currency,
        minor: Math.floor(next() * 100)
      })
    }
  }
  return orders
}

const insertOf = (orders: ReadonlyArray<Order>): string =>
  `INSERT INTO payment_proxy_order (pay_order_no, trans_type, pay_status, app, vendor, pay_method, currency, amount, version)
    VALUES ${orders
      .map(
        ({ no, isPayment, state, app, vendor, method, currency, minor }) =>
          `('${no}', ${isPayment ? Words.transTypes.PAYMENT : Words.transTypes.REFUND}, ${Payment.states[state]}, '${app}',
            '${vendor}', ${Words.methods[method]}, ${currencies[currency]},
            '${currency === "CNY" ? (minor / 100).toFixed(2) : minor}', 1)`
      )
      .join(", ")}`

const maybe = <A>(values: FastCheck.Arbitrary<A>) => FastCheck.option(values, { nil: null })
const places = FastCheck.integer({ min: 0, max: rows })

const filters: FastCheck.Arbitrary<OrderFilter> = FastCheck.record({
  state: maybe(FastCheck.constantFrom(...states)),
  app: maybe(FastCheck.constantFrom(...apps)),
  vendor: maybe(FastCheck.constantFrom(...vendors)),
  method: maybe(FastCheck.constantFrom(...methods)),
  amount: maybe(
    FastCheck.record({
      currency: FastCheck.constantFrom("CNY" as const, "JPY" as const),
      amountFromMinor: maybe(FastCheck.bigInt(0n, 60n)),
      amountToMinor: maybe(FastCheck.bigInt(40n, 100n))
    })
  ),
  from: maybe(places),
  to: maybe(places)
}).map(({ amount, from, to, ...rest }) => ({
  ...anyOrder,
  ...rest,
  ...amount,
  createdFromMillis: from === null ? null : beginMillis + from * tickMillis,
  createdToMillis: to === null ? null : beginMillis + to * tickMillis
}))

/** Looked for one by one, newest first. */
const wanted = (orders: ReadonlyArray<Order>, filter: OrderFilter, after: string | null): ReadonlyArray<string> =>
  orders
    .filter(
      ({ no, isPayment, state, app, vendor, method, currency, minor }, place) =>
        isPayment &&
        (filter.state === null || state === filter.state) &&
        (filter.app === null || app === filter.app) &&
        (filter.vendor === null || vendor === filter.vendor) &&
        (filter.method === null || method === filter.method) &&
        (filter.currency === null ||
          (currency === filter.currency &&
            minor >= (filter.amountFromMinor ?? 0n) &&
            minor <= (filter.amountToMinor ?? 1000n))) &&
        (filter.createdFromMillis === null || beginMillis + place * tickMillis >= filter.createdFromMillis) &&
        (filter.createdToMillis === null || beginMillis + place * tickMillis < filter.createdToMillis) &&
        (after === null || no < after)
    )
    .map(({ no }) => no)
    .toReversed()

const asked = FastCheck.array(
  FastCheck.record({ filter: filters, after: maybe(places), limit: FastCheck.integer({ min: 1, max: 60 }) }),
  { minLength: 60, maxLength: 60 }
)
const chances = FastCheck.array(FastCheck.double({ min: 0.01, max: 0.99, noNaN: true }), { minLength: 1, maxLength: 1 })

it.effect.prop(
  "whichever way a search goes, it finds what looking at each order would, and counts it, where it says that it counts exactly",
  [chances, FastCheck.constantFrom(3, 5), asked],
  ([seeds, appCount, searches]) =>
    Effect.gen(function* () {
      const { reader, writer } = yield* Database
      const orders = ordersOf(seeds, appCount)
      yield* writer.unsafe(insertOf(orders))
      const { search, count } = Searching.make(
        dialect,
        ({ text, values }) => reader.unsafe(text, [...values]).unprepared,
        bounds
      )
      for (const { filter, after: place, limit } of searches) {
        const after = place === null ? null : numberAt(place)
        const one: Search = { ...filter, after, limit }
        const found = (yield* search(one)) as ReadonlyArray<{ readonly pay_order_no: string }>
        expect(found.map((row) => row.pay_order_no)).toEqual(wanted(orders, filter, after).slice(0, limit))
        const counted = yield* count(filter)
        const all = wanted(orders, filter, null).length
        if (counted.isExact) expect(counted.count).toBe(all)
        else expect(all).toBeGreaterThan(bounds.counted)
      }
    }).pipe(Effect.provide(opened)),
  { fastCheck: { numRuns: 40, seed: 20261127 } }
)
