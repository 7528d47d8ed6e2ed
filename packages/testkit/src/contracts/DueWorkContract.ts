import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import type { Claimed } from "@payment-proxy/ports"
import { Deliveries, DueWork, Inbox, Orders } from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Duration, Effect, Option, TestClock } from "effect"
import { aChange, aDelivery, aNotification, aPayment, aRefund, aRefundChange, fresh, freshNo } from "../Samples.ts"
import { deliveriesContract } from "./DeliveriesContract.ts"
import { deliveryTurns } from "./DeliveryTurns.ts"
import { queryDebts } from "./QueryDebts.ts"

type Stores = Orders | DueWork | Deliveries | Inbox
type It = Vitest.MethodsNonLive<Stores>

const lease = Duration.seconds(30)
const many = 10_000

/** An order that is due after `dueIn`. */
const dueOrder = (dueIn: Duration.Duration | null) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const change = aChange(aPayment(), 0, { dueIn })
    yield* orders.commit([change])
    return change.payment
  })

/** What of `queue` is handed out to us, of all that is due there, with `id`. */
const claimOne = (queue: Claimed["queue"], id: string) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const claimed = yield* due.claim(queue, many, lease)
    return Option.fromNullable(claimed.find((piece) => piece.id === id))
  })

const claimedOrder = (payOrderNo: string) => Effect.map(claimOne("orders", payOrderNo), Option.getOrThrow)

const leases = (it: It) => {
  it.effect("work is handed out when its time has come, not before", () =>
    Effect.gen(function* () {
      const { payOrderNo } = yield* dueOrder(Duration.seconds(10))
      expect(Option.isNone(yield* claimOne("orders", payOrderNo))).toBe(true)
      yield* TestClock.adjust(Duration.seconds(10))
      expect(yield* claimedOrder(payOrderNo)).toMatchObject({ queue: "orders", id: payOrderNo, tries: 0 })
    })
  )

  it.effect("work that is never due is never handed out", () =>
    Effect.gen(function* () {
      const { payOrderNo } = yield* dueOrder(null)
      yield* TestClock.adjust(Duration.days(400))
      expect(Option.isNone(yield* claimOne("orders", payOrderNo))).toBe(true)
    })
  )

  it.effect("claimed work is nobody else's until its lease ends; then it is, and the first token changes nothing", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { payOrderNo } = yield* dueOrder(Duration.zero)
      const first = yield* claimedOrder(payOrderNo)
      expect(Option.isNone(yield* claimOne("orders", payOrderNo))).toBe(true)
      yield* TestClock.adjust(lease)
      expect(yield* due.done(first, null), "the lease has ended").toBe(false)
      const second = yield* claimedOrder(payOrderNo)
      expect(second.token).not.toBe(first.token)
      expect(yield* due.postpone(first, Duration.days(1), null)).toBe(false)
      expect(yield* due.renew(first, lease)).toBe(false)
      expect(yield* due.done(second, null)).toBe(true)
    })
  )

  it.effect("a lease that is renewed lasts longer", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { payOrderNo } = yield* dueOrder(Duration.zero)
      const claimed = yield* claimedOrder(payOrderNo)
      yield* TestClock.adjust(Duration.seconds(20))
      expect(yield* due.renew(claimed, lease)).toBe(true)
      yield* TestClock.adjust(Duration.seconds(20))
      expect(Option.isNone(yield* claimOne("orders", payOrderNo))).toBe(true)
      expect(yield* due.done(claimed, null)).toBe(true)
    })
  )

  it.effect("work that is done does not come back; what is postponed does, with one try more", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const done = yield* dueOrder(Duration.zero)
      const later = yield* dueOrder(Duration.zero)
      const claimed = yield* due.claim("orders", many, lease)
      for (const piece of claimed) {
        if (piece.id === done.payOrderNo) expect(yield* due.done(piece, "done")).toBe(true)
        if (piece.id === later.payOrderNo) expect(yield* due.postpone(piece, Duration.seconds(5), "later")).toBe(true)
      }
      expect(Option.isNone(yield* claimOne("orders", later.payOrderNo))).toBe(true)
      yield* TestClock.adjust(Duration.seconds(5))
      expect((yield* claimedOrder(later.payOrderNo)).tries).toBe(1)
      yield* TestClock.adjust(Duration.days(400))
      expect(Option.isNone(yield* claimOne("orders", done.payOrderNo))).toBe(true)
    })
  )

  it.effect("besides one owner's, each other's share is handed out, however many there are of anybody's", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const orders = yield* Orders
      yield* due.claim("orders", many, Duration.days(1))
      const place = (app: string, count: number) =>
        Effect.forEach(Array.from({ length: count }), () => {
          const change = aChange({ ...aPayment(), app }, 0, { dueIn: Duration.zero })
          return Effect.as(orders.commit([change]), change.payment.payOrderNo)
        })
      const [crowd, noisy, ...quiet] = ["crowd", "noisy", "quiet-1", "quiet-2"].map((name) => `${name}-${freshNo()}`)
      if (crowd === undefined || noisy === undefined) return
      yield* place(crowd, 30)
      yield* place(noisy, 20)
      const few = yield* Effect.forEach(quiet, (app) => place(app, 1))
      const all = yield* due.claim("orders", 10, lease)
      expect(all.map(({ owner }) => owner)).toEqual(Array.from({ length: 10 }, () => crowd))
      const shared = yield* due.claim("orders", 10, lease, { besides: crowd })
      expect(shared.filter(({ owner }) => owner === crowd)).toEqual([])
      expect(shared.map(({ id }) => id)).toEqual(expect.arrayContaining(few.flat()))
      const count = shared.filter(({ owner }) => owner === noisy).length
      expect([count >= 2, shared.length <= 10], "the others have their share, too").toEqual([true, true])
      expect(
        yield* due.claim("orders", many, lease, { besides: "nobody's" }).pipe(Effect.map((rest) => rest.length))
      ).toBe(52 - all.length - shared.length)
      expect(yield* due.claim("orders", many, lease, { besides: crowd })).toEqual([])
    })
  )

  it.effect("at most so many are handed out as were asked for, the longest overdue first", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      yield* due.claim("orders", many, Duration.days(1))
      const second = yield* dueOrder(Duration.seconds(2))
      const first = yield* dueOrder(Duration.seconds(1))
      const third = yield* dueOrder(Duration.seconds(3))
      yield* TestClock.adjust(Duration.seconds(10))
      const claimed = yield* due.claim("orders", 2, lease)
      expect(claimed.map(({ id }) => id)).toEqual([first.payOrderNo, second.payOrderNo])
      expect((yield* due.claim("orders", 2, lease)).map(({ id }) => id)).toEqual([third.payOrderNo])
    })
  )

  it.effect("of many who claim at once, each piece goes to one", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const ours = new Set<string>()
      for (let index = 0; index < 40; index++) ours.add((yield* dueOrder(Duration.zero)).payOrderNo)
      const claims = yield* Effect.all(
        Array.from({ length: 20 }, () => due.claim("orders", many, lease)),
        { concurrency: "unbounded" }
      )
      const got = claims.flat().filter(({ id }) => ours.has(id))
      expect(got.length).toBe(40)
      expect(new Set(got.map(({ id }) => id)).size).toBe(40)
    })
  )
}

