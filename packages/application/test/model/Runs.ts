import { FastCheck as fc } from "effect"
import * as Always from "./always.ts"
import { announce } from "./announcer.ts"
import * as Model from "./Model.ts"
import { perform } from "./perform.ts"
import * as Rest from "./rest.ts"
import { type Run, run, shown } from "./steps.ts"
import { World } from "./World.ts"

/** So many runs are made in one breath; who runs them wants to be heard in between. */
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
  const { counterexample, errorInstance, numRuns, numShrinks, seed, counterexamplePath } = found
  const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance)
  const steps = counterexample === null ? "" : shown(counterexample[0])
  const again = `FC_SEED=${seed} FC_PATH=${counterexamplePath}`
  return `Run ${count + numRuns} broke (${numShrinks} shrinks; ${again}):\n${steps}\n${cause}`
}

/** Makes so many runs from a seed, or the one that a path leads to; answers what broke first, shrunk, or null. */
export const failure = async (runs: number, seed: number, path: string | undefined): Promise<string | null> => {
  for (let count = 0; count < runs; count += batch) {
    const numRuns = Math.min(batch, runs - count)
    const from = path === undefined ? { seed: seed + count } : { seed, path }
    const failed = failureOf(fc.check(fc.property(run, lived), { numRuns, ...from }), count)
    if (failed !== null) return failed
    await new Promise((done) => setImmediate(done))
  }
  return null
}
