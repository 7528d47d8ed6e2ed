import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import { Deliveries, type DeliverySearch, DueWork, type Inbox, maxAttempts, Orders } from "@payment-proxy/ports"
import { Duration, Effect, Option, TestClock } from "effect"
import { aChange, aDelivery, aPayment, aRefund, aRefundChange, fresh } from "../Samples.ts"
import { announced, claimAll, claimed, eventId, idsOf, many } from "./announced.ts"

type It = Vitest.MethodsNonLive<Orders | DueWork | Deliveries | Inbox>

const millisPerDay = 86_400_000

const searchOf = (narrowed: Partial<DeliverySearch>): DeliverySearch => ({
  app: null,
  endpoint: null,
  state: null,
  after: null,
  limit: 100,
  ...narrowed
})

const stateOf = (id: string) =>
  Effect.flatMap(Deliveries, (deliveries) => deliveries.byId(id)).pipe(Effect.map(Option.getOrThrow))

const reading = (it: It) => {
  it.effect("an event that no endpoint wants is kept, for who asks: it is never due, and nobody sends it again", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const { app, eventId: id, payment } = yield* announced({ endpoints: [null] })
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
      const { payment, orders } = yield* announced({ endpoints: ["hook"] })
      const neighbour = yield* announced({ endpoints: ["hook"] })
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
      const { eventId: id } = yield* announced({ endpoints: [...ends] })
      yield* announced({ endpoints: [...ends] })
      const found = yield* deliveries.ofEvent(id)
      expect(found.map(({ endpoint }) => endpoint)).toEqual(ends)
      expect(new Set(found.map((one) => one.eventId))).toEqual(new Set([id]))
      expect(yield* deliveries.ofEvent(eventId())).toEqual([])
    })
  )

  it.effect("the beginning of an event's id names no event, and nothing is done by it", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const end = fresh("end")
      const { all, eventId: id } = yield* announced({ endpoints: [null] })
      for (const beginning of ["", "evt", "evt_", id.slice(0, -1)]) {
        expect(yield* deliveries.ofEvent(beginning), beginning).toEqual([])
        expect(yield* deliveries.address(beginning, [end]), beginning).toBe(0)
      }
      expect(yield* deliveries.ofEvent(id)).toEqual(all)
    })
  )

  it.effect("a search is narrowed by app, endpoint and state, newest first, in pages", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const due = yield* DueWork
      const end = fresh("end")
      const events: Array<{ readonly eventId: string; readonly app: string }> = []
      for (let count = 0; count < 5; count++) events.push(yield* announced({ endpoints: [end, fresh("end")] }))
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

const trying = (it: It) => {
  it.effect("the last tries of a delivery are remembered, however it goes on", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const due = yield* DueWork
      const { eventId: id } = yield* announced({ endpoints: ["one", "two", "three"] })
      const ids = (yield* deliveries.ofEvent(id)).map((delivery) => delivery.id)
      const attempts = Array.from({ length: maxAttempts + 3 }, (_, at) => ({
        atMillis: at,
        millis: 7,
        status: at % 2 === 0 ? null : 500,
        said: `“no”, said ${at} 😀`
      }))
      for (const piece of yield* claimAll("deliveries")) {
        if (piece.id === ids[0]) yield* due.done(piece, null, attempts)
        if (piece.id === ids[1]) yield* due.postpone(piece, Duration.hours(1), null, attempts)
        if (piece.id === ids[2]) yield* deliveries.giveUp(piece.id, piece.token, "gone", attempts)
      }
      for (const one of ids)
        expect(Option.getOrThrow(yield* deliveries.byId(one)).attempts, one).toEqual(attempts.slice(-maxAttempts))
      yield* deliveries.resend(ids[0] ?? "")
      expect(Option.getOrThrow(yield* deliveries.byId(ids[0] ?? "")).attempts.length).toBe(maxAttempts)
    })
  )
}

const resending = (it: It) => {
  it.effect("what is asked for again is due at once, whatever became of it, and its tries start anew", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const due = yield* DueWork
      const { eventId: id } = yield* announced({ endpoints: ["one", "two"] })
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
      const { eventId: id } = yield* announced({ endpoints: ["hook"] })
      const held = (yield* claimAll("deliveries")).find((piece) => piece.id.includes(id))
      expect(yield* deliveries.resend(held?.id ?? "")).toBe(true)
      if (held !== undefined) expect(yield* due.done(held, null)).toBe(false)
      expect(yield* deliveries.resend("dlv_nothing")).toBe(false)
    })
  )

  it.effect("one that was resent twice in the same instant is there, both times", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const { eventId: id } = yield* announced({ endpoints: ["hook"] })
      const [delivery] = yield* deliveries.ofEvent(id)
      expect(yield* deliveries.resend(delivery?.id ?? "")).toBe(true)
      expect(yield* deliveries.resend(delivery?.id ?? "")).toBe(true)
    })
  )
}

