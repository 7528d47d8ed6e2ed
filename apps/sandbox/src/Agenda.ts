interface Entry {
  readonly atMillis: number
  readonly id: string
}

/** Who is due when: the next is found without a look at the others (a binary heap, the soonest on top). */
export class Agenda {
  readonly #heap: Array<Entry> = []

  /** Puts down that `id` is due at a time, in milliseconds since the epoch. */
  add(atMillis: number, id: string): void {
    const entry = { atMillis, id }
    let index = this.#heap.push(entry) - 1
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = this.#heap[above]
      if (parent === undefined || parent.atMillis <= atMillis) break
      this.#heap[index] = parent
      index = above
    }
    this.#heap[index] = entry
  }

  /** Takes out all that is due by now, the soonest first. */
  *due(nowMillis: number): Generator<string> {
    for (let top = this.#heap[0]; top !== undefined && top.atMillis <= nowMillis; top = this.#heap[0]) {
      const last = this.#heap.pop()
      if (last !== undefined && last !== top) this.#sink(last)
      yield top.id
    }
  }

  /** Puts an entry in the place of the one on top, and down to where it belongs. */
  #sink(entry: Entry): void {
    const heap = this.#heap
    const millisAt = (at: number) => heap[at]?.atMillis ?? Number.POSITIVE_INFINITY
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const below = millisAt(left + 1) < millisAt(left) ? left + 1 : left
      const child = heap[below]
      if (child === undefined || child.atMillis >= entry.atMillis) break
      heap[index] = child
      index = below
    }
    heap[index] = entry
  }
}
