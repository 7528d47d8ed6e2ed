import { expect } from "@effect/vitest"
import { Apps, Deliveries, unlimited } from "@payment-proxy/ports"
import { FakeVendors, FakeWebhookSender } from "@payment-proxy/testkit"
import { Duration, Effect, Redacted, TestClock } from "effect"
import { receive } from "../src/Receive.ts"
import { round } from "../src/Work.ts"
import { it, lived, placed, worked } from "./harness.ts"

const endpoint = FakeWebhookSender.FakeEndpoint

const paid = Effect.gen(function* () {
  const { pay } = yield* FakeVendors.FakeVendor
  const { payOrderNo } = yield* placed()
  yield* pay(payOrderNo)
  yield* receive("platform", FakeVendors.notification(payOrderNo, "paid"), "hash")
  return payOrderNo
})

const typesOf = (got: ReadonlyArray<FakeWebhookSender.Got>) =>
  got.map(({ body }) => (JSON.parse(body) as { readonly state: string }).state)

const deliveriesOf = (payOrderNo: string) => Effect.flatMap(Deliveries, (deliveries) => deliveries.ofOrder(payOrderNo))

it.world("every change is delivered once, in order, signed with the endpoint's secret", () =>
  Effect.gen(function* () {
    const { got } = yield* endpoint
    const payOrderNo = yield* paid
    yield* worked
    const messages = yield* got
    expect(typesOf(messages)).toEqual(["SUBMITTING", "PENDING", "SUCCEEDED"])
    expect(new Set(messages.map(({ eventId }) => eventId)).size).toBe(3)
    for (const { eventId } of messages) expect(eventId).toMatch(/^evt_[0-9a-f]{32}$/)
    expect(
      messages.every(({ secrets: [secret] }) => secret !== undefined && Redacted.value(secret).startsWith("whsec_"))
    ).toBe(true)
    expect((yield* deliveriesOf(payOrderNo)).every(({ state }) => state === "delivered")).toBe(true)
  })
)

it.world("an endpoint that fails is tried again under the same id, and the next event waits for the one before", () =>
  Effect.gen(function* () {
    const { got, answer } = yield* endpoint
    yield* answer(500, "unreachable")
    yield* paid
    yield* worked
    expect(typesOf(yield* got)).toEqual(["SUBMITTING"])
    yield* lived(Duration.seconds(7), 1)
    yield* lived(Duration.seconds(40), 1)
    const messages = yield* got
    expect(typesOf(messages)).toEqual(["SUBMITTING", "SUBMITTING", "SUBMITTING", "PENDING", "SUCCEEDED"])
    expect(new Set(messages.slice(0, 3).map(({ eventId }) => eventId)).size).toBe(1)
  })
)

it.world("an event waits for the one before it at most ten minutes, then goes, too", () =>
  Effect.gen(function* () {
    const { got, answer } = yield* endpoint
    yield* answer(...Array.from({ length: 20 }, () => 500))
    yield* paid
    yield* lived(Duration.minutes(1), 9)
    expect(new Set(typesOf(yield* got))).toEqual(new Set(["SUBMITTING"]))
    yield* lived(Duration.minutes(1), 3)
    expect(new Set(typesOf(yield* got)).size).toBeGreaterThan(1)
  })
)

it.world("it is tried 16 times over some 72 hours, then given up", () =>
  Effect.gen(function* () {
    const { got, answer } = yield* endpoint
    yield* answer(...Array.from({ length: 400 }, () => 503))
    const { payOrderNo } = yield* placed()
    yield* lived(Duration.hours(1), 24 * 5)
    const [first] = yield* deliveriesOf(payOrderNo)
    expect(first?.state).toBe("given-up")
    const tries = (yield* got).filter(({ eventId }) => eventId === first?.eventId)
    expect(tries.length).toBe(16)
    const spanMillis = (tries.at(-1)?.atMillis ?? 0) - (tries[0]?.atMillis ?? 0)
    expect(spanMillis / 3_600_000).toBeGreaterThan(55)
    expect(spanMillis / 3_600_000).toBeLessThan(100)
  })
)

it.world("410 ends it at once", () =>
  Effect.gen(function* () {
    const { got, answer } = yield* endpoint
    yield* answer(410)
    const { payOrderNo } = yield* placed()
    yield* round("deliveries")
    expect((yield* got).length).toBe(1)
    expect((yield* deliveriesOf(payOrderNo))[0]?.state).toBe("given-up")
  })
)

it.world("Retry-After is granted between once and twice the scheduled wait", () =>
  Effect.gen(function* () {
    const { got, answer } = yield* endpoint
    yield* answer({ status: 429, retryAfterMillis: 86_400_000 })
    yield* placed()
    yield* round("deliveries")
    yield* TestClock.adjust(Duration.seconds(13))
    yield* round("deliveries")
    expect((yield* got).length).toBe(2)
  })
)

it.world("an endpoint that was removed ends its deliveries, once nobody can know better", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* placed()
    yield* Effect.flatMap(Apps, (apps) =>
      apps.put({ id: "shop", name: "A shop", endpoints: [], limits: unlimited, isDisabled: false })
    )
    yield* worked
    expect((yield* deliveriesOf(payOrderNo)).map(({ state, tries }) => [state, tries])).toEqual([
      ["waiting", 0],
      ["waiting", 0]
    ])
    yield* TestClock.adjust(Duration.seconds(20))
    yield* worked
    expect((yield* deliveriesOf(payOrderNo)).map(({ state }) => state)).toEqual(["given-up", "given-up"])
  })
)
