import type { Claimed, Leaving, Queue } from "@payment-proxy/ports"
import { crashPoint, DueWork, queues } from "@payment-proxy/ports"
import { Duration, Effect, Layer } from "effect"
import { applyNotification } from "./ApplyNotification.ts"
import { perform as reconcile } from "./bills/Perform.ts"
import * as Plan from "./bills/Plan.ts"
import { Changes } from "./Changes.ts"
import * as Circuits from "./Circuits.ts"
import { confirm } from "./Confirm.ts"
import { deliver } from "./Deliver.ts"
import { type Pace, Paces } from "./Paces.ts"
import * as Pool from "./Pool.ts"
import * as Retire from "./Retire.ts"
import * as Stays from "./Stays.ts"

export { type Pace, Paces } from "./Paces.ts"

const perform = (claimed: Claimed, circuits: Circuits.Circuits) =>
  Effect.gen(function* () {
    switch (claimed.queue) {
      case "orders":
        return yield* confirm(claimed)
      case "deliveries":
        return yield* deliver(claimed, circuits)
      case "inbox":
        return yield* applyNotification(claimed)
      case "reconcile":
        return yield* reconcile(claimed)
    }
  })

/** After such a part of a lease it is renewed. */
const renewAfter = (lease: Duration.Duration) => Duration.times(lease, 1 / 3)

/** Whether a claim still holds, which then is renewed; where nobody can say, it may. */
const renew = (claimed: Claimed) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const { lease } = yield* Paces
    return yield* due.renew(claimed, lease).pipe(
      Effect.zipLeft(crashPoint("K23")),
      Effect.orElseSucceed(() => true)
    )
  })

/**
 * Renews a claim for as long as it holds. One that no longer does changes nothing for who works at it: all that he writes
 * names the version or the token that he knows.
 */
export const renewed = (claimed: Claimed) =>
  Effect.gen(function* () {
    const { lease } = yield* Paces
    yield* Effect.repeat(Effect.zipRight(Effect.sleep(renewAfter(lease)), renew(claimed)), { while: (holds) => holds })
    return yield* Effect.never
  })

/** Renews every claim that stays, as `renewed` does one. */
const renewals = Effect.gen(function* () {
  const { lease } = yield* Paces
  const claims: Stays.Stays<Claimed> = yield* Stays.make(renewAfter(lease), (claimed: Claimed) =>
    Effect.flatMap(renew(claimed), (holds) => (holds ? Effect.void : claims.leave(claimed)))
  )
  return claims
})

const maxDoublings = 7

/** One that fails again and again rests longer each time, so that it takes nothing from the others. */
const restOf = (rest: Duration.Duration, { tries }: Claimed): Duration.Duration =>
  Duration.times(rest, 2 ** Math.min(tries, maxDoublings))

/** One piece of work: whatever goes wrong with it stays with it. A worker that is stopped hands it back. */
const work = (claimed: Claimed, circuits: Circuits.Circuits, claims: Stays.Stays<Claimed>) =>
  Effect.gen(function* () {
    const due = yield* DueWork
    const { rest } = yield* Paces
    yield* Effect.zipRight(claims.come(claimed), perform(claimed, circuits)).pipe(
      Effect.ensuring(claims.leave(claimed)),
      Effect.tapErrorCause((cause) =>
        Effect.logWarning("A piece of due work failed; it is tried again.", cause).pipe(
          Effect.zipRight(Effect.ignore(due.postpone(claimed, restOf(rest, claimed), "failed")))
        )
      ),
      Effect.catchAllCause(() => Effect.void),
      Effect.onInterrupt(() => Effect.ignore(due.giveBack(claimed, Duration.zero))),
      Effect.annotateLogs({ queue: claimed.queue, piece: claimed.id })
    )
  })

/** Whose most of these is. */
const crowdOf = (owners: Iterable<string>): string | undefined => {
  const counts = new Map<string, number>()
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  return [...counts].reduce<readonly [string | undefined, number]>(
    (most, one) => (one[1] > most[1] ? one : most),
    [undefined, 0]
  )[0]
}

const claim = (queue: Queue, limit: number, leaving: Leaving) =>
  Effect.gen(function* () {
    const { lease } = yield* Paces
    const claimed = yield* Effect.flatMap(DueWork, (due) => due.claim(queue, limit, lease, leaving))
    if (claimed.length > 0) yield* crashPoint("K16")
    return claimed
  })

/** Days are long, and take their time one after the other: none is claimed that would only wait. */
const placesOf = (queue: Queue, places: number): number => (queue === "reconcile" ? 1 : places)

/** Claims one batch of what is due in a queue and works at it to its end, wherever it goes; answers how many pieces there were. */
export const round = (queue: Queue) =>
  Effect.gen(function* () {
    const { batch } = yield* Paces
    const places = placesOf(queue, batch)
    const claimed = yield* claim(queue, places, {})
    const circuits = Circuits.none()
    const claims = yield* renewals
    yield* Effect.forEach(claimed, (piece) => work(piece, circuits, claims), { concurrency: places, discard: true })
    return { count: claimed.length }
  }).pipe(Effect.scoped)

const poolOf = (queue: Queue, { batch, deliveries, slow }: Pace) =>
  Pool.make(placesOf(queue, queue === "deliveries" ? deliveries : batch), queue === "reconcile" ? 0 : slow)

/**
 * Works at a queue for ever: more is claimed as soon as there is a place for it, at once while there is work, then when nudged,
 * when a piece has ended, or after the idle time. While every place is taken, every other claim is shared by all but the owner
 * who has most: nobody waits for the end of a crowd.
 */
export const loop = (queue: Queue) =>
  Effect.gen(function* () {
    const changes = yield* Changes
    const paces = yield* Paces
    const { idle, rest } = paces
    const circuits = yield* Circuits.make
    const claims = yield* renewals
    const pool = yield* poolOf(queue, paces)
    let crowd: string | undefined
    const next = Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const limit = yield* restore(pool.room)
        const besides = crowd
        // Whatever becomes of this claim, the one after a shared one is anybody's.
        crowd = undefined
        const avoiding = queue === "deliveries" ? yield* circuits.avoiding : []
        // Not to be stopped halfway: what is claimed is worked at, or given back.
        const claimed = yield* claim(queue, limit, { ...(besides === undefined ? {} : { besides }), avoiding })
        for (const piece of claimed) yield* pool.put(piece.owner, restore(work(piece, circuits, claims)))
        const isFull = claimed.length >= limit
        if (isFull && besides === undefined) crowd = crowdOf(pool.owners())
        return isFull || besides !== undefined
      })
    )
    return yield* next.pipe(
      Effect.flatMap((isBusy) => (isBusy ? Effect.void : Effect.raceFirst(changes.work(queue, idle), pool.ended))),
      Effect.catchAllCause((cause) =>
        Effect.logWarning("Due work could not be claimed.", cause).pipe(Effect.zipRight(Effect.sleep(rest)))
      ),
      Effect.forever
    )
  }).pipe(Effect.scoped)

/** All loops, for as long as the layer lives; when it ends, what was claimed is handed back. */
export const layer = Layer.scopedDiscard(
  Effect.forEach(queues, (queue) => Effect.forkScoped(loop(queue)), { discard: true }).pipe(
    Effect.zipRight(Effect.forkScoped(Retire.loop)),
    Effect.zipRight(Effect.forkScoped(Plan.loop))
  )
)
