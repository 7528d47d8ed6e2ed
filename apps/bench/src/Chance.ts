/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export const numbers = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** One of `all`, by chance. */
export const pick = <A>(all: ReadonlyArray<A>, chance: () => number): A => {
  const one = all[Math.min(Math.floor(chance() * all.length), all.length - 1)]
  if (one === undefined) throw new Error("There is nothing to pick from.")
  return one
}

/** All of `all`, in an order by chance. */
export const shuffled = <A>(all: ReadonlyArray<A>, chance: () => number): ReadonlyArray<A> =>
  all
    .map((one) => ({ one, at: chance() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)

/** A whole number from `min` to `max`, both of them too. */
export const between = (min: number, max: number, chance: () => number): number =>
  min + Math.floor(chance() * (max - min + 1))
