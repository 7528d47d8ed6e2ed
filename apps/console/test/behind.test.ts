import { describe, expect, it } from "vitest"
import type { Answer } from "../src/Admin.ts"
import { waitsFor } from "../src/order/Waits.ts"
import { standing } from "../src/parts/Standing.ts"
import { now } from "../src/words/now.ts"
import { order } from "../src/words/order.ts"
import { parts } from "../src/words/parts.ts"

const nowMillis = Date.parse("2026-11-23T08:10:00Z")
const past = "2026-11-23T08:09:18Z"
const soon = "2026-11-23T08:11:00Z"

describe("An endpoint that is behind", () => {
  const failure = { at: past, status: 403, said: "HTTP 403: <b>no</b>" }
  const made = (given: Partial<Parameters<typeof standing>[0]>) =>
    standing({ nextAt: past, lastFailure: null, stopped: null, ...given }, nowMillis)

  it("is delivered to only where nothing that waits for it was tried in vain", () => {
    expect(made({})).toEqual({ is: "delivering" })
    expect(made({ nextAt: soon })).toEqual({ is: "delivering" })
    expect(made({ lastFailure: failure, nextAt: soon })).toEqual({ is: "failing", failure, againAt: soon })
  })

  it("has no next try in the past", () => {
    expect(made({ lastFailure: failure })).toEqual({ is: "failing", failure, againAt: null })
    expect(made({ lastFailure: failure, nextAt: null })).toEqual({ is: "failing", failure, againAt: null })
  })

  it("is stopped before all else", () => {
    expect(made({ lastFailure: failure, stopped: "410 Gone" })).toEqual({ is: "stopped", reason: "410 Gone" })
  })

  it("is told in both languages", () => {
    const said = ({ notTakenWith, lastTried, nextTry }: typeof parts.en) =>
      [notTakenWith("HTTP 403"), lastTried("…"), nextTry("13:37")].join(" · ")
    expect(said(parts.en)).toBe("not taken: HTTP 403 · last tried … · next try 13:37")
    expect(said(parts.zh)).toBe("未接收：HTTP 403 · 上次尝试：… · 下次尝试：13:37")
    expect([now.en.notTaking("2"), now.zh.notTaking("2")]).toEqual(["2 not taking events", "2 个未接收"])
  })
})

describe("A delivery that waits", () => {
  type Delivery = Answer<"orders.read">["deliveries"][number]
  const made = (given: Partial<Delivery>) =>
    ({ id: "one", endpoint: "we_1", state: "waiting", nextAt: past, tries: [], ...given }) as Delivery
  const tried = (at: string, status: number | null) => ({ at, status, millis: 5, said: "" })
  const beside = (...tries: Delivery["tries"]) => made({ id: "other", nextAt: soon, tries })
  const waits = (one: Delivery, ...others: ReadonlyArray<Delivery>) => waitsFor(one, [one, ...others], nowMillis)

  it("waits for its next try while that is to come, and for nothing where there is none", () => {
    expect(waits(made({ nextAt: soon }))).toBe("time")
    expect(waits(made({ nextAt: soon }), beside(tried(past, 403)))).toBe("time")
    expect(waits(made({ nextAt: null }))).toBeNull()
  })

  it("waits for its endpoint where that is known not to take what else the order has for it", () => {
    expect(waits(made({}), beside(tried(past, 403)))).toBe("endpoint")
    expect(waits(made({}), beside(tried(past, null)))).toBe("endpoint")
    expect(waits(made({}), beside(tried("2026-11-23T08:00:00Z", 200), tried(past, 500)))).toBe("endpoint")
  })

  it("waits for its turn where nothing is known against its endpoint", () => {
    expect(waits(made({}))).toBe("turn")
    expect(waits(made({}), beside())).toBe("turn")
    expect(waits(made({}), beside(tried("2026-11-23T08:00:00Z", 500), tried(past, 200)))).toBe("turn")
    expect(waits(made({}), made({ id: "other", endpoint: "we_2", tries: [tried(past, 403)] }))).toBe("turn")
    expect(waits(made({ tries: [tried(past, 403)] }))).toBe("turn")
  })

  it("is told so in both languages", () => {
    expect(order.en.waitsEndpoint).toBe("waits: the endpoint does not take what came before")
    expect(order.zh.waitsEndpoint).toBe("等待中：该地址尚未接收此前的事件")
    expect([order.en.waitsTurn, order.zh.waitsTurn]).toEqual(["waits for its turn", "排队等待投递"])
  })
})
