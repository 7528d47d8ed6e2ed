const shelves = 64

/** A map by numbers, in 64 parts that grow one by one: a large map stands still for tens of milliseconds as it grows. */
export class Shelves<A> {
  readonly #maps = Array.from({ length: shelves }, () => new Map<string, A>())

  /** What was set for this number last. */
  get(number: string): A | undefined {
    return this.#of(number)?.get(number)
  }

  /** Sets what is found for this number. */
  set(number: string, value: A): void {
    this.#of(number)?.set(number, value)
  }

  /** Numbers differ in their last letters. */
  #of(number: string): Map<string, A> | undefined {
    const { length } = number
    const last = length < 2 ? 0 : 10 * number.charCodeAt(length - 2) + number.charCodeAt(length - 1)
    return this.#maps[last % shelves]
  }
}
