import { expect } from "@effect/vitest"
import { Apps, Deliveries } from "@payment-proxy/ports"
import { Duration, Effect, TestClock } from "effect"
import { resend } from "../src/Resend.ts"
import * as Endpoints from "./endpoints.ts"
import { it, other } from "./harness.ts"

const second = Duration.seconds(1)
const idle = Duration.seconds(30)
const firstEvent = (payOrderNo: string) =>
  Effect.map(Endpoints.deliveriesOf(payOrderNo), ([event]) => event?.eventId ?? "")

it.world("an event that was delivered is sent again, under the same id and with the same body", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 204)
    const { payOrderNo } = yield* Endpoints.anOrder()
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(second))
    const eventId = yield* firstEvent(payOrderNo)
    const before = endpoints.tries.length
    expect(yield* resend("shop", eventId)).toBe(1)
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(second))
    expect(endpoints.tries.slice(before).map((taken) => [taken.eventId, taken.version])).toEqual([[eventId, 1]])
  })
)

it.world("an event that was given up begins its schedule anew", () =>
  Effect.gen(function* () {
    const deliveries = yield* Deliveries
    const endpoints = Endpoints.make(() => 500)
    const { payOrderNo } = yield* Endpoints.anOrder()
    yield* Endpoints.delivering(endpoints, Duration.minutes(15), TestClock.adjust(Duration.hours(75)))
    const [event] = yield* Endpoints.deliveriesOf(payOrderNo)
    expect(event?.state).toBe("given-up")
    expect(yield* resend(null, event?.eventId ?? "")).toBe(1)
    yield* Endpoints.delivering(endpoints, Duration.minutes(15), TestClock.adjust(Duration.hours(70)))
    const [again] = yield* deliveries.ofEvent(event?.eventId ?? "")
    expect(again?.state, "it has 72 hours again").toBe("waiting")
  })
)

it.world("an event that was only kept goes to the endpoints that want it now, to none where none does", () =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const deliveries = yield* Deliveries
    const app = yield* Endpoints.anApp("late", 3)
    yield* apps.put({ ...app, endpoints: [] })
    const { payOrderNo } = yield* Endpoints.anOrder({ ...app, endpoints: [] })
    const eventId = yield* firstEvent(payOrderNo)
    expect((yield* deliveries.ofEvent(eventId)).map(({ state }) => state)).toEqual(["kept"])
    expect(yield* resend("late", eventId)).toBe(0)
    const [all, refunds, gone] = app.endpoints
    if (all === undefined || refunds === undefined || gone === undefined) return expect.fail("three endpoints")
    const stopped = { ...gone, stopped: { reason: "HTTP 410", sinceMillis: 0 } }
    yield* apps.put({ ...app, endpoints: [all, { ...refunds, events: ["refund.*"] }, stopped] })
    expect(yield* resend("late", eventId)).toBe(1)
    expect((yield* deliveries.ofEvent(eventId)).map(({ endpoint, state }) => [endpoint, state])).toEqual([
      ["late-0", "waiting"]
    ])
  })
)

it.world("an event whose endpoint was removed goes to the one that took its place", () =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const deliveries = yield* Deliveries
    const app = yield* Endpoints.anApp("moved", 2)
    const [old, next] = app.endpoints
    if (old === undefined || next === undefined) return expect.fail("two endpoints")
    yield* apps.put({ ...app, endpoints: [old] })
    const { payOrderNo } = yield* Endpoints.anOrder({ ...app, endpoints: [old] })
    const eventId = yield* firstEvent(payOrderNo)
    yield* apps.put({ ...app, endpoints: [next] })
    expect(yield* resend("moved", eventId)).toBe(1)
    expect((yield* deliveries.ofEvent(eventId)).map(({ endpoint }) => endpoint).sort()).toEqual(["moved-0", "moved-1"])
  })
)

it.world("another app's event, or one that nobody knows, is not found, and nothing is sent", () =>
  Effect.gen(function* () {
    const endpoints = Endpoints.make(() => 204)
    const { payOrderNo } = yield* Endpoints.anOrder()
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(second))
    const before = endpoints.tries.length
    const eventId = yield* firstEvent(payOrderNo)
    expect(yield* Effect.flip(resend(other.id, eventId))).toMatchObject({ _tag: "EventNotFound", eventId })
    expect(yield* Effect.flip(resend(null, "evt_none"))).toMatchObject({ _tag: "EventNotFound" })
    for (const beginning of ["evt", "evt_", eventId.slice(0, 12), ""])
      expect(yield* Effect.flip(resend("shop", beginning)), beginning).toMatchObject({ _tag: "EventNotFound" })
    yield* Endpoints.delivering(endpoints, idle, TestClock.adjust(second))
    expect(endpoints.tries.length).toBe(before)
  })
)
