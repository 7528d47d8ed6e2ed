import { describe, expect, it } from "vitest"
import type { Answer } from "../src/Admin.ts"
import * as Trace from "../src/order/Trace.ts"

type Detail = Answer<"orders.read">

const number = "01JDA3N0000000000000000000001"
const at = (seconds: number) => new Date(Date.parse("2026-11-23T08:00:00.000Z") + seconds * 1000).toISOString()
const row = (version: number, cause: string, seconds: number, status: "SUBMITTING" | "PENDING" | "SUCCEEDED") => ({
  version,
  status,
  cause,
  detail: null,
  at: at(seconds),
  number,
  chained: true
})

const detail = {
  history: [
    row(1, "submit", 0, "SUBMITTING"),
    row(2, "create:open", 0.3, "PENDING"),
    row(3, "notification:paid", 60, "SUCCEEDED")
  ],
  answers: [
    {
      at: at(0.3),
      call: "create",
      version: 2,
      number,
      status: 200,
      millis: 250,
      raw: "{}",
      traceId: "0af7651916cd43dd8448eb211c80319c"
    }
  ],
  deliveries: [
    {
      id: "d1",
      eventId: "evt_1",
      type: "order.succeeded",
      version: 3,
      number,
      endpoint: "e1",
      url: "https://shop.example/hooks",
      state: "delivered",
      createdAt: at(60),
      nextAt: null,
      body: "{}",
      tries: [{ at: at(60.1), status: 204, millis: 40, said: "" }]
    }
  ]
} as unknown as Detail

describe("The trace of an order", () => {
  it("parts what happened at once from what happened after a rest", () => {
    const bursts = Trace.bursts(detail)
    expect(bursts.map(({ spans }) => spans.map(({ lane, word }) => `${lane} ${word}`))).toEqual([
      ["request submit", "vendor create"],
      ["notification notification:paid", "delivery order.succeeded"]
    ])
    expect(bursts.map(({ restMillis }) => restMillis)).toEqual([null, 59_700])
  })

  it("has a vendor's call once: as its answer, from when it was sent", () => {
    const call = Trace.bursts(detail)[0]?.spans.find(({ lane }) => lane === "vendor")
    expect(call && call.endMillis - call.startMillis).toBe(250)
  })

  it("places every span within its burst, never too thin to be seen", () => {
    for (const burst of Trace.bursts(detail))
      for (const span of burst.spans) {
        const { left, width } = Trace.placed(span, burst)
        expect(left).toBeGreaterThanOrEqual(0)
        expect(width).toBeGreaterThanOrEqual(1)
        expect(left + width).toBeLessThanOrEqual(100)
      }
  })
})
