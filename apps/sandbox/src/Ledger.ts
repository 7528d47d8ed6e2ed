import { closeSync, existsSync, mkdirSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs"
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
}

interface Changed {
  readonly type: "change"
  readonly seq: number
  readonly at: string
  readonly change: Change
}

interface Clocked {
  readonly type: "clock"
  readonly seq: number
  readonly at: string
  readonly offsetMillis: number
}

/** A line of the ledger. */
export type Line = Received | Notified | Changed | Clocked
type Unnumbered<L> = L extends Line ? Omit<L, "seq"> : never

/** The append-only record of all that the platform saw and did: on disk before an answer leaves. */
export class Ledger {
  readonly #lines: Array<Line> = []
  readonly #file: number

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    const path = join(folder, "ledger.jsonl")
    if (existsSync(path)) this.#read(path)
    this.#file = openSync(path, "a")
  }

  /** A process that was killed may leave half a line: it was never answered, and is cut off. */
  #read(path: string): void {
    const text = readFileSync(path, "utf8")
    const whole = text.slice(0, text.lastIndexOf("\n") + 1)
    if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole))
    for (const line of whole.split("\n")) if (line !== "") this.#lines.push(JSON.parse(line) as Line)
  }

  /** Every line so far. */
  get lines(): ReadonlyArray<Line> {
    return this.#lines
  }

  /** Adds a line, numbered from 1. */
  append(line: Unnumbered<Line>): void {
    const numbered = { seq: this.#lines.length + 1, ...line } as Line
    writeSync(this.#file, `${JSON.stringify(numbered)}\n`)
    this.#lines.push(numbered)
  }

  /** Closes the file. */
  close(): void {
    closeSync(this.#file)
  }
}
