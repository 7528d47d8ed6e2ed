import { FastCheck as fc } from "effect"
import { it } from "vitest"
import * as Always from "./always.ts"
import { announce } from "./announcer.ts"
import * as Model from "./Model.ts"
import { perform } from "./perform.ts"
import * as Rest from "./rest.ts"
import { type Run, run, shown } from "./steps.ts"
import { World } from "./World.ts"

const runs = Number(process.env["MODEL_RUNS"] ?? 10_000)
const seed = Number(process.env["FC_SEED"] ?? Date.now() % 1_000_000_000)
const path = process.env["FC_PATH"]
/** So many runs are made in one breath; vitest wants to be heard in between. */
const batch = 250

/** One run: each step with all that must hold after it, and then the end. */
const lived = ({ steps, ...settings }: Run): void => {
  const world = new World(announce, settings)
  const model = Model.make()
  const before = Always.nothing()
  for (const step of steps) {
    perform(world, model, step)
    Model.seen(model, world)
    world.settle()
    Always.check(world, before)
  }
  Rest.check(world, model, before)
}

/** How a failed batch is told: the steps that are left of it, what broke, and how to see it again. */
const failureOf = (found: fc.RunDetails<[Run]>, count: number): string | null => {
  if (!found.failed) return null
  const { counterexample, errorInstance, numRuns, numShrinks, seed: used, counterexamplePath } = found
  const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance)
  const steps = counterexample === null ? "" : shown(counterexample[0])
  const again = `FC_SEED=${used} FC_PATH=${counterexamplePath}`
  return `Run ${count + numRuns} broke (${numShrinks} shrinks; ${again}):\n${steps}\n${cause}`
}

it(`${runs} runs of up to 40 steps on a vendor that misbehaves at random: what must hold does, after each step and in the end`, {
  timeout: 900_000
}, async () => {
  const begun = process.cpuUsage().user
  for (let count = 0; count < runs; count += batch) {
    const numRuns = Math.min(batch, runs - count)
    const seeded = path === undefined ? { seed: seed + count } : { seed, path }
    const failure = failureOf(fc.check(fc.property(run, lived), { numRuns, ...seeded }), count)
    if (failure !== null) throw new Error(failure)
    await new Promise((done) => setImmediate(done))
  }
  const spentMillis = Math.round((process.cpuUsage().user - begun) / 1000)
  console.info(`${runs} runs from FC_SEED=${seed}: ${spentMillis} ms of CPU`)
})
