import { expect, layer } from "@effect/vitest"
import { OrderNo } from "@payment-proxy/domain"
import { Deliveries, DueWork, Inbox, Orders, Retention, type Shelf, shelves } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Duration, Effect, Option, TestClock } from "effect"
import { aChange, aDelivery, aNotification, aPayment, aRefund, aRefundChange, fresh } from "../Samples.ts"

type Stores = Orders | DueWork | Deliveries | Inbox | Retention

const age = Duration.days(90)
const lease = Duration.seconds(30)
const many = 10_000
let serial = 0

/** An order with one delivery and one notification, all of them made now; `isDone` tells whether anything needs us still. */
const made = (isDone: boolean) =>
  Effect.gen(function* () {
    const { orders, inbox, due } = yield* ports
    const nowMillis = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    serial += 1
    const payOrderNo = OrderNo.make({ nowMillis, shard: 0, random: crypto.getRandomValues(new Uint8Array(10)) })
    const payment = aPayment({ payOrderNo, createdAtMillis: nowMillis })
    const eventId = `evt_${nowMillis.toString(16).padStart(12, "0")}${fresh("x")}${serial}`
    const dueIn = isDone ? null : Duration.days(1000)
    yield* orders.commit([aChange(payment, 0, { dueIn, deliveries: [aDelivery("hook", { eventId })] })])
    const placed = { ...payment, version: 1 }
    yield* orders.commit([aChange(placed, 1, { dueIn })])
    yield* inbox.keep(aNotification(payOrderNo, null, { sha256: String(serial).padStart(64, "0") }))
    const deliveries = yield* due.claim("deliveries", many, lease)
    const notifications = yield* due.claim("inbox", many, lease)
    const delivery = Option.getOrThrow(Option.fromNullable(deliveries.find(({ id }) => id.includes(eventId))))
    const notification = Option.getOrThrow(Option.fromNullable(notifications.at(-1)))
    if (isDone) for (const piece of [...deliveries, ...notifications]) yield* due.done(piece, null)
    return { payOrderNo, delivery: delivery.id, notification: notification.id }
  })

const ports = Effect.all({
  orders: Orders,
  deliveries: Deliveries,
  inbox: Inbox,
  due: DueWork,
  retention: Retention
})

const moved = (shelf: Shelf, limit = many) =>
  Effect.flatMap(Retention, (retention) => retention.moveOut(shelf, age, limit))

/** Far from all other tests' rows, with nothing old left. */
const cleared = Effect.gen(function* () {
  yield* TestClock.adjust(Duration.days(10_000 + 2000 * serial))
  const due = yield* DueWork
  for (const queue of ["deliveries", "inbox"] as const)
    for (const piece of yield* due.claim(queue, many, lease)) yield* due.done(piece, null)
  for (const shelf of shelves) yield* moved(shelf)
})

/** What every `Retention` must do. */
export const retentionContract = (name: string, stores: Layer.Layer<Stores, unknown>): void =>
  layer(stores)(`Retention: ${name}`, (it) => {
    it.effect("what is old and done with moves out; the order stays, and its history reads the same", () =>
      Effect.gen(function* () {
        yield* cleared
        const { orders, deliveries, inbox } = yield* ports
        const { payOrderNo, delivery, notification } = yield* made(true)
        const before = yield* orders.history(payOrderNo)
        expect(before.map(({ version }) => version)).toEqual([1, 2])
        yield* TestClock.adjust(Duration.days(91))
        expect(yield* moved("history")).toBe(2)
        expect(yield* moved("deliveries")).toBe(1)
        expect(yield* moved("inbox")).toBe(1)
        expect(Option.isSome(yield* orders.byNumber(payOrderNo))).toBe(true)
        expect(yield* orders.history(payOrderNo)).toEqual(before)
        expect(Option.isNone(yield* deliveries.byId(delivery))).toBe(true)
        expect(Option.isNone(yield* inbox.byId(notification))).toBe(true)
        for (const shelf of shelves) expect(yield* moved(shelf), "all of it is gone").toBe(0)
      })
    )

    it.effect("the history of a refund moves out like its payment's, with what chains it, and reads the same", () =>
      Effect.gen(function* () {
        yield* cleared
        const { orders } = yield* ports
        const nowMillis = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
        const payOrderNo = OrderNo.make({ nowMillis, shard: 0, random: crypto.getRandomValues(new Uint8Array(10)) })
        const change = aChange(aPayment({ payOrderNo, createdAtMillis: nowMillis }), 0, { dueIn: null })
        const refund = aRefundChange(change.payment, aRefund(change.payment, 1), 0, { dueIn: null })
        yield* orders.commit([change, { ...refund, entry: { ...refund.entry, hash: "a1b2c3d4.0123" } }])
        const { refundNo } = aRefund(change.payment, 1)
        const before = yield* orders.history(refundNo)
        expect(before.map(({ hash }) => hash)).toEqual(["a1b2c3d4.0123"])
        yield* TestClock.adjust(Duration.days(91))
        expect(yield* moved("history")).toBe(2)
        expect(yield* orders.history(refundNo)).toEqual(before)
        expect(yield* moved("history")).toBe(0)
      })
    )

    it.effect("what is younger stays", () =>
      Effect.gen(function* () {
        yield* cleared
        yield* made(true)
        yield* TestClock.adjust(Duration.days(89))
        for (const shelf of shelves) expect(yield* moved(shelf)).toBe(0)
      })
    )

    it.effect("what is still needed stays, however old it is", () =>
      Effect.gen(function* () {
        yield* cleared
        const { deliveries, inbox } = yield* ports
        const { delivery, notification } = yield* made(false)
        yield* TestClock.adjust(Duration.days(500))
        for (const shelf of shelves) expect(yield* moved(shelf)).toBe(0)
        expect(Option.isSome(yield* deliveries.byId(delivery))).toBe(true)
        expect(Option.isSome(yield* inbox.byId(notification))).toBe(true)
      })
    )

    it.effect("no more than asked for moves at once", () =>
      Effect.gen(function* () {
        yield* cleared
        for (let count = 0; count < 3; count++) yield* made(true)
        yield* TestClock.adjust(Duration.days(91))
        expect([yield* moved("history", 4), yield* moved("history", 4), yield* moved("history", 4)]).toEqual([4, 2, 0])
        expect([yield* moved("deliveries", 2), yield* moved("deliveries", 2)]).toEqual([2, 1])
        expect([yield* moved("inbox", 2), yield* moved("inbox", 2)]).toEqual([2, 1])
      })
    )
  })
