import { generateKeyPairSync, randomBytes } from "node:crypto"
import { createServer as createSecureServer } from "node:https"
import { createServer, type Socket } from "node:net"
import { gzipSync } from "node:zlib"
import { describe, it } from "@effect/vitest"
import type { Message } from "@payment-proxy/ports"
import { Clock, Effect, Fiber, Redacted, TestClock } from "effect"
import { Webhook } from "standardwebhooks"
import { assert } from "vitest"
import { Addresses, Sender } from "../src/index.ts"
import * as Endpoint from "./Endpoint.ts"
import * as Names from "./Names.ts"
import { selfSigned } from "./selfSigned.ts"

const secretOf = () => `whsec_${randomBytes(32).toString("base64")}`

const message = (url: string, secrets: ReadonlyArray<string> = [secretOf()]): Message => ({
  url,
  secrets: secrets.map((secret) => Redacted.make(secret)),
  eventId: "evt_1",
  body: '{"type":"order.succeeded"}'
})

const refusal = (url: string, options: Partial<Sender.Options>) =>
  Effect.flatMap(Sender.make(options), ({ send }) => Effect.flip(send(message(url))))

/** In development, but for the addresses. */
const judging = { allowHttp: true, allowPrivate: false, connectLimitMillis: 200 }

/** A port that nobody should ever come to. */
const canary = Effect.gen(function* () {
  let hits = 0
  const server = yield* Effect.acquireRelease(
    Effect.sync(() =>
      createServer((socket: Socket) => {
        hits += 1
        socket.destroy()
      })
    ),
    (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
  )
  const port = yield* Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" ? (address?.port ?? 0) : 0))
    })
  })
  return { port, hits: () => hits }
})

describe("Sender: an endpoint's secret that is exchanged", () => {
  it.scopedLive("signs with the new one and the old one, and a receiver who knows either takes it", () =>
    Effect.gen(function* () {
      const [fresh, old, other] = [secretOf(), secretOf(), secretOf()]
      const { send } = yield* Sender.make({ allowHttp: true })
      const { url, reached } = yield* Endpoint.make(Endpoint.answering(204))
      yield* send(message(url, [fresh, old]))
      const { body, headers } = yield* reached
      assert.strictEqual(headers["webhook-signature"]?.split(" ").length, 2)
      for (const secret of [fresh, old])
        assert.deepStrictEqual(new Webhook(secret).verify(body, headers), JSON.parse(body))
      assert.throws(() => new Webhook(other).verify(body, headers))
    })
  )
})

describe("Sender: names", () => {
  it.scopedLive.each([
    ["this machine", ["127.0.0.1"]],
    ["this machine, as IPv4 in IPv6", ["0:0:0:0:0:ffff:7f00:1"]],
    ["this machine, in IPv6", ["0:0:0:0:0:0:0:1"]],
    ["the metadata address", ["169.254.169.254"]],
    ["the metadata address through NAT64", ["64:ff9b:0:0:0:0:a9fe:a9fe"]],
    ["the metadata address through 6to4", ["2002:a9fe:a9fe:0:0:0:0:1"]],
    ["a carrier's own network", ["100.64.0.1"]],
    ["several of these", ["127.0.0.1", "10.0.0.1", "0:0:0:0:0:0:0:1"]]
  ] as const)("one that stands for %s is refused before anything is dialled", ([_, addresses]) =>
    Effect.gen(function* () {
      const { resolve, asked } = yield* Names.serve(() => addresses)
      const { port, hits } = yield* canary
      const { reason } = yield* refusal(`http://hooks.example.com:${port}/`, { ...judging, resolve })
      assert.include(reason, "private")
      assert.isAtLeast(asked(), 1)
      assert.strictEqual(hits(), 0)
    })
  )

  /** What would be dialled. */
  const lookedUp = (resolve: Addresses.Resolve) =>
    Effect.async<unknown, string | undefined>((resume) =>
      Addresses.lookup(Addresses.isPublic, resolve)("hooks.example.com", { all: true }, (error, found) =>
        resume(error === null ? Effect.succeed(found) : Effect.fail(error.code))
      )
    )

  it.scopedLive("one that is answered otherwise the next time is judged anew, by the very answer that is dialled", () =>
    Effect.gen(function* () {
      const { resolve, asked } = yield* Names.serve((turn) => (turn % 2 === 1 ? ["1.1.1.1"] : ["127.0.0.1"]))
      for (let times = 0; times < 3; times++) {
        assert.deepStrictEqual(yield* lookedUp(resolve), [{ address: "1.1.1.1", family: 4 }])
        assert.strictEqual(yield* Effect.flip(lookedUp(resolve)), Addresses.refusedCode)
      }
      assert.strictEqual(asked(), 6)
    })
  )

  it.scopedLive("of one with public and private addresses in A and AAAA the public ones alone are dialled", () =>
    Effect.gen(function* () {
      const mixed = ["127.0.0.1", "1.1.1.1", "0:0:0:0:0:ffff:a00:1", "2606:4700:4700:0:0:0:0:1111"]
      const { resolve } = yield* Names.serve(() => mixed)
      assert.deepStrictEqual(yield* lookedUp(resolve), [
        { address: "1.1.1.1", family: 4 },
        { address: "2606:4700:4700::1111", family: 6 }
      ])
    })
  )

  it.scopedLive.each(["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:7f00:1]"])(
    "%s is this machine however it is written",
    (host) =>
      Effect.gen(function* () {
        const { port, hits } = yield* canary
        const { reason } = yield* refusal(`http://${host}:${port}/`, judging)
        assert.include(reason, "private")
        assert.strictEqual(hits(), 0)
      })
  )
})

