import { expect } from "@effect/vitest"
import { anyOrder, DueWork } from "@payment-proxy/ports"
import { FakeVendors } from "@payment-proxy/testkit"
import { Duration, Effect, Fiber, Option, TestClock } from "effect"
import { Changes } from "../src/Changes.ts"
import * as Read from "../src/Read.ts"
import { receive } from "../src/Receive.ts"
import * as Work from "../src/Work.ts"
import { it, placed, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor

it.world("a reader who waits is answered as soon as the order changes", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payOrderNo } = yield* placed()
    const waiting = yield* Effect.fork(Read.orderWhenChanged("shop", payOrderNo, Duration.seconds(30), null))
    yield* TestClock.adjust(Duration.seconds(1))
    expect(Option.isNone(yield* Fiber.poll(waiting))).toBe(true)
    yield* pay(payOrderNo)
    yield* receive("platform", FakeVendors.notification(payOrderNo, "paid"), "hash")
    yield* worked
    expect((yield* Fiber.join(waiting)).state).toBe("SUCCEEDED")
  })
)

it.world("a reader who waits in vain is answered with the order as it is", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    const waiting = yield* Effect.fork(Read.orderWhenChanged("shop", payOrderNo, Duration.seconds(30), null))
    yield* TestClock.adjust(Duration.seconds(31))
    expect((yield* Fiber.join(waiting)).state).toBe("PENDING")
  })
)

it.world("an order that has moved past the reader's version is answered at once", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    expect((yield* Read.orderWhenChanged("shop", payOrderNo, Duration.seconds(30), 1)).version).toBe(2)
  })
)

it.world("pages of orders, newest first, meet without gap or overlap", () =>
  Effect.gen(function* () {
    const all: Array<string> = []
    for (let index = 0; index < 7; index++) {
      yield* TestClock.adjust(Duration.millis(5))
      all.push((yield* placed({ idempotencyKey: `key-${index}` })).payOrderNo)
    }
    const search = { ...anyOrder, app: "shop", limit: 3 }
    const found: Array<string> = []
    let after: string | null = null
    do {
      const page: Effect.Effect.Success<ReturnType<typeof Read.orders>> = yield* Read.orders({ ...search, after })
      found.push(...page.items.map(({ payOrderNo }) => payOrderNo))
      after = page.next
    } while (after !== null)
    expect(found).toEqual(all.reverse())
  })
)

it.world("the loops follow an order by themselves, and work that is nudged starts at once", () =>
  Effect.gen(function* () {
    const { pay } = yield* vendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    const loops = yield* Effect.fork(Effect.all([Work.loop("orders"), Work.loop("inbox")], { concurrency: 2 }))
    const waiting = yield* Effect.fork(
      Effect.flatMap(Changes, (changes) => changes.next(payOrderNo, 2, Duration.minutes(1)))
    )
    yield* TestClock.adjust(Duration.seconds(6))
    yield* Fiber.join(waiting)
    yield* Fiber.interrupt(loops)
    expect((yield* Read.order("shop", payOrderNo)).state).toBe("SUCCEEDED")
  })
)

it.world("a worker that is stopped in the middle of its work hands it back at once", () =>
  Effect.gen(function* () {
    const { always } = yield* vendor
    const due = yield* DueWork
    const { payOrderNo } = yield* placed()
    yield* always("query", "hang")
    const loop = yield* Effect.fork(Work.loop("orders"))
    yield* TestClock.adjust(Duration.seconds(6))
    expect((yield* due.claim("orders", 10, Duration.seconds(1))).length, "it is being worked at").toBe(0)
    yield* Fiber.interrupt(loop)
    const [handedBack] = yield* due.claim("orders", 10, Duration.seconds(1))
    expect(handedBack?.id).toBe(payOrderNo)
  })
)
