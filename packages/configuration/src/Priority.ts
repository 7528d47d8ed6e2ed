import { openSync, readdirSync, readFileSync, readSync, writeFileSync } from "node:fs"
import { getPriority, setPriority } from "node:os"
import { Effect } from "effect"
import * as Fibers from "./Fibers.ts"

const isLinux = process.platform === "linux"

/** What goes on as before where the system does not let us, or does not know of such a thing. */
const tried = (act: () => void): Effect.Effect<void> => Effect.ignoreLogged(Effect.try(act))

/** The threads of this process; on systems that lower all of them at once, the process alone. */
const threads = (): ReadonlyArray<number> => (isLinux ? readdirSync("/proc/self/task").map(Number) : [process.pid])

/** Whether this process began its session, as what systemd starts does: all that is in the session is its own then. */
const isLeader = (): boolean =>
  readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")[3] === String(process.pid)

const group = "/proc/self/autogroup"

/**
 * Linux shares the processor out among sessions first, and by niceness within each of them alone (sched(7), "The autogroup feature"):
 * a session has a niceness of its own.
 */
const groupStepsBack = (niceness: number): void => {
  if (isLeader() && / nice 0$/m.test(readFileSync(group, "utf8"))) writeFileSync(group, String(niceness))
}

const lowered = (niceness: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (getPriority() !== 0) return
    const all = yield* Effect.orElseSucceed(Effect.try(threads), () => [process.pid])
    yield* Effect.forEach(all, (thread) => tried(() => setPriority(thread, niceness)), { discard: true })
    if (isLinux) yield* tried(() => groupStepsBack(niceness))
  })

/** What a process that steps back goes by, in milliseconds. */
export interface Waits {
  readonly now: () => number
  /** For how long, in all, it stood ready to go on and no processor was free. */
  readonly waited: () => number
  /** Leaves its processor for a moment. */
  readonly sleep: () => void
}

const lookEvery = 100
/** Of the time, from which on others are taken to want the processors. */
const crowded = 0.1
const sleepEvery = 0.25
const sleepFor = 0.05

/**
 * Leaves the processor for a moment every quarter of a millisecond, while others want it, too. Linux gives a processor that falls idle
 * to what waits for another, and not one where something less urgent runs on (docs/adr/0028): without this, a gateway waits beside a
 * worker that has a processor to itself.
 */
export const lettingIn = ({ now, waited, sleep }: Waits): (() => void) => {
  let [lookedAt, sleptAt, before, isCrowded] = [now(), now(), waited(), false]
  return () => {
    const at = now()
    if (at - lookedAt >= lookEvery) {
      const all = waited()
      isCrowded = all - before > crowded * (at - lookedAt)
      lookedAt = at
      before = all
    }
    if (!isCrowded || at - sleptAt < sleepEvery) return
    sleep()
    sleptAt = now()
  }
}

/** Linux counts in the second field for how many nanoseconds the first thread waited. The file stays open, so that there is one to read. */
export const ofLinux = (): Waits => {
  const file = openSync("/proc/self/schedstat", "r")
  const bytes = Buffer.alloc(64)
  const cell = new Int32Array(new SharedArrayBuffer(4))
  return {
    now: () => performance.now(),
    waited: () => Number(bytes.toString("latin1", 0, readSync(file, bytes, 0, bytes.length, 0)).split(" ")[1]) / 1e6,
    sleep: () => void Atomics.wait(cell, 0, 0, sleepFor)
  }
}

/**
 * Has those come first, on a machine that they share with this process, whom somebody waits for: the system runs each of its threads
 * less often by so much niceness, and its session, where that is its own; and `work` lets others in between its turns. Where somebody
 * has said otherwise already, or it is not allowed, the niceness stays as it is; by a niceness of 0, nothing is done.
 */
export const stepBack =
  (niceness: number) =>
  <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      if (niceness === 0) return yield* work
      yield* lowered(niceness)
      if (getPriority() <= 0) return yield* work
      const waits = yield* Effect.option(Effect.try(ofLinux))
      return yield* waits._tag === "None" ? work : Effect.withScheduler(work, Fibers.inTurns(lettingIn(waits.value)))
    })
