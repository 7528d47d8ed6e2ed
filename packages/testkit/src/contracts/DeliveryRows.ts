import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import type { Claimed, DeliverySearch } from "@payment-proxy/ports"
import { Deliveries, DueWork, type Inbox, Orders } from "@payment-proxy/ports"
import { Duration, Effect, Option, TestClock } from "effect"
import { aChange, aDelivery, aPayment, aRefund, aRefundChange, fresh } from "../Samples.ts"

type It = Vitest.MethodsNonLive<Orders | DueWork | Deliveries | Inbox>

const lease = Duration.seconds(30)
const many = 10_000

/** An event's id that begins with its time, as those of the application do. */
let serial = 0
const eventId = (): string => {
  serial += 1
  return fresh(`evt_${serial.toString(16).padStart(12, "0")}`)
    .replaceAll("_", "")
    .replace("evt", "evt_")
}

/** An order of a fresh app, with one event for each of these endpoints. */
const announced = (...endpoints: ReadonlyArray<string | null>) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const id = eventId()
    const app = fresh("app")
    const deliveries = endpoints.map((endpoint) => aDelivery(endpoint, { eventId: id }))
    const change = aChange(aPayment({ app }), 0, { dueIn: null, deliveries })
    yield* orders.commit([change])
    return { app, eventId: id, payment: change.payment, orders }
  })

const claimAll = (queue: Claimed["queue"], avoiding: ReadonlyArray<string> = []) =>
  Effect.flatMap(DueWork, (due) => due.claim(queue, many, lease, { avoiding }))

const searchOf = (narrowed: Partial<DeliverySearch>): DeliverySearch => ({
  app: null,
  endpoint: null,
  state: null,
  after: null,
  limit: 100,
  ...narrowed
})

/** What a `DueWork` must do about what is given back untouched, and about refunds in the queue of orders. */
export const givenBack = (it: It): void => {
  it.effect("what is given back is due again after its time, and no try was counted", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { eventId: id } = yield* announced(fresh("end"))
      const ours = Effect.map(claimAll("deliveries"), (all) => all.find((piece) => piece.id.includes(id)))
      const first = Option.getOrThrow(Option.fromNullable(yield* ours))
      expect(yield* due.postpone(first, Duration.seconds(1), "HTTP 500")).toBe(true)
      yield* TestClock.adjust(Duration.seconds(1))
      const second = Option.getOrThrow(Option.fromNullable(yield* ours))
      expect(second.tries).toBe(1)
      expect(yield* due.giveBack(second, Duration.seconds(5))).toBe(true)
      expect(yield* due.giveBack(second, Duration.zero), "the token is gone").toBe(false)
      expect(yield* due.done(second, null)).toBe(false)
      yield* TestClock.adjust(Duration.millis(4999))
      expect(yield* ours).toBeUndefined()
      yield* TestClock.adjust(Duration.millis(1))
      const third = yield* ours
      expect(third?.tries).toBe(1)
      const found = yield* Effect.flatMap(Deliveries, (deliveries) => deliveries.byId(third?.id ?? ""))
      expect(Option.getOrThrow(found)).toMatchObject({ state: "waiting", note: "HTTP 500" })
    })
  )

  it.effect("a refund is due by itself, under its own number, as its payment's app's; it can be hastened", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { app, payment, orders } = yield* announced()
      const refund = aRefund(payment, 1)
      const moved = aChange(payment, 1, { dueIn: null })
      yield* orders.commit([moved, aRefundChange(moved.payment, refund, 0, { dueIn: Duration.seconds(9) })])
      const ours = Effect.map(claimAll("orders"), (all) => all.filter(({ owner }) => owner === app))
      expect(yield* ours).toEqual([])
      yield* due.hasten(refund.refundNo)
      const [claimed] = yield* ours
      expect(claimed).toMatchObject({ id: refund.refundNo, owner: app, tries: 0 })
      const committed = aRefundChange(moved.payment, { ...refund, state: "SUCCEEDED" }, 1, { dueIn: null })
      yield* orders.commit([committed])
      if (claimed !== undefined) expect(yield* due.done(claimed, null), "a commit takes the token away").toBe(false)
      yield* TestClock.adjust(Duration.days(1))
      expect(yield* ours).toEqual([])
    })
  )
}