describe("Sender: what an endpoint leads to", () => {
  it.scopedLive("a redirect to the metadata address or round in a circle is a failure, and goes nowhere", () =>
    Effect.gen(function* () {
      const { port, hits } = yield* canary
      for (const location of ["http://169.254.169.254/latest/meta-data/", `http://127.0.0.1:${port}/`, "/hooks"]) {
        const endpoint = yield* Endpoint.make(Endpoint.answering(307, { location }))
        const { status, reason } = yield* refusal(endpoint.url, { allowHttp: true })
        assert.deepStrictEqual([status, reason.includes("redirect"), endpoint.received.length], [307, true, 1])
      }
      assert.strictEqual(hits(), 0)
    })
  )

  it.scopedLive("no proxy of the environment is asked", () =>
    Effect.gen(function* () {
      const { port, hits } = yield* canary
      const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"]
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const before = names.map((name) => [name, process.env[name]] as const)
          for (const name of names) process.env[name] = `http://127.0.0.1:${port}`
          return before
        }),
        (before) =>
          Effect.sync(() => {
            for (const [name, value] of before)
              if (value === undefined) delete process.env[name]
              else process.env[name] = value
          })
      )
      const { send } = yield* Sender.make({ allowHttp: true })
      const { url } = yield* Endpoint.make(Endpoint.answering(204))
      assert.strictEqual(yield* send(message(url)), 204)
      assert.strictEqual(hits(), 0)
    })
  )

  it.scopedLive("a certificate that nobody vouches for is refused before anything is sent", () =>
    Effect.gen(function* () {
      let requests = 0
      const server = yield* Effect.acquireRelease(
        Effect.sync(() => createSecureServer(selfSigned(generateKeyPairSync("ec", { namedCurve: "P-256" })))),
        (server) => Effect.async<void>((resume) => void server.close(() => resume(Effect.void)))
      )
      server.on("request", () => {
        requests += 1
      })
      const port = yield* Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" ? (address?.port ?? 0) : 0))
        })
      })
      const { reason, status } = yield* refusal(`https://127.0.0.1:${port}/`, { allowHttp: true })
      assert.include(reason, "SELF_SIGNED")
      assert.deepStrictEqual([status, requests], [null, 0])
    })
  )
})

describe("Sender: answers that are meant to hurt", () => {
  it.scopedLive("a head of a megabyte is a failure, soon", () =>
    Effect.gen(function* () {
      const { url } = yield* Endpoint.make((_, { socket }) => {
        socket.on("error", () => undefined)
        socket.write(`HTTP/1.1 200 OK\r\nx-long: ${"x".repeat(1_000_000)}\r\n\r\n`)
      })
      const startMillis = yield* Clock.currentTimeMillis
      const { status } = yield* refusal(url, { allowHttp: true })
      assert.isNull(status)
      assert.isBelow((yield* Clock.currentTimeMillis) - startMillis, 5000)
    })
  )

  it.scopedLive("a body that unpacked would be a thousand times as long is not unpacked", () =>
    Effect.gen(function* () {
      const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024))
      const { send } = yield* Sender.make({ allowHttp: true })
      const endpoint = yield* Endpoint.make((response) =>
        response.writeHead(200, { "content-encoding": "gzip", "content-length": bomb.length }).end(bomb)
      )
      const before = process.memoryUsage().rss
      for (let times = 0; times < 8; times++) assert.strictEqual(yield* send(message(endpoint.url)), 200)
      assert.isBelow(process.memoryUsage().rss - before, 64 * 1024 * 1024)
    })
  )

  it.scoped("hints that never end in an answer are left at 10 s", () =>
    Effect.gen(function* () {
      const endpoint = yield* Endpoint.make((response, { socket }) => {
        const drip = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"), 5)
        socket.on("error", () => undefined)
        response.on("close", () => clearInterval(drip))
      })
      const trying = yield* Effect.fork(refusal(endpoint.url, { allowHttp: true }))
      yield* endpoint.reached
      yield* TestClock.adjust("10 seconds")
      assert.include((yield* Fiber.join(trying)).reason, "10000 ms")
      yield* endpoint.left
    })
  )

  it.scopedLive("eight calls that are never answered end at the limit, and their sockets with them", () =>
    Effect.gen(function* () {
      const { send } = yield* Sender.make({ allowHttp: true, timeLimitMillis: 300 })
      const endpoint = yield* Endpoint.make(() => undefined)
      const startMillis = yield* Clock.currentTimeMillis
      yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.flip(send(message(endpoint.url))), {
        concurrency: "unbounded"
      })
      assert.isBelow((yield* Clock.currentTimeMillis) - startMillis, 3000)
      yield* endpoint.left
    })
  )
})
