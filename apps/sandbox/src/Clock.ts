/** The platform's notion of time: the machine's, moved by `/_clock`. */
export class Clock {
  offsetMillis = 0
  #said = { millis: 0, text: "" }

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.offsetMillis
  }

  /** The time as RFC 3339. */
  text(): string {
    const millis = this.now()
    if (millis !== this.#said.millis) this.#said = { millis, text: new Date(millis).toISOString() }
    return this.#said.text
  }
}
