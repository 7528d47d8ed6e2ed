import { expect } from "@effect/vitest"
import { Orders } from "@payment-proxy/ports"
import { Deferred, Duration, Effect, Fiber, TestClock } from "effect"
import { causes, it, lived, worked } from "./harness.ts"
import { closed, created, dark, failureOf, known, no, queried, vendor, withCommit } from "./proxying.ts"

it.world("a query goes through, by the caller's number or the vendor's, and what it says is taken in", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payment } = yield* created()
    expect((yield* queried()).payment).toEqual(payment)
    yield* pay(no)
    const transactionNo = payment.transactionNo ?? ""
    const byVendor = yield* queried("shop", { by: "transactionNo", no: transactionNo })
    expect([byVendor.response, byVendor.payment.state]).toEqual([200, "SUCCEEDED"])
    expect((yield* causes(payment.payOrderNo)).at(-1)).toBe("query:paid")
  })
)

it.world("a query or a close of a number that is not this app's order does not leave", () =>
  Effect.gen(function* () {
    yield* created()
    const left = Effect.dieMessage("It left.")
    for (const app of ["other", "shop"]) {
      const subject = { by: "merchantOrderNo", no: app === "shop" ? "never" : no } as const
      const refused = yield* Effect.either(queried(app, subject, left))
      expect(failureOf(refused)).toMatchObject({ _tag: "OrderNotFound", number: subject.no })
    }
    const transaction = yield* Effect.either(queried("other", { by: "transactionNo", no: `txn-${no}` }, left))
    expect(failureOf(transaction)?._tag).toBe("OrderNotFound")
    expect(failureOf(yield* Effect.either(closed("other", () => left)))?._tag).toBe("OrderNotFound")
  })
)

it.world(
  "a caller's query that finds nothing ends no order, as its words are the caller's: we ask in our own, at once",
  () =>
    Effect.gen(function* () {
      const { script, always } = yield* vendor
      yield* script("create", "dropBefore")
      for (const call of ["query", "create", "close"] as const) yield* always(call, "dropBefore")
      const { payment } = yield* created()
      yield* always("query", "normal")
      expect((yield* queried()).payment.state, "before its deadline it may still arrive").toBe("SUBMITTING")
      yield* TestClock.adjust(Duration.millis(payment.deadlineMillis - payment.createdAtMillis + 1))
      expect((yield* queried()).payment.state).toBe("SUBMITTING")
      yield* always("close", "normal")
      yield* lived(Duration.seconds(1), 1)
      expect((yield* known()).state, "as our own question says").toBe("CLOSED")
    })
)

it.world("what a query says that is not understood, or cannot be put on disk, holds nothing up", () =>
  Effect.gen(function* () {
    const { pay, script } = yield* vendor
    yield* created()
    yield* pay(no)
    yield* script("query", "dropBefore")
    expect(yield* queried()).toMatchObject({ response: "InDoubt", payment: { state: "PENDING" } })
    const orders = yield* withCommit(1, dark)
    const { payment, response } = yield* Effect.provideService(queried(), Orders, orders)
    expect([response, payment.state]).toEqual([200, "PENDING"])
    yield* lived(Duration.seconds(6), 1)
    expect((yield* known()).state).toBe("SUCCEEDED")
  })
)

it.world("a close goes out once its intent is on disk, and is answered once what it says is", () =>
  Effect.gen(function* () {
    yield* created()
    const { payment, response } = yield* closed("shop", () =>
      Effect.map(known(), (intent) => expect(intent).toMatchObject({ state: "CLOSING", version: 3 }))
    )
    expect([response, payment.state]).toEqual([200, "CLOSED"])
    expect(yield* known()).toEqual(payment)
    expect(yield* causes(payment.payOrderNo)).toEqual(["submit", "create:open", "close", "close:closed"])
  })
)

it.world("the loops do not close an order at the same time as its caller does", () =>
  Effect.gen(function* () {
    yield* created()
    const context = yield* Effect.context<Effect.Effect.Context<typeof worked>>()
    yield* closed("shop", () => Effect.interruptible(Effect.provide(worked, context)))
    const closes = (yield* Effect.flatMap(vendor, ({ got }) => got)).filter(({ call }) => call === "close")
    expect(closes.length).toBe(1)
  })
)

it.world("a close of an order that is being closed passes again; of one that has ended it does not leave", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    yield* created()
    yield* script("close", "dropBefore")
    expect(yield* closed()).toMatchObject({ response: "InDoubt", payment: { state: "CLOSING", version: 3 } })
    expect(yield* closed()).toMatchObject({ response: 200, payment: { state: "CLOSED", version: 4 } })
    const refused = yield* Effect.either(closed("shop", () => Effect.dieMessage("It left.")))
    expect(failureOf(refused)).toMatchObject({ _tag: "OrderEnded", payment: { state: "CLOSED" } })
    expect(failureOf(yield* Effect.either(created()))?._tag).toBe("OrderEnded")
  })
)

it.world("a close of an order in doubt waits for its deadline, also where the vendor has never heard of it", () =>
  Effect.gen(function* () {
    yield* Effect.flatMap(vendor, ({ script }) => script("create", "dropBefore"))
    yield* created()
    expect(yield* closed()).toMatchObject({ response: 404, payment: { state: "CLOSING" } })
  })
)

it.world("a close whose intent cannot be put on disk does not leave; one whose answer cannot, is passed on", () =>
  Effect.gen(function* () {
    yield* created()
    const first = yield* withCommit(1, dark)
    const left = () => Effect.dieMessage("It left.")
    const refused = yield* Effect.either(Effect.provideService(closed("shop", left), Orders, first))
    expect(failureOf(refused)?._tag).toBe("StoreUnavailable")
    const second = yield* withCommit(2, dark)
    const { payment, response } = yield* Effect.provideService(closed(), Orders, second)
    expect([response, payment.state]).toEqual([200, "CLOSING"])
    yield* lived(Duration.seconds(2), 1)
    expect((yield* known()).state).toBe("CLOSED")
  })
)

it.world("a caller who leaves does not stop a close whose intent is on disk", () =>
  Effect.gen(function* () {
    yield* created()
    const gate = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(closed("shop", () => Deferred.await(gate)))
    yield* Effect.repeatN(Effect.yieldNow(), 20)
    expect((yield* known()).state).toBe("CLOSING")
    yield* Fiber.interruptFork(fiber)
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.await(fiber)
    expect((yield* known()).state).toBe("CLOSED")
  })
)
