import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const main = fileURLToPath(new URL("main.ts", import.meta.url))
const flags = ["--conditions=source", "--max-old-space-size=96", "--max-semi-space-size=8"]

it("a day of 3 000 orders with 40 planted differences of every kind: all are found, and nothing else, also by a second run", {
  timeout: 180_000
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, main, "3000"])
  const { seedSeconds, first, again } = JSON.parse(stdout)
  console.log(
    `3 000 orders: made in ${seedSeconds.toFixed(1)} s, reconciled in ${first.seconds.toFixed(1)} s and again in ${again.seconds.toFixed(1)} s, RSS ${first.beforeMb.toFixed(0)} MB before, ${first.peakMb.toFixed(0)} MB at most`
  )
  for (const run of [first, again]) {
    expect(run).toMatchObject({ found: 40, lacking: [], beside: [] })
    expect(run.became).toEqual({
      "AMOUNT open held": 6,
      "DUPLICATE open held": 2,
      "DUPLICATE open none": 3,
      "FEE open none": 5,
      "MISSING_HERE open none": 6,
      "MISSING_HERE resolved evidence": 4,
      "MISSING_THERE open asked": 6,
      "STATUS open asked": 3,
      "STATUS resolved evidence": 5
    })
  }
  expect(first.peakMb - first.beforeMb).toBeLessThan(100)
})
