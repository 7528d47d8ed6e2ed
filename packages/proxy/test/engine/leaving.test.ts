import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import type { Filter } from "../../src/Filter.ts"
import { Refusal } from "../../src/index.ts"
import type { Response } from "../../src/Message.ts"
import type { Behaviour } from "../conformance/upstream.ts"
import { head, keep, open, type World } from "../conformance/world.ts"
import { bodiesOf, isRefused, left, moment, taken } from "./calls.ts"

/** Events for ever: nobody but the proxy ends this. */
const events: Behaviour = {
  onWhole: (connection) => connection.send(head("HTTP/1.1 200 OK", "Content-Type: text/event-stream"), "data: 1\n\n")
}

const letGo = (world: World) =>
  world.upstream.until(
    ({ connections }) => connections.length > 0 && connections.every((connection) => connection.isClosed()),
    "the upstream's call is ended"
  )

const own: Response = { status: 200, headers: [], body: { _tag: "Bytes", bytes: Buffer.from("own") } }

const after = (then: (answer: Response) => Effect.Effect<Response, Refusal.Refusal>): Filter => ({
  around: (next) => (request) => Effect.flatMap(next(request), then)
})

describe("an answer that flows", () => {
  for (const [what, isFinishing] of [
    ["a filter that can be stopped", false],
    ["a filter that must finish", true]
  ] as const)
    it(`and its client leaves while ${what} has it: the upstream's call is ended`, async () => {
      const [came, goes] = [moment(), moment()]
      let isFinished = false
      const has = after((answer) =>
        Effect.promise(() => {
          came.comes()
          return goes.wait
        }).pipe(
          Effect.map(() => {
            isFinished = true
            return answer
          })
        )
      )
      const filter: Filter = isFinishing
        ? { around: (next) => (request) => Effect.uninterruptible(has.around(next)(request)) }
        : has
      const world = await open({ route: { filters: [filter] }, upstream: events })
      const client = await world.client()
      const arrives = taken(world)
      client.send(keep("GET /proxy/r/a"))
      await came.wait
      await left(client, await arrives)
      if (isFinishing) goes.comes()
      await letGo(world)
      expect(isFinished).toBe(isFinishing)
    })

  it("in place of which a filter answers by itself is ended", async () => {
    const world = await open({ route: { filters: [after(() => Effect.succeed(own))] }, upstream: events })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.answered(1)
    expect(bodiesOf(client)).toEqual(["own"])
    await letGo(world)
  })

  it("in place of which a filter refuses is ended", async () => {
    const world = await open({
      route: { filters: [after(() => Refusal.refuse("RATE_LIMITED", "Not this one."))] },
      upstream: events
    })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.answered(1)
    isRefused(client, 429, "RATE_LIMITED")
    await letGo(world)
  })

  it("of two that a filter asked for is ended, where it is not the one that goes on", async () => {
    const twice: Filter = { around: (next) => (request) => Effect.zipRight(next(request), next(request)) }
    const world = await open({ route: { filters: [twice] }, upstream: events })
    const client = await world.client()
    client.send(keep("GET /proxy/r/a"))
    await client.until(() => client.received().includes("data: 1"), "the first event")
    const [first, second] = world.upstream.connections
    await first?.until(() => first.isClosed(), "the first is ended")
    expect(second?.isClosed()).toBe(false)
    second?.send("data: 2\n\n")
    await client.until(() => client.received().includes("data: 2"), "the second event")
    client.leave()
    await letGo(world)
  })
})
