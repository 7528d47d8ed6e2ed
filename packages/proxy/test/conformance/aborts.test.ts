import { describe, expect, it } from "vitest"
import { isProblem } from "./cases.ts"
import type { Client } from "./sockets.ts"
import type { Connection } from "./upstream.ts"
import * as Wire from "./wire.ts"
import { head, keep, last, ok, open, type World } from "./world.ts"

/** The one connection to the upstream, when the request's head is in. */
const reached = async (world: World): Promise<Connection> => {
  await world.upstream.until((upstream) => upstream.messages().length > 0, "a request")
  const [connection] = world.upstream.connections
  if (connection === undefined) throw new Error("no connection")
  return connection
}

const released = (connection: Connection) => connection.until(() => connection.isClosed(), "the upstream sees it end")

const sole = (client: Client, ...methods: ReadonlyArray<string>): Wire.Message => {
  const { messages } = client.reading(...methods)
  const [message] = messages
  if (message === undefined || messages.length !== 1)
    throw new Error(`not one answer: ${client.received().toString("latin1")}`)
  return message
}

const isRefused = (client: Client, status: number, code: Parameters<typeof isProblem>[1]): void => {
  const message = sole(client)
  expect(Wire.statusOf(message)).toBe(status)
  isProblem(message, code)
}

