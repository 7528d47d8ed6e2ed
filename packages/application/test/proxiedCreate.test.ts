import { expect } from "@effect/vitest"
import { Evidence, OrderNo, Payment } from "@payment-proxy/domain"
import { Orders, Unsettled } from "@payment-proxy/ports"
import { FakeMapping, FakeVault, FakeVendors } from "@payment-proxy/testkit"
import { Clock, Deferred, Duration, Effect, Either, Fiber, Option, TestClock } from "effect"
import { place } from "../src/Place.ts"
import * as Proxied from "../src/Proxied.ts"
import { receive } from "../src/Receive.ts"
import { takeIn } from "../src/TakeIn.ts"
import { asked, causes, it, lived, other, shop, states, worked } from "./harness.ts"
import {
  askedBy,
  created,
  creates,
  dark,
  failureOf,
  garbled,
  known,
  mapping,
  no,
  orderOf,
  sending,
  vendor,
  withCommit
} from "./proxying.ts"

it.world("a create goes out once its intent is on disk, and is answered once what it says is", () =>
  Effect.gen(function* () {
    const call = FakeMapping.aCreate(no)
    const { payment, response } = yield* created(call, shop, (untilMillis) =>
      Effect.gen(function* () {
        const intent = yield* known()
        expect(intent).toMatchObject({ state: "SUBMITTING", version: 1, unknownCalls: 1, merchantOrderNo: no })
        expect(untilMillis).toBe((yield* Clock.currentTimeMillis) + 10_000)
        const { payOrderNo } = intent
        const sealed = Option.getOrThrow(yield* Effect.flatMap(Orders, (orders) => orders.sealedRequest(payOrderNo)))
        expect(FakeVault.isSealed(sealed)).toBe(true)
      })
    )
    expect(response).toBe(200)
    expect(payment).toMatchObject({ state: "PENDING", version: 2, capture: "automatic", metadata: {}, app: "shop" })
    expect(payment.next).not.toBeNull()
    expect(yield* known()).toEqual(payment)
    expect(OrderNo.is(payment.payOrderNo) && OrderNo.shard(payment.payOrderNo)).toBe(OrderNo.shardOf("platform", no))
    expect(yield* causes(payment.payOrderNo)).toEqual(["submit", "create:open"])
  })
)

it.world("an answer waits for the disk", () =>
  Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    const orders = yield* withCommit(2, (commit) => Effect.zipRight(Deferred.await(gate), commit))
    const fiber = yield* Effect.fork(Effect.provideService(created(), Orders, orders))
    yield* lived(Duration.millis(1), 3)
    expect(yield* creates).toBe(1)
    expect(Option.isNone(yield* Fiber.poll(fiber))).toBe(true)
    yield* Deferred.succeed(gate, undefined)
    expect((yield* Fiber.join(fiber)).payment.state).toBe("PENDING")
  })
)

it.world(
  "the payer's time is as the call says, or as the vendor gives it; the deadline is never before the first call's",
  () =>
    Effect.gen(function* () {
      const nowMillis = yield* Clock.currentTimeMillis
      const plain = (yield* created()).payment
      expect(plain.expiresAtMillis).toBe(nowMillis + FakeMapping.payableMillis)
      expect(plain.deadlineMillis).toBe(plain.expiresAtMillis + 310_000)
      const said = (yield* created(FakeMapping.aCreate("2", { expiresAtMillis: nowMillis + 60_000 }))).payment
      expect([said.expiresAtMillis, said.deadlineMillis]).toEqual([nowMillis + 60_000, nowMillis + 370_000])
      const past = (yield* created(FakeMapping.aCreate("3", { expiresAtMillis: nowMillis - 60_000_000 }))).payment
      expect([past.expiresAtMillis, past.deadlineMillis]).toEqual([nowMillis - 60_000_000, nowMillis + 310_000])
    })
)

