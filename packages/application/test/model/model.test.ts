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
const seed = process.env["FC_SEED"]
const path = process.env["FC_PATH"]

/** One run: each step with all that must hold after it, and then the end. */
const lived = ({ latePaid, steps }: Run): void => {
  const world = new World(announce, latePaid)
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

it(`${runs} runs of up to 40 steps on a vendor that misbehaves at random: what must hold does, after each step and in the end`, {
  timeout: 600_000
}, () => {
  const found = fc.check(fc.property(run, lived), {
    numRuns: runs,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path })
  })
  if (!found.failed) return
  const { counterexample, errorInstance, numRuns, numShrinks, seed: used, counterexamplePath } = found
  const cause = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance)
  throw new Error(
    `Run ${numRuns} broke (${numShrinks} shrinks; FC_SEED=${used} FC_PATH=${counterexamplePath}):\n${
      counterexample === null ? "" : shown(counterexample[0])
    }\n${cause}`
  )
})
