const firstSlots = 4096

const spread = (bits: number): number => {
  const mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  const more = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (more ^ (more >>> 16)) >>> 0
}

/**
 * Texts that were seen, as 64-bit hashes in one table of numbers: some 11 to 22 bytes a text, whatever its length. Of ten million texts
 * two are taken for the same with a chance of one in 370 000; the seed keeps payers from choosing which.
 */
export class Seen {
  readonly #seed: number
  #high = new Uint32Array(firstSlots)
  #low = new Uint32Array(firstSlots)
  #count = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  get size(): number {
    return this.#count
  }

  /** Remembers a text; answers whether it is new. */
  add(text: string): boolean {
    const [high, low] = this.#hashOf(text)
    const at = this.#slotOf(high, low)
    if (this.#isTaken(at)) return false
    this.#put(at, high, low)
    this.#count += 1
    if (this.#count * 4 > this.#high.length * 3) this.#grow()
    return true
  }

  has(text: string): boolean {
    const [high, low] = this.#hashOf(text)
    return this.#isTaken(this.#slotOf(high, low))
  }

  #isTaken(at: number): boolean {
    return this.#high[at] !== 0 || this.#low[at] !== 0
  }

  #put(at: number, high: number, low: number): void {
    this.#high[at] = high
    this.#low[at] = low
  }

  /** Where a hash is, or would be. */
  #slotOf(high: number, low: number): number {
    const mask = this.#high.length - 1
    let at = low & mask
    while (this.#isTaken(at) && (this.#high[at] !== high || this.#low[at] !== low)) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const [high, low] = [this.#high, this.#low]
    this.#high = new Uint32Array(high.length * 2)
    this.#low = new Uint32Array(low.length * 2)
    for (let at = 0; at < high.length; at++) {
      const [h = 0, l = 0] = [high[at], low[at]]
      if (h !== 0 || l !== 0) this.#put(this.#slotOf(h, l), h, l)
    }
  }

  /** Never both zero, which is an empty slot. */
  #hashOf(text: string): readonly [high: number, low: number] {
    let one = 0xdeadbeef ^ this.#seed
    let two = 0x41c6ce57 ^ Math.imul(this.#seed, 0x9e3779b1)
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      one = Math.imul(one ^ code, 0x9e3779b1)
      two = Math.imul(two ^ code, 0x5f356495)
      one = (one << 13) | (one >>> 19)
      two = (two << 17) | (two >>> 15)
    }
    const high = spread(one ^ Math.imul(two, 0x27d4eb2f))
    return [high, spread(two ^ text.length) || Number(high === 0)]
  }
}
