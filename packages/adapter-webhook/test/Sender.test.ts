import { randomBytes } from "node:crypto"
import { createServer } from "node:net"
import { describe, it } from "@effect/vitest"
import { type Message, NotDelivered } from "@payment-proxy/ports"
import { Clock, Effect, Fiber, Redacted, TestClock } from "effect"
import { Webhook } from "standardwebhooks"
import { assert } from "vitest"
import { Sender } from "../src/index.ts"
import * as Endpoint from "./Endpoint.ts"

const secret = `whsec_${randomBytes(32).toString("base64")}`

const message = (url: string, over: Partial<Message> = {}): Message => ({
  url,
  secrets: [Redacted.make(secret)],
  eventId: "evt_01HV3C8QK7",
  body: '{"type":"order.succeeded","timestamp":"2026-01-05T08:30:12.451Z","data":{"subject":"旅行保险 €"}}',
  ...over
})

const sender = (options: Partial<Sender.Options> = {}) => Sender.make({ allowHttp: true, ...options })

const refusal = (message: Message, options: Partial<Sender.Options> = {}) =>
  Effect.gen(function* () {
    const { send } = yield* sender(options)
    const error = yield* Effect.flip(send(message))
    assert.instanceOf(error, NotDelivered)
    assert.isAtMost(error.reason.length, 200)
    assert.isFalse(error.reason.includes(secret.slice(6)))
    return error
  })

const answered = (status: number, headers: Record<string, string> = {}) =>
  Effect.flatMap(Endpoint.make(Endpoint.answering(status, headers)), ({ url }) => refusal(message(url)))

describe("Sender: what is sent", () => {
  it.scopedLive("is accepted by the receivers' library, byte for byte", () =>
    Effect.gen(function* () {
      const { send } = yield* sender()
      const { url, reached } = yield* Endpoint.make(Endpoint.answering(204))
      assert.strictEqual(yield* send(message(url)), 204)
      const { method, path, headers, body } = yield* reached
      assert.deepStrictEqual([method, path, body], ["POST", "/hooks", message(url).body])
      assert.deepStrictEqual(new Webhook(secret).verify(body, headers), JSON.parse(message(url).body))
      assert.strictEqual(headers["webhook-id"], "evt_01HV3C8QK7")
      assert.strictEqual(headers["content-type"], "application/json")
      assert.strictEqual(headers["user-agent"], "payment-proxy")
    })
  )

  it.scoped("is the specification's published example, at its time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_614_265_330_999)
      const { send } = yield* sender()
      const { url, reached } = yield* Endpoint.make(Endpoint.answering(200))
      const published = {
        secrets: [Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        eventId: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        body: '{"test": 2432232314}'
      }
      assert.strictEqual(yield* send(message(url, published)), 200)
      const { headers } = yield* reached
      assert.strictEqual(headers["webhook-timestamp"], "1614265330")
      assert.strictEqual(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    })
  )

  it.scoped("carries the time of each try, signed anew, under the same id", () =>
    Effect.gen(function* () {
      const { send } = yield* sender()
      const endpoint = yield* Endpoint.make(Endpoint.answering(200))
      yield* send(message(endpoint.url))
      yield* TestClock.adjust("5 seconds")
      yield* send(message(endpoint.url))
      const sent = endpoint.received.map(({ headers }) => headers)
      assert.deepStrictEqual(
        sent.map((headers) => headers["webhook-timestamp"]),
        ["0", "5"]
      )
      assert.strictEqual(new Set(sent.map((headers) => headers["webhook-id"])).size, 1)
      assert.strictEqual(new Set(sent.map((headers) => headers["webhook-signature"])).size, 2)
    })
  )
})

describe("Sender: what an answer means", () => {
  it.scoped("500 is a failure that may be tried again", () =>
    Effect.gen(function* () {
      const { status, gone, retryAfterMillis } = yield* answered(500)
      assert.deepStrictEqual([status, gone, retryAfterMillis], [500, false, null])
    })
  )

  it.scoped("410 is the end", () =>
    Effect.gen(function* () {
      const { status, gone } = yield* answered(410)
      assert.deepStrictEqual([status, gone], [410, true])
    })
  )

  it.scoped.each([301, 302, 303, 307, 308])("%d is not followed", (code) =>
    Effect.gen(function* () {
      const canary = yield* Endpoint.make(Endpoint.answering(200))
      const { status, reason } = yield* answered(code, { location: canary.url })
      assert.strictEqual(status, code)
      assert.include(reason, "redirect")
      assert.isFalse(reason.includes(canary.url))
      assert.strictEqual(canary.received.length, 0)
    })
  )

  it.scoped("429 tells when to come again: in seconds", () =>
    Effect.gen(function* () {
      const { status, retryAfterMillis } = yield* answered(429, { "retry-after": "120" })
      assert.deepStrictEqual([status, retryAfterMillis], [429, 120_000])
    })
  )

  it.scoped("503 tells when to come again: at a time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-01-05T08:00:00Z"))
      const { retryAfterMillis } = yield* answered(503, { "retry-after": "Mon, 05 Jan 2026 08:01:30 GMT" })
      assert.strictEqual(retryAfterMillis, 90_000)
    })
  )

  it.scoped("nonsense about when to come again is ignored", () =>
    Effect.gen(function* () {
      assert.isNull((yield* answered(503, { "retry-after": "-5" })).retryAfterMillis)
    })
  )
})

