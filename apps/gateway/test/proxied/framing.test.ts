import { connect, type Socket } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { ask, head, json, judged, type Raw, raw, rest, until } from "./calls.ts"
import * as Vendors from "./vendor.ts"
import { open, vendorOf, type World } from "./world.ts"

const headersTimeout = 800
const requestTimeout = 1500
const idleMillis = 800
const totalMillis = 2000

let vendor: Vendors.Vendor
let world: World
beforeAll(async () => {
  vendor = await Vendors.open()
  world = await open(
    {
      vendors: { platform: vendorOf(vendor) },
      routes: {
        plain: { vendor: "platform", allow: ["ANY /**"], limits: { idleMillis, totalMillis } },
        token: { vendor: "platform", allow: ["ANY /**"], limits: { idleMillis, totalMillis }, filters: ["oauth"] }
      }
    },
    { limits: { headersTimeout, requestTimeout, connectionsCheckingInterval: 100 } }
  )
})
afterAll(async () => {
  await world?.close()
  await vendor?.close()
})

const key = () => `Authorization: Bearer ${world.keys.shop}`
const doors = ["/v1/orders", "/proxy/plain/a", "/proxy/token/a"]
const isHealthy = async () => {
  const proxied = await world.call("GET", "/proxy/plain/healthy")
  const own = await world.call("GET", "/v1/orders")
  expect([proxied.status, own.status]).toEqual([200, 200])
}
const forwarded = (mark: number) => vendor.since(mark).filter((one) => !one.endsWith("/healthy"))