/** What a `DueWork` must do about endpoints that are to be left alone. */
export const endpointsApart = (it: It): void => {
  it.effect("deliveries to endpoints that are avoided stay where they are; those to others are handed out", () =>
    Effect.gen(function* () {
      const [bad, good] = [fresh("end"), fresh("end")]
      const { eventId: id } = yield* announced(bad, good)
      const of = (all: ReadonlyArray<Claimed>) => all.filter((piece) => piece.id.includes(id)).map((piece) => piece.id)
      expect(of(yield* claimAll("deliveries", [bad, fresh("end")]))).toEqual([`dlv_${id}_${good}`])
      expect(of(yield* claimAll("deliveries", [good, bad]))).toEqual([])
      expect(of(yield* claimAll("deliveries", [good]))).toEqual([`dlv_${id}_${bad}`])
    })
  )

  it.effect("of a crowded queue, what is avoided takes no place in the batch, also besides one owner's", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      yield* claimAll("deliveries")
      const bad = fresh("end")
      for (let count = 0; count < 12; count++) yield* announced(bad)
      yield* TestClock.adjust(Duration.millis(1))
      const { eventId: id, app } = yield* announced(fresh("end"))
      const first = yield* due.claim("deliveries", 5, lease, { avoiding: [bad] })
      expect(first.map((piece) => piece.id.includes(id))).toEqual([true])
      for (const piece of first) yield* due.giveBack(piece, Duration.zero)
      expect(yield* due.claim("deliveries", 5, lease, { avoiding: [bad], besides: app })).toEqual([])
      const [shared] = yield* due.claim("deliveries", 5, lease, { avoiding: [bad], besides: "nobody's" })
      expect(shared?.owner).toBe(app)
    })
  )
}

const reading = (it: It) => {
  it.effect("an event that no endpoint wants is kept, for who asks: it is never due, and nobody sends it again", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const { app, eventId: id, payment } = yield* announced(null)
      const [kept, ...rest] = yield* deliveries.ofOrder(payment.payOrderNo)
      expect(rest).toEqual([])
      expect(kept).toMatchObject({ eventId: id, endpoint: null, state: "kept", dueAtMillis: null, tries: 0, app })
      yield* TestClock.adjust(Duration.days(400))
      expect((yield* claimAll("deliveries")).filter((piece) => piece.id === kept?.id)).toEqual([])
      expect(yield* deliveries.resend(kept?.id ?? "")).toBe(false)
      expect(yield* deliveries.byId(kept?.id ?? "")).toEqual(Option.fromNullable(kept))
      expect(yield* deliveries.search(searchOf({ app, state: "kept" }))).toEqual([kept])
    })
  )

  it.effect("the events of an order are its own and its refunds', in the order in which they happened", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const { payment, orders } = yield* announced("hook")
      const neighbour = yield* announced("hook")
      let payment_ = payment
      const told: Array<string> = []
      for (let count = 1; count <= 11; count++) {
        const id = eventId()
        told.push(id)
        const moved = aChange(payment_, payment_.version, { dueIn: null })
        const deliveries = [aDelivery("hook", { eventId: id, type: "refund.submitting" })]
        yield* orders.commit([moved, aRefundChange(moved.payment, aRefund(payment, count), 0, { deliveries })])
        payment_ = moved.payment
      }
      const all = yield* deliveries.ofOrder(payment.payOrderNo)
      expect(all.slice(1).map((one) => one.eventId)).toEqual(told)
      expect(all.map((one) => one.payOrderNo).slice(0, 2)).toEqual([payment.payOrderNo, `${payment.payOrderNo}R1`])
      expect((yield* deliveries.ofOrder(neighbour.payment.payOrderNo)).length).toBe(1)
      expect((yield* deliveries.ofOrder(`${payment.payOrderNo}R1`)).map((one) => one.eventId)).toEqual(told.slice(0, 1))
    })
  )

  it.effect("events of one instant come by the order's version, whatever their ids are", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const deliveries = yield* Deliveries
      const payment = aPayment()
      const ids = ["evt_3", "evt_1", "evt_2"].map((id) => `${id}${fresh("x")}`)
      for (const [version, id] of ids.entries())
        yield* orders.commit([aChange(payment, version, { deliveries: [aDelivery("hook", { eventId: id })] })])
      expect((yield* deliveries.ofOrder(payment.payOrderNo)).map((one) => one.eventId)).toEqual(ids)
    })
  )

  it.effect("the deliveries of one event are those to each endpoint; another event's are not among them", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const ends = [fresh("end"), fresh("end")].sort()
      const { eventId: id } = yield* announced(...ends)
      yield* announced(...ends)
      const found = yield* deliveries.ofEvent(id)
      expect(found.map(({ endpoint }) => endpoint)).toEqual(ends)
      expect(new Set(found.map((one) => one.eventId))).toEqual(new Set([id]))
      expect(yield* deliveries.ofEvent(eventId())).toEqual([])
    })
  )

  it.effect("a search is narrowed by app, endpoint and state, newest first, in pages", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const due = yield* DueWork
      const end = fresh("end")
      const events: Array<{ readonly eventId: string; readonly app: string }> = []
      for (let count = 0; count < 5; count++) events.push(yield* announced(end, fresh("end")))
      const newest = events.map((event) => `dlv_${event.eventId}_${end}`).reverse()
      const ids = (search: Partial<DeliverySearch>) =>
        Effect.map(deliveries.search(searchOf(search)), (all) => all.map(({ id }) => id))
      expect(yield* ids({ endpoint: end })).toEqual(newest)
      const first = yield* ids({ endpoint: end, limit: 2 })
      const second = yield* ids({ endpoint: end, limit: 2, after: first.at(-1) ?? null })
      expect([first, second]).toEqual([newest.slice(0, 2), newest.slice(2, 4)])
      expect((yield* ids({ app: events[0]?.app ?? "" })).length).toBe(2)
      for (const piece of yield* claimAll("deliveries"))
        if (piece.id === newest[0]) expect(yield* due.done(piece, "HTTP 200")).toBe(true)
      expect(yield* ids({ endpoint: end, state: "delivered" })).toEqual(newest.slice(0, 1))
      expect(yield* ids({ endpoint: end, state: "waiting" })).toEqual(newest.slice(1))
    })
  )
}

