import type { Claimed, Queue } from "@payment-proxy/ports"
import { crashPoint, DueWork, queues } from "@payment-proxy/ports"
import { Context, Duration, Effect, Layer } from "effect"
import { applyNotification } from "./ApplyNotification.ts"
import { perform as reconcile } from "./bills/Perform.ts"
import * as Plan from "./bills/Plan.ts"
import { Changes } from "./Changes.ts"
import { confirm } from "./Confirm.ts"
import { deliver } from "./Deliver.ts"
import * as Retire from "./Retire.ts"

/** How the loops over due work run. */
export interface Pace {
  /** At most so many pieces are claimed at once, and worked at side by side. */
  readonly batch: number
  /** How long a claim is nobody else's; it is renewed while the work goes on, so that others take over soon after a death. */
  readonly lease: Duration.Duration
  /** How often an idle loop looks for work that nobody told it of. */
  readonly idle: Duration.Duration
  /** How long a piece rests that failed for a reason that is not its own; twice as long each time after. */
  readonly rest: Duration.Duration
}

/** The pace as configured, or this. */
export class Paces extends Context.Reference<Paces>()("@payment-proxy/application/Paces", {
  defaultValue: (): Pace => ({
    batch: 20,
    lease: Duration.seconds(10),
    idle: Duration.millis(500),
    rest: Duration.seconds(5)
  })
}) {}

const perform = (claimed: Claimed) =>
  Effect.gen(function* () {
    switch (claimed.queue) {
      case "orders":
        return yield* confirm(claimed)
      case "deliveries":
        return yield* deliver(claimed)
      case "inbox":
        return yield* applyNotification(claimed)
      case "reconcile":
        return yield* reconcile(claimed)
    }
  })

/**
 * Renews a claim for as long as it holds. One that no longer does changes nothing for who works at it: all that he writes
 * names the version or the token that he knows.
 */
export const renewed = (claimed: Claimed) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const { lease } = yield* Paces
    yield* Effect.sleep(Duration.times(lease, 1 / 3)).pipe(
      Effect.zipRight(due.renew(claimed, lease)),
      Effect.zipLeft(crashPoint("K23")),
      Effect.orElseSucceed(() => true),
      Effect.repeat({ while: (holds) => holds })
    )
    return yield* Effect.never
  })

const maxDoublings = 7

/** One that fails again and again rests longer each time, so that it takes nothing from the others. */
const restOf = (rest: Duration.Duration, { tries }: Claimed): Duration.Duration =>
  Duration.times(rest, 2 ** Math.min(tries, maxDoublings))

/** One piece of work: whatever goes wrong with it stays with it. A worker that is stopped hands it back. */
const work = (claimed: Claimed) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const { rest } = yield* Paces
    const giveBack = (after: Duration.Duration, note: string | null) =>
      Effect.ignore(due.postpone(claimed, after, note))
    yield* Effect.raceFirst(perform(claimed), renewed(claimed)).pipe(
      Effect.tapErrorCause((cause) =>
        Effect.logWarning("A piece of due work failed; it is tried again.", cause).pipe(
          Effect.zipRight(giveBack(restOf(rest, claimed), "failed"))
        )
      ),
      Effect.catchAllCause(() => Effect.void),
      Effect.onInterrupt(() => giveBack(Duration.zero, null)),
      Effect.annotateLogs({ queue: claimed.queue, piece: claimed.id })
    )
  })

/** Whose most of a full batch is. */
const crowdOf = (claimed: ReadonlyArray<Claimed>, batch: number): string | undefined => {
  if (claimed.length < batch) return undefined
  const counts = new Map<string, number>()
  for (const { owner } of claimed) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ["", 0])[0]
}

/** Claims and works at what is due in a queue, of all owners or of all but one; answers how many pieces there were, and whose most of a full batch is. */
export const round = (queue: Queue, besides?: string) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const { batch: most, lease } = yield* Paces
    // A day takes long, and those of a vendor come one after the other.
    const batch = queue === "reconcile" ? 1 : most
    const claimed = yield* due.claim(queue, batch, lease, besides === undefined ? {} : { besides })
    if (claimed.length > 0) yield* crashPoint("K16")
    yield* Effect.forEach(claimed, work, { concurrency: batch, discard: true })
    return { count: claimed.length, crowd: crowdOf(claimed, batch) }
  })

/**
 * Works at a queue for ever: at once while there is work, then when nudged or after the idle time. While batches are full, every
 * other one is shared by all but the owner who has most: nobody waits for the end of a crowd.
 */
export const loop = (queue: Queue) =>
  Effect.gen(function* () {
    const changes = yield* Changes
    const { idle, rest } = yield* Paces
    let crowd: string | undefined
    const next = Effect.suspend(() => {
      const besides = crowd
      // Whatever becomes of this round, the one after a shared one is anybody's.
      crowd = undefined
      return Effect.map(round(queue, besides), (done) => {
        if (besides === undefined) crowd = done.crowd
        return done.count > 0 || besides !== undefined
      })
    })
    return yield* next.pipe(
      Effect.flatMap((isBusy) => (isBusy ? Effect.void : changes.work(queue, idle))),
      Effect.catchAllCause((cause) =>
        Effect.logWarning("Due work could not be claimed.", cause).pipe(Effect.zipRight(Effect.sleep(rest)))
      ),
      Effect.forever
    )
  })

/** All loops, for as long as the layer lives; when it ends, what was claimed is handed back. */
export const layer = Layer.scopedDiscard(
  Effect.forEach(queues, (queue) => Effect.forkScoped(loop(queue)), { discard: true }).pipe(
    Effect.zipRight(Effect.forkScoped(Retire.loop)),
    Effect.zipRight(Effect.forkScoped(Plan.loop))
  )
)