describe("Sender: connections", () => {
  const openedBy = (sends: number, bodyBytes: number) =>
    Effect.gen(function* () {
      const { send } = yield* sender()
      const { url, connections } = yield* Endpoint.make((response) => {
        response.flushHeaders()
        setTimeout(() => response.end("x".repeat(bodyBytes)), 5)
      })
      yield* Effect.repeatN(send(message(url)), sends - 1)
      return connections()
    })

  it.scoped("are used again after short answers", () =>
    Effect.gen(function* () {
      assert.isAtMost(yield* openedBy(6, 2000), 3)
    })
  )

  it.scoped("are given up rather than read on past 8 KB", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* openedBy(6, 100_000), 6)
    })
  )
})

describe("Sender: endpoints that misbehave", () => {
  it.scoped("one that hangs is left at 10 s", () =>
    Effect.gen(function* () {
      const endpoint = yield* Endpoint.make(() => undefined)
      const trying = yield* Effect.fork(refusal(message(endpoint.url)))
      yield* endpoint.reached
      yield* TestClock.adjust("9999 millis")
      assert.isNull(yield* Fiber.poll(trying).pipe(Effect.map((exit) => (exit._tag === "Some" ? exit.value : null))))
      yield* TestClock.adjust("1 millis")
      const { reason, status } = yield* Fiber.join(trying)
      assert.include(reason, "10000 ms")
      assert.isNull(status)
      yield* endpoint.left
    })
  )

  it.scoped("one that drips its headers forever is left at 10 s", () =>
    Effect.gen(function* () {
      const endpoint = yield* Endpoint.make((response, { socket }) => {
        socket.write("HTTP/1.1 200 OK\r\nx-drip: ")
        const drip = setInterval(() => socket.write("x"), 5)
        response.on("close", () => clearInterval(drip))
      })
      const trying = yield* Effect.fork(refusal(message(endpoint.url)))
      yield* endpoint.reached
      yield* TestClock.adjust("10 seconds")
      assert.include((yield* Fiber.join(trying)).reason, "10000 ms")
      yield* endpoint.left
    })
  )

  it.scopedLive("one that takes it and drips its body forever has taken it, and is left", () =>
    Effect.gen(function* () {
      const { send } = yield* sender()
      const endpoint = yield* Endpoint.make((response) => {
        response.writeHead(202)
        const drip = setInterval(() => response.write("x"), 5)
        response.on("close", () => clearInterval(drip))
      })
      const startMillis = yield* Clock.currentTimeMillis
      assert.strictEqual(yield* send(message(endpoint.url)), 202)
      assert.isBelow((yield* Clock.currentTimeMillis) - startMillis, 5000)
      yield* endpoint.left
    })
  )

  it.scoped("one that declares a gigabyte is read no further than it needs", () =>
    Effect.gen(function* () {
      const { send } = yield* sender()
      let sentBytes = 0
      const endpoint = yield* Endpoint.make((response) => {
        response.writeHead(200, { "content-length": "1000000000" })
        const chunk = Buffer.alloc(65_536)
        const pour = () => {
          while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length
        }
        response.on("drain", pour)
        pour()
      })
      assert.strictEqual(yield* send(message(endpoint.url)), 200)
      yield* endpoint.left
      assert.isBelow(sentBytes, 16 * 1024 * 1024)
    })
  )

  it.scoped("one that pours without end or length is cut off", () =>
    Effect.gen(function* () {
      const endpoint = yield* Endpoint.make((response) => {
        response.writeHead(500)
        const pour = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        }
        response.on("drain", pour)
        pour()
      })
      assert.strictEqual((yield* refusal(message(endpoint.url))).status, 500)
      yield* endpoint.left
    })
  )

  it.scoped("one that resets the connection has not taken it", () =>
    Effect.gen(function* () {
      const { url } = yield* Endpoint.make((_, { socket }) => socket.resetAndDestroy())
      const { reason, status } = yield* refusal(message(url))
      assert.include(reason, "broke")
      assert.isNull(status)
    })
  )

  it.scoped("one that speaks no HTTP has not taken it", () =>
    Effect.gen(function* () {
      const { url } = yield* Endpoint.make((_, { socket }) => socket.end("what?\r\n\r\n"))
      assert.isNull((yield* refusal(message(url))).status)
    })
  )

  it.scoped("one where nobody listens has not taken it", () =>
    Effect.gen(function* () {
      const port = yield* Effect.async<number>((resume) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
          const address = server.address()
          server.close(() => resume(Effect.succeed(typeof address === "object" ? (address?.port ?? 0) : 0)))
        })
      })
      assert.include((yield* refusal(message(`http://127.0.0.1:${port}/`))).reason, "ECONNREFUSED")
    })
  )

  it.scoped("one whose https is none has not taken it", () =>
    Effect.gen(function* () {
      const { port, received } = yield* Endpoint.make(Endpoint.answering(204))
      assert.isNull((yield* refusal(message(`https://127.0.0.1:${port}/`))).status)
      assert.strictEqual(received.length, 0)
    })
  )

  it.scopedLive("one whose name never resolves is left at the limit for connecting", () =>
    Effect.gen(function* () {
      const { reason } = yield* refusal(message("http://hooks.example.com/"), {
        connectLimitMillis: 50,
        resolve: () => undefined
      })
      assert.include(reason, "No connection within 50 ms")
    })
  )

  it.scoped("an interrupted try closes its connection", () =>
    Effect.gen(function* () {
      const { send } = yield* sender()
      const endpoint = yield* Endpoint.make(() => undefined)
      const trying = yield* Effect.fork(send(message(endpoint.url)))
      yield* endpoint.reached
      yield* Fiber.interrupt(trying)
      yield* endpoint.left
    })
  )

  it.scoped("one slow endpoint holds up no other", () =>
    Effect.gen(function* () {
      const { send } = yield* sender()
      const slow = yield* Endpoint.make(() => undefined)
      const quick = yield* Endpoint.make(Endpoint.answering(200))
      const waiting = yield* Effect.forkAll(Array.from({ length: 20 }, () => Effect.exit(send(message(slow.url)))))
      yield* slow.reached
      assert.strictEqual(yield* send(message(quick.url)), 200)
      yield* Fiber.interrupt(waiting)
    })
  )
})