const incomplete = (connection: Connection): void => {
  const { messages } = connection.reading()
  expect(messages.length).toBe(1)
  expect(messages[0]?.isWhole).toBe(false)
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

describe("a client that leaves", () => {
  it("before the answer: the upstream's connection ends", async () => {
    const world = await open({ upstream: {} })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    const connection = await reached(world)
    client.leave()
    await released(connection)
  })

  it("by breaking off before the answer: the upstream's connection ends", async () => {
    const world = await open({ upstream: {} })
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Content-Length: 0"))
    const connection = await reached(world)
    client.socket.resetAndDestroy()
    await released(connection)
  })

  it("before its turn, while others go on: only its call ends", async () => {
    const world = await open({ upstream: {} })
    const [one, other] = [await world.client(), await world.client()]
    one.send(last("GET /proxy/r/one"))
    other.send(last("GET /proxy/r/other"))
    await world.upstream.until((upstream) => upstream.messages().length === 2, "two requests")
    one.leave()
    const of = (path: string) => world.upstream.connections.find((connection) => connection.received().includes(path))
    const [left, stays] = [of("/svc/one"), of("/svc/other")]
    if (left !== undefined) await released(left)
    expect(stays?.isClosed()).toBe(false)
    stays?.send(ok)
    await other.ended()
    expect(sole(other).body.toString()).toBe("ok")
  })

  it("F63 in mid-upload of a known length: the upstream gets fewer bytes, and the end of the connection", async () => {
    const world = await open()
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Content-Length: 200000"), "x".repeat(100_000))
    const connection = await reached(world)
    client.leave()
    await released(connection)
    incomplete(connection)
  })

  it("F63 in mid-upload in chunks: the upstream never gets the last chunk", async () => {
    const world = await open()
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Transfer-Encoding: chunked"), chunk("x".repeat(100_000)))
    const connection = await reached(world)
    client.leave()
    await released(connection)
    incomplete(connection)
  })

  it("in mid-upload, between two chunks, by saying that this is all", async () => {
    const world = await open()
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Transfer-Encoding: chunked"), chunk("abc"))
    const connection = await reached(world)
    client.socket.end()
    await released(connection)
    incomplete(connection)
  })

  it("in mid-upload of a small body: nothing of it is taken for whole", async () => {
    const world = await open()
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Content-Length: 10"), "half")
    client.socket.end()
    await client.until(() => client.isClosed(), "the end")
    await world.close()
    expect(world.upstream.messages().filter(({ isWhole }) => isWhole)).toEqual([])
  })

  it("F63 in mid-download: the upstream's connection ends", async () => {
    const piece = Buffer.alloc(64 * 1024)
    const world = await open({
      upstream: {
        onWhole: (connection) => {
          connection.send(head("HTTP/1.1 200 OK", "Content-Length: 1000000000"))
          const pour = (): void => {
            while (connection.socket.writable && connection.socket.write(piece));
          }
          connection.socket.on("drain", pour)
          pour()
        }
      }
    })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    const connection = await reached(world)
    await client.until(() => client.received().length > 100_000, "some of the body")
    client.leave()
    await released(connection)
  })

  it("between two events: the upstream's connection ends", async () => {
    const world = await open({
      upstream: {
        onWhole: (connection) =>
          connection.send(head("HTTP/1.1 200 OK", "Content-Type: text/event-stream"), "data: 1\n\n")
      }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    const connection = await reached(world)
    await client.until(() => client.received().includes("data: 1"), "the first event")
    client.leave()
    await released(connection)
  })
})

describe("an upstream that breaks off", () => {
  it("G81 before a head: 502 UPSTREAM_RESET", async () => {
    const world = await open({ upstream: { onWhole: ({ socket }) => socket.resetAndDestroy() } })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 502, "UPSTREAM_RESET")
  })

  it("without a word, by the end of its connection: 502 UPSTREAM_RESET", async () => {
    const world = await open({ upstream: { onWhole: ({ socket }) => socket.end() } })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 502, "UPSTREAM_RESET")
  })

  it("in the middle of a head: 502", async () => {
    const world = await open({ upstream: { onWhole: ({ socket }) => socket.end("HTTP/1.1 200 OK\r\nContent-Le") } })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 502, ["UPSTREAM_RESET", "UPSTREAM_MALFORMED"])
  })

  it("G97 before a head: it is asked once, and not again", async () => {
    const world = await open({ upstream: { onWhole: ({ socket }) => socket.resetAndDestroy() } })
    const client = await world.client()
    client.send(`${last("POST /proxy/r/a", "Content-Length: 3")}abc`)
    await client.ended()
    await world.close()
    isRefused(client, 502, "UPSTREAM_RESET")
    expect(world.upstream.messages().length).toBe(1)
  })

  it("during an upload: 502, and the client need not send the rest", async () => {
    const world = await open({ upstream: { onHead: ({ socket }) => socket.resetAndDestroy() } })
    const client = await world.client()
    client.send(keep("POST /proxy/r/a", "Content-Length: 1000000"), "x".repeat(100_000))
    await client.ended()
    isRefused(client, 502, "UPSTREAM_RESET")
  })

  const cut: ReadonlyArray<readonly [name: string, head: string, body: string, version: "1.1" | "1.0"]> = [
    ["of a known length", head("HTTP/1.1 200 OK", "Content-Length: 100"), "half", "1.1"],
    ["in chunks", head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), chunk("half"), "1.1"],
    ["in chunks, in mid-chunk", head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), "64\r\nhalf", "1.1"],
    ["of a known length, for HTTP/1.0", head("HTTP/1.1 200 OK", "Content-Length: 100"), "half", "1.0"]
  ]
  for (const [name, start, body, version] of cut)
    for (const by of ["end", "resetAndDestroy"] as const)
      it(`in a body ${name} (${by}): the client cannot take it for whole`, async () => {
        const world = await open({ upstream: { onWhole: (connection) => connection.send(start, body) } })
        const client = await world.client()
        client.send(head(`GET /proxy/r/a HTTP/${version}`, "Host: a"))
        const connection = await reached(world)
        await client.until(() => client.received().includes("half"), "half of the body")
        connection.socket[by]()
        await client.ended()
        expect(sole(client).isWhole).toBe(false)
      })

  it("in a body that lasts as long as the connection: the client cannot take it for whole", async () => {
    const world = await open({
      upstream: { onWhole: (connection) => connection.send(head("HTTP/1.1 200 OK"), "half") }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    const connection = await reached(world)
    await client.until(() => client.received().includes("half"), "half of the body")
    connection.socket.resetAndDestroy()
    await client.ended()
    expect(sole(client).isWhole).toBe(false)
  })

  it("in chunks, to a client of HTTP/1.0, which knows an end only by how the connection ends: by breaking off", async () => {
    const world = await open({
      upstream: {
        onWhole: (connection) => connection.send(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), chunk("half"))
      }
    })
    const client = await world.client()
    client.send(head("GET /proxy/r/a HTTP/1.0", "Host: a"))
    const connection = await reached(world)
    await client.until(() => client.received().includes("half"), "half of the body")
    connection.socket.resetAndDestroy()
    await client.until(() => client.isClosed(), "the end")
    expect(client.end()).toBe("reset")
  })

  it("with chunks that are none, in mid-body: the client cannot take it for whole", async () => {
    const world = await open({
      upstream: {
        onWhole: (connection) => connection.send(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), chunk("half"))
      }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    const connection = await reached(world)
    await client.until(() => client.received().includes("half"), "half of the body")
    connection.send("zz\r\nhalf\r\n0\r\n\r\n")
    await client.ended()
    expect(sole(client).isWhole).toBe(false)
  })
})