it.world("the same create again passes while its order is open, intent first, and is one order and one payment", () =>
  Effect.gen(function* () {
    const { script, payments } = yield* vendor
    yield* script("create", "dropAfter")
    const first = yield* created()
    expect([first.response, first.payment.state]).toEqual(["InDoubt", "SUBMITTING"])
    const again = yield* created(FakeMapping.aCreate(no), shop, () =>
      Effect.map(known(), (intent) => expect(intent).toMatchObject({ version: 2, unknownCalls: 2 }))
    )
    expect([again.response, again.payment.state]).toEqual([200, "PENDING"])
    const third = yield* created(FakeMapping.aCreate(no), shop, () =>
      Effect.map(known(), (intent) => expect(intent).toMatchObject({ state: "PENDING", version: 4 }))
    )
    expect([third.response, third.payment.payOrderNo]).toEqual([200, first.payment.payOrderNo])
    expect(yield* causes(first.payment.payOrderNo)).toEqual(["submit", "send again", "create:open", "send again"])
    expect((yield* payments).length).toBe(1)
    expect(yield* creates).toBe(3)
  })
)

it.world("twenty at once with one number make one order, and one payment", () =>
  Effect.gen(function* () {
    const all = yield* Effect.all(
      Array.from({ length: 20 }, () => Effect.either(created())),
      { concurrency: "unbounded" }
    )
    const passed = all.filter(Either.isRight).map(({ right }) => right)
    expect(passed.length).toBeGreaterThan(0)
    expect(new Set(passed.map(({ payment }) => payment.payOrderNo)).size).toBe(1)
    for (const { response } of passed) expect(response).toBe(200)
    for (const lost of all.filter(Either.isLeft)) expect(["Contended", "Unrecorded"]).toContain(lost.left._tag)
    expect((yield* Effect.flatMap(vendor, ({ payments }) => payments)).length).toBe(1)
    expect((yield* known()).state).toBe("PENDING")
  })
)

it.world("a repeat that another commit overtakes is decided again", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    yield* script("create", "dropAfter")
    yield* created()
    const { payOrderNo } = yield* known()
    const told = takeIn(payOrderNo, Evidence.make("open", "notification", { next: { type: "none" } }))
    const orders = yield* withCommit(2, (commit) => Effect.zipRight(Effect.orDie(told), commit))
    const { payment, response } = yield* Effect.provideService(created(), Orders, orders)
    expect([response, payment.state]).toEqual([200, "PENDING"])
    expect(yield* causes(payment.payOrderNo)).toEqual(["submit", "notification:open", "send again", "create:open"])
  })
)

it.world("a number that is asked for again with another body is refused, and nothing leaves", () =>
  Effect.gen(function* () {
    const { payment } = yield* created()
    const refused = failureOf(yield* Effect.either(created(FakeMapping.aCreate(no, { amount: "99.00" }))))
    expect(refused).toBeInstanceOf(Proxied.NumberReused)
    expect(refused).toMatchObject({ payment: { payOrderNo: payment.payOrderNo } })
    expect(yield* creates).toBe(1)
    expect(yield* causes(payment.payOrderNo)).toEqual(["submit", "create:open"])
  })
)

it.world("a number of another app is taken: nothing of its order is told, and nothing leaves", () =>
  Effect.gen(function* () {
    yield* created(FakeMapping.aCreate(no), other)
    const refused = failureOf(yield* Effect.either(created()))
    expect(refused).toEqual(new Proxied.NumberTaken({ merchantOrderNo: no }))
    expect(yield* creates).toBe(1)
  })
)

it.world("a number of the order API's is taken, too", () =>
  Effect.gen(function* () {
    const { payment } = yield* place(asked())
    const refused = yield* Effect.either(created(FakeMapping.aCreate(payment.payOrderNo)))
    expect(failureOf(refused)?._tag).toBe("NumberReused")
    const foreign = yield* Effect.either(created(FakeMapping.aCreate(payment.payOrderNo), other))
    expect(failureOf(foreign)?._tag).toBe("NumberTaken")
  })
)

