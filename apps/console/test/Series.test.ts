import { describe, expect, it } from "vitest"
import * as Series from "../src/now/Series.ts"

const minute = (part: Partial<Series.Minute>): Series.Minute => ({
  at: "2026-01-01T00:00:00.000Z",
  placed: 0,
  succeeded: 0,
  failed: 0,
  calls: 0,
  errors: 0,
  p50Millis: null,
  p99Millis: null,
  ...part
})

const vendor = (name: string, minutes: ReadonlyArray<Partial<Series.Minute>>) => ({
  vendor: name,
  kind: name,
  minutes: minutes.map(minute)
})

describe("shares", () => {
  it("are of what ended, not of what was placed", () => {
    expect(Series.success(minute({ placed: 100, succeeded: 3, failed: 1 }))).toBe(0.75)
  })

  it("are null where there is nothing to share, so that nobody reads a failure", () => {
    expect(Series.success(minute({ placed: 7 }))).toBeNull()
    expect(Series.errors(minute({}))).toBeNull()
  })

  it("weigh vendors by what ended with them, in the last minutes alone", () => {
    const vendors = [
      vendor("a", [{ failed: 1000 }, { succeeded: 90, failed: 10 }]),
      vendor("b", [{ failed: 1000 }, { failed: 100 }])
    ]
    expect(Series.recentSuccess(vendors, 1)).toBe(0.45)
    expect(Series.recentSuccess([], 5)).toBeNull()
  })
})

describe("orders of a minute", () => {
  it("are those of all vendors; none before the first minute that is known", () => {
    const vendors = [vendor("a", [{ placed: 4 }, { placed: 1 }]), vendor("b", [{ placed: 6 }, { placed: 2 }])]
    expect([0, 1, 2].map((back) => Series.placedBack(vendors, back))).toEqual([3, 10, 0])
  })
})

describe("a line", () => {
  it("breaks where there is no value", () => {
    expect(Series.runs([null, 1, 0, null, null, 5, null])).toEqual([[1, 2], [5]])
    expect(Series.runs([null, null])).toEqual([])
  })
})

describe("an hour", () => {
  it("is quiet only where no vendor was called and no order moved", () => {
    expect(Series.isQuiet([])).toBe(true)
    expect(Series.isQuiet([vendor("a", [{}, {}])])).toBe(true)
    expect(Series.isQuiet([vendor("a", [{}, { calls: 1 }])])).toBe(false)
  })
})
