import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import type { Line } from "./sockets.ts"
import * as Wire from "./wire.ts"
import { head, host, keep, last, ok, open } from "./world.ts"

const mega = 1024 ** 2
const size = 256 * mega
const warmUp = 32 * mega
const piece = Buffer.alloc(64 * 1024, "x")
const chunkHead = `${piece.length.toString(16)}\r\n`

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** Peak of what the process holds in memory, looked at as bytes go by: proxy, client and upstream together, without what they let go. */
const memory = () => {
  collectGarbage()
  const first = process.memoryUsage.rss()
  let peak = first
  let seen = 0
  return {
    look: (bytes: number) => {
      seen += bytes
      if (seen < 32 * mega) return
      seen = 0
      collectGarbage()
      peak = Math.max(peak, process.memoryUsage.rss())
    },
    grownBytes: () => peak - first
  }
}

/** Writes so many bytes, as the other side takes them. */
const pour = (
  write: (piece: Buffer) => boolean,
  drained: (then: () => void) => void,
  total: number,
  done: () => void
): void => {
  let left = total
  const go = (): void => {
    while (left > 0) {
      const next = left < piece.length ? piece.subarray(0, left) : piece
      left -= next.length
      if (!write(next)) return drained(go)
    }
    done()
  }
  go()
}

const pourInto = ({ socket }: Pick<Line, "socket">, total: number, isChunked: boolean): Promise<void> =>
  new Promise((done) => {
    const write = (next: Buffer): boolean => {
      if (!isChunked) return socket.write(next)
      socket.write(next === piece ? chunkHead : `${next.length.toString(16)}\r\n`)
      socket.write(next)
      return socket.write("\r\n")
    }
    pour(
      write,
      (then) => void socket.once("drain", then),
      total,
      () => {
        if (isChunked) socket.write("0\r\n\r\n")
        done()
      }
    )
  })

/** Counts what comes behind a head; answers whether that is all of it. */
const counting = (total: number, isChunked: boolean, look: (bytes: number) => void) => {
  let start = ""
  let isBody = false
  let count = 0
  let tail = ""
  return (next: Buffer): boolean => {
    look(next.length)
    let from = 0
    if (!isBody) {
      start += next.toString("latin1")
      const end = start.indexOf("\r\n\r\n")
      if (end < 0) return false
      isBody = true
      from = next.length - (start.length - end - 4)
    }
    count += next.length - from
    tail = (tail + next.toString("latin1", Math.max(from, next.length - 8))).slice(-8)
    return isChunked ? count >= total && tail.endsWith("0\r\n\r\n") : count === total
  }
}

const upload = async (total: number, isChunked: boolean): Promise<number> => {
  const { look, grownBytes } = memory()
  const isAll = counting(total, isChunked, look)
  const world = await open({
    upstream: {
      onPiece: (connection, next) => {
        if (isAll(next)) connection.send(ok)
      }
    }
  })
  const client = await world.client()
  client.send(last("POST /proxy/r/a", isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${total}`))
  await pourInto(client, total, isChunked)
  await client.ended()
  expect(client.reading().messages.map(({ body }) => body.toString())).toEqual(["ok"])
  await world.close()
  return grownBytes()
}

const download = async (total: number, isChunked: boolean): Promise<number> => {
  const { look, grownBytes } = memory()
  const world = await open({
    upstream: {
      onWhole: (connection) => {
        connection.send(head("HTTP/1.1 200 OK", isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${total}`))
        void pourInto(connection, total, isChunked)
      }
    }
  })
  const client = await world.client()
  const isAll = counting(total, isChunked, look)
  client.socket.removeAllListeners("data")
  const whole = new Promise<void>((done, fail) => {
    client.socket.on("data", (next) => {
      if (isAll(next)) done()
    })
    client.socket.on("close", () => fail(new Error("The body did not come whole.")))
  })
  client.send(keep("GET /proxy/r/a"))
  await whole
  await world.close()
  return grownBytes()
}

describe("F63 256 MB, and 128 MB in chunks, go by in little memory", () => {
  for (const [name, run] of [
    ["up", upload],
    ["down", download]
  ] as const)
    for (const isChunked of [false, true])
      it(`${name}, ${isChunked ? "in chunks" : "of a known length"}`, async () => {
        await run(warmUp, isChunked)
        const grownBytes = await run(isChunked ? size / 2 : size, isChunked)
        expect(grownBytes).toBeLessThan(64 * mega)
      })
})

/** Waits until nothing has moved for a while: whoever is held back is then held back for good. */
const still = async (moved: () => number): Promise<void> => {
  let before = -1
  while (moved() !== before) {
    before = moved()
    await new Promise((done) => setTimeout(done, 300))
  }
}

