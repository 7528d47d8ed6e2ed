import type { Scope } from "effect"
import { Effect, Fiber, FiberId } from "effect"
import { Paces } from "./Paces.ts"
import * as Stays from "./Stays.ts"

/** Pieces of work side by side. Those that take long make room for others, as long as there are not too many of them. */
export interface Pool {
  /** Waits until there is room, and gathers a moment while work is under way; for how many pieces there is room. */
  readonly room: Effect.Effect<number>
  readonly put: <R>(owner: string, work: Effect.Effect<void, never, R>) => Effect.Effect<void, never, R>
  /** Returns once a piece has ended, or made room, since room was last waited for. */
  readonly ended: Effect.Effect<void>
  /** Whose the pieces are that are under way. */
  readonly owners: () => ReadonlyArray<string>
}

interface Piece {
  readonly owner: string
  isSlow: boolean
}

/**
 * A pool of so many places, in which so many pieces that take long may run beside them, for as long as the scope lives; what is
 * under way at its end is interrupted, and waited for.
 */
export const make: (places: number, slow: number) => Effect.Effect<Pool, never, Scope.Scope> = Effect.fnUntraced(
  function* (places, slow) {
    const { quick, gather } = yield* Paces
    /** Whose fiber is not known yet is just being started. */
    const running = new Map<Piece, Fiber.RuntimeFiber<void> | undefined>()
    const stirred = Effect.unsafeMakeLatch(false)
    let slowCount = 0
    yield* Effect.addFinalizer(() => Fiber.interruptAll([...running.values()].filter((fiber) => fiber !== undefined)))

    const free = () => places - (running.size - slowCount)
    const until = (isSo: () => boolean): Effect.Effect<void> =>
      Effect.suspend(() => {
        stirred.unsafeClose()
        return isSo() ? Effect.void : Effect.flatMap(stirred.await, () => until(isSo))
      })

    /** A piece that takes long gives its place up, as soon as there are not too many that did. */
    const slowing = (piece: Piece) =>
      Effect.sync(() => {
        if (piece.isSlow || slowCount >= slow || !running.has(piece)) return
        piece.isSlow = true
        slowCount += 1
        stirred.unsafeOpen()
      })
    const stays = yield* Stays.make(quick, slowing)
    const gone = (piece: Piece) =>
      Effect.map(stays.leave(piece), () => {
        running.delete(piece)
        if (piece.isSlow) slowCount -= 1
        stirred.unsafeOpen()
      })

    /** Waits for as long as is gathered, or until nothing is under way. */
    const gathered = Effect.gen(function* () {
      let isOver = false
      const over = Effect.sync(() => {
        isOver = true
        stirred.unsafeOpen()
      })
      const timer = yield* Effect.fork(Effect.interruptible(Effect.zipRight(Effect.sleep(gather), over)))
      yield* until(() => isOver || running.size === 0)
      yield* Fiber.interruptAsFork(timer, FiberId.none)
    })

    const room = Effect.suspend(() => (running.size === 0 ? Effect.void : gathered)).pipe(
      Effect.zipRight(until(() => free() > 0)),
      Effect.map(() => free())
    )

    const put = <R>(owner: string, work: Effect.Effect<void, never, R>) =>
      Effect.gen(function* () {
        const piece: Piece = { owner, isSlow: false }
        yield* stays.come(piece)
        running.set(piece, undefined)
        const fiber = yield* Effect.forkDaemon(Effect.ensuring(work, gone(piece)))
        // It may have come to its end already.
        if (running.has(piece)) running.set(piece, fiber)
      })

    return { room, put, ended: stirred.await, owners: () => [...running.keys()].map(({ owner }) => owner) }
  }
)