const commits = (it: It) => {
  it.effect("a commit takes the token away and starts the tries anew", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const due = yield* DueWork
      const payment = yield* dueOrder(Duration.zero)
      const held = yield* claimedOrder(payment.payOrderNo)
      yield* orders.commit([aChange(payment, 1, { dueIn: Duration.seconds(7) })])
      expect(yield* due.done(held, null)).toBe(false)
      yield* TestClock.adjust(Duration.seconds(7))
      expect((yield* claimedOrder(payment.payOrderNo)).tries).toBe(0)
    })
  )

  it.effect(
    "a commit puts off nothing that is due and that nobody has seen to, however late or never it is due next",
    () =>
      Effect.gen(function* () {
        const orders = yield* Orders
        const due = yield* DueWork
        const unclaimed = yield* dueOrder(Duration.hours(1))
        const left = yield* dueOrder(Duration.hours(1))
        const waiting = yield* dueOrder(Duration.hours(1))
        yield* due.hasten(left.payOrderNo)
        expect((yield* claimedOrder(left.payOrderNo)).tries).toBe(0)
        yield* TestClock.adjust(lease)
        yield* due.hasten(unclaimed.payOrderNo)
        const changes = [
          aChange(unclaimed, 1, { dueIn: null }),
          aChange(left, 1, { dueIn: Duration.days(7) }),
          aChange(waiting, 1, { dueIn: null })
        ]
        yield* Effect.forEach(changes, (change) => orders.commit([change]), { concurrency: "unbounded" })
        const claimed = yield* due.claim("orders", many, lease)
        const isClaimed = ({ payOrderNo }: { readonly payOrderNo: string }) =>
          claimed.some(({ id, tries }) => id === payOrderNo && tries === 0)
        expect([unclaimed, left, waiting].map(isClaimed)).toEqual([true, true, false])
        const askedBy = claimed.find(({ id }) => id === unclaimed.payOrderNo)?.token ?? null
        yield* orders.commit([aChange(unclaimed, 2, { dueIn: null, askedBy })])
        yield* TestClock.adjust(Duration.days(400))
        expect(Option.isNone(yield* claimOne("orders", unclaimed.payOrderNo)), "it was seen to").toBe(true)
      })
  )

  it.effect("nor is a refund put off by a commit that moves it with its payment", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const due = yield* DueWork
      const payment = yield* dueOrder(null)
      const refund = aRefund(payment, 1)
      yield* orders.commit([aRefundChange(payment, refund, 0, { dueIn: Duration.hours(1) })])
      yield* due.hasten(refund.refundNo)
      const moved = aChange(payment, 1, { dueIn: Duration.hours(2) })
      yield* orders.commit([moved, aRefundChange(moved.payment, refund, 1, { dueIn: null })])
      const claimed = (yield* due.claim("orders", many, lease)).map(({ id }) => id)
      expect([payment.payOrderNo, refund.refundNo].map((no) => claimed.includes(no))).toEqual([false, true])
    })
  )

  it.effect("who sends a call puts off what is due until its time is over, beside others who do not", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const sending = yield* dueOrder(Duration.zero)
      const other = yield* dueOrder(Duration.zero)
      const changes = [
        aChange(sending, 1, { dueIn: Duration.seconds(7), putsOff: true }),
        aChange(other, 1, { dueIn: Duration.seconds(7) })
      ]
      yield* Effect.forEach(changes, (change) => orders.commit([change]), { concurrency: "unbounded" })
      const claimed = yield* Effect.flatMap(DueWork, (due) => due.claim("orders", many, lease))
      const ids = claimed.map(({ id }) => id)
      expect([ids.includes(sending.payOrderNo), ids.includes(other.payOrderNo)]).toEqual([false, true])
      yield* TestClock.adjust(Duration.seconds(7))
      expect((yield* claimedOrder(sending.payOrderNo)).tries).toBe(0)
    })
  )

  it.effect("what is hastened is due now, whoever holds it", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const { payOrderNo } = yield* dueOrder(Duration.hours(1))
      yield* due.hasten(payOrderNo)
      const held = yield* claimedOrder(payOrderNo)
      yield* due.hasten(payOrderNo)
      expect(yield* due.done(held, null)).toBe(false)
      expect((yield* claimedOrder(payOrderNo)).tries).toBe(0)
    })
  )
}

