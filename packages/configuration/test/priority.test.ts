import { existsSync } from "node:fs"
import { expect, it } from "vitest"
import * as Priority from "../src/Priority.ts"

/** A machine by a clock of its own: each turn takes a tenth of a millisecond, and waits for so much of it. */
const machine = (share: () => number) => {
  let [now, waited] = [0, 0]
  const slept: Array<number> = []
  const rest = Priority.lettingIn({
    now: () => now,
    waited: () => waited,
    sleep: () => {
      slept.push(now)
      now += 0.15
    }
  })
  const run = (millis: number) => {
    for (const end = now + millis; now < end; ) {
      now += 0.1
      waited += 0.1 * share()
      rest()
    }
  }
  return { run, slept, now: () => now }
}

it("leaves the processor every quarter of a millisecond while others want it", () => {
  const { run, slept } = machine(() => 0.5)
  run(100)
  slept.length = 0
  run(100)
  const apart = slept.slice(1).map((at, index) => at - (slept[index] ?? 0))
  // Three turns and the sleep itself.
  for (const millis of apart) expect(millis).toBeCloseTo(0.45, 5)
  expect(slept.length).toBeGreaterThan(200)
})

it("keeps a processor that nobody else has wanted for two looks, and leaves it again once somebody does", () => {
  let share = 0.5
  const { run, slept, now } = machine(() => share)
  run(150)
  expect(slept.length).toBeGreaterThan(0)
  share = 0.05
  const since = now()
  run(300)
  expect(slept.filter((at) => at > since + 200)).toEqual([])
  slept.length = 0
  share = 0.5
  run(300)
  expect(slept.length).toBeGreaterThan(0)
})

it.runIf(existsSync("/proc/self/schedstat"))("reads off Linux how long it waited, again and again", () => {
  const { waited, sleep, now } = Priority.ofLinux()
  const first = waited()
  expect(first).toBeGreaterThanOrEqual(0)
  const begin = now()
  sleep()
  expect(now() - begin).toBeGreaterThan(0.04)
  expect(waited()).toBeGreaterThanOrEqual(first)
})
