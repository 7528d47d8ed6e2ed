import type { Vitest } from "@effect/vitest"
import { expect } from "@effect/vitest"
import { type Claimed, Deliveries, DueWork, type Inbox, type Orders } from "@payment-proxy/ports"
import { Duration, Effect, Option, TestClock } from "effect"
import { aChange, aRefund, aRefundChange, fresh } from "../Samples.ts"
import { announced, claimAll, claimed, idsOf, lease, many } from "./announced.ts"

type It = Vitest.MethodsNonLive<Orders | DueWork | Deliveries | Inbox>

const givenBack = (it: It): void => {
  it.effect("what is given back is due again after its time, and no try was counted", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { eventId: id } = yield* announced({ endpoints: [fresh("end")] })
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
      const { app, payment, orders } = yield* announced({ endpoints: [] })
      const refund = aRefund(payment, 1)
      const moved = aChange(payment, 1, { dueIn: null })
      yield* orders.commit([moved, aRefundChange(moved.payment, refund, 0, { dueIn: Duration.seconds(9) })])
      const ours = Effect.map(claimAll("orders"), (all) => all.filter(({ owner }) => owner === app))
      expect(yield* ours).toEqual([])
      yield* due.hasten(refund.refundNo)
      const [claimed] = yield* ours
      expect(claimed).toMatchObject({ id: refund.refundNo, owner: app, tries: 0 })
      const askedBy = claimed?.token ?? null
      const committed = aRefundChange(moved.payment, { ...refund, state: "SUCCEEDED" }, 1, { dueIn: null, askedBy })
      yield* orders.commit([committed])
      if (claimed !== undefined) expect(yield* due.done(claimed, null), "a commit takes the token away").toBe(false)
      yield* TestClock.adjust(Duration.days(1))
      expect(yield* ours).toEqual([])
    })
  )
}

const apart = (it: It): void => {
  it.effect("deliveries to endpoints that are avoided stay where they are; those to others are handed out", () =>
    Effect.gen(function* () {
      const [bad, good] = [fresh("end"), fresh("end")]
      const { eventId: id } = yield* announced({ endpoints: [bad, good] })
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
      for (let count = 0; count < 12; count++) yield* announced({ endpoints: [bad] })
      yield* TestClock.adjust(Duration.millis(1))
      const { eventId: id, app } = yield* announced({ endpoints: [fresh("end")] })
      const first = yield* due.claim("deliveries", 5, lease, { avoiding: [bad] })
      expect(first.map((piece) => piece.id.includes(id))).toEqual([true])
      for (const piece of first) yield* due.giveBack(piece, Duration.zero)
      expect(yield* due.claim("deliveries", 5, lease, { avoiding: [bad], besides: app })).toEqual([])
      const [shared] = yield* due.claim("deliveries", 5, lease, { avoiding: [bad], besides: "nobody's" })
      expect(shared?.owner).toBe(app)
    })
  )
}

const avoided = (it: It): void => {
  it.effect("what goes to endpoints that are avoided stays where it is; all else is handed out, in shares", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      yield* due.claim("deliveries", many, Duration.days(1))
      const [dead, well, other] = [fresh("dead"), fresh("well"), fresh("other")]
      const waiting = yield* Effect.forEach(Array.from({ length: 12 }), () => announced({ endpoints: [dead] }))
      const good = yield* Effect.forEach(Array.from({ length: 6 }), () =>
        announced({ endpoints: [well], app: "well-app" })
      )
      const one = yield* announced({ endpoints: [other] })
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
      const noisy = yield* announced({ endpoints: [fresh("end")] })
      yield* announced({ endpoints: [dead] })
      const quiet = yield* announced({ endpoints: [fresh("end")] })
      const leaving = { besides: noisy.app, avoiding: [dead] }
      expect(idsOf(yield* due.claim("deliveries", many, lease, leaving))).toEqual(quiet.ids)
    })
  )

  it.effect("an event that waits for the one before it waits where others are avoided, too", () =>
    Effect.gen(function* () {
      const { ids } = yield* announced({ endpoints: [fresh("end")], versions: 2 })
      expect(idsOf(yield* claimed(ids, [fresh("dead")]))).toEqual(ids.slice(0, 1))
      expect(idsOf(yield* claimed(ids, [fresh("dead")]))).toEqual([])
    })
  )
}

const lines = (it: It): void => {
  it.effect("an event never overtakes one before it that is due or on its way, however long that waits", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { ids } = yield* announced({ endpoints: [fresh("end")], versions: 2 })
      const [first] = yield* claimed(ids)
      if (first === undefined) return expect.fail("it was due")
      yield* due.postpone(first, Duration.hours(1), "HTTP 500")
      yield* TestClock.adjust(Duration.hours(2))
      expect(idsOf(yield* claimed(ids))).toEqual([first.id])
      expect(yield* claimed(ids), "it is on its way").toEqual([])
    })
  )
}

/** In which order a `DueWork` hands out deliveries and refunds, and what it leaves where it is. */
export const deliveryTurns = (it: It): void => {
  givenBack(it)
  apart(it)
  avoided(it)
  lines(it)
}