describe("Sender: what is never sent", () => {
  it.scoped("anything signed with a secret that is none", () =>
    Effect.gen(function* () {
      const { url, received } = yield* Endpoint.make(Endpoint.answering(204))
      for (const text of ["", "hunter2-hunter2", "whsec_hunter2", "whsec_aHVudGVyMg=="]) {
        const { reason, gone } = yield* refusal(message(url, { secrets: [Redacted.make(text)] }))
        assert.include(reason, "secret")
        assert.isFalse(/hunter2|aHVudGVyMg/.test(reason))
        assert.isFalse(gone)
      }
      assert.strictEqual(received.length, 0)
    })
  )

  it.scoped("an id that a receiver could read in two ways", () =>
    Effect.gen(function* () {
      const { url, received } = yield* Endpoint.make(Endpoint.answering(204))
      for (const eventId of ["evt.1", "evt\r\nx: y", ""])
        assert.include((yield* refusal(message(url, { eventId }))).reason, "id")
      assert.strictEqual(received.length, 0)
    })
  )

  it.scoped("anything in the clear, unless it is allowed", () =>
    Effect.gen(function* () {
      const { url, received } = yield* Endpoint.make(Endpoint.answering(204))
      const { reason } = yield* refusal(message(url), { allowHttp: false, allowPrivate: true })
      assert.include(reason, "https")
      assert.strictEqual(received.length, 0)
    })
  )

  it.scoped("anything to a URL with a user in it, and the reason does not show it", () =>
    Effect.gen(function* () {
      const { port, received } = yield* Endpoint.make(Endpoint.answering(204))
      const { reason } = yield* refusal(message(`http://user:hunter2@127.0.0.1:${port}/`))
      assert.include(reason, "user")
      assert.isFalse(reason.includes("hunter2"))
      assert.strictEqual(received.length, 0)
    })
  )

  it.scoped("anything to a public name that resolves to this machine", () =>
    Effect.gen(function* () {
      const { port, received } = yield* Endpoint.make(Endpoint.answering(204))
      for (const address of ["127.0.0.1", "::ffff:127.0.0.1"]) {
        const { reason } = yield* refusal(message(`http://hooks.example.com:${port}/`), {
          allowPrivate: false,
          resolve: (_hostname, _options, callback) =>
            callback(null, [{ address, family: address.includes(":") ? 6 : 4 }])
        })
        assert.include(reason, "private")
      }
      const literal = yield* refusal(message(`http://127.0.0.1:${port}/`), { allowPrivate: false })
      assert.include(literal.reason, "private")
      assert.strictEqual(received.length, 0)
    })
  )
})
