import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const main = fileURLToPath(new URL("main.ts", import.meta.url))
const flags = ["--conditions=source", "--max-old-space-size=96", "--max-semi-space-size=8"]
const run = (...args: ReadonlyArray<string>) => promisify(execFile)(process.execPath, [...flags, main, ...args])

/** What becomes of the differences that are planted. */
const became = {
  "AMOUNT open held": 6,
  "DUPLICATE open held": 2,
  "DUPLICATE open none": 3,
  "FEE open none": 5,
  "MISSING_HERE open none": 6,
  "MISSING_HERE resolved evidence": 4,
  "MISSING_THERE open asked": 6,
  "STATUS open asked": 3,
  "STATUS resolved evidence": 5
}

it("a day of 3 000 orders with 40 planted differences of every kind: all are found, and nothing else, also by a second run", {
  timeout: 180_000
}, async () => {
  const { stdout } = await run("3000")
  const { seedSeconds, first, again } = JSON.parse(stdout)
  console.log(
    `3 000 orders: made in ${seedSeconds.toFixed(1)} s, reconciled in ${first.seconds.toFixed(1)} s and again in ${again.seconds.toFixed(1)} s, RSS ${first.beforeMb.toFixed(0)} MB before, ${first.peakMb.toFixed(0)} MB at most`
  )
  for (const one of [first, again]) expect(one).toMatchObject({ found: 40, lacking: [], beside: [], became })
  expect(first.peakMb - first.beforeMb).toBeLessThan(100)
})

it("K24: a process is killed in the middle of a bill, and so is the next: a third comes to the same, and nothing is there twice", {
  timeout: 180_000
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "payment-proxy-killed-"))
  try {
    for (const visit of ["2", "5"])
      await expect(run("3000", folder, visit)).rejects.toMatchObject({ signal: "SIGKILL", stdout: "" })
    const { first, again } = JSON.parse((await run("3000", folder)).stdout)
    expect(first).toMatchObject({ run: 3, found: 40, lacking: [], beside: [], became })
    expect(again).toMatchObject({ run: 4, found: 40, lacking: [], beside: [], became })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
