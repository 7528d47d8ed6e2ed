import { Either, Schema } from "effect"
import * as JsonPointer from "./JsonPointer.ts"

/** A member that is there twice: where, and how to mend it. */
export interface Fault {
  readonly pointer: string
  readonly code: "FIELD_REPEATED"
  readonly detail: string
}

/** Why a text is not taken as JSON; `faults` name the members that are there twice. */
export type Refusal =
  | { readonly reason: "notJson" }
  | { readonly reason: "tooDeep" }
  | { readonly reason: "repeated"; readonly faults: ReadonlyArray<Fault> }

/** How deep objects and lists may stand in each other. */
export const maxDepth = 32
const maxFaults = 64

const decode = (text: string): Either.Either<unknown, unknown> => Either.try((): unknown => JSON.parse(text))
const decodeName = Schema.decodeUnknownSync(Schema.parseJson(Schema.String))
/** A member's name, as it is written with its quotes. */
const nameOf = (written: string): string => (written.includes("\\") ? decodeName(written) : written.slice(1, -1))

/** An object or list that the scan is inside of, and the place in it where it is now. */
interface Level {
  readonly names: Set<string> | null
  isNameNext: boolean
  part: string | number
}

/** The index of the quote that ends the string that begins at `start`. */
const endOfString = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0
    while (text[at - 1 - escapes] === "\\") escapes += 1
    if (escapes % 2 === 0) return at
  }
  return text.length
}

class Scan {
  readonly #levels: Array<Level> = []
  readonly faults: Array<Fault> = []

  /** Whether it is still no deeper than it may be. */
  open(names: Set<string> | null): boolean {
    this.#levels.push({ names, isNameNext: names !== null, part: names === null ? 0 : "" })
    return this.#levels.length <= maxDepth
  }

  close(): void {
    this.#levels.pop()
  }

  next(): void {
    const level = this.#levels.at(-1)
    if (level === undefined) return
    level.isNameNext = level.names !== null
    if (typeof level.part === "number") level.part += 1
  }

  string(text: string, from: number, to: number): void {
    const level = this.#levels.at(-1)
    if (level?.names == null || !level.isNameNext) return
    level.isNameNext = false
    const name = nameOf(text.slice(from, to))
    level.part = name
    if (level.names.has(name) && this.faults.length < maxFaults)
      this.faults.push({
        pointer: JsonPointer.of(this.#levels.map(({ part }) => part)),
        code: "FIELD_REPEATED",
        detail: "This is there twice: say it once."
      })
    level.names.add(name)
  }
}

/** What is wrong with a text that is JSON, beyond what its grammar says. */
const refusalOf = (text: string): Refusal | undefined => {
  const scan = new Scan()
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '"') {
      const end = endOfString(text, at)
      scan.string(text, at, end + 1)
      at = end
    } else if (sign === "{" || sign === "[") {
      if (!scan.open(sign === "{" ? new Set() : null)) return { reason: "tooDeep" }
    } else if (sign === "}" || sign === "]") scan.close()
    else if (sign === ",") scan.next()
  }
  return scan.faults.length === 0 ? undefined : { reason: "repeated", faults: scan.faults }
}

/** Reads JSON (RFC 8259) at most 32 levels deep whose objects name each member once; else says why not. */
export const parse = (text: string): Either.Either<unknown, Refusal> => {
  const json = decode(text)
  if (Either.isLeft(json)) return Either.left({ reason: "notJson" })
  const refusal = refusalOf(text)
  return refusal === undefined ? Either.right(json.right) : Either.left(refusal)
}

/**
 * JSON with sorted names and no blanks: the same text for the same value, however it was written. For what `parse` took:
 * it goes as deep as the JSON does.
 */
export const canonical = (json: unknown): string => {
  if (Array.isArray(json)) return `[${json.map(canonical).join(",")}]`
  if (typeof json !== "object" || json === null) return JSON.stringify(json)
  const value = json as { readonly [name: string]: unknown }
  let members = ""
  for (const name of Object.keys(value).sort()) members += `,${JSON.stringify(name)}:${canonical(value[name])}`
  return `{${members.slice(1)}}`
}
