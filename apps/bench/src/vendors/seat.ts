// One rival in a process of its own, as libraries change what they share a process with: it is given its keys and messages,
// says what it can do, and does it for as long as it is told; it ends with whoever started it.
import type { Given } from "./Given.ts"
import { orders, type Steps } from "./Steps.ts"

/** What one turn was: wall clock and processor time of all its steps, and how long single ones took. */
export interface Turn {
  readonly steps: number
  readonly nanos: number
  readonly cpuMicros: number
  readonly stepNanos: ReadonlyArray<number>
  readonly rssMib: number
}

/** What a rival is asked for. */
export interface Asked {
  readonly task: string
  readonly millis: number
}

type Made = (given: Given) => Steps | Promise<Steps>

/** Rivals by name, each looked up in its own process alone. */
const rivals: { readonly [name: string]: () => Promise<{ readonly steps: Made }> } = {
  ours: () => import("./ours.ts"),
  "node:crypto": () => import("./floor.ts"),
  "wechatpay-axios-plugin": () => import("../../peers/wechatpayAxiosPlugin.ts"),
  "wechatpay-node-v3": () => import("../../peers/wechatpayNodeV3.ts"),
  "alipay-sdk": () => import("../../peers/alipaySdk.ts")
}

const maxSamples = 2000
const nanosPerMilli = 1e6

const turn = async (step: Steps[string], millis: number): Promise<Turn> => {
  const stepNanos: Array<number> = []
  const cpu = process.cpuUsage()
  const begin = performance.now()
  const end = begin + millis
  let steps = 0
  let before = begin
  while (before < end) {
    const made = step(steps % orders)
    if (made instanceof Promise) await made
    const after = performance.now()
    if (stepNanos.length < maxSamples) stepNanos.push((after - before) * nanosPerMilli)
    steps += 1
    before = after
  }
  const { user, system } = process.cpuUsage(cpu)
  return {
    steps,
    nanos: (before - begin) * nanosPerMilli,
    cpuMicros: user + system,
    stepNanos,
    rssMib: process.memoryUsage.rss() / 2 ** 20
  }
}

const say = (said: object): void => {
  process.send?.(said)
}

const failed = (fault: unknown): void => {
  console.error(fault)
  process.exit(1)
}

const seated = async (given: Given): Promise<void> => {
  const load = rivals[process.argv[2] ?? ""]
  if (load === undefined) throw new Error(`There is no rival ${process.argv[2]}.`)
  const { steps } = await load()
  const all = await steps(given)
  // Once for each, so that what is wrong is said before anything is measured.
  for (const step of Object.values(all)) for (let index = 0; index < orders; index++) await step(index)
  process.on("message", ({ task, millis }: Asked) => {
    const step = all[task]
    if (step === undefined) return failed(new Error(`It does not do ${task}.`))
    turn(step, millis).then(say, failed)
  })
  say({ tasks: Object.keys(all) })
}

process.once("disconnect", () => process.exit(0))
process.once("message", (given: Given) => void seated(given).catch(failed))
