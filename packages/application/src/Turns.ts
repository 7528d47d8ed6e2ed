import { Context, Deferred, Duration, Effect, Fiber } from "effect"

interface Line {
  /** Whose turn it is. */
  holder: symbol
  readonly waiting: Map<symbol, Deferred.Deferred<void>>
}

/** Who is in line, by key; a key that nobody works at leaves nothing behind. */
export class Lines extends Context.Reference<Lines>()("@payment-proxy/application/Turns/Lines", {
  defaultValue: () => new Map<string, Line>()
}) {}

/** Whoever waited so long goes all the same: turns spare work, the compare-and-set keeps it right. */
const patience = Duration.seconds(5)

const takeOver = (line: Line, me: symbol, go: Deferred.Deferred<void>) =>
  Effect.sleep(patience).pipe(
    Effect.zipRight(
      Effect.sync(() => {
        line.waiting.delete(me)
        line.holder = me
        Deferred.unsafeDone(go, Effect.void)
      })
    ),
    Effect.interruptible,
    Effect.forkDaemon
  )

const waited = (line: Line, me: symbol) =>
  Effect.gen(function* () {
    const go = yield* Deferred.make<void>()
    line.waiting.set(me, go)
    const timer = yield* takeOver(line, me, go)
    yield* Deferred.await(go)
    yield* Fiber.interruptFork(timer)
  })

const enter = (lines: Map<string, Line>, key: string, me: symbol): Effect.Effect<void> =>
  Effect.suspend(() => {
    const line = lines.get(key)
    if (line !== undefined) return waited(line, me)
    lines.set(key, { holder: me, waiting: new Map() })
    return Effect.void
  })

const leave = (lines: Map<string, Line>, key: string, me: symbol): void => {
  const line = lines.get(key)
  if (line === undefined || line.holder !== me) return
  const [next] = line.waiting
  if (next === undefined) {
    lines.delete(key)
    return
  }
  const [holder, go] = next
  line.waiting.delete(holder)
  line.holder = holder
  Deferred.unsafeDone(go, Effect.void)
}

/** Does this after what was begun under the same key before, in this process: those who would only make each other decide anew wait instead. */
export const inTurn =
  (key: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Lines, (lines) => {
      const me = Symbol(key)
      return Effect.acquireUseRelease(
        enter(lines, key, me),
        () => effect,
        () => Effect.sync(() => leave(lines, key, me))
      )
    })
