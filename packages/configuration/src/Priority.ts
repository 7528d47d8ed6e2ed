import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { getPriority, setPriority } from "node:os"
import { Effect } from "effect"

/** What goes on as before where the system does not let us, or does not know of such a thing. */
const tried = (act: () => void): Effect.Effect<void> => Effect.ignoreLogged(Effect.try(act))

/** The threads of this process; on systems that lower all of them at once, the process alone. */
const threads = (): ReadonlyArray<number> =>
  process.platform === "linux" ? readdirSync("/proc/self/task").map(Number) : [process.pid]

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

/**
 * Has those come first, on a machine that they share with this process, whom somebody waits for: the system runs each of its threads
 * less often by so much niceness, and its session, where that is its own. Where somebody has said otherwise already, or it is not
 * allowed, it stays as it is.
 */
export const stepBack = (niceness: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (niceness === 0 || getPriority() !== 0) return
    const all = yield* Effect.orElseSucceed(Effect.try(threads), () => [process.pid])
    yield* Effect.forEach(all, (thread) => tried(() => setPriority(thread, niceness)), { discard: true })
    if (process.platform === "linux") yield* tried(() => groupStepsBack(niceness))
  })
