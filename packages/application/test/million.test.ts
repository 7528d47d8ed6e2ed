import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, it } from "vitest"

const main = fileURLToPath(new URL("million/main.ts", import.meta.url))

// V8 lets what is no longer needed stand for as long as it has room: here it has little, as a run needs little.
const flags = ["--conditions=source", "--max-old-space-size=64", "--max-semi-space-size=8"]

it("F44: a bill of a million lines, of which one of ours is missing, takes no more than 100 MB", {
  timeout: 120_000
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, main, "1000000"])
  const came = JSON.parse(stdout)
  console.log(
    `a million lines: ${came.seconds.toFixed(1)} s, RSS ${came.beforeMb.toFixed(0)} MB before, ${came.peakMb.toFixed(0)} MB at most`
  )
  expect(came).toMatchObject({
    lines: 1_000_000,
    matched: 1_000_000,
    counts: [{ kind: "MISSING_THERE", status: "open", count: 1 }]
  })
  expect(came.growthMb).toBeLessThan(100)
})
