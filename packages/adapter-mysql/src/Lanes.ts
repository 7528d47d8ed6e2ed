import { Effect } from "effect"

/** Callers' wishes, handed to whichever lane is free: what comes in while all are busy goes out together. */
export interface Lanes<A> {
  /** Those that no lane has yet, the longest waiting first; whoever takes one out of it has it. */
  readonly waiting: Array<A>
  readonly put: (wish: A) => void
  /** For a lane: what waits, as soon as something does; at times nothing, where another lane was faster. */
  readonly take: Effect.Effect<ReadonlyArray<A>>
}

/** Lanes that take at most `maxTogether` wishes at once. */
export const make = <A>(maxTogether: number): Lanes<A> => {
  const waiting: Array<A> = []
  const idle: Array<(work: Effect.Effect<ReadonlyArray<A>>) => void> = []
  const taken = Effect.sync(() => waiting.splice(0, maxTogether))
  return {
    waiting,
    put: (wish) => {
      waiting.push(wish)
      idle.shift()?.(taken)
    },
    take: Effect.async((resume) => {
      if (waiting.length > 0) resume(taken)
      else idle.push(resume)
    })
  }
}
