import { describe, expect, it } from "vitest"
import * as Scales from "../src/now/Scales.ts"

const range = [100, 0] as const
const domain = (kind: Scales.Kind, values: ReadonlyArray<number>) => Scales.make(kind, values, range).domain()
const ticks = (kind: Scales.Kind, values: ReadonlyArray<number>) => Scales.ticks(kind, Scales.make(kind, values, range))

describe("shares", () => {
  it("near one are drawn from the half, so that they can be told apart", () => {
    expect(domain("share", [0.91, 0.97])).toEqual([0.5, 1])
  })

  it("are drawn from nothing once one falls low: no fall is hidden", () => {
    expect(domain("share", [0.97, 0.21])).toEqual([0, 1])
  })

  it("near nothing fill the chart, but for the least of them", () => {
    expect(domain("share", [0, 0.04])).toEqual([0, 0.04 * 1.1])
    expect(domain("share", [0])).toEqual([0, 0.01])
  })

  it("are of one whole where there is none yet", () => {
    expect(domain("share", [])).toEqual([0, 1])
  })
})

describe("counts", () => {
  it("begin at nothing and are said in whole numbers, however few", () => {
    expect(ticks("count", [])).toEqual([0, 1, 2, 3, 4])
    expect(ticks("count", [1, 387])).toEqual([0, 100, 200, 300, 400])
  })
})

describe("times", () => {
  it("are said at 1, 2 and 5 of a decade, and at more than one place", () => {
    expect(ticks("log", [160])).toEqual([200, 500, 1000])
    expect(ticks("log", [])).toEqual([10, 20, 50, 100, 200, 500, 1000].filter((tick) => /^10*$/.test(`${tick}`)))
  })

  it("that span many decades are said at each", () => {
    expect(ticks("log", [2, 90_000])).toEqual([10, 100, 1000, 10_000, 100_000])
  })
})
