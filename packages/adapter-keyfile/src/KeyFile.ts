import { Array as Arr, Effect, Redacted } from "effect"
import * as Host from "./Host.ts"
import * as Key from "./Key.ts"
import { KeyFileInvalid } from "./KeyFileInvalid.ts"

/** Where the keys are; `create` makes a missing file (mode 0600) with one random key. */
export interface Options {
  readonly file: string
  readonly create: boolean
}

/** The keys of a file, the one that seals first, and what tells its content from the next. */
export interface Keys {
  readonly keys: Arr.NonEmptyReadonlyArray<Key.Key>
  readonly signature: string | null
}

const maxKeys = 16
const hint = "Write one key a line, 32 random bytes in base64 (openssl rand -base64 32), the one that seals first."

const invalid = (where: string, what: string, mend = hint) => new KeyFileInvalid({ what, where, mend })

const clash = (keys: ReadonlyArray<Key.Key>): Key.Key | undefined =>
  keys.find((key, index) => keys.findIndex(({ id }) => id === key.id) !== index)

/** Keys in base64, 1 to 16 different ones; `where` they are from is said of those that are none. */
export const parse = (
  texts: ReadonlyArray<Redacted.Redacted>,
  where: string
): Effect.Effect<Arr.NonEmptyReadonlyArray<Key.Key>, KeyFileInvalid> =>
  Effect.gen(function* () {
    if (texts.length > maxKeys) return yield* invalid(where, `There are more than ${maxKeys} keys.`)
    const keys = yield* Effect.forEach(texts, (text, index) => {
      const key = Key.parse(text)
      return key === null ? invalid(where, `Key ${index + 1} is not 32 bytes in base64.`) : Effect.succeed(key)
    })
    const twin = clash(keys)
    if (twin !== undefined) return yield* invalid(where, `Two keys have the id ${twin.id}.`, "Take one of them out.")
    return Arr.isNonEmptyReadonlyArray(keys) ? keys : yield* invalid(where, "There is no key.")
  })

const lines = (text: Redacted.Redacted): ReadonlyArray<Redacted.Redacted> =>
  Redacted.value(text)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => Redacted.make(line.trim()))

const unreadable = (file: string, code: string): KeyFileInvalid =>
  code === "ENOENT"
    ? invalid(file, "The key file is missing.", "Put it back, or name the right one: without it nothing sealed opens.")
    : invalid(file, `The key file cannot be read: ${code}.`, "Let this process read it, as a regular file up to 16 KB.")

const created = (file: string) =>
  Effect.flatMap(Host.randomKey, (key) => Host.create(file, key)).pipe(
    Effect.zipRight(Effect.logInfo("A key file was made: back it up, without it nothing sealed opens.")),
    Effect.annotateLogs({ file }),
    Effect.catchTag("FileRefused", ({ code }) =>
      code === "EEXIST"
        ? Effect.void
        : invalid(
            file,
            `The key file cannot be made: ${code}.`,
            "Let this process write to its folder, or make it yourself."
          )
    )
  )

const load = ({ file, create }: Options): Effect.Effect<Host.File, KeyFileInvalid> =>
  Host.read(file).pipe(
    Effect.catchIf(
      ({ code }) => create && code === "ENOENT",
      () => Effect.zipRight(created(file), Host.read(file))
    ),
    Effect.mapError((error) => (error._tag === "FileRefused" ? unreadable(file, error.code) : error))
  )

/** Reads the keys of a file; `KeyFileInvalid` where it is missing, unreadable or holds anything else. */
export const read = (options: Options): Effect.Effect<Keys, KeyFileInvalid> =>
  Effect.gen(function* () {
    // Taken first: a file that changes meanwhile is read once more.
    const before = yield* Host.signature(options.file)
    const { text, isShared } = yield* load(options)
    const keys = yield* parse(lines(text), options.file)
    if (isShared)
      yield* Effect.logWarning("The key file can be read by others: chmod 600 it.").pipe(
        Effect.annotateLogs({ file: options.file })
      )
    return { keys, signature: before ?? (yield* Host.signature(options.file)) }
  })

type Texts = ReadonlyArray<Redacted.Redacted>

/** Uses a file while nobody else does; `use` is told how long ago it was last written, by the clock that stamps it. */
const alone = <A>(file: string, use: (agoMillis: number) => Effect.Effect<A, KeyFileInvalid | Host.FileRefused>) =>
  Host.alone(file, (nowMillis) =>
    Effect.flatMap(Host.writtenMillis(file), (atMillis) => use(Math.max(nowMillis - atMillis, 0)))
  ).pipe(
    Effect.catchTag("FileRefused", ({ code }) =>
      code === "EEXIST"
        ? invalid(file, "Another process changes the key file.", `If none does, remove ${file}.lock.`)
        : invalid(
            file,
            `The key file cannot be changed: ${code}.`,
            "Let this process read it and write to its folder, as the file's owner or root."
          )
    )
  )

const rewritten = (file: string, change: (texts: Texts) => Effect.Effect<Texts, KeyFileInvalid>) =>
  alone(file, () =>
    Effect.gen(function* () {
      const { text } = yield* load({ file, create: false })
      const texts = yield* change(lines(text))
      const keys = yield* parse(texts, file)
      yield* Host.replace(file, Redacted.make(texts.map(Redacted.value).join("\n")))
      return keys
    })
  )

/** Puts a new random key before the others, in one step, and answers its id; it seals from now on. */
export const addKey = (file: string): Effect.Effect<string, KeyFileInvalid> =>
  Effect.map(
    rewritten(file, (texts) => Effect.map(Host.randomKey, (key) => [key, ...texts])),
    (keys) => Arr.headNonEmpty(keys).id
  )

/** Takes a key out of a file in one step: what it sealed never opens again. Not the one that seals, and not one that is not there. */
export const removeKey = (file: string, keyId: string): Effect.Effect<void, KeyFileInvalid> =>
  Effect.asVoid(
    rewritten(file, (texts) =>
      Effect.gen(function* () {
        const keys = yield* parse(texts, file)
        const index = keys.findIndex(({ id }) => id === keyId)
        if (index === -1) return yield* invalid(file, `There is no key ${keyId}.`, "Look at the keys that there are.")
        if (index === 0) return yield* invalid(file, `Key ${keyId} seals.`, "Add another first.")
        return texts.toSpliced(index, 1)
      })
    )
  )

/** Fails for `restMillis` after the file was last changed: until then somebody may seal by an older key who has not looked, or keep what he sealed. */
export const settled = (file: string, restMillis: number): Effect.Effect<void, KeyFileInvalid> =>
  alone(file, (agoMillis) =>
    agoMillis < restMillis
      ? invalid(
          file,
          `The keys were changed ${Math.round(agoMillis / 1000)} s ago.`,
          `Wait ${Math.ceil((restMillis - agoMillis) / 1000)} s more, so that none seals by the old key.`
        )
      : Effect.void
  )
