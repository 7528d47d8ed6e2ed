import { afterEach, describe, expect, it, vi } from "vitest"
import { Exchange, type Surroundings } from "../../src/Exchange.ts"
import { defaults } from "../../src/Route.ts"
import type { Connection } from "../conformance/upstream.ts"
import * as Wire from "../conformance/wire.ts"
import { head, last, ok, open } from "../conformance/world.ts"
import { bodiesOf, chunk, isRefused, taken } from "./calls.ts"

afterEach(() => void vi.useRealTimers())

describe("an exchange that is over", () => {
  /** One of which the head and one piece have come. */
  const begun = (rawTrailers: ReadonlyArray<string> = []) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
    const told: Array<string> = []
    const around: Surroundings = {
      ended: () => void told.push("ended"),
      over: () => void told.push("over"),
      isBreaking: () => false,
      isClientLate: () => false
    }
    const paused: Array<boolean> = []
    const controller = {
      aborted: false,
      paused: false,
      reason: null,
      rawHeaders: ["content-type", "text/plain"].map((part) => Buffer.from(part)),
      rawTrailers: rawTrailers.map((part) => Buffer.from(part)),
      abort: () => undefined,
      pause: () => void paused.push(true),
      resume: () => void paused.push(false)
    }
    const exchange = new Exchange(defaults.limits, () => undefined, around)
    exchange.onRequestStart(controller)
    exchange.onRequestSent()
    exchange.onResponseStart(controller, 200, {})
    exchange.pour({
      write: () => false,
      end: (trailers) => told.push(["end", ...trailers].join(" ")),
      cut: () => told.push("cut")
    })
    exchange.onResponseData(controller, Buffer.from("piece"))
    expect([paused, vi.getTimerCount()]).toEqual([[true], 1])
    return { exchange, controller, told, paused }
  }

  it("sets no timer when the client, late, takes more, and asks the upstream for none", () => {
    const { exchange, controller, told, paused } = begun(["x-sum", "7"])
    exchange.onResponseEnd(controller)
    exchange.resume()
    expect([told, paused, vi.getTimerCount()]).toEqual([["over", "ended", "end x-sum 7"], [true], 0])
  })

  it("is over once, though its end fails; trailers that cannot be written are left out", () => {
    const { exchange, controller, told } = begun(["x-odd", "a\x01b"])
    exchange.onResponseEnd(controller)
    exchange.onResponseError(controller, new Error("in the end"))
    expect(told).toEqual(["over", "ended", "end"])
  })

  it("sets none when it was given up, and says each thing once", () => {
    const { exchange, controller, told, paused } = begun()
    exchange.stop()
    exchange.resume()
    exchange.onResponseError(controller, new Error("aborted"))
    exchange.stop()
    exchange.resume()
    expect([told, paused, vi.getTimerCount()]).toEqual([["ended", "cut", "over"], [true], 0])
  })
})

describe("an answer with odd trailers", () => {
  for (const [what, trailers, isWhole] of [
    ["a control character", "X-Odd: a\x01b\r\n", false],
    ["a space in a name", "X Odd: 1\r\n", false],
    ["what only heads have", "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n", false],
    ["bytes above ASCII", "X-Odd: \xe4\xff\r\n", true],
    ["nothing in it", "X-Odd:\r\n", true]
  ] as const)
    it(`(${what}) goes on ${isWhole ? "whole" : "and is cut"}, and counts as one call`, async () => {
      const waiting: Array<Connection> = []
      const odd = [head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Trailer: X-Odd"), chunk("odd"), "0\r\n"]
      const world = await open({
        route: { maxInFlight: 1 },
        upstream: {
          onWhole: (connection, { start }) =>
            start.includes("/odd") ? connection.send(...odd, trailers, "\r\n") : void waiting.push(connection)
        }
      })
      for (let turn = 0; turn < 2; turn++) {
        const client = await world.client()
        client.send(last("GET /proxy/r/odd"))
        await client.ended()
        const { messages } = client.reading()
        expect(messages.map((message) => [Wire.statusOf(message), message.isWhole])).toEqual([[200, isWhole]])
        expect(bodiesOf(client)).toEqual(["odd"])
      }
      const [held, other] = [await world.client(), await world.client()]
      const arrives = taken(world)
      held.send(last("GET /proxy/r/held"))
      await arrives
      other.send(last("GET /proxy/r/other"))
      await other.ended()
      isRefused(other, 503, "UPSTREAM_BUSY")
      await world.upstream.until(() => waiting.length === 1, "the call that is held")
      waiting[0]?.send(ok)
      await held.ended()
      expect(bodiesOf(held)).toEqual(["ok"])
    })
})
