import { expect, it } from "vitest"
import * as Runs from "./Runs.ts"

const runs = Number(process.env["MODEL_RUNS"] ?? 10_000)
// The same runs each time: what a change breaks, it breaks by itself. Other seeds make others (README.md).
const seed = Number(process.env["FC_SEED"] ?? 20_261_127)

it(`${runs} runs of up to 40 steps on a vendor that misbehaves at random: what must hold does, after each step and in the end`, {
  timeout: 900_000
}, async () => {
  const begun = process.cpuUsage().user
  expect(await Runs.failure(runs, seed, process.env["FC_PATH"])).toBeNull()
  const spentMillis = Math.round((process.cpuUsage().user - begun) / 1000)
  console.info(`${runs} runs from FC_SEED=${seed}: ${spentMillis} ms of CPU`)
})
