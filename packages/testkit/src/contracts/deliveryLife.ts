import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import type { Claimed, Inbox } from "@payment-proxy/ports"
import { Deliveries, DueWork, Orders } from "@payment-proxy/ports"
import { Duration, Effect, Option, TestClock } from "effect"
import { aChange, aDelivery, aPayment, fresh } from "../Samples.ts"

type Stores = Orders | DueWork | Deliveries | Inbox
type It = Vitest.MethodsNonLive<Stores>

const lease = Duration.seconds(30)
const many = 10_000
const millisPerDay = 86_400_000

/** An order of a fresh app with one event for `endpoint` in each of its first `versions` versions; app and deliveries' ids in order. */
const announced = (endpoint: string | null, versions: number, app = fresh("app")) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const deliveries = yield* Deliveries
    const payment = { ...aPayment(), app }
    for (let version = 0; version < versions; version++)
      yield* orders.commit([
        aChange({ ...payment, version }, version, { deliveries: [{ ...aDelivery(""), endpoint }], dueIn: null })
      ])
    const all = yield* deliveries.ofOrder(payment.payOrderNo)
    return { app, place: { app, endpoint: endpoint ?? "" }, all, ids: all.map(({ id }) => id) }
  })

/** What is handed out to us of these. */
const claimed = (ids: ReadonlyArray<string>, avoiding: ReadonlyArray<string> = []) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const all = yield* due.claim("deliveries", many, lease, { avoiding })
    return all.filter(({ id }) => ids.includes(id))
  })

const idsOf = (pieces: ReadonlyArray<Claimed>) => pieces.map(({ id }) => id)
const stateOf = (id: string) =>
  Effect.flatMap(Deliveries, (deliveries) => deliveries.byId(id)).pipe(Effect.map(Option.getOrThrow))

const avoided = (it: It): void => {
  it.effect("what goes to endpoints that are avoided stays where it is; all else is handed out, in shares", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      yield* due.claim("deliveries", many, Duration.days(1))
      const [dead, well, other] = [fresh("dead"), fresh("well"), fresh("other")]
      const waiting = yield* Effect.forEach(Array.from({ length: 12 }), () => announced(dead, 1))
      const good = yield* Effect.forEach(Array.from({ length: 6 }), () => announced(well, 1, "well-app"))
      const one = yield* announced(other, 1)
      const ids = [...good, one].flatMap((order) => order.ids)
      const first = yield* due.claim("deliveries", 4, lease, { avoiding: [dead, "nobody's"] })
      expect(first.length).toBeLessThanOrEqual(4)
      expect(idsOf(first), "each endpoint has its share").toContain(one.ids[0])
      const rest = yield* due.claim("deliveries", many, lease, { avoiding: [dead, "nobody's"] })
      expect([...idsOf(first), ...idsOf(rest)].sort()).toEqual([...ids].sort())
      expect(first.every(({ owner, tries }) => owner !== "" && tries === 0)).toBe(true)
      expect((yield* due.claim("deliveries", many, lease)).length).toBe(waiting.length)
    })
  )

  it.effect("besides an owner's and avoiding an endpoint, what is left of the others' is handed out", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      yield* due.claim("deliveries", many, Duration.days(1))
      const dead = fresh("dead")
      const noisy = yield* announced(fresh("end"), 1)
      yield* announced(dead, 1)
      const quiet = yield* announced(fresh("end"), 1)
      const leaving = { besides: noisy.app, avoiding: [dead] }
      expect(idsOf(yield* due.claim("deliveries", many, lease, leaving))).toEqual(quiet.ids)
    })
  )

  it.effect("an event that waits for the one before it waits where others are avoided, too", () =>
    Effect.gen(function* () {
      const { ids } = yield* announced(fresh("end"), 2)
      expect(idsOf(yield* claimed(ids, [fresh("dead")]))).toEqual(ids.slice(0, 1))
      expect(idsOf(yield* claimed(ids, [fresh("dead")]))).toEqual([])
    })
  )

  it.effect("what is given back is due after its rest, with no try counted", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { ids } = yield* announced(fresh("end"), 1)
      const [piece] = yield* claimed(ids)
      if (piece === undefined) return expect.fail("it was due")
      expect(yield* due.giveBack(piece, Duration.seconds(5))).toBe(true)
      expect(yield* due.giveBack(piece, Duration.seconds(5)), "it is no longer his").toBe(false)
      expect(yield* claimed(ids)).toEqual([])
      yield* TestClock.adjust(Duration.seconds(5))
      expect((yield* claimed(ids)).map(({ tries }) => tries)).toEqual([0])
    })
  )
}

const lines = (it: It): void => {
  it.effect("an event never overtakes one before it that is due or on its way, however long that waits", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { ids } = yield* announced(fresh("end"), 2)
      const [first] = yield* claimed(ids)
      if (first === undefined) return expect.fail("it was due")
      yield* due.postpone(first, Duration.hours(1), "HTTP 500")
      yield* TestClock.adjust(Duration.hours(2))
      expect(idsOf(yield* claimed(ids))).toEqual([first.id])
      expect(yield* claimed(ids), "it is on its way").toEqual([])
    })
  )

  it.effect(
    "what waits for an endpoint's next try is due now when it is hastened, in order, and with the tries it had",
    () =>
      Effect.gen(function* () {
        const due = yield* DueWork
        const deliveries = yield* Deliveries
        const endpoint = fresh("end")
        const { ids, place, app } = yield* announced(endpoint, 3)
        const another = yield* announced(fresh("end"), 1, app)
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
      const { ids, place, app } = yield* announced(endpoint, 3)
      yield* TestClock.adjust(Duration.days(3))
      const young = yield* announced(endpoint, 1, app)
      const elsewhere = yield* announced(endpoint, 1)
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

const again = (it: It): void => {
  it.effect("an event that is sent again is due now, its schedule begins anew, and it is as old as it was", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const deliveries = yield* Deliveries
      const { ids, all } = yield* announced(fresh("end"), 1)
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
      const { all, ids } = yield* announced(null, 1)
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
      const { all, ids } = yield* announced(endpoint, 1)
      for (const piece of yield* claimed(ids)) yield* due.done(piece, "HTTP 204")
      const [event] = all
      if (event === undefined) return expect.fail("it is on record")
      expect(yield* deliveries.address(event.eventId, [endpoint])).toBe(1)
      expect((yield* deliveries.ofEvent(event.eventId)).length).toBe(1)
      expect(idsOf(yield* claimed(ids))).toEqual(ids)
    })
  )
}

/** What a store must do about the lives of deliveries, beside handing them out. */
export const deliveryLife = (it: It): void => {
  avoided(it)
  lines(it)
  again(it)
}
