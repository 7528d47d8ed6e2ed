// Runs many fibers that each wait for I/O, a few at a time, and says how much of the old generation the second half of them
// took, in MiB, full collections and all. With the argument `plain`: by Effect's own means.
import { getHeapSpaceStatistics } from "node:v8"
import { Effect, Runtime } from "effect"
import * as Fibers from "../src/Fibers.ts"
import * as Heap from "../src/Heap.ts"

const fibers = 60_000
const atOnce = 64
const eachBytes = 4096

const oldMib = (): number =>
  (getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")?.space_used_size ?? 0) / 2 ** 20

const isPlain = process.argv[2] === "plain"
if (!isPlain) {
  Heap.settle()
  Fibers.letGo()
}
const runtime = Effect.runSync(
  isPlain ? Effect.runtime<never>() : Effect.withScheduler(Effect.runtime<never>(), Fibers.inTurns())
)
const fork = Runtime.runFork(runtime)
let begun = 0
let ended = 0
let before = 0
let grown = 0

const look = (): void => {
  const now = oldMib()
  if (ended > fibers / 2) grown += Math.max(0, now - before)
  before = now
}
const one = (): void => {
  if (begun++ >= fibers) return
  const held = new Array<number>(eachBytes / 8).fill(begun)
  const waits = Effect.async<void>((resume) => {
    setTimeout(() => resume(Effect.void), 1)
  })
  fork(Effect.map(waits, () => held.length)).addObserver(() => {
    ended++
    if (ended % 100 === 0) look()
    if (ended === fibers) console.log(JSON.stringify({ grownMib: grown }))
    setImmediate(one)
  })
}
for (let count = 0; count < atOnce; count++) one()
