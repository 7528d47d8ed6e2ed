import type { Queue } from "@payment-proxy/ports"
import { Orders, queues } from "@payment-proxy/ports"
import { Context, Deferred, Duration, Effect, Layer, Option } from "effect"

interface Waiter {
  readonly version: number
  readonly changed: Deferred.Deferred<void>
}

/** How often orders that someone waits for are looked up, all of them in one question. */
const pollEvery = Duration.millis(250)

/** Who waits for what: callers for an order's next version, loops for work. Wakes at once in this process, and by polling across processes. */
export class Changes extends Context.Tag("@payment-proxy/application/Changes")<
  Changes,
  {
    /** An order was committed in this process. */
    readonly committed: (payOrderNo: string, version: number) => Effect.Effect<void>
    /** Returns when the order has a version above `version`, at the latest after `upTo`. */
    readonly next: (payOrderNo: string, version: number, upTo: Duration.Duration) => Effect.Effect<void>
    /** There is work in `queue`. */
    readonly nudge: (queue: Queue) => Effect.Effect<void>
    /** Returns when there is work in `queue`, at the latest after `upTo`. */
    readonly work: (queue: Queue, upTo: Duration.Duration) => Effect.Effect<void>
  }
>() {}

export const make = Effect.gen(function* () {
  const orders = yield* Orders
  const waiters = new Map<string, Set<Waiter>>()
  const latches = new Map(queues.map((queue) => [queue, Effect.unsafeMakeLatch(false)]))

  /** Wakes those who wait for an order that has a newer version now. */
  const wake = (payOrderNo: string, version: number): void => {
    for (const waiter of waiters.get(payOrderNo) ?? [])
      if (waiter.version < version) Deferred.unsafeDone(waiter.changed, Effect.void)
  }
  const wakeAll = (versions: ReadonlyMap<string, number>): void => {
    for (const [payOrderNo, version] of versions) wake(payOrderNo, version)
  }
  const comes = (payOrderNo: string, waiter: Waiter): void => {
    const others = waiters.get(payOrderNo)
    if (others === undefined) waiters.set(payOrderNo, new Set([waiter]))
    else others.add(waiter)
  }
  const goes = (payOrderNo: string, waiter: Waiter): void => {
    const others = waiters.get(payOrderNo)
    if (others?.delete(waiter) && others.size === 0) waiters.delete(payOrderNo)
  }
  const nudge = (queue: Queue) => latches.get(queue)?.open.pipe(Effect.asVoid) ?? Effect.void

  const look = Effect.suspend(() => orders.versions([...waiters.keys()])).pipe(
    Effect.map(wakeAll),
    Effect.catchAll((fault) => Effect.logWarning("Orders that callers wait for could not be looked up.", fault))
  )
  const isAwaited = Effect.unsafeMakeLatch(false)
  yield* isAwaited.await.pipe(
    Effect.zipRight(look),
    Effect.zipRight(Effect.sleep(pollEvery)),
    Effect.zipRight(Effect.suspend(() => (waiters.size === 0 ? isAwaited.close : Effect.void))),
    Effect.forever,
    Effect.forkScoped
  )

  return Changes.of({
    committed: (payOrderNo, version) =>
      Effect.sync(() => {
        wake(payOrderNo, version)
        for (const latch of latches.values()) latch.unsafeOpen()
      }),
    next: (payOrderNo, version, upTo) =>
      Effect.acquireUseRelease(
        Effect.flatMap(Deferred.make<void>(), (changed) => {
          const waiter = { version, changed }
          comes(payOrderNo, waiter)
          return Effect.as(isAwaited.open, waiter)
        }),
        ({ changed }) => Effect.timeoutOption(Deferred.await(changed), upTo).pipe(Effect.map(Option.getOrUndefined)),
        (waiter) => Effect.sync(() => goes(payOrderNo, waiter))
      ),
    nudge,
    work: (queue, upTo) => {
      const latch = latches.get(queue)
      return latch === undefined
        ? Effect.sleep(upTo)
        : latch.await.pipe(Effect.timeoutOption(upTo), Effect.zipRight(latch.close), Effect.asVoid)
    }
  })
})

export const layer: Layer.Layer<Changes, never, Orders> = Layer.scoped(Changes, make)