describe("F63 who does not read holds back who sends", () => {
  const total = 96 * mega
  // Two connections' buffers of the system, at most some MB each, and ours.
  const held = 40 * mega

  it("an upstream that does not read: the client cannot send on, until it does", async () => {
    let received = 0
    const world = await open({
      upstream: {
        onConnection: ({ socket }) => void socket.pause(),
        onPiece: (connection, next) => {
          received += next.length
          if (received > total) connection.send(ok)
        }
      }
    })
    const client = await world.client()
    client.send(last("POST /proxy/r/a", `Content-Length: ${total}`))
    const sent = pourInto(client, total, false)
    const gone = () => client.socket.bytesWritten - client.socket.writableLength
    await still(gone)
    expect(gone()).toBeLessThan(held)
    for (const { socket } of world.upstream.connections) socket.resume()
    await sent
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([200])
  })

  it("a client that does not read: the upstream cannot send on, until it does", async () => {
    const world = await open({
      upstream: {
        onWhole: (connection) => {
          connection.send(head("HTTP/1.1 200 OK", `Content-Length: ${total}`))
          void pourInto(connection, total, false)
        }
      }
    })
    const client = await world.client()
    client.socket.pause().removeAllListeners("data")
    client.send(last("GET /proxy/r/a"))
    await world.upstream.until((upstream) => upstream.messages().length === 1, "the call")
    const [connection] = world.upstream.connections
    const gone = () =>
      connection === undefined ? 0 : connection.socket.bytesWritten - connection.socket.writableLength
    await still(gone)
    expect(gone()).toBeLessThan(held)
    let received = 0
    client.socket.on("data", (next) => {
      received += next.length
    })
    client.socket.resume()
    await client.ended()
    expect(received).toBeGreaterThan(total)
  })
})

describe("a stream is not held", () => {
  it("events arrive one by one, as they are sent", async () => {
    const world = await open({
      upstream: {
        onWhole: (connection) =>
          connection.send(head("HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Cache-Control: no-store"))
      }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/events", "Accept: text/event-stream", "Last-Event-ID: 7"))
    await client.until(() => client.received().includes("\r\n\r\n"), "the head, before any event")
    const [connection] = world.upstream.connections
    for (let event = 1; event <= 5; event++) {
      connection?.send(`id: ${event}\ndata: x\n\n`)
      await client.until(() => client.received().includes(`id: ${event}\ndata: x\n\n`), `event ${event}`)
    }
    connection?.socket.end()
    await client.until(() => client.reading().messages[0]?.isWhole === true, "the end")
    const [message] = client.reading().messages
    expect(Wire.get(message?.lines ?? [], "content-type")).toBe("text/event-stream")
    expect(message?.body.toString()).toBe([1, 2, 3, 4, 5].map((event) => `id: ${event}\ndata: x\n\n`).join(""))
  })

  it("a body that is sent in pieces arrives in pieces, before its end", async () => {
    const world = await open({ upstream: {} })
    const client = await world.client()
    client.send(last("POST /proxy/r/a", "Transfer-Encoding: chunked"))
    for (let turn = 1; turn <= 3; turn++) {
      client.send(`6\r\npiece${turn}\r\n`)
      await world.upstream.until(
        ({ connections }) => connections[0]?.received().includes(`piece${turn}`) === true,
        `piece ${turn}`
      )
    }
    expect(world.upstream.messages().map(({ isWhole }) => isWhole)).toEqual([false])
    client.send("0\r\n\r\n")
    await world.upstream.until((upstream) => upstream.messages()[0]?.isWhole === true, "the end")
    world.upstream.connections[0]?.send(ok)
    await client.ended()
    expect(client.reading().messages.map(Wire.statusOf)).toEqual([200])
  })

  it("both ways at once: an echo answers before the upload is over, and goes on after it", async () => {
    const world = await open({
      upstream: {
        onHead: (connection) => connection.send(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), "4\r\necho\r\n"),
        onWhole: (connection) => connection.send("3\r\nend\r\n0\r\n\r\n")
      }
    })
    const client = await world.client()
    client.send(head("POST /proxy/r/a HTTP/1.1", `Host: ${host}`, "Transfer-Encoding: chunked"), "3\r\nabc\r\n")
    await client.until(() => client.received().includes("echo"), "the beginning of the answer")
    client.send("3\r\ndef\r\n0\r\n\r\n")
    await client.ended()
    const [message] = client.reading().messages
    // An answer that begins early ends the connection; whether the rest of the upload still counts is the upstream's.
    expect(message?.body.toString().startsWith("echo")).toBe(true)
  })
})
