import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { Filter } from "../../src/Filter.ts"
import { Filters } from "../../src/index.ts"
import * as Wire from "../conformance/wire.ts"
import { keep, last, open } from "../conformance/world.ts"
import { made } from "../filters/calls.ts"
import { bodiesOf, chunk, holding, isRefused, left, moment, taken, through } from "./calls.ts"

const breaker = (): Filter =>
  Effect.runSync(made(Filters.circuitBreaker, { failures: 1, withinMillis: 60_000, restMillis: 60_000 }))

const uploads = [
  ["in chunks", "Transfer-Encoding: chunked", chunk("x".repeat(100_000))],
  ["of a known length", "Content-Length: 200000", "x".repeat(100_000)],
  ["of which nothing comes", "Transfer-Encoding: chunked", ""],
  ["that is small", "Content-Length: 10", "half"]
] as const

describe("a client that stalls its upload", () => {
  for (const [what, line, part] of uploads)
    for (const [limit, limits] of [
      ["idle time", { idleMillis: 500 }],
      ["whole time", { totalMillis: 500, idleMillis: 1500 }]
    ] as const)
      it(`${what} beyond its ${limit} is told 408 and that the connection ends; the circuit stays closed`, async () => {
        const filters = [breaker()]
        const world = await open({ route: { limits, filters } })
        const client = await world.client()
        client.send(keep("POST /proxy/r/a", line), part)
        await client.ended()
        const answer = isRefused(client, 408, "REQUEST_TIMEOUT")
        expect(Wire.get(answer.lines, "connection")).toBe("close")
        // The next has as long as it takes, at the same circuit.
        await world.replace({ filters })
        const other = await world.client()
        other.send(last("GET /proxy/r/b"))
        await other.ended()
        expect(bodiesOf(other)).toEqual(["ok"])
      })

  it("is told so without a filter, too", async () => {
    const world = await open({ route: { limits: { idleMillis: 150 } } })
    const client = await world.client()
    client.send(keep("POST /proxy/r/a", "Transfer-Encoding: chunked"), chunk("abc"))
    await client.ended()
    isRefused(client, 408, "REQUEST_TIMEOUT")
  })

  it("is not blamed where it is the upstream that does not read: 504, and the circuit opens", async () => {
    const world = await open({
      route: { limits: { idleMillis: 300 }, filters: [breaker()] },
      upstream: { onConnection: ({ socket }) => void socket.pause() }
    })
    const client = await world.client()
    client.send(keep("POST /proxy/r/a", "Content-Length: 1000000000"))
    const piece = Buffer.alloc(256 * 1024)
    const pour = (): void => {
      while (client.socket.writable && client.socket.write(piece));
    }
    client.socket.on("drain", pour)
    pour()
    await client.until(() => client.reading().messages.some(({ isWhole }) => isWhole), "the answer")
    isRefused(client, 504, "UPSTREAM_TIMEOUT")
    client.leave()
    const other = await world.client()
    other.send(last("GET /proxy/r/b"))
    await other.ended()
    isRefused(other, 503, "CIRCUIT_OPEN")
  })
})

describe("a client that has left before its body is read", () => {
  for (const [what, line, part] of [
    ["of which some has come", "Transfer-Encoding: chunked", chunk("abc")],
    ["that has come whole", "Transfer-Encoding: chunked", `${chunk("abc")}0\r\n\r\n`],
    ["that is small", "Content-Length: 3", "abc"]
  ] as const)
    it(`keeps a filter that must finish waiting for nothing, with a body ${what}`, async () => {
      const [came, goes, ended] = [moment(), moment(), moment()]
      const finishing: Filter = {
        around: (next) => (request) =>
          Effect.uninterruptible(Effect.ensuring(holding(came, goes).around(next)(request), Effect.sync(ended.comes)))
      }
      const world = await open({ route: { filters: [finishing, through] } })
      const client = await world.client()
      const arrives = taken(world)
      client.send(keep("POST /proxy/r/a", line), part)
      await came.wait
      await left(client, await arrives)
      goes.comes()
      await ended.wait
      await world.close()
      expect(world.upstream.messages().filter(({ isWhole }) => isWhole)).toEqual([])
    })
})
