import { expect } from "@effect/vitest"
import { Inbox } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, Either, Fiber, TestClock } from "effect"
import { receive } from "../src/Receive.ts"
import { returned } from "../src/Returned.ts"
import { it, lived, now, placed, states, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor
const page = "https://shop.example/done"

it.world("a payer who comes back makes us ask, and is sent on to the app's page", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payOrderNo } = yield* placed({ details: { description: "Insurance", payer: {}, returnUrl: page } })
    yield* pay(payOrderNo)
    const back = yield* Effect.fork(returned("platform", payOrderNo, { indicator: "right" }))
    yield* TestClock.adjust(Duration.millis(1))
    yield* worked
    expect(yield* Fiber.join(back)).toBe(page)
    expect(yield* states(payOrderNo)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
  })
)

it.world("what a payer brings is no evidence: right or wrong, only the vendor's word moves the order", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    for (const indicator of ["right", "wrong", undefined]) {
      const back = yield* Effect.fork(returned("platform", payOrderNo, { indicator }))
      yield* TestClock.adjust(Duration.millis(1))
      yield* worked
      yield* TestClock.adjust(Duration.seconds(5))
      expect(yield* Fiber.join(back)).toBeNull()
    }
    expect((yield* now(payOrderNo)).state).toBe("PENDING")
  })
)

it.world("an order of another vendor, or none, is not found", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    for (const [name, no] of [
      ["another", payOrderNo],
      ["platform", "01UNKNOWN0000000000000000000"]
    ] as const) {
      const answer = yield* Effect.either(returned(name, no, {}))
      expect(Either.isLeft(answer) && answer.left._tag).toBe("OrderNotFound")
    }
  })
)

it.world(
  "a notification of another amount is refused and changes nothing; the vendor is asked, and a true one passes",
  () =>
    Effect.gen(function* () {
      const { pay, got } = yield* vendor
      const { payOrderNo } = yield* placed()
      for (const amount of [
        { minor: 1235, currency: "CNY" },
        { minor: 1234, currency: "USD" }
      ] as const) {
        const told = FakeVendors.notification(payOrderNo, "paid", amount)
        const answer = yield* Effect.either(receive("platform", told, `hash-${amount.minor}`))
        expect(Either.isLeft(answer) && answer.left).toMatchObject({ _tag: "NotVerified", reason: "AMOUNT" })
      }
      const before = (yield* got).filter(({ call }) => call === "query").length
      yield* worked
      expect((yield* got).filter(({ call }) => call === "query").length).toBe(before + 1)
      expect((yield* now(payOrderNo)).state).toBe("PENDING")
      expect(yield* Effect.flatMap(Inbox, (inbox) => inbox.byId("1"))).toMatchObject({ _tag: "None" })
      yield* pay(payOrderNo)
      const right = FakeVendors.notification(payOrderNo, "paid", { minor: 1234, currency: "CNY" })
      expect((yield* receive("platform", right, "hash-right")).body).toBe("success")
      yield* worked
      yield* lived(Duration.seconds(1), 1)
      expect((yield* now(payOrderNo)).state).toBe("SUCCEEDED")
    })
)

it.world("a payer who comes back again and again makes us ask once in five seconds", () =>
  Effect.gen(function* () {
    const { got } = yield* vendor
    const { payOrderNo } = yield* placed()
    for (let times = 0; times < 60; times++) {
      const back = yield* Effect.fork(returned("platform", payOrderNo, {}))
      yield* TestClock.adjust(Duration.millis(100))
      yield* worked
      yield* Fiber.interrupt(back)
    }
    expect((yield* got).filter(({ call }) => call === "query").length).toBe(2)
  })
)

it.world("who comes back while a call of ours may be on its way does not make us send it again", () =>
  Effect.gen(function* () {
    const { approve, got, script } = yield* vendor
    yield* script("create", "dropBefore")
    yield* script("complete", "dropBefore")
    const { payOrderNo } = yield* placed()
    const come = Effect.gen(function* () {
      const back = yield* Effect.fork(returned("platform", payOrderNo, {}))
      yield* TestClock.adjust(Duration.millis(1))
      yield* worked
      yield* TestClock.adjust(Duration.seconds(5))
      expect(yield* Fiber.join(back)).toBeNull()
    })
    const calls = (kind: FakeVendors.Call) => Effect.map(got, (all) => all.filter(({ call }) => call === kind).length)
    yield* come
    expect(yield* calls("create")).toBe(1)
    yield* lived(Duration.seconds(10), 1)
    expect((yield* now(payOrderNo)).state).toBe("PENDING")
    yield* approve(payOrderNo)
    yield* come
    expect((yield* now(payOrderNo)).operation).toMatchObject({ unknownCalls: 1 })
    yield* come
    expect(yield* calls("complete")).toBe(1)
  })
)

it.world("the order's number is put into the app's page, where the page wants it", () =>
  Effect.gen(function* () {
    const returnUrl = "https://shop.example/done?order={payOrderNo}&again={payOrderNo}"
    const { payOrderNo } = yield* placed({ details: { description: "Insurance", payer: {}, returnUrl } })
    const back = yield* Effect.fork(returned("platform", payOrderNo, {}))
    yield* TestClock.adjust(Duration.seconds(5))
    expect(yield* Fiber.join(back)).toBe(`https://shop.example/done?order=${payOrderNo}&again=${payOrderNo}`)
  })
)
