import { Either } from "effect"
import type { Fault } from "./Faults.ts"

/** What references are replaced by: variables by name, and files by path as the configuration writes it. */
export interface Sources {
  readonly environment: { readonly [name: string]: string | undefined }
  /** The text of each, or why it cannot be read. */
  readonly files: ReadonlyMap<string, Either.Either<string, string>>
}

/** A value whose references are replaced. */
export interface Resolved {
  readonly value: unknown
  readonly faults: ReadonlyArray<Fault>
  /** What references stood for: it may be secret. */
  readonly texts: ReadonlyArray<string>
}

const only = (value: object, name: string): string | undefined => {
  const [[key, member] = [], ...others] = Object.entries(value) as ReadonlyArray<[string, unknown]>
  return key === name && typeof member === "string" && others.length === 0 ? member : undefined
}

const childrenOf = (value: unknown): ReadonlyArray<unknown> =>
  typeof value === "object" && value !== null ? Object.values(value) : []

/** The paths of all `{ file: PATH }` of a value, each once. */
export const paths = (value: unknown): ReadonlyArray<string> => {
  const path = typeof value === "object" && value !== null ? only(value, "file") : undefined
  return path !== undefined ? [path] : [...new Set(childrenOf(value).flatMap(paths))]
}

const found = (text: string): Resolved => ({ value: text, faults: [], texts: [text] })
const missing = (at: string, detail: string): Resolved => ({ value: "", faults: [{ at, detail }], texts: [] })

const fromVariable = (name: string, text: string | undefined, at: string): Resolved =>
  text === undefined || text === "" ? missing(at, `The environment variable ${name} is not set: set it.`) : found(text)

const fromFile = (path: string, file: Either.Either<string, string> | undefined, at: string): Resolved => {
  if (file === undefined || Either.isLeft(file))
    return missing(at, `The file ${path} cannot be read (${file?.left ?? "no file is read here"}): put it there.`)
  const text = file.right.replace(/\r?\n$/, "")
  return text === "" ? missing(at, `The file ${path} is empty: write the value into it.`) : found(text)
}

/**
 * The configuration's value with each `{ env: NAME }` replaced by that environment variable and each `{ file: PATH }` by that
 * file's text, without its last line end, so that secrets and addresses stay out of the file; all that is missing is a fault.
 */
export const resolve = (value: unknown, sources: Sources, at = ""): Resolved => {
  if (typeof value !== "object" || value === null) return { value, faults: [], texts: [] }
  if (!Array.isArray(value)) {
    const variable = only(value, "env")
    if (variable !== undefined) return fromVariable(variable, sources.environment[variable], at)
    const path = only(value, "file")
    if (path !== undefined) return fromFile(path, sources.files.get(path), at)
  }
  const members = Object.entries(value).map(
    ([name, member]: [string, unknown]) => [name, resolve(member, sources, `${at}/${name}`)] as const
  )
  return {
    value: Array.isArray(value)
      ? members.map(([, member]) => member.value)
      : Object.fromEntries(members.map(([name, member]) => [name, member.value])),
    faults: members.flatMap(([, member]) => member.faults),
    texts: members.flatMap(([, member]) => member.texts)
  }
}
