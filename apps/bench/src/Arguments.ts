import { Data, Either } from "effect"

/** What was asked for on the command line is not to be had; `message` says how to ask. */
export class Usage extends Data.TaggedError("Usage")<{ readonly message: string }> {}

/** A bench by its name, how long it goes on in seconds, how often it does each thing, and the seed of what it makes up. */
export interface Arguments {
  readonly name: string
  readonly seconds: number
  readonly times: number
  readonly seed: number
  /** How many orders there are, where a bench asks. */
  readonly rows?: number
  /** How many a second, where a bench asks. */
  readonly rate?: number
}

/** What a bench does unless it is told otherwise. */
export interface Defaults {
  readonly seconds: number
  readonly times: number
}

const maxSeconds = 3600
const maxTimes = 1000
const maxRows = 100_000_000
const maxRate = 100_000
const maxSeed = 0xffffffff

type Benches = { readonly [name: string]: Defaults }

const usage = (benches: Benches, fault: string): Usage =>
  new Usage({
    message: `${fault}\nUsage: pnpm bench NAME [--seconds N] [--times N] [--seed N] [--rows N] [--rate N]\nNames: ${Object.keys(benches).join(", ")}`
  })

const options = ["--seconds", "--times", "--seed", "--rows", "--rate"]

/** The number of an option, or what stands for it; `NaN` where it is given and is none. */
const numberOf = (given: ReadonlyMap<string, string>, option: string, otherwise: number): number =>
  given.has(option) ? Number(given.get(option) || Number.NaN) : otherwise

/** Reads the words after the script's name; `seed` is taken where none is given. */
export const parse = (
  words: ReadonlyArray<string>,
  benches: Benches,
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
    else if (!options.includes(word)) return Either.left(usage(benches, `There is no option ${word}.`))
    else if (given.has(word)) return Either.left(usage(benches, `${word} is given twice.`))
    else given.set(word, left[++index] ?? "")
  }
  const [name] = named
  if (name === undefined) return Either.left(usage(benches, "Name a bench."))
  if (named.length > 1) return Either.left(usage(benches, `One bench at a time: ${named.join(" ")} are several.`))
  const defaults = Object.getOwnPropertyDescriptor(benches, name)?.value as Defaults | undefined
  if (defaults === undefined) return Either.left(usage(benches, `There is no bench ${name}.`))
  const seconds = numberOf(given, "--seconds", defaults.seconds)
  if (!(seconds >= 1 && seconds <= maxSeconds))
    return Either.left(usage(benches, `--seconds is a number from 1 to ${maxSeconds}.`))
  const times = numberOf(given, "--times", defaults.times)
  if (!(Number.isInteger(times) && times >= 1 && times <= maxTimes))
    return Either.left(usage(benches, `--times is a whole number from 1 to ${maxTimes}.`))
  const chosen = numberOf(given, "--seed", seed)
  if (!(Number.isInteger(chosen) && chosen >= 0 && chosen <= maxSeed))
    return Either.left(usage(benches, `--seed is a whole number from 0 to ${maxSeed}.`))
  const asked = { name, seconds, times, seed: chosen }
  const beyond = [
    ["rows", maxRows],
    ["rate", maxRate]
  ] as const
  const more: { [option: string]: number } = {}
  for (const [option, most] of beyond) {
    if (!given.has(`--${option}`)) continue
    const value = numberOf(given, `--${option}`, 0)
    if (!(Number.isInteger(value) && value >= 1 && value <= most))
      return Either.left(usage(benches, `--${option} is a whole number from 1 to ${most}.`))
    more[option] = value
  }
  return Either.right({ ...asked, ...more })
}
