import { expect, it } from "vitest"
import { waitMillis } from "../src/live.ts"

it("a stream that keeps breaking is opened again later each time, at most every half minute", () => {
  expect([0, 1, 2, 3, 4, 5, 50].map(waitMillis)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})
