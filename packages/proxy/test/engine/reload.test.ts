import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { answering, type Connection } from "../conformance/upstream.ts"
import * as Wire from "../conformance/wire.ts"
import { head, keep, last, type Options, type World, open as worldOf } from "../conformance/world.ts"
import { bodiesOf, chunk, holding, isRefused, left, moment, taken } from "./calls.ts"

/** An idle connection would stay for minutes. */
const stay = "Keep-Alive: timeout=300"
const ok = head("HTTP/1.1 200 OK", stay, "Content-Length: 2").concat("ok")
const open = (options: Options = {}) => worldOf({ upstream: answering(ok), ...options })

const soleConnection = (world: World): Connection => {
  const [connection] = world.upstream.connections
  if (connection === undefined || world.upstream.connections.length > 1) throw new Error("not one connection")
  return connection
}

const closed = (connection: Connection) => connection.until(() => connection.isClosed(), "the connection goes")

describe("routes that are replaced", () => {
  for (const [what, next] of [
    ["changed", { maxInFlight: 7 }],
    ["taken away", null]
  ] as const)
    it(`${what} while a call is in a filter: it is sent by the connections of before, which go with it`, async () => {
      const world = await open()
      const [came, goes] = [moment(), moment()]
      await world.replace({ filters: [holding(came, goes)] })
      const client = await world.client()
      client.send(keep("GET /proxy/r/a"))
      await came.wait
      await world.replace(next)
      goes.comes()
      await client.answered(1)
      expect(bodiesOf(client)).toEqual(["ok"])
      await closed(soleConnection(world))
    })

  it("leave a connection that stands to the calls of before, and close one that nobody can use at once", async () => {
    const [came, goes] = [moment(), moment()]
    const gate = holding(came, goes)
    const world = await open({
      route: {
        filters: [{ around: (next) => (request) => (request.path === "/held" ? gate.around(next) : next)(request) }]
      }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/before"))
    await client.answered(1)
    client.send(keep("GET /proxy/r/held"))
    await came.wait
    await world.replace({})
    goes.comes()
    await client.answered(2)
    const old = soleConnection(world)
    expect(old.reading().messages.length, "both calls").toBe(2)
    await closed(old)
    client.send(keep("GET /proxy/r/after"))
    await client.answered(3)
    await world.replace(null)
    await Promise.all(world.upstream.connections.map(closed))
  })

  it("let an upload that is not here whole be sent by the connections of before", async () => {
    const world = await open()
    const client = await world.client()
    const arrives = taken(world)
    client.send(keep("POST /proxy/r/a", "Content-Length: 6"), "abc")
    await arrives
    await world.replace({ maxInFlight: 7 })
    client.send("def")
    await client.answered(1)
    expect(bodiesOf(client)).toEqual(["ok"])
    expect(world.upstream.messages().map(({ body }) => body.toString())).toEqual(["abcdef"])
    await closed(soleConnection(world))
  })

  it("let those that wait for a connection have theirs", async () => {
    const waiting: Array<Connection> = []
    const world = await open({
      route: { maxConnections: 1 },
      upstream: { onWhole: (connection) => void waiting.push(connection) }
    })
    const clients = [await world.client(), await world.client()]
    for (const client of clients) {
      const arrives = taken(world)
      client.send(last("GET /proxy/r/a"))
      await arrives
    }
    await world.replace(null)
    for (const _ of clients) {
      await world.upstream.until(() => waiting.length > 0, "a call")
      waiting.shift()?.send(ok)
    }
    await Promise.all(clients.map((client) => client.ended()))
    expect(bodiesOf(...clients)).toEqual(["ok", "ok"])
    await closed(soleConnection(world))
  })

  it("let an answer that flows go on to its end, and the connection goes after it", async () => {
    const world = await open({
      upstream: {
        onWhole: (connection) =>
          connection.send(head("HTTP/1.1 200 OK", stay, "Transfer-Encoding: chunked"), chunk("one,"))
      }
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.until(() => client.received().includes("one,"), "the first piece")
    await world.replace(null)
    const connection = soleConnection(world)
    connection.send(chunk("two"), "0\r\n\r\n")
    await client.answered(1)
    expect(bodiesOf(client)).toEqual(["one,two"])
    await closed(connection)
  })

  it("close their connections as well when the last call is given up, or never sent", async () => {
    const world = await open()
    const [came, goes] = [moment(), moment()]
    await world.replace({
      filters: [{ around: (next) => (request) => Effect.zipLeft(next(request), Effect.never) }, holding(came, goes)]
    })
    const client = await world.client()
    const arrives = taken(world)
    client.send(keep("GET /proxy/r/a"))
    await came.wait
    await world.replace(null)
    goes.comes()
    await world.upstream.until(({ messages }) => messages().length === 1, "the call")
    await left(client, await arrives)
    await closed(soleConnection(world))
    const other = await world.client()
    other.send(last("GET /proxy/r/a"))
    await other.ended()
    expect(Wire.get(isRefused(other, 404, "NOT_FOUND").lines, "content-type")).toContain("problem")
  })
})
