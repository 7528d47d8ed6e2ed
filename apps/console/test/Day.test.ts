import { describe, expect, it } from "vitest"
import { type Day, isDay, stateOf, weeksOf } from "../src/days/Day.ts"

const nowMillis = Date.parse("2026-11-27T08:00:00Z")
const finished: Day = {
  vendor: "wechatpay",
  day: "2026-11-26",
  run: 1,
  startedAt: "2026-11-27T02:00:00Z",
  finishedAt: "2026-11-27T02:03:00Z",
  fault: null,
  dueAt: null,
  lines: 10,
  matched: 10,
  totals: [],
  differences: []
}
const state = (part: Partial<Day>) => stateOf({ ...finished, ...part }, nowMillis)

describe("a day of reconciliation", () => {
  it("is fine when its bill agrees, or what differed is resolved", () => {
    expect(state({})).toBe("fine")
    expect(state({ differences: [{ kind: "FEE", status: "resolved", count: 3 }] })).toBe("fine")
  })

  it("is open before it is awaited", () => {
    const awaited = { kind: "MISSING_THERE", status: "awaited", count: 1 } as const
    expect(state({ differences: [awaited] })).toBe("awaited")
    expect(state({ differences: [awaited, { kind: "FEE", status: "open", count: 1 }] })).toBe("open")
  })

  it("runs from its begin to its end, also when it was run before", () => {
    expect(state({ finishedAt: null })).toBe("running")
    expect(state({ startedAt: "2026-11-27T07:59:00Z", run: 2 })).toBe("running")
  })

  it("has failed as long as it says why", () => {
    expect(state({ finishedAt: null, fault: "The bill could not be had." })).toBe("failed")
  })

  it("is due when its time has come, and not before", () => {
    const waiting = { run: 0, startedAt: null, finishedAt: null }
    expect(state({ ...waiting, dueAt: "2026-11-27T07:00:00Z" })).toBe("due")
    expect(state({ ...waiting, dueAt: "2026-11-27T09:00:00Z" })).toBe("later")
  })
})

describe("weeks", () => {
  it("begin on Monday, the latest first, over the ends of months and years", () => {
    const weeks = weeksOf(["2026-12-31", "2027-01-04"], 9)
    expect(weeks.map(([monday]) => monday)).toEqual(["2027-01-04", "2026-12-28"])
    expect(weeks[1]?.at(-1)).toBe("2027-01-03")
  })

  it("are as many as are asked for at most, and none without days", () => {
    expect(weeksOf(["2020-01-01", "2026-11-27"], 9)).toHaveLength(9)
    expect(weeksOf([], 9)).toEqual([])
  })
})

describe("a day that is typed", () => {
  it.each([
    ["2026-11-26", true],
    ["2026-02-30", false],
    ["2026-13-01", false],
    ["26.11.2026", false],
    ["", false]
  ])("%j is one: %s", (text, is) => {
    expect(isDay(text)).toBe(is)
  })
})
