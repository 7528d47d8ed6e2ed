import type { Clock } from "../../Clock.ts"

/** How far a caller's clock may be off. */
const toleranceMillis = 5 * 60_000

/**
 * The time on the wire. The sandbox's clock can be moved by days while its merchant's stays that of the machine: a call
 * is on time by either of them, its answer and what is sent afterwards are dated by the one that the merchant keeps.
 */
export class Wire {
  readonly #clock: Clock
  #offsetMillis: () => number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#offsetMillis = () => clock.offsetMillis
  }

  /** Whether a caller's timestamp, in seconds, is on time. */
  isOnTime(timestamp: string): boolean {
    const millis = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN
    const isNear = (now: number) => Math.abs(now - millis) <= toleranceMillis
    if (isNear(this.#clock.now())) this.#offsetMillis = () => this.#clock.offsetMillis
    else if (isNear(Date.now())) this.#offsetMillis = () => 0
    else return false
    return true
  }

  /** Seconds since the epoch. */
  timestamp(): number {
    return Math.floor((Date.now() + this.#offsetMillis()) / 1000)
  }
}
