import type * as ManualClock from "@payment-proxy/testkit/ManualClock"
import {
  type Cause,
  Clock,
  Context,
  DefaultServices,
  Effect,
  type Exit,
  type Fiber,
  FiberId,
  FiberRef,
  FiberRefs,
  HashSet,
  Logger,
  LogLevel,
  Random,
  Runtime,
  RuntimeFlags,
  type Scheduler
} from "effect"

type Task = () => void

/** Runs tasks one after the other until there are none left: a run is over in one breath, and the same each time. */
export class Turns {
  #tasks: Array<Task> = []

  add(task: Task): void {
    this.#tasks.push(task)
  }

  /** Works until everybody sleeps or waits for somebody outside. */
  flush(): void {
    for (let rounds = 0; this.#tasks.length > 0; rounds++) {
      if (rounds > 10_000) throw new Error("Somebody works without end.")
      const tasks = this.#tasks
      this.#tasks = []
      for (const task of tasks) task()
    }
  }
}

/** A process of ours: what is in its memory is lost when it dies, and nothing that it was about goes on. */
export class Process implements Scheduler.Scheduler {
  isDead = false
  readonly fibers = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  readonly #turns: Turns

  constructor(turns: Turns) {
    this.#turns = turns
  }

  shouldYield(fiber: Fiber.RuntimeFiber<unknown, unknown>): number | false {
    return fiber.currentOpCount > 2048 ? 0 : false
  }

  scheduleTask(task: Task): void {
    this.#turns.add(() => {
      if (!this.isDead) task()
    })
  }

  kill(): void {
    this.isDead = true
    this.fibers.clear()
  }
}

/** Where nothing comes back from any more. */
export const frozen: Effect.Effect<never> = Effect.async<never>(() => {})

const flags = RuntimeFlags.disable(Runtime.defaultRuntimeFlags, RuntimeFlags.RuntimeMetrics)

/** A runtime on a clock that stands, with chance of its own; warnings go to `warned`, and nobody hears of anything else. */
export const runtimeOf = <R>(
  context: Context.Context<R>,
  { clock }: ManualClock.ManualClock,
  random: Random.Random,
  warned: (message: unknown, cause: Cause.Cause<unknown>) => void
): Runtime.Runtime<R> => {
  const logger = Logger.make(({ message, cause }) => warned(message, cause))
  const services = DefaultServices.liveServices.pipe(
    Context.add(Clock.Clock, clock),
    Context.add(Random.Random, random)
  )
  const refs = FiberRefs.unsafeMake(new Map()).pipe(
    FiberRefs.updateAs({ fiberId: FiberId.none, fiberRef: DefaultServices.currentServices, value: services }),
    FiberRefs.updateAs({ fiberId: FiberId.none, fiberRef: FiberRef.currentMinimumLogLevel, value: LogLevel.Warning }),
    FiberRefs.updateAs({ fiberId: FiberId.none, fiberRef: FiberRef.currentLoggers, value: HashSet.make(logger) })
  )
  return Runtime.make({ context, runtimeFlags: flags, fiberRefs: refs })
}

/** Starts this in a process; `ended` hears how it ends, should it ever. */
export const started = <A, E, R>(
  process: Process,
  runtime: Runtime.Runtime<R>,
  effect: Effect.Effect<A, E, R>,
  ended: (exit: Exit.Exit<A, E>) => void
): void => {
  const fiber = Runtime.runFork(runtime)(effect, { scheduler: process })
  process.fibers.add(fiber)
  fiber.addObserver((exit) => {
    process.fibers.delete(fiber)
    if (!process.isDead) ended(exit)
  })
}
