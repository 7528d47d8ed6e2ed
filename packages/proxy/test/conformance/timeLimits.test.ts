import { connect, createServer, type Socket } from "node:net"
import { Worker } from "node:worker_threads"
import { describe, expect, it, onTestFinished } from "vitest"
import { isProblem } from "./cases.ts"
import type { Client } from "./sockets.ts"
import * as Wire from "./wire.ts"
import { head, keep, last, open } from "./world.ts"

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

const isRefused = (client: Client, status: number, code: Parameters<typeof isProblem>[1]): void => {
  const { messages } = client.reading()
  expect(messages.map(Wire.statusOf)).toEqual([status])
  for (const message of messages) isProblem(message, code)
}

/** A port where nobody listens. */
const unused = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** A port that listens on a thread which never looks, and whose queue is full: a connection to it neither stands nor fails. */
const deaf = async (): Promise<number> => {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads")
     const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
       parentPort.postMessage(server.address().port)
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0))
     })`,
    { eval: true }
  )
  const sockets: Array<Socket> = []
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await worker.terminate()
  })
  const port = await new Promise<number>((done) => void worker.once("message", done))
  const stands = (): Promise<boolean> =>
    new Promise((done) => {
      const socket = connect(port, "127.0.0.1")
      sockets.push(socket.on("error", () => undefined))
      const timer = setTimeout(() => done(false), 300)
      socket.once("connect", () => {
        clearTimeout(timer)
        done(true)
      })
    })
  // On a busy machine one that takes long may stand all the same: two in a row do not.
  while ((await stands()) || (await stands()));
  return port
}

describe("a connection", () => {
  it("G89 that is refused: 502 UPSTREAM_UNREACHABLE", async () => {
    const world = await open({ target: `http://127.0.0.1:${await unused()}/svc` })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 502, "UPSTREAM_UNREACHABLE")
  })

  it("to a name that does not exist: 502 UPSTREAM_UNREACHABLE", async () => {
    const world = await open({ target: "http://none.invalid/svc" })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 502, "UPSTREAM_UNREACHABLE")
  })

  it.runIf(process.platform === "linux")("G89 that does not come to stand: 504 UPSTREAM_CONNECT_TIMEOUT", async () => {
    const world = await open({
      target: `http://127.0.0.1:${await deaf()}/svc`,
      route: { limits: { connectMillis: 200 } }
    })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 504, "UPSTREAM_CONNECT_TIMEOUT")
  })

  it("G89 whose handshake gets no answer: 504 UPSTREAM_CONNECT_TIMEOUT", async () => {
    const world = await open({
      scheme: "https",
      upstream: { onPiece: () => undefined },
      route: { limits: { connectMillis: 200 } }
    })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 504, "UPSTREAM_CONNECT_TIMEOUT")
    await world.upstream.until(
      ({ connections }) => connections.every((connection) => connection.isClosed()),
      "it is given up"
    )
  })

  it("that is refused keeps no client from the next answer", async () => {
    const world = await open({ target: `http://127.0.0.1:${await unused()}/svc` })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.answered(1)
    client.send(`${last("POST /proxy/r/b", "Content-Length: 3")}abc`)
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([502, 502])
  })
})

describe("an answer's head", () => {
  for (const [name, line, body] of [
    ["GET", last("GET /proxy/r/a"), ""],
    ["a small POST", last("POST /proxy/r/a", "Content-Length: 3"), "abc"],
    ["a POST in chunks", last("POST /proxy/r/a", "Transfer-Encoding: chunked"), `${chunk("abc")}0\r\n\r\n`]
  ] as const)
    it(`G89 that does not come, for ${name}: 504 UPSTREAM_TIMEOUT, and the upstream is let go`, async () => {
      const world = await open({ upstream: {}, route: { limits: { headMillis: 150 } } })
      const client = await world.client()
      client.send(line, body)
      await client.ended()
      isRefused(client, 504, "UPSTREAM_TIMEOUT")
      await world.upstream.until(
        ({ connections }) => connections.every((connection) => connection.isClosed()),
        "it is let go"
      )
      expect(world.upstream.messages().length).toBe(1)
    })

  it("that comes byte by byte, and not in time: 504", async () => {
    const text = head("HTTP/1.1 200 OK", `X: ${"x".repeat(500)}`)
    let drip: NodeJS.Timeout | undefined
    onTestFinished(() => clearInterval(drip))
    const world = await open({
      route: { limits: { headMillis: 200 } },
      upstream: {
        onWhole: (connection) => {
          let sent = 0
          drip = setInterval(() => connection.send(text.slice(sent, ++sent)), 20)
        }
      }
    })
    const client = await world.client()
    client.send(last("GET /proxy/r/a"))
    await client.ended()
    isRefused(client, 504, "UPSTREAM_TIMEOUT")
  })

  it("is waited for from the last byte of the request on, not from the first", async () => {
    const world = await open({ route: { limits: { headMillis: 400 } } })
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Transfer-Encoding: chunked"))
    for (let turn = 0; turn < 6; turn++) {
      client.send(chunk("abc"))
      await new Promise((done) => setTimeout(done, 100))
    }
    client.send("0\r\n\r\n")
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([200])
  })
})

