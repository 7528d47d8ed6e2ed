/** The clock that stands in records, and one that only goes on, both in milliseconds. */
export interface Clocks {
  readonly wall: () => number
  readonly steady: () => number
}

/** By how much a clock was set back. */
export interface SetBack {
  /** By so many milliseconds altogether, rounded up. */
  readonly millis: () => number
  readonly close: () => void
}

const everyMillis = 10

/** What whole milliseconds and a pause between two readings make of one clock. */
const strayMillis = 2

const real: Clocks = { wall: () => Date.now(), steady: () => performance.now() }

/** Watches whether this machine's clock is set back from now on, as one is that was ahead: what is written then seems to be earlier. */
export const watch = ({ wall, steady }: Clocks = real): SetBack => {
  const apart = (): number | null => {
    const before = steady()
    const found = wall() - before
    return steady() - before < strayMillis / 2 ? found : null
  }
  let total = 0
  let last: number | null = null
  const look = () => {
    const found = apart()
    if (found === null) return
    if (last !== null && found < last - strayMillis) total += last - found
    last = found
  }
  look()
  const looking = setInterval(look, everyMillis)
  looking.unref()
  return {
    millis: () => {
      look()
      return Math.ceil(total)
    },
    close: () => clearInterval(looking)
  }
}