const resending = (it: It) => {
  it.effect("what is asked for again is due at once, whatever became of it, and its tries start anew", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const due = yield* DueWork
      const { eventId: id } = yield* announced("one", "two")
      const [one = "", two = ""] = (yield* deliveries.ofEvent(id)).map((delivery) => delivery.id)
      const claimed = yield* claimAll("deliveries")
      for (const piece of claimed) {
        if (piece.id === one) yield* due.postpone(piece, Duration.hours(1), "HTTP 500")
        if (piece.id === two) yield* due.done(piece, "HTTP 204")
      }
      expect(yield* deliveries.resend(one)).toBe(true)
      expect(yield* deliveries.resend(two)).toBe(true)
      const nowMillis = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      for (const delivery of yield* deliveries.ofEvent(id))
        expect(delivery).toMatchObject({ state: "waiting", tries: 0, dueAtMillis: nowMillis })
      const again = (yield* claimAll("deliveries")).filter((piece) => piece.id.includes(id))
      expect(again.map(({ id, tries }) => [id, tries]).sort()).toEqual([
        [one, 0],
        [two, 0]
      ])
    })
  )

  it.effect("one that is on its way is taken from whoever sends it; one that is not there is not sent", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const due = yield* DueWork
      const { eventId: id } = yield* announced("hook")
      const held = (yield* claimAll("deliveries")).find((piece) => piece.id.includes(id))
      expect(yield* deliveries.resend(held?.id ?? "")).toBe(true)
      if (held !== undefined) expect(yield* due.done(held, null)).toBe(false)
      expect(yield* deliveries.resend("dlv_nothing")).toBe(false)
    })
  )

  it.effect("one that was resent twice in the same instant is there, both times", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const { eventId: id } = yield* announced("hook")
      const [delivery] = yield* deliveries.ofEvent(id)
      expect(yield* deliveries.resend(delivery?.id ?? "")).toBe(true)
      expect(yield* deliveries.resend(delivery?.id ?? "")).toBe(true)
    })
  )
}

/** What a `Deliveries` must do beside handing them out. */
export const deliveryRows = (it: It): void => {
  reading(it)
  resending(it)
}