const anew = (it: It): void => {
  it.effect("an event that is sent again is due now, its schedule begins anew, and it is as old as it was", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const deliveries = yield* Deliveries
      const { ids, all } = yield* announced({ endpoints: [fresh("end")] })
      const [id = ""] = ids
      for (const piece of yield* claimed(ids)) yield* due.postpone(piece, Duration.hours(1), "HTTP 500")
      yield* TestClock.adjust(Duration.days(1))
      for (const piece of yield* claimed(ids)) yield* deliveries.giveUp(id, piece.token, "gone")
      expect(yield* deliveries.resend(id)).toBe(true)
      const after = yield* stateOf(id)
      expect(after).toMatchObject({ state: "waiting", tries: 0, createdAtMillis: all[0]?.createdAtMillis })
      expect(after.sinceMillis - after.createdAtMillis).toBe(millisPerDay)
      expect((yield* claimed(ids)).map(({ tries }) => tries)).toEqual([0])
      expect(yield* deliveries.resend("nothing")).toBe(false)
    })
  )

  it.effect("an event that was only kept goes to the endpoints that it is addressed to, and is kept no longer", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const { all, ids } = yield* announced({ endpoints: [null] })
      const [kept] = all
      if (kept === undefined) return expect.fail("it is on record")
      expect(kept.state).toBe("kept")
      expect(yield* claimed(ids)).toEqual([])
      const [one, two] = [fresh("end"), fresh("end")]
      expect(yield* deliveries.address(kept.eventId, [])).toBe(0)
      expect((yield* deliveries.ofEvent(kept.eventId)).map(({ state }) => state)).toEqual(["kept"])
      expect(yield* deliveries.address(kept.eventId, [one, two])).toBe(2)
      const sent = yield* deliveries.ofEvent(kept.eventId)
      expect(sent.map(({ endpoint }) => endpoint).sort()).toEqual([one, two].sort())
      for (const { body, type, version, payOrderNo, app, state, createdAtMillis } of sent)
        expect({ body, type, version, payOrderNo, app, state, createdAtMillis }).toEqual({
          body: kept.body,
          type: kept.type,
          version: kept.version,
          payOrderNo: kept.payOrderNo,
          app: kept.app,
          state: "waiting",
          createdAtMillis: kept.createdAtMillis
        })
      expect((yield* claimed(sent.map(({ id }) => id))).length).toBe(2)
      expect(yield* deliveries.address("evt_none", [one])).toBe(0)
    })
  )

  it.effect("an event that went to an endpoint goes there again where it is addressed to it, once", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const deliveries = yield* Deliveries
      const endpoint = fresh("end")
      const { all, ids } = yield* announced({ endpoints: [endpoint] })
      for (const piece of yield* claimed(ids)) yield* due.done(piece, "HTTP 204")
      const [event] = all
      if (event === undefined) return expect.fail("it is on record")
      expect(yield* deliveries.address(event.eventId, [endpoint])).toBe(1)
      expect((yield* deliveries.ofEvent(event.eventId)).length).toBe(1)
      expect(idsOf(yield* claimed(ids))).toEqual(ids)
    })
  )
}

const sweeps = (it: It): void => {
  it.effect(
    "what waits for an endpoint's next try is due now when it is hastened, in order, and with the tries it had",
    () =>
      Effect.gen(function* () {
        const due = yield* DueWork
        const deliveries = yield* Deliveries
        const endpoint = fresh("end")
        const { ids, place, app } = yield* announced({ endpoints: [endpoint], versions: 3 })
        const another = yield* announced({ endpoints: [fresh("end")], app })
        yield* TestClock.adjust(Duration.minutes(11))
        const all = [...ids, ...another.ids]
        for (let left = all.length; left > 0; )
          for (const piece of yield* claimed(all)) {
            yield* due.postpone(piece, Duration.hours(left), "HTTP 500")
            left -= 1
          }
        expect(yield* claimed(all)).toEqual([])
        expect(yield* deliveries.hasten({ ...place, payOrderNo: "another" }, 2)).toBe(0)
        expect(yield* deliveries.hasten(place, 2)).toBe(2)
        expect(yield* deliveries.hasten(place, 2)).toBe(1)
        expect(yield* deliveries.hasten(place, 2)).toBe(0)
        for (const id of ids) {
          const [piece, ...more] = yield* claimed(all)
          expect([piece?.id, piece?.tries, more.length]).toEqual([id, 1, 0])
          if (piece !== undefined) yield* due.done(piece, null)
        }
      })
  )

  it.effect("what has waited for an endpoint for long enough is given up at once, but not what somebody holds", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const deliveries = yield* Deliveries
      const endpoint = fresh("end")
      const { ids, place, app } = yield* announced({ endpoints: [endpoint], versions: 3 })
      yield* TestClock.adjust(Duration.days(3))
      const young = yield* announced({ endpoints: [endpoint], app })
      const elsewhere = yield* announced({ endpoints: [endpoint] })
      const [held] = yield* claimed(ids)
      const giveUp = (limit: number) => deliveries.giveUpAged(place, Duration.days(3), limit, "too long")
      expect([yield* giveUp(1), yield* giveUp(many), yield* giveUp(many)]).toEqual([1, 1, 0])
      if (held !== undefined) expect(yield* due.done(held, null)).toBe(true)
      const states = yield* Effect.forEach([...ids, ...young.ids, ...elsewhere.ids], stateOf)
      expect(states.map(({ state }) => state)).toEqual(["delivered", "given-up", "given-up", "waiting", "waiting"])
      expect(states[1]).toMatchObject({ note: "too long", dueAtMillis: null })
    })
  )
}

/** What a `Deliveries` must do beside handing them out. */
export const deliveriesContract = (it: It): void => {
  reading(it)
  trying(it)
  resending(it)
  anew(it)
  sweeps(it)
}