it.world("an order that has ended is not created again: nothing leaves", () =>
  Effect.gen(function* () {
    yield* created()
    yield* Effect.flatMap(vendor, ({ pay }) => pay(no))
    yield* receive("platform", FakeVendors.notification(no, "paid"), "paid")
    yield* worked
    const refused = failureOf(yield* Effect.either(created()))
    expect(refused).toBeInstanceOf(Proxied.OrderEnded)
    expect(refused).toMatchObject({ payment: { state: "SUCCEEDED", merchantOrderNo: no } })
    expect(yield* creates).toBe(1)
  })
)

it.world("nor is one whose payer's time is over", () =>
  Effect.gen(function* () {
    yield* created()
    yield* TestClock.adjust(Duration.millis(FakeMapping.payableMillis))
    const refused = failureOf(yield* Effect.either(created()))
    expect(refused).toMatchObject({ _tag: "OrderEnded", payment: { state: "PENDING" } })
    expect(yield* creates).toBe(1)
  })
)

it.world("a definite refusal of the only call ends the order as FAILED; the caller has it as the vendor sent it", () =>
  Effect.gen(function* () {
    yield* Effect.flatMap(vendor, ({ script }) => script("create", "reject"))
    const { payment, response } = yield* created()
    expect([response, payment.state, payment.failure?.code]).toEqual([422, "FAILED", "DECLINED"])
    expect(failureOf(yield* Effect.either(created()))?._tag).toBe("OrderEnded")
  })
)

it.world("a call that was not sent or not taken leaves nothing in doubt; the loops send what is kept", () =>
  Effect.gen(function* () {
    const { script, got } = yield* vendor
    yield* script("create", "unreachable", "throttle")
    const { payment, response } = yield* created()
    expect([response, payment.state, Payment.inDoubt(payment)]).toEqual(["Unreachable", "SUBMITTING", false])
    yield* lived(Duration.seconds(2), 3)
    expect((yield* known()).state).toBe("PENDING")
    const sent = (yield* got).filter(({ call }) => call === "create").map(({ prepared }) => prepared)
    expect(sent.length).toBe(3)
    expect(new Set(sent), "byte for byte").toEqual(new Set([mapping.prepared(FakeMapping.aCreate(no))]))
  })
)

it.world("a silent vendor leaves the order in doubt, and the loops find that it was paid", () =>
  Effect.gen(function* () {
    const { script, pay, payments } = yield* vendor
    yield* script("create", "hang")
    const fiber = yield* Effect.fork(created())
    yield* lived(Duration.seconds(10), 1)
    const { payment, response } = yield* Fiber.join(fiber)
    expect([response, payment.state, Payment.inDoubt(payment)]).toEqual(["InDoubt", "SUBMITTING", true])
    yield* pay(no)
    yield* lived(Duration.seconds(3), 1)
    expect(yield* states(payment.payOrderNo)).toEqual(["SUBMITTING", "SUCCEEDED"])
    expect((yield* causes(payment.payOrderNo)).at(-1)).toBe("query:paid")
    expect((yield* payments).length).toBe(1)
  })
)

it.world("an answer that is not understood is passed on, and leaves the order in doubt", () =>
  Effect.gen(function* () {
    const call = FakeMapping.aCreate(no)
    const { payment, response } = yield* Proxied.create(askedBy(call), garbled(call))
    expect([response, payment.state, Payment.inDoubt(payment)]).toEqual([200, "SUBMITTING", true])
    yield* lived(Duration.seconds(13), 1)
    expect((yield* known()).state).toBe("PENDING")
  })
)

