import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { Filter } from "../../src/Filter.ts"
import type { Connection } from "../conformance/upstream.ts"
import { keep, last, ok, open, type World } from "../conformance/world.ts"
import { bodiesOf, chunk, isRefused, left, moment, taken, through, unused } from "./calls.ts"

const ways: ReadonlyArray<readonly [way: string, filters: ReadonlyArray<Filter>]> = [
  ["straight through", []],
  ["through a filter", [through]]
]
const uploads = [
  ["in chunks", keep("POST /proxy/r/left", "Transfer-Encoding: chunked"), chunk("x".repeat(1000))],
  ["that is long", keep("POST /proxy/r/left", "Content-Length: 200000"), "x".repeat(1000)]
] as const

/** Answers nothing by itself: `waiting` are the calls that it has got. */
const silent = async (filters: ReadonlyArray<Filter>, maxInFlight = 100) => {
  const waiting: Array<Connection> = []
  const world = await open({
    route: { filters, maxConnections: 1, maxInFlight },
    upstream: { onWhole: (connection) => void waiting.push(connection) }
  })
  const answer = async (): Promise<void> => {
    await world.upstream.until(() => waiting.length > 0, "a call")
    waiting.shift()?.send(ok)
  }
  return { world, answer }
}

/** A call that has got to the proxy. */
const asking = async (world: World, ...parts: ReadonlyArray<string>) => {
  const client = await world.client()
  const response = taken(world)
  client.send(...parts)
  return { client, response: await response }
}

describe("while all connections are taken", () => {
  for (const [way, filters] of ways)
    for (const [what, start, part] of uploads)
      it(`an upload ${what} whose client leaves is forgotten, and all others go on, ${way}`, async () => {
        const { world, answer } = await silent(filters)
        const first = await asking(world, last("GET /proxy/r/first"))
        await world.upstream.until(({ messages }) => messages().length === 1, "the first")
        const leaving = await asking(world, start, part)
        await left(leaving.client, leaving.response)
        const second = await asking(world, last("GET /proxy/r/second"))
        await answer()
        await answer()
        await Promise.all([first.client.ended(), second.client.ended()])
        expect(bodiesOf(first.client, second.client)).toEqual(["ok", "ok"])
        expect(world.upstream.messages().map(({ start: line }) => line)).toEqual([
          "GET /svc/first HTTP/1.1",
          "GET /svc/second HTTP/1.1"
        ])
        expect(world.upstream.connections.length, "no connection was ended for it").toBe(1)
      })

  for (const [way, filters] of ways)
    it(`calls that are given up make room at once, and never reach the upstream, ${way}`, async () => {
      const { world, answer } = await silent(filters, 3)
      const first = await asking(world, last("GET /proxy/r/first"))
      await world.upstream.until(({ messages }) => messages().length === 1, "the first")
      for (let turn = 0; turn < 3; turn++) {
        const leaving = [
          await asking(world, last("GET /proxy/r/left")),
          await asking(world, `${last("POST /proxy/r/left", "Content-Length: 3")}abc`)
        ]
        const tooMany = await asking(world, last("GET /proxy/r/more"))
        await tooMany.client.ended()
        isRefused(tooMany.client, 503, "UPSTREAM_BUSY")
        for (const { client, response } of leaving) await left(client, response)
      }
      const others = [await asking(world, last("GET /proxy/r/a")), await asking(world, last("GET /proxy/r/b"))]
      for (let turn = 0; turn < 3; turn++) await answer()
      const clients = [first, ...others].map(({ client }) => client)
      await Promise.all(clients.map((client) => client.ended()))
      expect(bodiesOf(...clients)).toEqual(["ok", "ok", "ok"])
      expect(world.upstream.messages().map(({ start }) => start.split(" ")[1])).toEqual([
        "/svc/first",
        "/svc/a",
        "/svc/b"
      ])
      expect(world.upstream.connections.length).toBe(1)
    })

  it("a call whose time is over in the queue is refused as not sent, and makes room", async () => {
    const { world, answer } = await silent([], 2)
    const first = await asking(world, last("GET /proxy/r/first"))
    await world.upstream.until(({ messages }) => messages().length === 1, "the first")
    await world.replace({ maxConnections: 1, maxInFlight: 2, limits: { connectMillis: 1000 } })
    const own = await asking(world, last("GET /proxy/r/own"))
    const late = await asking(world, last("GET /proxy/r/late"))
    await late.client.ended()
    isRefused(late.client, 504, "UPSTREAM_CONNECT_TIMEOUT")
    const other = await asking(world, last("GET /proxy/r/other"))
    for (let turn = 0; turn < 3; turn++) await answer()
    const clients = [first, own, other].map(({ client }) => client)
    await Promise.all(clients.map((client) => client.ended()))
    expect(bodiesOf(...clients)).toEqual(["ok", "ok", "ok"])
    expect(world.upstream.messages().some(({ start }) => start.includes("late"))).toBe(false)
  })
})

describe("a connection that cannot be had", () => {
  for (const [what, start, part] of uploads)
    it(`and a client that leaves an upload ${what} before it is told: nothing else happens`, async () => {
      const [failed, goes] = [moment(), moment()]
      const slow: Filter = {
        around: (next) => (request) =>
          Effect.tapError(next(request), () =>
            Effect.promise(() => {
              failed.comes()
              return goes.wait
            })
          )
      }
      const world = await open({ route: { filters: [slow] }, target: `http://127.0.0.1:${await unused()}` })
      const leaving = await asking(world, start, part)
      await failed.wait
      await left(leaving.client, leaving.response)
      goes.comes()
      const other = await asking(world, last("GET /proxy/r/other"))
      await other.client.ended()
      isRefused(other.client, 502, "UPSTREAM_UNREACHABLE")
    })
})
