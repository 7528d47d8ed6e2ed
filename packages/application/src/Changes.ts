import type { Queue } from "@payment-proxy/ports"
import { Orders, queues } from "@payment-proxy/ports"
import { Context, type Duration, Effect, Layer } from "effect"

/** A version that is newer than the one that was known. */
export interface News {
  /** Of a payment or of a refund. */
  readonly number: string
  readonly version: number
}

interface Waiter {
  readonly known: ReadonlyMap<string, number>
  readonly wake: (news: News) => void
}

/** At most so many numbers are looked up in one question. */
const mostAtOnce = 500

/** How long numbers that someone waits for are left alone after they were looked up: longer for many, and never above a second. */
const restMillis = (count: number): number => Math.min(Math.max(count / 10, 250), 1000)

/** Who waits for what: callers for an order's next version, loops for work. Wakes at once in this process, and by polling across processes. */
export class Changes extends Context.Tag("@payment-proxy/application/Changes")<
  Changes,
  {
    /** A payment or a refund was committed in this process. */
    readonly committed: (number: string, version: number) => Effect.Effect<void>
    /** Returns when the payment or refund has a version above `version`, at the latest after `upTo`. */
    readonly next: (number: string, version: number, upTo: Duration.Duration) => Effect.Effect<void>
    /** Wakes once, when one of these numbers has a version above the one that is known. Who leaves before, by what is answered, leaves nothing behind. */
    readonly watch: (known: ReadonlyMap<string, number>, wake: (news: News) => void) => () => void
    /** How many numbers are waited for. */
    readonly awaited: Effect.Effect<number>
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

  const comes = (waiter: Waiter): void => {
    for (const number of waiter.known.keys()) {
      const others = waiters.get(number)
      if (others === undefined) waiters.set(number, new Set([waiter]))
      else others.add(waiter)
    }
  }
  const goes = (waiter: Waiter): void => {
    for (const number of waiter.known.keys()) {
      const others = waiters.get(number)
      if (others?.delete(waiter) && others.size === 0) waiters.delete(number)
    }
  }
  /** Wakes those who wait for a number that has a newer version now. */
  const wake = (number: string, version: number): void => {
    for (const waiter of waiters.get(number) ?? [])
      if ((waiter.known.get(number) ?? version) < version) {
        goes(waiter)
        waiter.wake({ number, version })
      }
  }
  const nudge = (queue: Queue) => latches.get(queue)?.open.pipe(Effect.asVoid) ?? Effect.void

  const lookAt = (numbers: ReadonlyArray<string>) =>
    Effect.map(orders.versions(numbers), (versions) => {
      for (const [number, version] of versions) wake(number, version)
    })
  /** Looks all of them up, and answers how long to leave them alone. */
  const look = Effect.suspend(() => {
    const numbers = [...waiters.keys()]
    const parts = Array.from({ length: Math.ceil(numbers.length / mostAtOnce) }, (_, index) =>
      numbers.slice(index * mostAtOnce, (index + 1) * mostAtOnce)
    )
    return Effect.forEach(parts, lookAt, { discard: true }).pipe(
      Effect.catchAll((fault) => Effect.logWarning("Orders that callers wait for could not be looked up.", fault)),
      Effect.as(restMillis(numbers.length))
    )
  })
  const isAwaited = Effect.unsafeMakeLatch(false)
  yield* isAwaited.await.pipe(
    Effect.zipRight(look),
    Effect.flatMap(Effect.sleep),
    Effect.zipRight(Effect.suspend(() => (waiters.size === 0 ? isAwaited.close : Effect.void))),
    Effect.forever,
    Effect.forkScoped
  )

  const watch = (known: ReadonlyMap<string, number>, wake: (news: News) => void) => {
    const waiter: Waiter = { known: new Map(known), wake }
    comes(waiter)
    isAwaited.unsafeOpen()
    return () => goes(waiter)
  }

  return Changes.of({
    committed: (number, version) =>
      Effect.sync(() => {
        wake(number, version)
        for (const latch of latches.values()) latch.unsafeOpen()
      }),
    next: (number, version, upTo) =>
      Effect.async<void>((resume) => {
        const leave = watch(new Map([[number, version]]), () => resume(Effect.void))
        return Effect.sync(leave)
      }).pipe(Effect.timeoutOption(upTo), Effect.asVoid),
    watch,
    awaited: Effect.sync(() => waiters.size),
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