const events = (it: It) => {
  /** An order with one event for `endpoint` in each of its first `versions` versions; the deliveries' ids in order. */
  const announced = (endpoint: string, versions: number) =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const deliveries = yield* Deliveries
      const payment = aPayment()
      for (let version = 0; version < versions; version++)
        yield* orders.commit([aChange({ ...payment, version }, version, { deliveries: [aDelivery(endpoint)] })])
      return (yield* deliveries.ofOrder(payment.payOrderNo)).map(({ id }) => id)
    })

  it.effect("a delivery is on record with its commit, due at once, and delivered when it is done", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const deliveries = yield* Deliveries
      const [id = ""] = yield* announced(fresh("end"), 1)
      const claimed = Option.getOrThrow(yield* claimOne("deliveries", id))
      expect(yield* due.done(claimed, "HTTP 204")).toBe(true)
      expect(Option.getOrThrow(yield* deliveries.byId(id))).toMatchObject({
        id,
        state: "delivered",
        note: "HTTP 204",
        version: 1
      })
      yield* TestClock.adjust(Duration.days(400))
      expect(Option.isNone(yield* claimOne("deliveries", id))).toBe(true)
    })
  )

  it.effect("an order's next event waits for the one before it to the same endpoint", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const [first = "", second = ""] = yield* announced(fresh("end"), 2)
      const claimed = Option.getOrThrow(yield* claimOne("deliveries", first))
      expect(Option.isNone(yield* claimOne("deliveries", second))).toBe(true)
      yield* due.done(claimed, null)
      expect(Option.isSome(yield* claimOne("deliveries", second))).toBe(true)
    })
  )

  it.effect("it waits at most ten minutes", () =>
    Effect.gen(function* () {
      const due = yield* DueWork
      const [first = "", second = ""] = yield* announced(fresh("end"), 2)
      const claimed = Option.getOrThrow(yield* claimOne("deliveries", first))
      yield* due.postpone(claimed, Duration.hours(1), "HTTP 500")
      yield* TestClock.adjust(Duration.minutes(9))
      expect(Option.isNone(yield* claimOne("deliveries", second))).toBe(true)
      yield* TestClock.adjust(Duration.seconds(61))
      expect(Option.isSome(yield* claimOne("deliveries", second))).toBe(true)
    })
  )

  it.effect("one that was given up lets the next go, and does not come back", () =>
    Effect.gen(function* () {
      const deliveries = yield* Deliveries
      const [first = "", second = ""] = yield* announced(fresh("end"), 2)
      const claimed = Option.getOrThrow(yield* claimOne("deliveries", first))
      expect(yield* deliveries.giveUp(first, "another token", "gone")).toBe(false)
      expect(yield* deliveries.giveUp(first, claimed.token, "gone")).toBe(true)
      expect(Option.getOrThrow(yield* deliveries.byId(first))).toMatchObject({ state: "given-up", note: "gone" })
      expect(Option.isSome(yield* claimOne("deliveries", second))).toBe(true)
    })
  )

  it.effect("a change that loses its race leaves no event behind", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const deliveries = yield* Deliveries
      const payment = yield* dueOrder(null)
      const late = aChange(payment, 5, { deliveries: [aDelivery(fresh("end"))] })
      yield* Effect.flip(orders.commit([late]))
      expect(yield* deliveries.ofOrder(payment.payOrderNo)).toEqual([])
    })
  )
}

