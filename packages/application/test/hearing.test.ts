import { expect } from "@effect/vitest"
import { Deliveries, Listening, Orders, type Said, VendorAnswers, Vendors } from "@payment-proxy/ports"
import { FakeVendors, FakeWebhookSender } from "@payment-proxy/testkit"
import { Effect } from "effect"
import { receive } from "../src/Receive.ts"
import { sync } from "../src/Sync.ts"
import { it, placed, shop, worked } from "./harness.ts"

const said: Said = { status: 200, millis: 12, raw: '{"status":"…"}' }

/** The vendors, who tell whoever listens what they say. */
const telling = Effect.map(Vendors, (vendors): Vendors["Type"] => {
  const tell = <A, E, R>(call: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Listening, (listener) => {
      if (listener !== null) listener.said = said
      return call
    })
  return Vendors.of({
    ...vendors,
    create: (...given) => tell(vendors.create(...given)),
    query: (...given) => tell(vendors.query(...given))
  })
})

const answersOf = (payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) =>
    Effect.map(orders.history(payOrderNo), (entries) =>
      entries.map(({ cause, answer }) => [cause, answer === null ? null : (JSON.parse(answer) as unknown)])
    )
  )

it.world("history keeps what the vendor said, word by word, beside what came of it", () =>
  Effect.gen(function* () {
    const { pay } = yield* FakeVendors.FakeVendor
    const { payOrderNo } = yield* placed()
    yield* pay(payOrderNo)
    yield* receive("platform", FakeVendors.notification(payOrderNo, "paid"), "hash")
    yield* worked
    const [submit, create, notified] = yield* answersOf(payOrderNo)
    expect(submit).toEqual(["submit", null])
    expect(create).toEqual(["create:open", { call: "create", ...said, traceId: null }])
    expect(notified?.[0]).toBe("notification:paid")
    expect(notified?.[1]).toMatchObject({ call: "notification", status: null })
  }).pipe(Effect.provideServiceEffect(Vendors, telling))
)

it.world("the last answer that left an order where it is can be read, and why none came", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    const notes = Effect.flatMap(VendorAnswers, (answers) => answers.of([payOrderNo]))
    expect(yield* notes).toEqual([])
    const { script } = yield* FakeVendors.FakeVendor
    yield* script("query", "dropAfter")
    yield* sync(shop.id, payOrderNo)
    const [noted] = yield* notes
    expect(JSON.parse(noted?.answer ?? "null")).toEqual({
      call: "query",
      status: null,
      millis: null,
      raw: "as the test wanted",
      traceId: null
    })
  })
)

it.world("each try of a delivery is remembered with what came of it", () =>
  Effect.gen(function* () {
    const { answer } = yield* FakeWebhookSender.FakeEndpoint
    yield* answer(500)
    const { payOrderNo } = yield* placed()
    yield* worked
    const deliveries = yield* Deliveries
    const [first] = yield* deliveries.ofOrder(payOrderNo)
    expect(first?.attempts).toEqual([{ atMillis: expect.any(Number), millis: 0, status: 500, said: "HTTP 500" }])
    yield* deliveries.resend(first?.id ?? "")
    yield* worked
    expect((yield* deliveries.ofOrder(payOrderNo))[0]?.attempts.map(({ status }) => status)).toEqual([500, 204])
  })
)
