import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from "node:fs"
import { join } from "node:path"
import type { Change } from "./Payments.ts"

/** A request that the platform received, and what it did. */
export interface Received {
  readonly type: "request"
  readonly seq: number
  readonly at: string
  readonly method: string
  readonly path: string
  readonly numbers: ReadonlyArray<string>
  readonly bodySha256: string
  readonly did: string
  readonly status: number | "dropped" | "hung"
}

/** One try of one notification, and how it was answered. */
export interface Notified {
  readonly type: "notification"
  readonly seq: number
  readonly at: string
  readonly number: string
  readonly event: string
  readonly webhookId: string
  readonly attempt: number
  readonly copy: number
  readonly status: number | null
  readonly error: string | null
  /** Hex SHA-256 of what was sent; null where nothing was. */
  readonly bodySha256: string | null
  /** Whether its signature and merchant were right: no fault forged, altered or misdirected it. */
  readonly genuine: boolean
  /** Whose it is; left out: the platform's. */
  readonly vendor?: string
  /** Of a vendor's: whether the merchant's answer took it. */
  readonly isTaken?: boolean
}

interface Changed {
  readonly type: "change"
  readonly seq: number
  readonly at: string
  readonly change: Change
}

/** A change of a vendor's book, in the vendor's own words. */
interface VendorChanged {
  readonly type: "vendor-change"
  readonly seq: number
  readonly at: string
  readonly vendor: string
  readonly change: unknown
}

interface Clocked {
  readonly type: "clock"
  readonly seq: number
  readonly at: string
  readonly offsetMillis: number
}

/** A line of the ledger. */
export type Line = Received | Notified | Changed | VendorChanged | Clocked
type Unnumbered<L> = L extends Line ? Omit<L, "seq"> : never
type Type = Line["type"]

const pieceBytes = 256 * 1024
const linesPerMark = 1024
const newline = 10

/** Whether a line is of a type, which stands behind its number. */
const isOf = (text: string, type: Type): boolean => text.startsWith(`"type":"${type}"`, text.indexOf(",") + 1)

/** The append-only record of all that the platform saw and did: on disk, and there alone, before an answer leaves. */
export class Ledger {
  readonly #file: number
  /** Where in the file a line begins, for one line of a thousand. */
  readonly #marks: Array<{ readonly seq: number; readonly at: number }> = []
  #bytes = 0
  #count = 0
  #held: Array<string> = []

  /** A process that was killed may leave half a line: it was never answered, and is cut off. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.#file = openSync(join(folder, "ledger.jsonl"), "a+")
    const { size } = fstatSync(this.#file)
    for (const { bytes, texts } of this.#pieces(0, size)) this.#grow(bytes, texts.length)
    if (this.#bytes < size) ftruncateSync(this.#file, this.#bytes)
  }

  /** How many lines are on disk, which is the number of the last. */
  get count(): number {
    return this.#count
  }

  /** Adds a line, numbered from 1, that goes to disk together with the next that is appended. */
  hold(line: Unnumbered<Line>): void {
    const seq = this.#count + this.#held.length + 1
    this.#held.push(`{"seq":${seq},${JSON.stringify(line).slice(1)}\n`)
  }

  /** Adds a line, numbered from 1: it is on disk when this returns, after those that were held. */
  append(line: Unnumbered<Line>): void {
    this.hold(line)
    const bytes = Buffer.from(this.#held.join(""))
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    this.#grow(bytes.length, this.#held.length)
    this.#held = []
  }

  /** The texts of the lines of a type, numbered above `since` and up to `until`, some at a time. */
  *texts(type: Type, since: number, until: number): Generator<ReadonlyArray<string>> {
    const mark = this.#marks.findLast(({ seq }) => seq <= since + 1) ?? { seq: 1, at: 0 }
    let first = mark.seq
    for (const { texts } of this.#pieces(mark.at, this.#bytes)) {
      const isAsked = (seq: number) => seq > since && seq <= until
      yield texts.filter((text, index) => isAsked(first + index) && isOf(text, type))
      first += texts.length
      if (first > until) return
    }
  }

  /** Every line of a type so far. */
  *lines<T extends Type>(type: T): Generator<Extract<Line, { readonly type: T }>> {
    for (const texts of this.texts(type, 0, this.#count)) for (const text of texts) yield JSON.parse(text)
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file)
  }

  #grow(bytes: number, lines: number): void {
    const seq = this.#count + 1
    if (seq >= (this.#marks.at(-1)?.seq ?? -linesPerMark) + linesPerMark) this.#marks.push({ seq, at: this.#bytes })
    this.#bytes += bytes
    this.#count += lines
  }

  /** The whole lines between two places of the file, read a piece at a time, with the bytes that they take. */
  *#pieces(from: number, to: number): Generator<{ readonly bytes: number; readonly texts: ReadonlyArray<string> }> {
    let buffer = Buffer.allocUnsafe(pieceBytes)
    let kept = 0
    for (let at = from; at < to; ) {
      // A line that fills the buffer and has no end yet.
      if (kept === buffer.length) buffer = Buffer.concat([buffer, buffer])
      const read = readSync(this.#file, buffer, kept, Math.min(buffer.length - kept, to - at), at)
      if (read === 0) return
      at += read
      const filled = kept + read
      const bytes = buffer.subarray(0, filled).lastIndexOf(newline) + 1
      const texts = buffer.toString("utf8", 0, bytes).split("\n")
      yield { bytes, texts: texts.filter((text) => text !== "") }
      buffer.copyWithin(0, bytes, filled)
      kept = filled - bytes
    }
  }
}
