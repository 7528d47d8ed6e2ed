/** The platform's notion of time: the machine's, moved by `/_clock`. */
export class Clock {
  offsetMillis = 0

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.offsetMillis
  }

  /** The time as RFC 3339. */
  text(): string {
    return new Date(this.now()).toISOString()
  }
}
