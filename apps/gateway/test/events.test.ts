import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { Changes } from "@payment-proxy/application"
import { FakeVendors, FakeWebhookSender, Memory } from "@payment-proxy/testkit"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { EventStreams } from "../src/EventStreams.ts"
import { follow } from "./stream.ts"
import type { Answer, Stores, World } from "./world.ts"
import { open } from "./world.ts"

interface Kept {
  readonly id: string
  readonly type: string
  readonly version: number
  readonly timestamp: string
  readonly data: { readonly payOrderNo: string }
  readonly deliveries: ReadonlyArray<{
    readonly endpoint: string
    readonly state: string
    readonly tries: number
    readonly nextTryAt: string | null
    readonly note: string | null
  }>
}

const asked = {
  vendor: "platform",
  amount: { value: "12.34", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  description: "Travel insurance, 3 days"
}

const problem = ({ body }: Answer) => body as { readonly code: string }
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
let serial = 0

const place = async (world: World, key = world.keys.shop): Promise<string> => {
  serial += 1
  const headers = { ...bearer(key), "idempotency-key": `events-${serial}` }
  const { body } = await world.call("POST", "/v1/orders", { headers, body: JSON.stringify(asked) })
  return (body as { payOrderNo: string }).payOrderNo
}

const pay = async (world: World, payOrderNo: string): Promise<void> => {
  await world.run(world.fake.pay(payOrderNo))
  const { headers, body } = FakeVendors.notification(payOrderNo, "paid")
  const signed = { "x-fake-secret": headers["x-fake-secret"] ?? "" }
  await world.call("POST", "/notify/platform", { headers: signed, body: new Uint8Array(body) })
}

const eventsOf = async (world: World, payOrderNo: string, key = world.keys.shop) => {
  const { body } = await world.call("GET", `/v1/orders/${payOrderNo}/events`, { headers: bearer(key) })
  return (body as { readonly items: ReadonlyArray<Kept> }).items
}

const watch = (world: World, payOrderNo: string, headers: Record<string, string> = {}, key = world.keys.shop) =>
  follow(`${world.url}/v1/orders/${payOrderNo}/events`, { ...bearer(key), ...headers })

const opened = (world: World) => world.run(Effect.flatMap(EventStreams, (streams) => streams.count))
const awaited = (world: World) => world.run(Effect.flatMap(Changes.Changes, (changes) => changes.awaited))
const got = (world: World) => world.run(Effect.flatMap(FakeWebhookSender.FakeEndpoint, (endpoint) => endpoint.got))

const types = ["order.submitting", "order.pending", "order.succeeded"]

const suite = (name: string, stores: () => Stores, sweep: () => void) =>
  describe(`events on ${name}`, () => {
    let world: World
    beforeAll(async () => {
      world = await open(stores(), { streams: { perApp: 3, inAll: 4 } })
    }, 20_000)
    afterAll(async () => {
      await world?.close()
      sweep()
    })

    it("are listed as webhooks brought them, with what became of each at every endpoint", async () => {
      const payOrderNo = await place(world)
      await pay(world, payOrderNo)
      const events = await vi.waitFor(async () => {
        const found = await eventsOf(world, payOrderNo)
        expect(found.map(({ deliveries: [delivery] }) => delivery?.state)).toEqual(Array(3).fill("delivered"))
        return found
      }, 5000)
      expect(events.map(({ type, version }) => [type, version])).toEqual(types.map((type, index) => [type, index + 1]))
      expect(events[2]?.deliveries).toEqual([
        { endpoint: "shop-webhook", state: "delivered", tries: 0, nextTryAt: null, note: expect.any(String) }
      ])
      const sent = (await got(world)).filter(({ body }) => body.includes(payOrderNo))
      expect(sent.map(({ eventId }) => eventId)).toEqual(events.map(({ id }) => id))
      const { type, timestamp, data } = events[2] as Kept
      expect(JSON.parse(sent[2]?.body ?? "")).toEqual({ type, timestamp, data })
    })

    it("are kept for an app that has no endpoint", async () => {
      const payOrderNo = await place(world, world.keys.quiet)
      const events = await eventsOf(world, payOrderNo, world.keys.quiet)
      expect(events.map(({ type, deliveries }) => [type, deliveries])).toEqual([
        ["order.submitting", []],
        ["order.pending", []]
      ])
    })

    it("are another app's as little as its order: 404, also as a stream", async () => {
      const payOrderNo = await place(world)
      for (const accept of ["application/json", "text/event-stream"]) {
        const headers = { ...bearer(world.keys.other), accept }
        const answer = await world.call("GET", `/v1/orders/${payOrderNo}/events`, { headers })
        expect([answer.status, problem(answer).code]).toEqual([404, "ORDER_NOT_FOUND"])
        expect(answer.headers.get("content-type")).toContain("application/problem+json")
      }
    })

    it("are not streamed to who has no key: 401", async () => {
      const stream = await follow(`${world.url}/v1/orders/${await place(world)}/events`, {})
      expect(stream.response.statusCode).toBe(401)
      await stream.ended
    })

    it("come as a stream: those that are there, then each as it happens, in the words of webhooks", async () => {
      const payOrderNo = await place(world)
      const stream = await watch(world, payOrderNo)
      expect(stream.response.headers["content-type"]).toBe("text/event-stream")
      expect(stream.response.headers["cache-control"]).toBe("no-store")
      expect((await stream.until(2)).map(({ event }) => event)).toEqual(types.slice(0, 2))
      await pay(world, payOrderNo)
      const told = await stream.until(3)
      const events = await eventsOf(world, payOrderNo)
      expect(told.map(({ id }) => id)).toEqual(events.map(({ id }) => id))
      expect(told.map(({ event }) => event)).toEqual(types)
      const sent = await vi.waitFor(async () => {
        const mine = (await got(world)).filter(({ body }) => body.includes(payOrderNo))
        expect(mine.length).toBe(3)
        return mine
      }, 5000)
      expect(told.map(({ data }) => data)).toEqual(sent.map(({ body }) => body))
      expect(stream.raw().startsWith("retry: 2000\n\n")).toBe(true)
      stream.leave()
      await vi.waitFor(async () => expect(await opened(world)).toBe(0), 5000)
    })

    it("go on after the one that a client has seen last", async () => {
      const payOrderNo = await place(world)
      const first = await watch(world, payOrderNo)
      const seen = await first.until(2)
      first.leave()
      await pay(world, payOrderNo)
      const again = await watch(world, payOrderNo, { "last-event-id": seen[1]?.id ?? "" })
      expect((await again.until(1)).map(({ event }) => event)).toEqual(["order.succeeded"])
      again.leave()
      const lost = await watch(world, payOrderNo, { "last-event-id": "evt_of_nobody" })
      expect(
        (await lost.until(3)).map(({ event }) => event),
        "an unknown one: all"
      ).toEqual(types)
      lost.leave()
    })

    it("come as a stream also at an address that is written in another way", async () => {
      const payOrderNo = await place(world)
      const encoded = `%${payOrderNo.charCodeAt(0).toString(16)}${payOrderNo.slice(1)}`
      const stream = await watch(world, encoded)
      await stream.until(2)
      await pay(world, payOrderNo)
      expect((await stream.until(3)).map(({ event }) => event)).toEqual(types)
      stream.leave()
    })

    it("are streamed to so many clients of an app, and of all: 429 and 503, with Retry-After; who leaves makes room", async () => {
      await vi.waitFor(async () => expect(await opened(world)).toBe(0), 5000)
      const mine = await place(world)
      const other = await place(world, world.keys.other)
      const streams = await Promise.all([1, 2, 3].map(() => watch(world, mine)))
      const path = `/v1/orders/${mine}/events`
      const headers = { accept: "text/event-stream" }
      const refused = await world.call("GET", path, { headers })
      expect([refused.status, problem(refused).code]).toEqual([429, "STREAMS_TOO_MANY"])
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0)
      const last = await watch(world, other, {}, world.keys.other)
      const full = await world.call("GET", `/v1/orders/${other}/events`, {
        headers: { ...headers, ...bearer(world.keys.other) }
      })
      expect([full.status, problem(full).code]).toEqual([503, "STREAMS_FULL"])
      expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0)
      for (const stream of [...streams, last]) stream.leave()
      await vi.waitFor(async () => expect([await opened(world), await awaited(world)]).toEqual([0, 0]), 5000)
      const again = await watch(world, mine)
      await again.until(2)
      again.leave()
    })

    it("are sent again on request, with the same id: 202", async () => {
      const payOrderNo = await place(world)
      const [event] = await vi.waitFor(async () => {
        const found = await eventsOf(world, payOrderNo)
        expect(found[0]?.deliveries[0]?.state).toBe("delivered")
        return found
      }, 5000)
      const id = event?.id ?? ""
      const answer = await world.call("POST", `/v1/events/${id}/redeliver`)
      expect([answer.status, (answer.body as Kept).id]).toEqual([202, id])
      await vi.waitFor(async () => {
        const sent = (await got(world)).filter(({ eventId }) => eventId === id)
        expect(sent.length).toBe(2)
        expect(sent[0]?.body).toBe(sent[1]?.body)
      }, 5000)
    })

    it("of another app, or of nobody, are not sent again: 404", async () => {
      const [event] = await eventsOf(world, await place(world))
      for (const [id, key] of [
        [event?.id, world.keys.other],
        ["evt_of_nobody", world.keys.shop]
      ] as const) {
        const answer = await world.call("POST", `/v1/events/${id}/redeliver`, { headers: bearer(key) })
        expect([answer.status, problem(answer).code]).toEqual([404, "EVENT_NOT_FOUND"])
      }
    })

    it("that no endpoint wants are not sent again: 409", async () => {
      const [event] = await eventsOf(world, await place(world, world.keys.quiet), world.keys.quiet)
      const headers = bearer(world.keys.quiet)
      const answer = await world.call("POST", `/v1/events/${event?.id}/redeliver`, { headers })
      expect([answer.status, problem(answer).code]).toEqual([409, "NO_ENDPOINT"])
    })
  })

