import { describe, expect, it } from "vitest"
import { countdown, endingMillis, idleMillis, standing, warnMillis } from "../src/idle.ts"

const start = 1_700_000_000_000
const ends = start + 8 * 3_600_000

describe("a session that nobody uses", () => {
  it("is fine until two minutes before it ends", () => {
    expect(standing(start + idleMillis - warnMillis - 1, start, ends)).toEqual({ type: "fine" })
    expect(standing(start + idleMillis - warnMillis, start, ends)).toEqual({ type: "idle", leftMillis: warnMillis })
  })

  it("is over a quarter of an hour after the last thing done, less what the gateway may not know of, and says why", () => {
    expect(standing(start + idleMillis - 1, start, ends)).toEqual({ type: "idle", leftMillis: 1 })
    expect(standing(start + idleMillis, start, ends)).toEqual({ type: "over", why: "idle" })
  })
})

describe("a session that is used", () => {
  it("says ten minutes before its longest time that it ends", () => {
    const late = ends - endingMillis
    expect(standing(late - 1, late - 1, ends)).toEqual({ type: "fine" })
    expect(standing(late, late, ends)).toEqual({ type: "ending" })
  })

  it("is over at its longest time, however busy", () => {
    expect(standing(ends, ends, ends)).toEqual({ type: "over", why: "ended" })
  })
})

describe("a countdown", () => {
  it("shows minutes and seconds, and never less than nothing", () => {
    expect([countdown(120_000), countdown(65_001), countdown(900), countdown(-5)]).toEqual([
      "2:00",
      "1:06",
      "0:01",
      "0:00"
    ])
  })
})