describe("an answer that comes before the upload is over", () => {
  for (const [name, framing, part] of [
    ["of a known length", "Content-Length: 1000000", "x".repeat(100_000)],
    ["of a known length, of which little has come", "Content-Length: 1000000", "x"],
    ["in chunks", "Transfer-Encoding: chunked", chunk("x".repeat(100_000))]
  ] as const)
    it(`G75 ${name}: it is passed with Connection: close, and the connection ends`, async () => {
      const world = await open({
        upstream: {
          onHead: (connection) => connection.send(head("HTTP/1.1 401 Unauthorized", "Content-Length: 2"), "no")
        }
      })
      const client = await world.client()
      client.send(keep("POST /proxy/r/a", framing), part)
      await client.ended()
      const answer = sole(client)
      expect([Wire.statusOf(answer), answer.body.toString(), answer.isWhole]).toEqual([401, "no", true])
      expect(Wire.get(answer.lines, "connection")).toMatch(/^close$/i)
      const [connection] = world.upstream.connections
      if (connection !== undefined) await released(connection)
      expect(world.upstream.messages().filter(({ isWhole }) => isWhole)).toEqual([])
    })

  it("and then the upload goes on: the client still gets the whole answer", async () => {
    const world = await open({ upstream: { onHead: (connection) => connection.send(ok) } })
    const client = await world.client()
    client.send(keep("POST /proxy/r/a", "Content-Length: 400000"), "x".repeat(100_000))
    await client.until(() => client.received().includes("\r\n\r\nok"), "the answer")
    if (client.socket.writable) client.send("x".repeat(300_000))
    await client.ended()
    expect(sole(client).body.toString()).toBe("ok")
  })
})

describe("connections to the upstream", () => {
  it("are used again", async () => {
    const world = await open()
    const client = await world.client()
    for (let turn = 1; turn <= 3; turn++) {
      client.send(keep(`GET /proxy/r/${turn}`))
      await client.answered(turn)
    }
    expect(world.upstream.connections.length).toBe(1)
    expect(world.upstream.messages().length).toBe(3)
  })

  it("are used again after a body in chunks, for another client", async () => {
    const world = await open()
    for (const name of ["a", "b"]) {
      const client = await world.client()
      client.send(`${last(`POST /proxy/r/${name}`, "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n`)
      await client.ended()
    }
    expect(world.upstream.connections.length).toBe(1)
  })

  it("are not used again after an abort", async () => {
    const world = await open({
      upstream: { onWhole: (connection, { start }) => (start.includes("/ok") ? connection.send(ok) : undefined) }
    })
    const client = await world.client()
    client.send(last("GET /proxy/r/stuck"))
    const connection = await reached(world)
    client.leave()
    await released(connection)
    const other = await world.client()
    other.send(last("GET /proxy/r/ok"))
    await other.ended()
    expect(sole(other).body.toString()).toBe("ok")
    expect(world.upstream.connections.map((each) => each.reading().messages.length)).toEqual([1, 1])
  })

  it("that the upstream has closed in the meantime are not used for a call", async () => {
    const world = await open()
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.answered(1)
    const [connection] = world.upstream.connections
    connection?.socket.end()
    await connection?.until(() => connection.isClosed(), "it is closed")
    client.send(`${last("POST /proxy/r/b", "Content-Length: 3")}abc`)
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([200, 200])
  })

  it("are at most as many as the route says", async () => {
    const waiting: Array<Connection> = []
    const world = await open({
      route: { maxConnections: 2 },
      upstream: { onWhole: (connection) => void waiting.push(connection) }
    })
    const clients = await Promise.all(Array.from({ length: 5 }, () => world.client()))
    for (const client of clients) client.send(last("GET /proxy/r/a"))
    for (let answered = 0; answered < 5; answered++) {
      await world.upstream.until(() => waiting.length > 0, "a call")
      waiting.shift()?.send(ok)
    }
    await Promise.all(clients.map((client) => client.ended()))
    expect(clients.map((client) => sole(client).body.toString())).toEqual(["ok", "ok", "ok", "ok", "ok"])
    expect(world.upstream.connections.length).toBeLessThanOrEqual(2)
  })
})

describe("pipelined requests", () => {
  it("reach the upstream one after the other, where the first may change something (RFC 9112 §9.3.2)", async () => {
    const world = await open({ upstream: {} })
    const client = await world.client()
    client.send(`${keep("POST /proxy/r/first", "Content-Length: 3")}abc${last("GET /proxy/r/second")}`)
    await world.upstream.until((upstream) => upstream.messages().some(({ isWhole }) => isWhole), "the first")
    expect(world.upstream.messages().map(({ start }) => start)).toEqual(["POST /svc/first HTTP/1.1"])
    const [connection] = world.upstream.connections
    connection?.send(ok)
    await world.upstream.until((upstream) => upstream.messages().length === 2, "the second")
    for (const each of world.upstream.connections) if (each.received().includes("/svc/second")) each.send(ok)
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([200, 200])
  })

  it("behind an answer that ends the connection are not executed (RFC 9112 §9.6)", async () => {
    const world = await open()
    const client = await world.client()
    client.send(
      `${keep("POST /proxy/rx/a", "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n${last("POST /proxy/r/b", "Content-Length: 0")}`
    )
    await client.ended()
    await world.close()
    const { messages } = client.reading()
    const isClosing = /close/i.test(Wire.get(messages[0]?.lines ?? [], "connection") ?? "")
    expect(world.upstream.messages().map(({ start }) => start)).toEqual(isClosing ? [] : ["POST /svc/b HTTP/1.1"])
    expect(messages.map(Wire.statusOf)).toEqual(isClosing ? [404] : [404, 200])
  })
})