const notifications = (it: It) => {
  it.effect("a notification is kept once for the same vendor, number and bytes; kept, it is due at once", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const due = yield* DueWork
      const no = freshNo()
      const notification = aNotification(no)
      expect(yield* inbox.keep(notification)).toBe("kept")
      expect(yield* inbox.keep(notification)).toBe("known")
      expect(yield* inbox.keep({ ...notification, sha256: "1".repeat(64) })).toBe("kept")
      expect(yield* inbox.keep({ ...notification, vendor: "other" })).toBe("kept")
      const claimed = yield* due.claim("inbox", many, lease)
      const ours = yield* Effect.forEach(claimed, ({ id }) => inbox.byId(id))
      expect(ours.filter((kept) => Option.isSome(kept) && kept.value.subject.no === no).length).toBe(3)
    })
  )

  it.effect("of a hundred copies at once, one is kept", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const notification = aNotification(freshNo())
      const answers = yield* Effect.all(
        Array.from({ length: 100 }, () => inbox.keep(notification)),
        { concurrency: "unbounded" }
      )
      expect(answers.filter((answer) => answer === "kept").length).toBe(1)
    })
  )

  it.effect("it comes back as it was kept, with the time of its receipt", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const due = yield* DueWork
      yield* TestClock.setTime(1_800_000_000_000)
      const notification = aNotification(freshNo(), null, { body: '{"text":"支付 \\u0000 𝄞"}' })
      yield* inbox.keep(notification)
      const claimed = yield* due.claim("inbox", many, lease)
      const all = yield* Effect.forEach(claimed, ({ id }) => inbox.byId(id))
      const kept = all.filter(Option.isSome).find(({ value }) => value.subject.no === notification.subject.no)
      expect(kept?.value).toMatchObject({ ...notification, receivedAtMillis: 1_800_000_000_000 })
      expect(Option.isNone(yield* inbox.byId("nothing"))).toBe(true)
    })
  )
}

const subjects = (it: It) => {
  it.effect("a notification names its order by what the vendor was given, by the vendor's own number, or by ours", () =>
    Effect.gen(function* () {
      const inbox = yield* Inbox
      const due = yield* DueWork
      const no = fresh("no")
      const words = ["merchantOrderNo", "transactionNo", "payOrderNo"] as const
      for (const by of words)
        expect(yield* inbox.keep(aNotification(no, null, { subject: { by, no } })), by).toBe("kept")
      const claimed = yield* due.claim("inbox", many, lease)
      const all = yield* Effect.forEach(claimed, ({ id }) => inbox.byId(id))
      const kept = all.flatMap(Option.toArray).filter(({ subject }) => subject.no === no)
      expect(kept.map(({ subject }) => subject.by).sort()).toEqual([...words].sort())
    })
  )
}

/** What every `DueWork`, `Deliveries` and `Inbox` must do, over one store whose clock is Effect's. */
export const dueWorkContract = (name: string, stores: Layer.Layer<Stores, unknown>): void =>
  layer(stores)(`DueWork, Deliveries, Inbox: ${name}`, (it) => {
    leases(it)
    commits(it)
    queryDebts(it)
    events(it)
    deliveryTurns(it)
    deliveriesContract(it)
    notifications(it)
    subjects(it)
  })
