/** Counts the records of a CSV (RFC 4180) while its bytes pass: a line's end within quotes ends none. The header counts, too. */
export class Records {
  #isQuoted = false
  #isOpen = false
  #count = 0

  /** Takes in the next bytes. */
  add(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 0x22) this.#isQuoted = !this.#isQuoted
      if (byte === 0x0a && !this.#isQuoted) {
        this.#count += 1
        this.#isOpen = false
      } else this.#isOpen = true
    }
  }

  /** How many there are so far; one that has no line's end yet counts only at the end. */
  count(isEnd = false): number {
    return this.#count + (isEnd && this.#isOpen ? 1 : 0)
  }
}

/** Where the bytes go: a file, or what becomes one. */
export interface Sink {
  readonly write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>
  /** All of it is there. */
  readonly close: () => Promise<void>
  /** It is not wanted any more: nothing is left behind. */
  readonly abort: () => Promise<void>
}

/** How much of it is held in the page before the browser is given it, in bytes. */
const heldBytes = 4 * 1024 * 1024

/** Gathers what comes in parts that the browser may keep on its disk, and hands it on as one file. */
export const blobSink = (save: (file: Blob) => void): Sink => {
  let parts: Array<Blob> = []
  let held: Array<Uint8Array<ArrayBuffer>> = []
  let size = 0
  const seal = () => {
    if (size > 0) parts.push(new Blob(held))
    held = []
    size = 0
  }
  return {
    write: async (bytes) => {
      held.push(bytes)
      size += bytes.byteLength
      if (size >= heldBytes) seal()
    },
    close: async () => {
      seal()
      save(new Blob(parts, { type: "text/csv;charset=utf-8" }))
    },
    abort: async () => {
      parts = []
      held = []
    }
  }
}

/** Reads a CSV to its end into `sink`, and tells how many orders there are so far. An answer that breaks off fails, and nothing is left of it. */
export const run = async (
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  sink: Sink,
  progress: (orders: number) => void
): Promise<number> => {
  const records = new Records()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      records.add(value)
      await sink.write(value)
      progress(Math.max(records.count() - 1, 0))
    }
    await sink.close()
    return Math.max(records.count(true) - 1, 0)
  } catch (error) {
    await sink.abort()
    throw error
  }
}

/** How far an export is, from 0 to 100; an estimate never says that it is through. */
export const percent = (orders: number, total: { readonly count: number; readonly isExact: boolean }): number => {
  if (total.count === 0) return 0
  const share = Math.min((orders / total.count) * 100, 100)
  return total.isExact ? share : Math.min(share, 98)
}

/** The name that a file of orders gets. */
export const fileName = (nowMillis: number): string =>
  `orders-${new Date(nowMillis).toISOString().slice(0, 19).replaceAll(":", "").replace("T", "-")}Z.csv`
