import { appendFileSync, closeSync, openSync, readSync, writeFileSync } from "node:fs"
import type { Audit } from "@payment-proxy/application"
import { Effect, Either, Schema } from "effect"
import * as Failed from "./Failed.ts"

const Line = Schema.parseJson(Schema.Struct({ payOrderNo: Schema.String, version: Schema.Number, hash: Schema.String }))
const decode = Schema.decodeUnknownEither(Line)

const refused = (detail: string) => new Failed.Failed({ exit: Failed.exits.refused, code: "FILE_REFUSED", detail })

const codeOf = (cause: unknown): string => String(Object(cause)["code"] ?? cause)

/** A new file for heads, one JSON line each, and what writes to it. */
export const create = (path: string) =>
  Effect.try({
    try: () => writeFileSync(path, "", { flag: "wx", mode: 0o600 }),
    catch: (cause) => refused(`${path} cannot be made (${codeOf(cause)}): name a file that is not there yet.`)
  }).pipe(
    Effect.as((heads: ReadonlyArray<Audit.Head>) =>
      Effect.try({
        try: () => appendFileSync(path, heads.map((head) => `${JSON.stringify(head)}\n`).join("")),
        catch: (cause) => refused(`${path} cannot be written to: ${codeOf(cause)}.`)
      })
    )
  )

const chunkBytes = 65_536

/** The lines of an open file, one after the other. */
function* linesOf(file: number): Generator<string> {
  const chunk = Buffer.alloc(chunkBytes)
  const decoder = new TextDecoder()
  let rest = ""
  for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
    const lines = (rest + decoder.decode(chunk.subarray(0, length), { stream: true })).split("\n")
    rest = lines.pop() ?? ""
    yield* lines
  }
  if (rest !== "") yield rest
}

/** The heads of a file, read as they are asked for; a line that is none, or out of order, ends the reading with its number. */
function* headsOf(path: string, file: number): Generator<Audit.Head> {
  let number = 0
  let previous = ""
  for (const line of linesOf(file)) {
    number += 1
    const head = decode(line)
    if (Either.isLeft(head) || head.right.payOrderNo <= previous)
      throw refused(`Line ${number} of ${path} is no head, or not in order: it was not written by audit heads.`)
    previous = head.right.payOrderNo
    yield head.right
  }
}

/** The heads that were written to a file, in their order. */
export const read = (path: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => openSync(path, "r"),
      catch: (cause) => refused(`${path} cannot be read: ${codeOf(cause)}.`)
    }),
    (file) => Effect.sync(() => closeSync(file))
  ).pipe(Effect.map((file): Iterable<Audit.Head> => headsOf(path, file)))
