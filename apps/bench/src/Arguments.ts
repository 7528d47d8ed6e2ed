import { Data, Either } from "effect"

/** What was asked for on the command line is not to be had; `message` says how to ask. */
export class Usage extends Data.TaggedError("Usage")<{ readonly message: string }> {}

/** A bench by its name, how long it measures in seconds, and the seed of what it makes up. */
export interface Arguments {
  readonly name: string
  readonly seconds: number
  readonly seed: number
}

const maxSeconds = 3600
const maxSeed = 0xffffffff

const usage = (names: ReadonlyArray<string>, fault: string): Usage =>
  new Usage({ message: `${fault}\nUsage: pnpm bench NAME [--seconds N] [--seed N]\nNames: ${names.join(", ")}` })

const options = ["--seconds", "--seed"]

/** Reads the words after the script's name; `seed` is taken where none is given. */
export const parse = (
  words: ReadonlyArray<string>,
  names: ReadonlyArray<string>,
  seed: number
): Either.Either<Arguments, Usage> => {
  const left = words
    .filter((word) => word !== "--")
    .flatMap((word) => (word.startsWith("--") ? word.split("=", 2) : [word]))
  const given = new Map<string, string>()
  const named: Array<string> = []
  for (let index = 0; index < left.length; index++) {
    const word = left[index] ?? ""
    if (!word.startsWith("-")) named.push(word)
    else if (!options.includes(word)) return Either.left(usage(names, `There is no option ${word}.`))
    else if (given.has(word)) return Either.left(usage(names, `${word} is given twice.`))
    else given.set(word, left[++index] ?? "")
  }
  const [name] = named
  if (name === undefined) return Either.left(usage(names, "Name a bench."))
  if (named.length > 1) return Either.left(usage(names, `One bench at a time: ${named.join(" ")} are several.`))
  if (!names.includes(name)) return Either.left(usage(names, `There is no bench ${name}.`))
  const seconds = Number(given.get("--seconds") || (given.has("--seconds") ? Number.NaN : 10))
  if (!(seconds >= 1 && seconds <= maxSeconds))
    return Either.left(usage(names, `--seconds is a number from 1 to ${maxSeconds}.`))
  const chosen = Number(given.get("--seed") || (given.has("--seed") ? Number.NaN : seed))
  if (!(Number.isInteger(chosen) && chosen >= 0 && chosen <= maxSeed))
    return Either.left(usage(names, `--seed is a whole number from 0 to ${maxSeed}.`))
  return Either.right({ name, seconds, seed: chosen })
}
