import { execFileSync } from "node:child_process"
import type { Printed } from "../Printed.ts"
import * as Report from "../Report.ts"
import type * as crashes from "./crashes.ts"
import { root } from "./Processes.ts"
import type * as storm from "./storm.ts"

const revision = (): string => {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim()
  } catch {
    return "unknown"
  }
}

const maxShown = 20

const counted = (counts: { readonly [name: string]: number }): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ")

const lines = ({ verdict, quietMillis }: Pick<storm.Storm, "verdict" | "quietMillis">): ReadonlyArray<string> => {
  const { violations, totals } = verdict
  const { states, refundStates, ...counts } = totals
  return [
    `totals: ${counted(counts)}`,
    `states: ${counted(states)}`,
    `refunds: ${counted(refundStates)}`,
    `at rest after ${(quietMillis / 1000).toFixed(1)} s`,
    `${violations.length} violations${violations.length === 0 ? ": nothing lost, nothing doubled" : ""}`,
    ...violations.slice(0, maxShown).map(({ invariant, subject, detail }) => `${invariant} ${subject}: ${detail}`)
  ]
}

/** A storm for people and for machines. */
export const ofStorm = (result: storm.Storm): Printed => ({
  lines: [`happened: ${counted(result.fired)}`, ...lines(result)],
  json: { name: "faults", ratios: {}, ...result, revision: revision(), machine: Report.machine() },
  isRight: result.verdict.violations.length === 0
})

/** Deaths at crash points for people and for machines. */
export const ofCrashes = (result: crashes.Crashed): Printed => ({
  lines: [
    `died: ${counted(result.died)}`,
    ...(result.missed.length === 0 ? [] : [`not reached: ${result.missed.join(", ")}`]),
    ...lines(result)
  ],
  json: { name: "crashes", ratios: {}, ...result, revision: revision(), machine: Report.machine() },
  isRight: result.verdict.violations.length === 0 && result.missed.length === 0
})