/** Requests that nobody else may read in another way: by name, the bytes, and what they are answered. */
const malformed: ReadonlyArray<readonly [what: string, of: (path: string) => string, status: ReadonlyArray<number>]> = [
  [
    "CL.TE",
    (path) =>
      head(`POST ${path} HTTP/1.1`, "Host: a", key(), "Content-Length: 6", "Transfer-Encoding: chunked").concat(
        "0\r\n\r\nG"
      ),
    [400]
  ],
  [
    "TE.CL, with a request behind it",
    (path) =>
      head(`POST ${path} HTTP/1.1`, "Host: a", key(), "Transfer-Encoding: chunked", "Content-Length: 4").concat(
        `5c\r\nGET /proxy/plain/smuggled HTTP/1.1\r\nHost: a\r\n\r\n\r\n0\r\n\r\n`
      ),
    [400]
  ],
  [
    "a coding that hides chunked",
    (path) =>
      head(
        `POST ${path} HTTP/1.1`,
        "Host: a",
        "Connection: close",
        key(),
        "Transfer-Encoding: identity, chunked"
      ).concat("0\r\n\r\n"),
    [400]
  ],
  [
    "chunked twice",
    (path) =>
      head(
        `POST ${path} HTTP/1.1`,
        "Host: a",
        key(),
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked"
      ).concat("0\r\n\r\n"),
    [400]
  ],
  [
    "chunked with a control character",
    (path) => head(`POST ${path} HTTP/1.1`, "Host: a", key(), "Transfer-Encoding:\x0bchunked"),
    [400]
  ],
  [
    "two lengths",
    (path) => head(`POST ${path} HTTP/1.1`, "Host: a", key(), "Content-Length: 1", "Content-Length: 2").concat("a"),
    [400]
  ],
  [
    "one length twice",
    (path) => head(`POST ${path} HTTP/1.1`, "Host: a", key(), "Content-Length: 1", "Content-Length: 1").concat("a"),
    [400]
  ],
  [
    "a list of lengths",
    (path) => head(`POST ${path} HTTP/1.1`, "Host: a", key(), "Content-Length: 1, 1").concat("a"),
    [400]
  ],
  [
    "a length with a sign",
    (path) => head(`POST ${path} HTTP/1.1`, "Host: a", key(), "Content-Length: +1").concat("a"),
    [400]
  ],
  [
    "chunks in HTTP/1.0",
    (path) => head(`POST ${path} HTTP/1.0`, "Host: a", key(), "Transfer-Encoding: chunked").concat("0\r\n\r\n"),
    [400]
  ],
  ["bare line feeds", (path) => `GET ${path} HTTP/1.1\nHost: a\n${key()}\n\n`, [400]],
  ["a folded header", (path) => head(`GET ${path} HTTP/1.1`, "Host: a", key(), "X-A: 1", " 2"), [400]],
  ["a space before the colon", (path) => head(`GET ${path} HTTP/1.1`, "Host: a", key(), "Content-Length : 0"), [400]],
  ["NUL in a header", (path) => head(`GET ${path} HTTP/1.1`, "Host: a", key(), "X-A: a\0b"), [400]],
  ["no Host", (path) => head(`GET ${path} HTTP/1.1`, "Connection: close", key()), [400]],
  ["two Hosts", (path) => head(`GET ${path} HTTP/1.1`, "Host: a", "Host: b", "Connection: close", key()), [400]],
  ["a Host that is none", (path) => head(`GET ${path} HTTP/1.1`, "Host: a b/@c", "Connection: close", key()), [400]],
  [
    "two Authorizations",
    (path) => head(`GET ${path} HTTP/1.1`, "Host: a", "Connection: close", key(), "Authorization: Bearer a"),
    [400]
  ],
  [
    "a whole address",
    (path) => head(`GET http://127.0.0.1:1${path} HTTP/1.1`, "Host: a", "Connection: close", key()),
    [400]
  ],
  ["HTTP/0.9", (path) => `GET ${path}\r\n\r\n`, [400]],
  ["HTTP/1.2", (path) => head(`GET ${path} HTTP/1.2`, "Host: a", "Connection: close", key()), [400, 505]],
  [
    "HTTP/2.0 in a line of HTTP/1",
    (path) => head(`GET ${path} HTTP/2.0`, "Host: a", "Connection: close", key()),
    [400, 505]
  ],
  ["the preface of HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400, 505]],
  ["TRACE", (path) => head(`TRACE ${path} HTTP/1.1`, "Host: a", "Connection: close", key()), [405]],
  [
    "a method that nobody knows",
    (path) => head(`FOO ${path} HTTP/1.1`, "Host: a", "Connection: close", key()),
    [400, 501]
  ],
  [
    "1 500 headers",
    (path) =>
      head(
        `GET ${path} HTTP/1.1`,
        "Host: a",
        "Connection: close",
        key(),
        ...Array.from({ length: 1500 }, (_, at) => `X-${at}: 1`)
      ),
    [431]
  ],
  [
    "17 KB of headers",
    (path) => head(`GET ${path} HTTP/1.1`, "Host: a", "Connection: close", key(), `X-A: ${"a".repeat(17_000)}`),
    [431]
  ],
  [
    "17 KB of address",
    (path) => head(`GET ${path}?${"a".repeat(17_000)} HTTP/1.1`, "Host: a", "Connection: close", key()),
    [431, 414]
  ],
  [
    "an expectation that nobody meets",
    (path) =>
      head(`POST ${path} HTTP/1.1`, "Host: a", "Connection: close", key(), "Expect: tea", "Content-Length: 1").concat(
        "a"
      ),
    [417]
  ]
]

describe("F61 what is not HTTP as we take it is refused at every door, and nothing of it goes on", () => {
  it.each(malformed)("F61 %s", async (_, of, statuses) => {
    for (const path of doors) {
      const mark = vendor.seen.length
      const answer = await raw(world.url, of(path))
      expect([path, statuses.includes(answer.status), answer.answers]).toEqual([path, true, 1])
      expect(forwarded(mark)).toEqual([])
    }
    await isHealthy()
  })

  it("F61 CONNECT opens nothing", async () => {
    const mark = vendor.seen.length
    const target = new URL(vendor.url).host
    const answer = await raw(
      world.url,
      head(`CONNECT ${target} HTTP/1.1`, `Host: ${target}`, key()),
      "GET / HTTP/1.1\r\n\r\n"
    )
    expect(answer.text).not.toMatch(/^HTTP\/1\.1 2/)
    expect(forwarded(mark)).toEqual([])
    await isHealthy()
  })

  it("F61 an upgrade is refused, h2c is passed over: no line of either goes on", async () => {
    const mark = vendor.seen.length
    const upgrade = [
      "Connection: Upgrade, close",
      "Upgrade: websocket",
      "Sec-WebSocket-Key: x",
      "Sec-WebSocket-Version: 13"
    ]
    const refused = await raw(world.url, head("GET /proxy/plain/a HTTP/1.1", "Host: a", key(), ...upgrade))
    expect([refused.status, refused.code]).toEqual([501, "UPGRADE_REFUSED"])
    expect(forwarded(mark)).toEqual([])
    const own = await raw(world.url, head("GET /v1/orders HTTP/1.1", "Host: a", key(), ...upgrade))
    expect(own.status).not.toBe(101)
    const h2c = [
      "Connection: Upgrade, HTTP2-Settings, close",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"
    ]
    for (const path of doors) {
      const answer = await raw(world.url, head(`GET ${path} HTTP/1.1`, "Host: a", key(), ...h2c))
      expect(answer.status).toBe(200)
    }
    for (const { headers } of vendor.seen.slice(mark)) {
      expect([headers.upgrade, headers["http2-settings"]]).toEqual([undefined, undefined])
      expect(headers.connection ?? "").not.toMatch(/upgrade|settings/i)
    }
  })
})

/** A connection that sends a piece, and then a byte now and then. */
const dripping = (first: string, everyMillis: number): Promise<Raw> =>
  new Promise((done) => {
    const { hostname, port } = new URL(world.url)
    const socket = connect(Number(port), hostname, () => socket.write(first))
    let text = ""
    const timer = setInterval(() => socket.write("a"), everyMillis)
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1")
    })
    socket.on("error", () => undefined)
    socket.on("close", () => {
      clearInterval(timer)
      done(judged(text))
    })
  })

