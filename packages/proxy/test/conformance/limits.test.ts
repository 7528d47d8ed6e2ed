import { describe, expect, it } from "vitest"
import { conform, isProblem, passed, refused } from "./cases.ts"
import * as Wire from "./wire.ts"
import { head, host, keep, last, open } from "./world.ts"

const many = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: 1`)
const limited = { route: { maxBodyBytes: 64 * 1024 } }
const chunk = (size: number) => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`

describe("heads have limits", () => {
  conform([
    // With Host and Connection.
    {
      name: "100 headers pass",
      send: last("GET /proxy/r/a", ...many(98)),
      ...passed("GET /svc/a", { lines: many(98) })
    },
    {
      name: "101 headers are too many",
      send: last("GET /proxy/r/a", ...many(99)),
      ...refused(431, "HEADERS_TOO_LARGE")
    },
    {
      name: "1 500 headers are too many, and the first hundred are not taken for all",
      send: last("GET /proxy/r/a", ...many(1500)),
      ...refused(431)
    },
    { id: "G73", name: "a header of 20 KB", send: last("GET /proxy/r/a", `X: ${"x".repeat(20_000)}`), ...refused(431) },
    {
      name: "headers of 20 KB in all",
      send: last("GET /proxy/r/a", ...Array.from({ length: 20 }, (_, index) => `X-${index}: ${"x".repeat(1000)}`)),
      ...refused(431)
    },
    { name: "a header's name of 20 KB", send: last("GET /proxy/r/a", `${"x".repeat(20_000)}: 1`), ...refused(431) },
    { id: "G73", name: "a target of 20 KB", send: last(`GET /proxy/r/${"a".repeat(20_000)}`), ...refused([414, 431]) },
    { name: "a method of 20 KB", send: last(`${"G".repeat(20_000)} /proxy/r/a`), ...refused([400, 431, 501]) },
    {
      name: "headers of 12 KB pass",
      send: last("GET /proxy/r/a", `X: ${"x".repeat(12_000)}`),
      ...passed("GET /svc/a", { lines: [`X: ${"x".repeat(12_000)}`] })
    }
  ])
})

describe("bodies have limits", () => {
  conform([
    {
      id: "G71",
      name: "one byte too long by its length: refused before the upstream is connected",
      world: limited,
      send: last("POST /proxy/r/a", "Content-Length: 65537"),
      ...refused(413, "BODY_TOO_LARGE")
    },
    {
      name: "far too long by its length",
      world: limited,
      send: last("POST /proxy/r/a", "Content-Length: 9007199254740993"),
      ...refused([400, 413])
    },
    {
      name: "exactly as long as is allowed",
      world: limited,
      send: `${last("POST /proxy/r/a", "Content-Length: 65536")}${"x".repeat(65_536)}`,
      ...passed("POST /svc/a", { body: "x".repeat(65_536), framing: "length" })
    },
    {
      name: "exactly as long as is allowed, in chunks",
      world: limited,
      send: `${last("POST /proxy/r/a", "Transfer-Encoding: chunked")}${chunk(32_768)}${chunk(32_768)}0\r\n\r\n`,
      ...passed("POST /svc/a", { body: "x".repeat(65_536), framing: "chunked" })
    },
    {
      name: "too long in chunks: the upstream is never told that this was all",
      world: limited,
      send: `${last("POST /proxy/r/a", "Transfer-Encoding: chunked")}${chunk(32_768)}${chunk(32_769)}0\r\n\r\n`,
      upstream: [],
      client: [{ status: 413, code: "BODY_TOO_LARGE" }],
      mayBegin: true
    },
    {
      name: "too long by one small chunk",
      world: { route: { maxBodyBytes: 2 } },
      send: `${last("POST /proxy/r/a", "Transfer-Encoding: chunked")}${chunk(2)}${chunk(1)}0\r\n\r\n`,
      upstream: [],
      client: [{ status: 413, code: "BODY_TOO_LARGE" }],
      mayBegin: true
    }
  ])

  it("in chunks without an end: 413 as soon as it is too long, and the connection ends", async () => {
    const world = await open(limited)
    const client = await world.client()
    client.send(keep("POST /proxy/r/a", "Transfer-Encoding: chunked"), chunk(16_384))
    await world.upstream.until(({ connections }) => connections.length === 1, "the upstream is connected")
    client.send(chunk(16_384), chunk(16_384), chunk(16_384), chunk(16_384))
    await client.ended()
    const { messages } = client.reading()
    expect(messages.map(Wire.statusOf)).toEqual([413])
    const [answer] = messages
    if (answer !== undefined) isProblem(answer, "BODY_TOO_LARGE")
    expect(Wire.get(answer?.lines ?? [], "connection")).toMatch(/close/i)
    const [connection] = world.upstream.connections
    await connection?.until(() => connection.isClosed(), "the upstream is let go")
    expect(world.upstream.messages().some(({ isWhole }) => isWhole)).toBe(false)
  })
})

describe("a slow client", () => {
  const impatient = { server: { headersTimeout: 200, requestTimeout: 400 } }

  it("F61 whose head does not come: 408, and nothing for the upstream", async () => {
    const world = await open(impatient)
    const client = await world.client()
    client.send(`GET /proxy/r/a HTTP/1.1\r\nHost: ${host}\r\n`)
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([408])
    expect(world.upstream.connections.length).toBe(0)
  })

  it("F61 whose head comes byte by byte: 408", async () => {
    const world = await open(impatient)
    const client = await world.client()
    const text = head("GET /proxy/r/a HTTP/1.1", `Host: ${host}`, `X: ${"x".repeat(200)}`)
    let sent = 0
    const drip = setInterval(() => client.send(text.slice(sent, ++sent)), 10)
    await client.ended()
    clearInterval(drip)
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([408])
    expect(world.upstream.connections.length).toBe(0)
  })
})

describe("a route has so many calls on their way, and no more", () => {
  it("one beyond them is refused as UPSTREAM_BUSY, and nothing of it reaches the upstream", async () => {
    const world = await open({ route: { maxInFlight: 2, maxConnections: 2 }, upstream: {} })
    const first = await world.client()
    const second = await world.client()
    first.send(last("GET /proxy/r/1"))
    second.send(last("GET /proxy/r/2"))
    await world.upstream.until((upstream) => upstream.messages().length === 2, "two calls")
    const third = await world.client()
    third.send(last("GET /proxy/r/3"))
    await third.ended()
    const [answer] = third.reading().messages
    expect(answer?.start).toMatch(/ 503 /)
    if (answer !== undefined) isProblem(answer, "UPSTREAM_BUSY")
    for (const connection of world.upstream.connections) connection.send("HTTP/1.1 204 No Content\r\n\r\n")
    await Promise.all([first.ended(), second.ended()])
    expect([first, second].map((client) => client.reading().messages.map(Wire.statusOf))).toEqual([[204], [204]])
    const fourth = await world.client()
    fourth.send(last("GET /proxy/r/4"))
    await world.upstream.until((upstream) => upstream.messages().length === 3, "room again")
    expect(world.upstream.messages().map(({ start }) => start)).not.toContain("GET /svc/3 HTTP/1.1")
  })
})
