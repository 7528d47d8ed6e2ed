import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Examples } from "@payment-proxy/api"
import { afterAll, afterEach, assert, beforeEach, describe, expect, it } from "vitest"
import { createClient, PaymentProxyError } from "../src/Promise.ts"
import { key } from "./door.ts"
import { asked, open } from "./gateway.ts"

const gateway = open()
const { orders, events } = createClient({ baseUrl: "http://gateway.test", key, fetch: gateway.fetch })
const no = Examples.paid.payOrderNo
const money = (value: string) => ({ value, currency: "CNY" })

beforeEach(() => void asked.splice(0))
afterAll(() => gateway.dispose())

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "It was kept.",
    (error: unknown) => error
  )

describe("a client without Effect", () => {
  it("places an order of plain values and answers it with its key", async () => {
    const { order, idempotencyKey } = await orders.create(Examples.placeOrder)
    assert.deepStrictEqual(order, Examples.pending)
    expect(asked).toMatchObject([{ key: idempotencyKey, payload: { vendor: "platform", expiresIn: 900 } }])
  })

  it("leaves out what is undefined", async () => {
    const given = { ...Examples.placeOrder, businessNo: undefined }
    await orders.create(given as unknown as typeof Examples.placeOrder)
    expect(JSON.stringify(Object.keys(Object(Object(asked[0]).payload)))).not.toContain("businessNo")
  })

  it("reads, searches, closes, captures and asks", async () => {
    assert.deepStrictEqual(await orders.get(no, { waitSeconds: 5, version: 2 }), Examples.paid)
    assert.deepStrictEqual(await orders.search({ status: "SUCCEEDED", limit: 5 }), {
      items: [Examples.paid],
      next: null
    })
    assert.deepStrictEqual(await orders.search(), { items: [Examples.paid], next: null })
    assert.deepStrictEqual(await orders.close(no), Examples.closing)
    assert.deepStrictEqual(await orders.capture(no, money("10.00")), Examples.captured)
    assert.deepStrictEqual(await orders.capture(no), Examples.captured)
    assert.deepStrictEqual(await orders.sync(no), Examples.paid)
    const path = { payOrderNo: no }
    expect(asked).toMatchObject([
      { path, urlParams: { wait: 5, version: 2 } },
      { urlParams: { status: "SUCCEEDED", limit: 5 } },
      { urlParams: {} },
      { path },
      { path, payload: { amount: { amountMinor: 1000n } } },
      { path, payload: {} },
      { path }
    ])
  })

  it("refunds a part or what is left, and lists what was refunded", async () => {
    const { refund, idempotencyKey } = await orders.refund(no, { amount: money("1.00"), reason: "Rain" })
    assert.deepStrictEqual(refund, Examples.refund)
    await orders.refund(no, {}, { idempotencyKey: "r-1" })
    expect(asked).toMatchObject([
      { key: idempotencyKey, payload: { reason: "Rain" } },
      { key: "r-1", payload: {} }
    ])
    assert.deepStrictEqual(await orders.refunds(no), [Examples.refunded])
    assert.deepStrictEqual(await orders.getRefund(no, Examples.refunded.refundNo), Examples.refunded)
  })

  it("lists what happened and what was told, and has it told again", async () => {
    assert.deepStrictEqual(await orders.history(no), Examples.history.items)
    assert.deepStrictEqual(await orders.events(no), [Examples.kept])
    assert.deepStrictEqual(await events.redeliver(Examples.kept.id), Examples.redelivered)
  })

  it("rejects with an error that has the gateway's code", async () => {
    const error = await rejection(orders.get("01M83PPH0016J04HMASW9NF6YYNONE"))
    assert.instanceOf(error, PaymentProxyError)
    expect(error).toMatchObject({ name: "PaymentProxyError", code: "ORDER_NOT_FOUND", status: 404 })
    const away = createClient({ baseUrl: "http://127.0.0.1:1", key, pace: { tries: 1, withinMillis: 0 } })
    const unreachable = await rejection(away.orders.create(Examples.placeOrder, { idempotencyKey: "k" }))
    expect(unreachable).toMatchObject({ code: "UNREACHABLE", status: null, idempotencyKey: "k" })
    assert.throws(() => createClient({ baseUrl: "gateway", key }), PaymentProxyError, /baseUrl/)
  })

  it("gives up when it is told to, with the signal's reason", async () => {
    const silent = (() => new Promise(() => undefined)) as typeof fetch
    const waiting = createClient({ baseUrl: "http://gateway.test", key, fetch: silent })
    const controller = new AbortController()
    const reading = rejection(waiting.orders.get(no, { signal: controller.signal }))
    const watching = rejection(waiting.orders.watch(no, { signal: controller.signal })[Symbol.asyncIterator]().next())
    controller.abort(new Error("The customer left."))
    assert.deepStrictEqual([await reading, await watching], [controller.signal.reason, controller.signal.reason])
    assert.strictEqual(await rejection(waiting.orders.get(no, { signal: controller.signal })), controller.signal.reason)
  })
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void

const closing: Array<() => void> = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const serving = async (handler: Handler): Promise<string> => {
  const server = createServer(handler)
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const message = (id: string, over: object = {}) =>
  `id: ${id}\nevent: order.succeeded\ndata: ${JSON.stringify({ ...Examples.event, ...over })}\n\n`

describe("watching an order", () => {
  it("goes on after the last event that it saw, through streams that are cut, end or are refused for now", async () => {
    const from: Array<string | undefined> = []
    const turns: ReadonlyArray<Handler> = [
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.write(`retry: 1\n\n: still here\n\n${message("e1")}${message("e2").slice(0, 40)}`, () =>
          response.destroy()
        )
      },
      (_, response) => response.writeHead(503, { "retry-after": "0" }).end("{}"),
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        response.end(message("e2").replaceAll("\n", "\r\n") + message("e3", { type: "payout.sent", data: { 付款: 1 } }))
      },
      (_, response) => {
        response.writeHead(200, { "content-type": "text/event-stream" })
        const bytes = Buffer.from(message("e4", { data: { ...Examples.paid, metadata: { 保单: "旅行险" } } }))
        for (const byte of bytes) response.write(Buffer.from([byte]))
      }
    ]
    const baseUrl = await serving((request, response) => {
      from.push(request.headers["last-event-id"]?.toString())
      assert.strictEqual(request.headers.accept, "text/event-stream")
      turns[Math.min(from.length, turns.length) - 1]?.(request, response)
    })
    const seen: Array<string> = []
    for await (const event of createClient({ baseUrl, key }).orders.watch(no, { lastEventId: "e0" })) {
      seen.push(`${event.id} ${event.kind}`)
      if (event.id === "e4") {
        assert.deepStrictEqual(event.kind === "order" ? event.data.metadata : {}, { 保单: "旅行险" })
        break
      }
    }
    assert.deepStrictEqual(seen, ["e1 order", "e2 order", "e3 other", "e4 order"])
    assert.deepStrictEqual(from, ["e0", "e1", "e1", "e3"])
  })

  it("ends with the gateway's refusal", async () => {
    const refused = createClient({
      baseUrl: "http://gateway.test",
      key,
      fetch: async () => new Response("{}", { status: 404 })
    })
    const first = refused.orders.watch(no)[Symbol.asyncIterator]().next()
    expect(await rejection(first)).toMatchObject({ name: "PaymentProxyError", code: "HTTP_404", status: 404 })
  })

  it("that nobody reads any longer leaves the gateway", async () => {
    const left = Promise.withResolvers<string>()
    const baseUrl = await serving((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(message("e1"))
      response.on("close", () => left.resolve("closed"))
    })
    for await (const event of createClient({ baseUrl, key }).orders.watch(no)) if (event.id === "e1") break
    assert.strictEqual(await left.promise, "closed")
  })
})
