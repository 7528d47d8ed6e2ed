import { expect, it } from "vitest"
import * as SetBack from "../src/faults/SetBack.ts"

it("a clock that is set back is known by how much, one that is set ahead or goes on is not", () => {
  let aheadMillis = 0
  let nowMillis = 1000
  let pauseMillis = 0
  const watch = SetBack.watch({
    wall: () => Math.floor(nowMillis + aheadMillis),
    steady: () => (nowMillis += pauseMillis)
  })
  nowMillis += 5000.7
  expect(watch.millis()).toBe(0)
  aheadMillis = 400
  expect(watch.millis()).toBe(0)
  aheadMillis = 150
  expect(watch.millis()).toBeGreaterThanOrEqual(249)
  expect(watch.millis()).toBeLessThanOrEqual(251)
  // What stands still between its two readings is not set back.
  pauseMillis = 40
  expect(watch.millis()).toBeLessThanOrEqual(251)
  pauseMillis = 0
  aheadMillis = 100
  expect(watch.millis()).toBeGreaterThanOrEqual(299)
  watch.close()
})
