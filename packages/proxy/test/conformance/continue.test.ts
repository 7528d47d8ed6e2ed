import { describe, expect, it } from "vitest"
import { conform, isProblem, refused } from "./cases.ts"
import * as Wire from "./wire.ts"
import { head, host, last, open } from "./world.ts"

const go = "HTTP/1.1 100 Continue\r\n\r\n"
const expecting = (line: string, ...lines: ReadonlyArray<string>) => last(line, "Expect: 100-continue", ...lines)

describe("a client that waits for 100 before it sends its body", () => {
  for (const [name, framing, body] of [
    ["of a known length", "Content-Length: 3", "abc"],
    ["of a known length, and large", "Content-Length: 200000", "x".repeat(200_000)],
    ["in chunks", "Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n"]
  ] as const)
    it(`is told to go on, and the upstream hears nothing of it: ${name}`, async () => {
      const world = await open()
      const client = await world.client()
      client.send(expecting("POST /proxy/r/a", framing))
      await client.until(() => client.received().toString("latin1") === go, "100, and nothing else")
      client.send(body)
      await client.ended()
      expect(client.reading().messages.map(Wire.statusOf)).toEqual([100, 200])
      await world.close()
      expect(world.upstream.faults()).toEqual([])
      const [request] = world.upstream.messages()
      expect(request?.start).toBe("POST /svc/a HTTP/1.1")
      expect(Wire.get(request?.lines ?? [], "expect")).toBeUndefined()
      expect(request?.body.length).toBe(body.startsWith("x") ? 200_000 : 3)
    })

  it("and does not wait for long: both the 100 and the answer come", async () => {
    const world = await open()
    const client = await world.client()
    client.send(`${expecting("POST /proxy/r/a", "Content-Length: 3")}abc`)
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf).at(-1)).toBe(200)
    expect(world.upstream.messages().map(({ body }) => body.toString())).toEqual(["abc"])
  })

  it("is refused by the upstream before it has sent it all: it gets that answer", async () => {
    const world = await open({
      upstream: {
        onHead: (connection) => connection.send(head("HTTP/1.1 401 Unauthorized", "Content-Length: 2"), "no")
      }
    })
    const client = await world.client()
    client.send(expecting("POST /proxy/r/a", "Content-Length: 200000"))
    await client.until(() => client.received().toString("latin1") === go, "100, and nothing else")
    client.send("x")
    await client.ended()
    expect(
      client
        .reading()
        .messages.map(Wire.statusOf)
        .filter((status) => status >= 200)
    ).toEqual([401])
    await world.upstream.until(
      ({ connections }) => connections.every((connection) => connection.isClosed()),
      "the upstream is let go"
    )
    expect(world.upstream.messages().filter(({ isWhole }) => isWhole)).toEqual([])
  })
})

describe("a refusal comes without 100", () => {
  const refusals: ReadonlyArray<
    readonly [name: string, send: string, status: number, code: Parameters<typeof isProblem>[1]]
  > = [
    ["too large", expecting("POST /proxy/r/a", "Content-Length: 65537"), 413, "BODY_TOO_LARGE"],
    ["no such route", expecting("POST /proxy/none/a", "Content-Length: 3"), 404, "NOT_FOUND"],
    ["a path that climbs", expecting("POST /proxy/r/../a", "Content-Length: 3"), 400, "PATH_REFUSED"],
    ["a loop", expecting("POST /proxy/r/a", "Content-Length: 3", "Via: 1.1 payment-proxy"), 508, "LOOP_DETECTED"],
    [
      "a header twice",
      expecting("POST /proxy/r/a", "Content-Length: 3", "Authorization: a", "Authorization: b"),
      400,
      "HEADER_REPEATED"
    ]
  ]
  for (const [name, send, status, code] of refusals)
    it(name, async () => {
      const world = await open({ route: { maxBodyBytes: 65_536 } })
      const client = await world.client()
      client.send(send)
      await client.ended()
      const { messages } = client.reading()
      expect(messages.map(Wire.statusOf)).toEqual([status])
      for (const message of messages) isProblem(message, code)
      expect(world.upstream.connections.length).toBe(0)
    })

  it("and the body that the client then does not send is not waited for", async () => {
    const world = await open()
    const client = await world.client()
    client.send(head("POST /proxy/none/a HTTP/1.1", `Host: ${host}`, "Expect: 100-continue", "Content-Length: 3"))
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([404])
    expect(Wire.get(client.reading().messages[0]?.lines ?? [], "connection")).toMatch(/close/i)
  })
})

describe("another expectation", () => {
  conform([
    { id: "G65", name: "is 417", send: last("GET /proxy/r/a", "Expect: foo"), ...refused(417) },
    {
      name: "beside 100-continue is 417, or taken for it",
      send: last("GET /proxy/r/a", "Expect: 100-continue, foo"),
      either: [refused(417), { upstream: [{ line: "GET /svc/a" }], client: [{ status: 200 }] }]
    },
    {
      name: "of a client of HTTP/1.0 is not answered by 100",
      send: `${head("POST /proxy/r/a HTTP/1.0", `Host: ${host}`, "Expect: 100-continue", "Content-Length: 3")}abc`,
      either: [{ upstream: [{ line: "POST /svc/a", body: "abc" }], client: [{ status: 200 }] }, refused(417)]
    },
    {
      name: "without a body",
      send: last("GET /proxy/r/a", "Expect: 100-Continue"),
      upstream: [{ line: "GET /svc/a" }],
      client: [{ status: 200 }]
    }
  ])
})
