import { type ChildProcess, fork } from "node:child_process"
import { join } from "node:path"
import type { Measured } from "../Turns.ts"
import type { Given } from "./Given.ts"
import type { Asked, Turn } from "./seat.ts"

/** A rival in a process of its own. */
export interface Seat {
  readonly name: string
  readonly tasks: ReadonlyArray<string>
  readonly turn: (asked: Asked) => Promise<Turn>
  readonly end: () => void
}

/** The next message of a process; fails where it ends before. */
const next = (child: ChildProcess, name: string, told: object): Promise<unknown> =>
  new Promise((done, fail) => {
    const ended = (code: number | null) => fail(new Error(`${name} ended (${code}).`))
    child.once("exit", ended)
    child.once("message", (said) => {
      child.off("exit", ended)
      done(said)
    })
    child.send(told)
  })

/** The name of our own adapters. */
export const ours = "ours"

/** Starts a rival by its name and gives it what it works with. */
export const take = async (name: string, given: Given): Promise<Seat> => {
  const child = fork(join(import.meta.dirname, "seat.ts"), [name], {
    // Some libraries have sources under this condition, too, which Node does not run below node_modules.
    execArgv: name === ours ? ["--conditions=source"] : [],
    env: { PATH: process.env["PATH"] ?? "", NODE_NO_WARNINGS: "1", NODE_ENV: "production" },
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })
  const { tasks } = (await next(child, name, given)) as { readonly tasks: ReadonlyArray<string> }
  return {
    name,
    tasks,
    turn: (asked) => next(child, name, asked) as Promise<Turn>,
    end: () => void child.kill("SIGKILL")
  }
}

const microsPerSecond = 1e6

/** Turns as reports have them; `stepsPerSecond` is by second of the processor, so that others on this machine do not count. */
export const measured = (name: string, turns: ReadonlyArray<Turn>): Measured => ({
  name,
  stepsPerSecond: turns.map(({ steps, cpuMicros }) => (steps * microsPerSecond) / cpuMicros),
  stepNanos: Float64Array.from(turns.flatMap(({ stepNanos }) => stepNanos)).sort(),
  cpuPercent:
    (100_000 * turns.reduce((sum, one) => sum + one.cpuMicros, 0)) / turns.reduce((sum, one) => sum + one.nanos, 0),
  rssMib: Math.max(...turns.map(({ rssMib }) => rssMib))
})