describe("F61 who is slow holds nothing for long, and nobody up", () => {
  const post = (path: string, length: number) =>
    head(
      `POST ${path} HTTP/1.1`,
      "Host: a",
      key(),
      "Content-Type: application/json",
      "Idempotency-Key: slow",
      `Content-Length: ${length}`
    )

  it.concurrent.each(doors)("F61 a head that comes byte by byte, at %s: 408", async (path) => {
    const begun = performance.now()
    const answer = await dripping(`GET ${path} HTTP/1.1\r\nHost: a\r\nX-A: `, 50)
    expect([answer.status, answer.code]).toEqual([408, "REQUEST_TIMEOUT"])
    expect(performance.now() - begun).toBeLessThan(headersTimeout + 20_000)
  })

  it.concurrent.each(doors)("F61 a body that stops, at %s: 408", async (path) => {
    const mark = vendor.seen.length
    const begun = performance.now()
    const answer = await raw(world.url, post(path, 1000), "{")
    expect([answer.status, answer.code]).toEqual([408, "REQUEST_TIMEOUT"])
    expect(performance.now() - begun).toBeLessThan(requestTimeout + 20_000)
    expect(forwarded(mark).filter((one) => one.startsWith("POST"))).toEqual([])
  })

  it.concurrent.each(doors)("F61 a body that comes byte by byte, at %s: 408", async (path) => {
    const begun = performance.now()
    const answer = await dripping(post(path, 1000), 100)
    expect([answer.status, answer.code]).toEqual([408, "REQUEST_TIMEOUT"])
    expect(performance.now() - begun).toBeLessThan(totalMillis + 20_000)
  })

  it.concurrent.each(doors)("F61 who has been refused at %s and never sends the rest is let go", async (path) => {
    const begun = performance.now()
    const answer = await raw(world.url, head(`POST ${path} HTTP/1.1`, "Host: a", "Content-Length: 1000"), "{")
    expect([answer.status, answer.answers]).toEqual([401, 1])
    expect(performance.now() - begun).toBeLessThan(requestTimeout + 20_000)
  })

  it.concurrent("F61 a large body that stops: what went on of it is cut, and it is answered 408", async () => {
    const answer = await raw(world.url, post("/proxy/plain/large", 200_000), "a".repeat(100_000))
    expect(answer.status).toBe(408)
    const seen = await until(
      () => vendor.seen.find(({ url }) => url === "/svc/large"),
      (found) => found?.isLeft === true
    )
    expect(seen).toMatchObject({ isWhole: false, isLeft: true })
  })

  it.concurrent("F61 meanwhile healthy calls are answered", async () => {
    for (let at = 0; at < 10; at++) {
      await isHealthy()
      await rest(100)
    }
  })
})