it.world("a caller who leaves does not stop what the vendor may have: its outcome is on disk", () =>
  Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(created(FakeMapping.aCreate(no), shop, () => Deferred.await(gate)))
    yield* lived(Duration.millis(1), 3)
    expect((yield* known()).state).toBe("SUBMITTING")
    yield* Fiber.interruptFork(fiber)
    yield* Effect.yieldNow()
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.await(fiber)
    expect((yield* known()).state).toBe("PENDING")
  })
)

it.world("nor does one who leaves a repeat", () =>
  Effect.gen(function* () {
    yield* Effect.flatMap(vendor, ({ script }) => script("create", "dropBefore"))
    yield* created()
    const gate = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(created(FakeMapping.aCreate(no), shop, () => Deferred.await(gate)))
    yield* lived(Duration.millis(1), 3)
    expect(yield* known()).toMatchObject({ state: "SUBMITTING", version: 2 })
    yield* Fiber.interruptFork(fiber)
    yield* Effect.yieldNow()
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.await(fiber)
    expect((yield* known()).state).toBe("PENDING")
  })
)

it.world("a store that is dark before the intent: nothing leaves", () =>
  Effect.gen(function* () {
    const orders = yield* withCommit(1, dark)
    const refused = yield* Effect.either(Effect.provideService(created(), Orders, orders))
    expect(failureOf(refused)?._tag).toBe("StoreUnavailable")
    expect(yield* creates).toBe(0)
    expect(Option.isNone(yield* orderOf(no))).toBe(true)
  })
)

it.world(
  "an intent of which nobody knows whether it is on disk: nothing leaves, and the loops go on with what there is",
  () =>
    Effect.gen(function* () {
      const orders = yield* withCommit(1, (commit) => Effect.zipRight(commit, new Unsettled({ cause: "lost" })))
      const refused = yield* Effect.either(Effect.provideService(created(), Orders, orders))
      expect(failureOf(refused)?._tag).toBe("Unsettled")
      expect(yield* creates).toBe(0)
      yield* lived(Duration.seconds(13), 1)
      expect((yield* known()).state).toBe("PENDING")
      expect((yield* created()).response, "the caller's repeat is the same create").toBe(200)
      expect((yield* Effect.flatMap(vendor, ({ payments }) => payments)).length).toBe(1)
    })
)

it.world("a store that is dark once the vendor has answered: the failure names the order, which stays in doubt", () =>
  Effect.gen(function* () {
    for (const lost of [dark(), new Unsettled({ cause: "lost" })]) {
      const number = `${no} ${lost._tag}`
      const orders = yield* withCommit(2, () => lost)
      const result = yield* Effect.either(Effect.provideService(created(FakeMapping.aCreate(number)), Orders, orders))
      const order = yield* known(number)
      expect(failureOf(result)).toEqual(new Proxied.Unrecorded({ payment: order, cause: lost }))
      expect([order.state, Payment.inDoubt(order)]).toEqual(["SUBMITTING", true])
      yield* lived(Duration.seconds(13), 1)
      expect((yield* known(number)).state).toBe("PENDING")
    }
  })
)

it.world("a store that is dark before a repeat's intent: nothing leaves again", () =>
  Effect.gen(function* () {
    yield* created()
    const orders = yield* withCommit(2, dark)
    const refused = yield* Effect.either(Effect.provideService(created(), Orders, orders))
    expect(failureOf(refused)?._tag).toBe("StoreUnavailable")
    expect(yield* creates).toBe(1)
  })
)

it.world("a vendor that is not configured: nothing is written and nothing leaves", () =>
  Effect.gen(function* () {
    const call = FakeMapping.aCreate(no)
    const elsewhere = { ...askedBy(call), mapping: FakeMapping.make("nobody") }
    const refused = yield* Effect.either(
      Proxied.create(
        elsewhere,
        sending(call, () => Effect.void)
      )
    )
    expect(failureOf(refused)?._tag).toBe("UnknownVendor")
    expect(yield* creates).toBe(0)
  })
)
