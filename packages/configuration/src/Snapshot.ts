import { createHash } from "node:crypto"
import { dirname, resolve } from "node:path"
import { Effect, Either, Equal } from "effect"
import type { Fault } from "./Faults.ts"
import * as References from "./References.ts"
import * as Yaml from "./Yaml.ts"

/** Answers a file's text. */
export type ReadFile = (path: string) => Effect.Effect<string, { readonly message: string }>

export type Variables = { readonly [name: string]: string | undefined }

/** What the configuration file and the files that it refers to say at one moment. */
export interface Snapshot {
  /** The path of the file. */
  readonly source: string
  /** The file's text, or why it cannot be read. */
  readonly text: Either.Either<string, string>
  /** Plain values with references in them, or why there are none. */
  readonly value: Either.Either<unknown, ReadonlyArray<Fault>>
  readonly files: References.Sources["files"]
  /** The same for the same texts. */
  readonly revision: string
}

const revisionOf = (text: Either.Either<string, string>, files: References.Sources["files"]): string => {
  const hash = createHash("sha256")
  for (const part of [text, ...files.values()])
    hash.update(JSON.stringify([Either.isRight(part), Either.merge(part)])).update("\n")
  return hash.digest("base64url")
}

const snapshot = (
  source: string,
  text: Either.Either<string, string>,
  value: Snapshot["value"],
  files: References.Sources["files"]
): Snapshot => ({ source, text, value, files, revision: revisionOf(text, files) })

/** A text that refers to no files. */
export const ofText = (source: string, text: string): Snapshot =>
  snapshot(source, Either.right(text), Yaml.parse(text), new Map())

const parsed = (text: Snapshot["text"]): Snapshot["value"] =>
  Either.match(text, {
    onLeft: (message) =>
      Either.left([{ at: "", detail: `It cannot be read (${message}): name the file in PAYMENT_PROXY_CONFIG.` }]),
    onRight: Yaml.parse
  })

/**
 * The file that `PAYMENT_PROXY_CONFIG` names, and those that it refers to, which are found from its folder. What `before` has
 * read already is not parsed again.
 */
export const take = (environment: Variables, readFile: ReadFile, before?: Snapshot): Effect.Effect<Snapshot> =>
  Effect.gen(function* () {
    const source = environment["PAYMENT_PROXY_CONFIG"] ?? "payment-proxy.config.yaml"
    const read = (path: string) => Effect.either(Effect.mapError(readFile(path), ({ message }) => message))
    const text = yield* read(source)
    const value = before !== undefined && Equal.equals(before.text, text) ? before.value : parsed(text)
    const paths = Either.match(value, { onLeft: () => [], onRight: References.paths })
    const files = yield* Effect.forEach(
      paths,
      (path) => Effect.map(read(resolve(dirname(source), path)), (file) => [path, file] as const),
      { concurrency: 8 }
    )
    return snapshot(source, text, value, new Map(files))
  })
