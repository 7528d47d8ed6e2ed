import * as Runs from "./Runs.ts"

/** Runs the model without a test runner, for `mutate.mjs`: what broke is printed, and nothing where nothing did. */
const [, , runs = "2000", seed = "1"] = process.argv
console.log((await Runs.failure(Number(runs), Number(seed), undefined)) ?? "")
// Workers that have died wait for ever.
process.exit()