const folder = mkdtempSync(join(tmpdir(), "payment-proxy-events-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

suite(
  "fakes",
  () => Memory.layer,
  () => {}
)
suite(
  "SQLite",
  () => Sqlite.layer({ filename: join(folder, "events.db") }),
  () => {}
)

describe("two gateways on one database", () => {
  it("a stream at one tells of what the other commits, and so does a read that waits", async () => {
    const filename = join(folder, "two.db")
    const one = await open(Sqlite.layer({ filename }))
    const two = await open(Sqlite.layer({ filename }), { works: false })
    const payOrderNo = await place(one)
    const stream = await watch(two, payOrderNo)
    await stream.until(2)
    const waiting = two.call("GET", `/v1/orders/${payOrderNo}?wait=30`)
    await vi.waitFor(async () => expect(await awaited(two)).toBe(1), 5000)
    await pay(one, payOrderNo)
    expect((await stream.until(3)).map(({ event }) => event)).toEqual(types)
    expect(((await waiting).body as { status: string }).status).toBe("SUCCEEDED")
    stream.leave()
    await Promise.all([one.close(), two.close()])
  }, 20_000)
})

describe("a gateway that stops", () => {
  it("ends its streams cleanly, and does not wait for their clients", async () => {
    const world = await open(Memory.layer)
    const stream = await watch(world, await place(world))
    await stream.until(2)
    const sinceMillis = performance.now()
    await world.close()
    expect(await stream.ended).toBe("cleanly")
    expect(performance.now() - sinceMillis).toBeLessThan(4000)
  }, 20_000)
})
