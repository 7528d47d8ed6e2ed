import { FetchHttpClient } from "@effect/platform"
import { expect, it } from "@effect/vitest"
import { Examples } from "@payment-proxy/api"
import { Chunk, Config, ConfigProvider, Deferred, Effect, Fiber, Layer, Stream, TestClock } from "effect"
import { PaymentProxy } from "../src/index.ts"
import { json, key, scripted } from "./door.ts"

const no = Examples.paid.payOrderNo
const text = (id: string) => `id: ${id}\ndata: ${JSON.stringify(Examples.event)}\n\n`

const stream = (...parts: ReadonlyArray<string>) =>
  new Response(
    new ReadableStream({
      start: (controller) => {
        for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      }
    }),
    { headers: { "content-type": "text/event-stream; charset=utf-8" } }
  )

it.effect("a stream that has been silent for 45 s is left for a new one, which goes on after the last event", () =>
  Effect.gen(function* () {
    const { asked, proxy } = scripted(
      () => stream(text("e1")),
      () => stream(text("e2"))
    )
    const { orders } = yield* proxy
    const first = yield* Deferred.make<void>()
    const seen = Stream.tap(orders.watch(no), () => Deferred.succeed(first, undefined))
    const watching = yield* Effect.fork(Stream.runCollect(Stream.take(seen, 2)))
    yield* Deferred.await(first)
    while (asked.length < 2) {
      yield* TestClock.adjust("10 seconds")
      yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
    }
    const events = yield* Fiber.join(watching)
    expect(Chunk.toReadonlyArray(events).map(({ id }) => id)).toEqual(["e1", "e2"])
    expect(asked.map(({ path, headers }) => [path, headers["last-event-id"]])).toEqual([
      [`/v1/orders/${no}/events`, undefined],
      [`/v1/orders/${no}/events`, "e1"]
    ])
  })
)

it.effect("an event that comes again after a cut is told once", () =>
  Effect.gen(function* () {
    const closing = (...ids: ReadonlyArray<string>) =>
      new Response(ids.map(text).join(""), { headers: { "content-type": "text/event-stream" } })
    const { proxy } = scripted(
      () => closing("e1", "e2"),
      () => closing("e1", "e2", "e3")
    )
    const { orders } = yield* proxy
    const watching = yield* Effect.fork(Stream.runCollect(Stream.take(orders.watch(no), 3)))
    while ((yield* Fiber.poll(watching))._tag === "None") {
      yield* TestClock.adjust("10 seconds")
      yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
    }
    const events = yield* Fiber.join(watching)
    expect(Chunk.toReadonlyArray(events).map(({ id }) => id)).toEqual(["e1", "e2", "e3"])
  })
)

it.effect("an answer that is no stream of events ends the watch", () =>
  Effect.gen(function* () {
    const { proxy } = scripted(json(200, { items: [], next: null }))
    const failure = yield* Effect.flip(Stream.runDrain((yield* proxy).orders.watch(no)))
    expect(failure).toMatchObject({ _tag: "PaymentProxyUnreadable", detail: expect.stringContaining("no stream") })
  })
)

it.effect("a layer from the configuration calls with the key that it finds there", () =>
  Effect.gen(function* () {
    const { asked, layer } = scripted(json(200, Examples.paid))
    const client = PaymentProxy.layerConfig({
      baseUrl: Config.string("PAYMENT_PROXY_URL"),
      key: Config.redacted("PAYMENT_PROXY_KEY")
    })
    const found = new Map([
      ["PAYMENT_PROXY_URL", "https://pay.example"],
      ["PAYMENT_PROXY_KEY", key]
    ])
    const order = yield* Effect.flatMap(PaymentProxy.PaymentProxy, ({ orders }) => orders.get(no)).pipe(
      Effect.provide(Layer.provide(client, layer)),
      Effect.withConfigProvider(ConfigProvider.fromMap(found))
    )
    expect(order).toEqual(Examples.paid)
    expect(asked[0]?.headers["authorization"]).toBe(`Bearer ${key}`)
    const none = Layer.build(Layer.provide(client, FetchHttpClient.layer)).pipe(
      Effect.scoped,
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))
    )
    expect(String(yield* Effect.flip(none))).toContain("PAYMENT_PROXY_URL")
  })
)
