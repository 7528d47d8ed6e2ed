import { once } from "node:events"
import { Effect, Metric, MetricState } from "effect"
import { describe, expect, it } from "vitest"
import { Refusal } from "../../src/index.ts"
import { head, keep, last, type Options, open } from "../conformance/world.ts"
import { chunk, left, taken, unused } from "./calls.ts"

let serial = 0

/** A world whose route has a name that no other test has, and what is counted of it. */
const counted = async (options: Options) => {
  serial += 1
  const id = `counted-${serial}`
  const world = await open({ ...options, route: { ...options.route, id } })
  const states = () =>
    Effect.runSync(Metric.snapshot).flatMap(({ metricKey: { name, tags }, metricState }) => {
      const labels = Object.fromEntries(tags.map(({ key, value }) => [key, value]))
      return labels["route"] === id && name.startsWith("payment_proxy_proxied_") ? [{ name, labels, metricState }] : []
    })
  const called = async (...parts: ReadonlyArray<string>): Promise<void> => {
    const client = await world.client()
    const closed = new Promise<void>((done) => {
      world.server.once("request", (_, response) => response.once("close", done))
    })
    client.send(...parts)
    await closed
  }
  return {
    world,
    id,
    called,
    underWay: () =>
      states().flatMap(({ metricState }) => (MetricState.isGaugeState(metricState) ? [metricState.value] : [])),
    outcomes: () =>
      Object.fromEntries(
        states().flatMap(({ labels, metricState }) =>
          MetricState.isCounterState(metricState) ? [[labels["outcome"], metricState.count]] : []
        )
      ),
    timed: () =>
      states().flatMap(({ metricState }) =>
        MetricState.isHistogramState(metricState) ? [[metricState.count, metricState.sum] as const] : []
      )
  }
}

describe("what is counted of a route", () => {
  it("is there from the start", async () => {
    const { outcomes } = await counted({})
    expect(outcomes()).toEqual({ "2xx": 0 })
  })

  it("are answers by their class, and how long they took", async () => {
    const { id, called, outcomes, underWay, timed } = await counted({
      upstream: {
        onWhole: (connection, { start }) =>
          connection.send(head(`HTTP/1.1 ${/\d{3}/.exec(start)?.[0] ?? ""} Said`, "Content-Length: 0"))
      }
    })
    for (const status of [200, 201, 302, 404, 503]) await called(last(`GET /proxy/${id}/${status}`))
    expect(outcomes()).toEqual({ "2xx": 2, "3xx": 1, "4xx": 1, "5xx": 1 })
    expect(underWay()).toEqual([0])
    const [[count, sum] = [0, 0]] = timed()
    expect(count).toBe(5)
    expect(sum).toBeGreaterThan(0)
    expect(sum, "in seconds").toBeLessThan(5)
  })

  it("are our own refusals by their codes", async () => {
    const { id, called, outcomes, underWay } = await counted({
      target: `http://127.0.0.1:${await unused()}`,
      route: {
        filters: [
          {
            around: (next) => (request) =>
              request.path === "/b" ? Refusal.refuse("RATE_LIMITED", "Later.") : next(request)
          }
        ]
      }
    })
    await called(last(`GET /proxy/${id}/a`))
    await called(last(`GET /proxy/${id}/b`))
    await called(last(`GET /proxy/${id}/b`))
    expect(outcomes()).toEqual({ "2xx": 0, UPSTREAM_UNREACHABLE: 1, RATE_LIMITED: 2 })
    expect(underWay()).toEqual([0])
  })

  it("are answers that did not go out whole, by whose doing so ever", async () => {
    const { world, id, outcomes, underWay } = await counted({
      upstream: {
        onWhole: (connection) => connection.send(head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"), chunk("half"))
      }
    })
    for (const ends of ["client", "upstream"]) {
      const client = await world.client()
      const arrives = taken(world)
      client.send(keep(`GET /proxy/${id}/a`))
      const response = await arrives
      expect(underWay()).toEqual([1])
      await client.until(() => client.received().includes("half"), "half of the body")
      const closing = once(response, "close")
      if (ends === "client") client.leave()
      else world.upstream.connections.at(-1)?.socket.resetAndDestroy()
      await closing
    }
    expect(outcomes()).toEqual({ "2xx": 0, cut: 2 })
    expect(underWay()).toEqual([0])
  })

  it("are calls under way of before and after a change of the route, together", async () => {
    const { world, id, underWay } = await counted({ upstream: {} })
    const asking = async () => {
      const client = await world.client()
      const arrives = taken(world)
      client.send(keep(`GET /proxy/${id}/a`))
      return { client, response: await arrives }
    }
    const before = [await asking(), await asking()]
    await world.replace({ id, maxInFlight: 7 })
    const after = await asking()
    expect(underWay()).toEqual([3])
    for (const { client, response } of before) await left(client, response)
    expect(underWay()).toEqual([1])
    await left(after.client, after.response)
    expect(underWay()).toEqual([0])
  })
})
