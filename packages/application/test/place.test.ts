import { expect } from "@effect/vitest"
import { Payment } from "@payment-proxy/domain"
import { Orders, StoreUnavailable, unlimited } from "@payment-proxy/ports"
import { FakeVault, FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, Either, Fiber, Option } from "effect"
import { place } from "../src/Place.ts"
import * as Read from "../src/Read.ts"
import { asked, causes, it, lived, now, placed, states, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor

it.world("an order is placed, with what the payer needs next", () =>
  Effect.gen(function* () {
    const { payment, isNew } = yield* place(asked())
    expect(isNew).toBe(true)
    expect(payment.state).toBe("PENDING")
    expect(payment.version).toBe(2)
    expect(payment.next).toEqual({ type: "redirect", url: `https://cashier.example/${payment.payOrderNo}` })
    expect(yield* causes(payment.payOrderNo)).toEqual(["submit", "create:open"])
    expect(Payment.inDoubt(payment)).toBe(false)
  })
)

it.world("the vendor's request is kept sealed, and is what the vendor got", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed({ details: { description: "d", payer: { openId: "o-1" }, returnUrl: null } })
    const sealed = Option.getOrThrow(yield* Effect.flatMap(Orders, (orders) => orders.sealedRequest(payOrderNo)))
    expect(FakeVault.isSealed(sealed)).toBe(true)
    expect(sealed).not.toContain("o-1")
    const [create] = yield* Effect.flatMap(vendor, ({ got }) => got)
    expect(create?.prepared).toContain("o-1")
  })
)

it.world("the same key and body answer the same order; another body is refused", () =>
  Effect.gen(function* () {
    const first = yield* placed()
    const again = yield* place(asked())
    expect(again).toEqual({ payment: first, isNew: false })
    const other = yield* Effect.either(place(asked({ fingerprint: "another" })))
    expect(Either.isLeft(other) && other.left._tag).toBe("KeyReused")
    expect((yield* Effect.flatMap(vendor, ({ got }) => got)).length).toBe(1)
  })
)

it.world("a hundred at once with one key make one order, and one payment", () =>
  Effect.gen(function* () {
    const all = yield* Effect.all(
      Array.from({ length: 100 }, () => place(asked())),
      { concurrency: "unbounded" }
    )
    expect(new Set(all.map(({ payment }) => payment.payOrderNo)).size).toBe(1)
    expect(all.filter(({ isNew }) => isNew).length).toBe(1)
    expect((yield* Effect.flatMap(vendor, ({ payments }) => payments)).length).toBe(1)
  })
)

it.world("an order is answered under its key also when its vendor is not configured any more", () =>
  Effect.gen(function* () {
    const first = yield* placed()
    const again = yield* place(asked({ vendor: "nobody" }))
    expect(again).toEqual({ payment: first, isNew: false })
    const other = yield* Effect.either(place(asked({ vendor: "nobody", fingerprint: "another" })))
    expect(Either.isLeft(other) && other.left._tag).toBe("KeyReused")
  })
)

it.world("one app's key is nothing to another app", () =>
  Effect.gen(function* () {
    const first = yield* placed()
    const other = yield* placed({
      app: { id: "other", name: "Other", endpoints: [], limits: unlimited, isDisabled: false }
    })
    expect(other.payOrderNo).not.toBe(first.payOrderNo)
    const hidden = yield* Effect.either(Read.order("other", first.payOrderNo))
    expect(Either.isLeft(hidden) && hidden.left._tag).toBe("OrderNotFound")
  })
)

it.world("a vendor that is not configured is named before anything is written", () =>
  Effect.gen(function* () {
    const refused = yield* Effect.either(place(asked({ vendor: "nobody" })))
    expect(Either.isLeft(refused) && refused.left._tag).toBe("UnknownVendor")
    expect(Option.isNone(yield* Effect.flatMap(Orders, (orders) => orders.byKey("shop", "key-1")))).toBe(true)
  })
)

