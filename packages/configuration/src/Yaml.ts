import { Either } from "effect"
import { parseDocument } from "yaml"
import type { Fault } from "./Faults.ts"

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? ""

/** A YAML text as plain values; its faults say where, and show nothing of it. */
export const parse = (text: string): Either.Either<unknown, ReadonlyArray<Fault>> => {
  const document = parseDocument(text)
  if (document.errors.length > 0)
    return Either.left(document.errors.map(({ message }) => ({ at: "", detail: firstLine(message) })))
  return Either.try({
    try: (): unknown => JSON.parse(JSON.stringify(document.toJS()) ?? "null"),
    catch: () => [{ at: "", detail: "Its aliases (*name) are too many or go round in a circle: write the values out." }]
  })
}
