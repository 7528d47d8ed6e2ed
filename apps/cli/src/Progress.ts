import { Clock, Effect } from "effect"
import { Output } from "./Leaf.ts"

const barCells = 24
/** A person sees it move; a log gets a line now and then. */
const everyMillis = { terminal: 100, log: 5000 } as const

const grouped = (count: number): string => count.toLocaleString("en-US")

const bar = (done: number, total: number): string => {
  const filled = total === 0 ? barCells : Math.min(Math.floor((done / total) * barCells), barCells)
  return `[${"#".repeat(filled)}${".".repeat(barCells - filled)}] `
}

/** How far long work has come, in one line: of how much, where that is known, and how quick it is. */
export const line = (what: string, done: number, total: number | null, elapsedMillis: number): string => {
  const perSecond = elapsedMillis < 1000 ? "" : `, ${grouped(Math.round((done * 1000) / elapsedMillis))}/s`
  const of = total === null ? "" : ` of ${grouped(total)}`
  return `${total === null ? "" : bar(done, total)}${what}: ${grouped(done)}${of}${perSecond}`
}

/** Shows how far long work comes: told how much is done, as often as one likes. */
export const make = (what: string, total: number | null) =>
  Effect.gen(function* () {
    const output = yield* Output
    const every = output.isTerminal ? everyMillis.terminal : everyMillis.log
    const beganMillis = yield* Clock.currentTimeMillis
    let shownMillis = beganMillis
    return (done: number) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
        if (nowMillis - shownMillis < every && done !== total) return Effect.void
        shownMillis = nowMillis
        return output.progress(line(what, done, total, nowMillis - beganMillis))
      })
  })