describe("F61 many at once", () => {
  it("F61 a thousand connections that say nothing keep nobody from being served, and are closed", async () => {
    const { hostname, port } = new URL(world.url)
    let open = 0
    const sockets: Array<Socket> = []
    await Promise.all(
      Array.from(
        { length: 1000 },
        () =>
          new Promise<void>((done) => {
            const socket = connect(Number(port), hostname, () => {
              open += 1
              done()
            })
            socket.on("error", () => undefined)
            socket.on("data", () => undefined)
            socket.on("close", () => {
              open -= 1
            })
            sockets.push(socket)
          })
      )
    )
    const begun = performance.now()
    await isHealthy()
    expect(performance.now() - begun).toBeLessThan(20_000)
    const left = await until(
      () => open,
      (count) => count === 0
    )
    for (const socket of sockets) socket.destroy()
    expect(left).toBe(0)
  })

  it("F61 requests in a row on one connection are answered in their order, each once", async () => {
    const mark = vendor.seen.length
    const one = (path: string, ...more: ReadonlyArray<string>) =>
      head(`GET ${path} HTTP/1.1`, "Host: a", key(), ...more)
    const answer = await raw(
      world.url,
      one("/proxy/plain/1") +
        one("/v1/orders?limit=1") +
        one("/proxy/plain/2") +
        one("/proxy/token/3", "Connection: close")
    )
    expect(answer.answers).toBe(4)
    const order = [...answer.text.matchAll(/"path":"\/svc\/(\d)"|"(items)"/g)].map(([, number, list]) => number ?? list)
    expect(order).toEqual(["1", "items", "2", "3"])
    expect([...vendor.since(mark)].sort()).toEqual(["GET /svc/1", "GET /svc/2", "GET /svc/3"])
  })

  it("F61 what stands behind a request that cannot be read is not read", async () => {
    const mark = vendor.seen.length
    const bad = head("GET /proxy/plain/1 HTTP/1.1", "Host: a", key(), "X-A : 1")
    const answer = await raw(world.url, bad + head("GET /proxy/plain/2 HTTP/1.1", "Host: a", key()))
    expect([answer.status, answer.answers]).toEqual([400, 1])
    expect(forwarded(mark)).toEqual([])
  })
})

describe("F61 Expect: 100-continue", () => {
  const expecting = (path: string, body: string, ...more: ReadonlyArray<string>) =>
    head(
      `POST ${path} HTTP/1.1`,
      "Host: a",
      "Connection: close",
      "Content-Type: application/json",
      "Idempotency-Key: expecting",
      `Content-Length: ${body.length}`,
      "Expect: 100-continue",
      ...more
    )

  it.each(doors)("F61 is answered 100 at %s, then as usual", async (path) => {
    const answer = await raw(world.url, expecting(path, "[]", key()), "[]")
    expect(answer.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 (?:200|422) /)
    if (path.startsWith("/proxy")) expect(vendor.seen.at(-1)).toMatchObject({ isWhole: true, body: Buffer.from("[]") })
    expect(vendor.seen.at(-1)?.headers.expect).toBeUndefined()
  })

  it("F61 who is refused is not asked for the body", async () => {
    const mark = vendor.seen.length
    const answer = await raw(world.url, expecting("/proxy/plain/a", "[]"))
    expect([answer.status, answer.answers]).toEqual([401, 1])
    expect(answer.text).not.toContain("100 Continue")
    expect(forwarded(mark)).toEqual([])
  })

  it("F61 after all of this both doors are open", async () => {
    await isHealthy()
    const { body } = await ask(world.url, "GET", "/healthz")
    expect(json({ body } as never)).toEqual({ status: "alive" })
  })
})
