import { type Exit, GlobalValue, Scheduler } from "effect"
import * as Roll from "./Roll.ts"

/**
 * Fibers in turns with input and output: those that are ready run, then what has arrived is looked at. By default thousands
 * of them run in a row, while the database waits for its next packet (docs/performance.md). One queue for all of them:
 * Effect's own schedulers keep one for each fiber, in a WeakMap that the young generation's collections take for strong.
 * After each turn comes `rest`.
 */
export const inTurns = (rest: () => void = () => {}): Scheduler.Scheduler => {
  let ready = new Scheduler.PriorityBuckets<Scheduler.Task>()
  let isDue = false
  const turn = (): void => {
    isDue = false
    const { buckets } = ready
    ready = new Scheduler.PriorityBuckets()
    for (const [, tasks] of buckets) for (const task of tasks) task()
    rest()
  }
  return Scheduler.make((task, priority) => {
    ready.scheduleTask(task, priority)
    if (isDue) return
    isDue = true
    setImmediate(turn)
  })
}

/** A fiber as Effect's list of running ones sees it. */
interface Running {
  readonly addObserver: (observer: (exit: Exit.Exit<unknown, unknown>) => void) => void
}

/** The list, as Effect has it (internal/fiberScope.ts). */
interface Global {
  readonly roots: Iterable<Running>
  readonly add: (flags: number, fiber: Running) => void
}

/** Has Effect's list of running fibers let go of those that have ended: by itself it is a Set (see `Roll`). */
export const letGo = (): void => {
  const roll = Roll.make<Running>()
  const add: Global["add"] = (_, fiber) => fiber.addObserver(roll.join(fiber))
  const global = GlobalValue.globalValue(Symbol.for("effect/FiberScope/Global"), (): Global => ({ roots: roll, add }))
  for (const fiber of global.roots) add(0, fiber)
  Object.assign(global, { roots: roll, add })
}
