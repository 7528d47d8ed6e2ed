import { Effect, Scheduler, type Scope } from "effect"

/**
 * Callers' wishes on their way to the database. One lane takes all that waits, again and again, so that what comes in while
 * it is busy goes out together; another one helps where that takes too long.
 */
export interface Lanes<A> {
  /** Those that no lane has yet, the longest waiting first; whoever takes one out of it has it. */
  readonly waiting: Array<A>
  readonly put: (wish: A) => void
  /** For a lane: what waits, as soon as something does. */
  readonly take: Effect.Effect<ReadonlyArray<A>>
}

/** As soon as what runs now is over: the database's answer is met at once, not after all callers who are ready. */
const atOnce = Scheduler.make(
  (task) => queueMicrotask(task),
  () => false
)

/**
 * Works as a lane for as long as the scope lives: `round` after round, with what there is to take. A round that dies of what
 * nobody foresaw is logged, `died` tells its callers, and the lane goes on.
 */
export const forked = <A>(
  { take }: Lanes<A>,
  round: (wishes: ReadonlyArray<A>) => Effect.Effect<void>,
  died: (wishes: ReadonlyArray<A>, defect: unknown) => Effect.Effect<void>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.flatMap(take, (wishes) =>
    Effect.catchAllDefect(round(wishes), (defect) =>
      Effect.zipRight(Effect.logError("A lane to the database died; it goes on.", defect), died(wishes, defect))
    )
  ).pipe(Effect.forever, Effect.withScheduler(atOnce), Effect.forkScoped, Effect.asVoid)

/** A wish that waits for longer than this, and for less than twice as long, is helped. */
const patienceMillis = 25

/** For so many lanes, each of which takes at most `maxTogether` wishes at once. */
export const make = <A>(lanes: number, maxTogether: number): Effect.Effect<Lanes<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const waiting: Array<A> = []
    const idle: Array<(work: Effect.Effect<ReadonlyArray<A>>) => void> = []
    const taken = Effect.sync(() => waiting.splice(0, maxTogether))
    // A timer of Node's own: a fiber that looks again and again would cost more than most of what it helps.
    let timer: NodeJS.Timeout | undefined
    const watch = (): void => {
      const [first] = waiting
      timer = first === undefined ? undefined : setTimeout(help, patienceMillis, first)
    }
    const help = (first: A): void => {
      if (waiting[0] === first) idle.shift()?.(taken)
      watch()
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => clearTimeout(timer)))
    const take: Effect.Effect<ReadonlyArray<A>> = Effect.flatMap(
      Effect.async<ReadonlyArray<A>>((resume) => {
        if (waiting.length > 0) resume(taken)
        else idle.push(resume)
      }),
      // Another lane may have been faster.
      (wishes) => (wishes.length > 0 ? Effect.succeed(wishes) : take)
    )
    return {
      waiting,
      put: (wish) => {
        waiting.push(wish)
        if (idle.length === lanes) idle.shift()?.(taken)
        if (timer === undefined) watch()
      },
      take
    }
  })
