import type { ServerResponse } from "node:http"
import { Writable } from "node:stream"
import { expect, it } from "@effect/vitest"
import { Changes } from "@payment-proxy/application"
import type { Deliveries } from "@payment-proxy/ports"
import { Orders, unlimited } from "@payment-proxy/ports"
import { aChange, aPayment, Memory } from "@payment-proxy/testkit"
import { Duration, Effect, Fiber, Layer, type Scope, TestClock } from "effect"
import * as EventStreams from "../src/EventStreams.ts"

/** A client's end of an answer: what it was sent, and whether it reads. */
class Client extends Writable {
  status = 0
  sent = ""
  private pending: (() => void) | undefined
  private readonly reads: boolean
  constructor(reads: boolean) {
    super({ highWaterMark: 1024, decodeStrings: false })
    this.reads = reads
  }
  writeHead(status: number): void {
    this.status = status
  }
  override _write(chunk: string, _: BufferEncoding, done: () => void): void {
    this.sent += chunk
    if (this.reads) done()
    else this.pending = done
  }
  /** Reads what it has been sent so far. */
  catchUp(): void {
    const pending = this.pending
    this.pending = undefined
    pending?.()
  }
  get response(): ServerResponse {
    return this as unknown as ServerResponse
  }
}

const aMinute = Layer.effect(
  EventStreams.Bounds,
  Effect.map(EventStreams.Bounds, (usual) => ({ ...usual, lifeMillis: 60_000 }))
)
const world = Layer.provideMerge(
  Layer.provide(EventStreams.layer, aMinute),
  Layer.provideMerge(Changes.layer, Memory.layer)
)

const event = (version: number, bytes: number) => ({
  eventId: `evt_${String(version).padStart(12, "0")}`,
  endpoint: null,
  type: "order.pending",
  body: JSON.stringify({ version, text: "x".repeat(bytes) })
})

/** An order with so many versions, each of which has an event of some size. */
const order = (versions: number, bytes: number) =>
  Effect.gen(function* () {
    const payment = aPayment({ app: "shop" })
    for (let expected = 0; expected < versions; expected++) yield* moved(payment, expected, bytes)
    return payment
  })

const moved = (payment: ReturnType<typeof aPayment>, expected: number, bytes: number) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const changes = yield* Changes.Changes
    yield* orders.commit([aChange(payment, expected, { deliveries: [event(expected + 1, bytes)] })])
    yield* changes.committed(payment.payOrderNo, expected + 1)
  })

const followed = (payOrderNo: string, client: Client, mayGoOn = Effect.succeed(true)) =>
  Effect.flatMap(EventStreams.EventStreams, (streams) =>
    Effect.forkScoped(streams.follow({ id: "shop", limits: unlimited }, payOrderNo, null, client.response, mayGoOn))
  )

const beats = (sent: string) => sent.match(/^:$/gm)?.length ?? 0
const versionsIn = (sent: string) => [...sent.matchAll(/"version":(\d+)/g)].map(([, version]) => Number(version))
const count = Effect.flatMap(EventStreams.EventStreams, (streams) => streams.count)
/** Lets what has been written to a client get there. */
const settled = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const living = (
  name: string,
  test: Effect.Effect<void, unknown, EventStreams.EventStreams | Changes.Changes | Orders | Deliveries | Scope.Scope>
) => it.scoped(name, () => Effect.provide(test, world))

living(
  "a stream that has nothing to say shows every 15 seconds that it is there",
  Effect.gen(function* () {
    const client = new Client(true)
    const { payOrderNo } = yield* order(1, 10)
    yield* followed(payOrderNo, client)
    yield* TestClock.adjust(Duration.seconds(14))
    yield* settled
    expect(beats(client.sent)).toBe(0)
    yield* TestClock.adjust(Duration.seconds(31))
    yield* settled
    expect(beats(client.sent)).toBe(3)
    expect([client.status, versionsIn(client.sent)]).toEqual([200, [1]])
  })
)

living(
  "a stream whose key was revoked meanwhile ends before it tells of anything new",
  Effect.gen(function* () {
    let isAllowed = true
    const client = new Client(true)
    const payment = yield* order(1, 10)
    const following = yield* followed(
      payment.payOrderNo,
      client,
      Effect.sync(() => isAllowed)
    )
    yield* TestClock.adjust(Duration.seconds(1))
    yield* moved(payment, 1, 10)
    yield* TestClock.adjust(Duration.seconds(1))
    isAllowed = false
    yield* moved(payment, 2, 10)
    yield* TestClock.adjust(Duration.seconds(1))
    yield* Fiber.join(following)
    yield* settled
    expect([versionsIn(client.sent), client.writableEnded]).toEqual([[1, 2], true])
  })
)

living(
  "a stream ends by itself when its time is over, and is counted no more",
  Effect.gen(function* () {
    const client = new Client(true)
    const { payOrderNo } = yield* order(1, 10)
    const following = yield* followed(payOrderNo, client)
    yield* TestClock.adjust(Duration.seconds(53))
    expect([yield* count, client.writableEnded]).toEqual([1, false])
    yield* TestClock.adjust(Duration.seconds(8))
    yield* settled
    yield* Fiber.join(following)
    expect([yield* count, client.writableFinished]).toEqual([0, true])
  })
)

living(
  "who does not read is sent no more than he has room for, and after 30 seconds nothing",
  Effect.gen(function* () {
    const client = new Client(false)
    client.on("error", () => {})
    const payment = yield* order(3, 2000)
    const following = yield* followed(payment.payOrderNo, client)
    yield* TestClock.adjust(Duration.seconds(29))
    yield* moved(payment, 3, 2000)
    yield* settled
    expect(client.writableLength).toBeLessThan(2 * 2000)
    expect(client.destroyed).toBe(false)
    yield* TestClock.adjust(Duration.seconds(2))
    yield* settled
    yield* Fiber.join(following)
    expect([client.destroyed, yield* count]).toEqual([true, 0])
  })
)

living(
  "who reads late is told all, in order",
  Effect.gen(function* () {
    const client = new Client(false)
    const payment = yield* order(3, 2000)
    yield* followed(payment.payOrderNo, client)
    yield* moved(payment, 3, 2000)
    for (let reads = 0; reads < 20; reads++) {
      yield* TestClock.adjust(Duration.seconds(2))
      client.catchUp()
      yield* settled
    }
    expect(versionsIn(client.sent)).toEqual([1, 2, 3, 4])
    expect(client.destroyed).toBe(false)
  })
)

it.each([
  ["text/event-stream", true],
  ["text/html, text/event-stream;q=0.9", true],
  ["application/json", false],
  ["*/*", false],
  ["text/event-stream;q=0", false],
  ["text/event-stream-of-old", false]
])("Accept: %s wants a stream: %s", (accept, isWanted) => {
  const request = { method: "GET", headers: { accept } } as unknown as Parameters<typeof EventStreams.isWanted>[0]
  expect(EventStreams.isWanted(request)).toBe(isWanted)
})