describe("a body", () => {
  const trickle = (everyMillis: number, start = head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked")) => {
    const timers: Array<NodeJS.Timeout> = []
    onTestFinished(() => timers.forEach(clearInterval))
    return {
      onWhole: (connection: { readonly send: (...parts: ReadonlyArray<string>) => void }) => {
        connection.send(start, chunk("first"))
        if (everyMillis > 0) timers.push(setInterval(() => connection.send(chunk("more")), everyMillis))
      }
    }
  }

  it("that stops coming is cut, and the client sees that", async () => {
    const world = await open({ upstream: trickle(0), route: { limits: { idleMillis: 600 } } })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.ended()
    expect(client.reading().messages.map(({ isWhole, body }) => [isWhole, body.toString()])).toEqual([[false, "first"]])
    await world.upstream.until(
      ({ connections }) => connections.every((connection) => connection.isClosed()),
      "it is let go"
    )
  })

  it("that drips is not cut for being slow", async () => {
    const world = await open({ upstream: trickle(50), route: { limits: { idleMillis: 1500, headMillis: 300 } } })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.until(() => client.received().toString().split("more").length > 10, "ten pieces")
    expect(client.end()).toBeUndefined()
  })

  it("that drips for ever is cut when its time is over", async () => {
    const world = await open({ upstream: trickle(30), route: { limits: { totalMillis: 1500 } } })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.ended()
    const [answer] = client.reading().messages
    expect([answer?.isWhole, (answer?.body.length ?? 0) > 5]).toEqual([false, true])
    await world.upstream.until(
      ({ connections }) => connections.every((connection) => connection.isClosed()),
      "it is let go"
    )
  })

  it("G91 of events lasts longer than a head may take", async () => {
    const world = await open({
      upstream: trickle(100, head("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked")),
      route: { limits: { headMillis: 400 } }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.until(() => client.received().toString().split("more").length > 6, "six more events")
    expect(client.end()).toBeUndefined()
  })

  it("F61 of the client that stops coming: 408 or the end, and the upstream is never told that this was all", async () => {
    const world = await open({ route: { limits: { idleMillis: 200 } } })
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Transfer-Encoding: chunked"), chunk("x".repeat(100_000)))
    await client.ended()
    const { messages } = client.reading()
    for (const message of messages) isProblem(message, ["REQUEST_TIMEOUT", "UPSTREAM_TIMEOUT"])
    await world.close()
    expect(world.upstream.messages().filter(({ isWhole }) => isWhole)).toEqual([])
  })

  it("F61 of the client, small, that stops coming: 408 or the end, and nothing whole for the upstream", async () => {
    const world = await open({ route: { limits: { idleMillis: 200 } } })
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Content-Length: 10"), "half")
    await client.ended()
    const { messages } = client.reading()
    for (const message of messages) isProblem(message, "REQUEST_TIMEOUT")
    await world.close()
    expect(world.upstream.messages().filter(({ isWhole }) => isWhole)).toEqual([])
  })

  it("of the client that drips is ended when its time is over", async () => {
    const world = await open({ route: { limits: { totalMillis: 400 } } })
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Transfer-Encoding: chunked"))
    const drip = setInterval(() => (client.socket.writable ? client.send(chunk("x")) : undefined), 30)
    await client.ended()
    clearInterval(drip)
    await world.close()
    expect(world.upstream.messages().filter(({ isWhole }) => isWhole)).toEqual([])
  })

  for (const [name, limits] of [
    ["is given up when nothing moves", { idleMillis: 300 }],
    ["is given up when its time is over", { totalMillis: 500 }]
  ] as const)
    it(`that the client does not read ${name}`, async () => {
      const piece = Buffer.alloc(64 * 1024)
      const world = await open({
        route: { limits },
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
      client.socket.pause()
      client.send(last("GET /proxy/r/a"))
      await world.upstream.until(({ connections }) => connections.length === 1, "the call")
      await world.upstream.until(
        ({ connections }) => connections.every((connection) => connection.isClosed()),
        "it is given up"
      )
    })

  it("that is whole ends its limits: the connection serves the next call after they would have been over", async () => {
    const world = await open({ route: { limits: { totalMillis: 600, idleMillis: 600, headMillis: 600 } } })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.answered(1)
    await new Promise((done) => setTimeout(done, 700))
    client.send(last("GET /proxy/r/b"))
    await client.ended()
    expect(client.reading().messages.map(({ body }) => body.toString())).toEqual(["ok", "ok"])
  })
})