it.world("a definite rejection of the only call ends the order as FAILED, with the vendor's code", () =>
  Effect.gen(function* () {
    yield* Effect.flatMap(vendor, ({ script }) => script("create", "reject"))
    const payment = yield* placed()
    expect(payment.state).toBe("FAILED")
    expect(payment.failure?.code).toBe("DECLINED")
  })
)

it.world(
  "a vendor that accepts and drops the line leaves the order in doubt; it is asked, and PENDING with its next",
  () =>
    Effect.gen(function* () {
      const { script, payments, got } = yield* vendor
      yield* script("create", "dropAfter")
      const payment = yield* placed()
      expect(payment.state).toBe("SUBMITTING")
      expect(Payment.inDoubt(payment)).toBe(true)
      yield* worked
      expect((yield* got).length, "nobody asks while the create may be in the air").toBe(1)
      yield* lived(Duration.seconds(13), 1)
      const after = yield* now(payment.payOrderNo)
      expect(after.state).toBe("PENDING")
      expect(after.next).not.toBeNull()
      expect((yield* payments).length).toBe(1)
      expect(yield* states(payment.payOrderNo)).toEqual(["SUBMITTING", "PENDING"])
    })
)

it.world("a create that never arrived is sent again under the same number, byte for byte", () =>
  Effect.gen(function* () {
    const { script, payments, got } = yield* vendor
    yield* script("create", "dropBefore")
    const payment = yield* placed()
    expect(payment.state).toBe("SUBMITTING")
    yield* lived(Duration.seconds(13), 1)
    expect((yield* now(payment.payOrderNo)).state).toBe("PENDING")
    const creates = (yield* got).filter(({ call }) => call === "create")
    expect(creates.length).toBe(2)
    expect(new Set(creates.map(({ prepared }) => prepared)).size).toBe(1)
    expect((yield* payments).length).toBe(1)
    expect(yield* causes(payment.payOrderNo)).toEqual(["submit", "send again", "create:open"])
  })
)

it.world("accepted, dropped, then the repeat rejected: not FAILED, since the first may have arrived", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    yield* script("create", "dropBefore", "reject")
    const payment = yield* placed()
    yield* script("query", "dropBefore")
    yield* lived(Duration.seconds(13), 2)
    expect((yield* now(payment.payOrderNo)).state).not.toBe("FAILED")
  })
)

it.world("a vendor that was not reached is tried again soon, and the order never fails for it", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    yield* script("create", "unreachable", "throttle")
    const payment = yield* placed()
    expect(payment.state).toBe("SUBMITTING")
    expect(Payment.inDoubt(payment), "no call is outstanding").toBe(false)
    yield* lived(Duration.seconds(2), 3)
    expect((yield* now(payment.payOrderNo)).state).toBe("PENDING")
  })
)

it.world("a caller that leaves while the vendor is asked does not stop the order", () =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(place(asked()))
    yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
    yield* lived(Duration.seconds(13), 2)
    const known = yield* Effect.flatMap(Orders, (orders) => orders.byKey("shop", "key-1"))
    const state = Option.map(known, ({ payment }) => payment.state)
    expect(Option.isNone(state) || state.value === "PENDING").toBe(true)
  })
)

it.world("an answer with another amount holds the order at once", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    yield* script("create", "wrongAmount")
    const payment = yield* placed()
    expect(payment.state).toBe("HELD")
    expect(payment.heldReason).toBe("AMOUNT_MISMATCH")
  })
)

it.world(
  "a store that goes away after the order was placed leaves it in doubt, not unsaid; the loops go on with it",
  () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      let commits = 0
      const failing = Orders.of({
        ...orders,
        commit: (changes) => {
          commits += 1
          return commits === 2 ? new StoreUnavailable({ cause: "gone" }) : orders.commit(changes)
        }
      })
      const { payment, isNew } = yield* Effect.provideService(place(asked()), Orders, failing)
      expect([payment.state, isNew]).toEqual(["SUBMITTING", true])
      yield* lived(Duration.seconds(13), 1)
      expect((yield* now(payment.payOrderNo)).state).toBe("PENDING")
    })
)
