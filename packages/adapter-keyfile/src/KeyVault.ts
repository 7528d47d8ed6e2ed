import { Unsealable, Vault } from "@payment-proxy/ports"
import { Array as Arr, Effect, Layer, Redacted } from "effect"
import * as Host from "./Host.ts"
import * as Key from "./Key.ts"
import { KeyFileInvalid } from "./KeyFileInvalid.ts"
import * as Sealing from "./Sealing.ts"

/** Where the keys are; `create` makes a missing file (mode 0600) with one random key. */
export interface Options {
  readonly file: string
  readonly create: boolean
}

const maxKeys = 16
const hint = "Write one key a line, 32 random bytes in base64 (openssl rand -base64 32), the one that seals first."

const invalid = (where: string, what: string, mend = hint) => new KeyFileInvalid({ what, where, mend })

const clash = (keys: ReadonlyArray<Key.Key>): Key.Key | undefined =>
  keys.find((key, index) => keys.findIndex(({ id }) => id === key.id) !== index)

const parse = (
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

const fromKeys = (keys: Arr.NonEmptyReadonlyArray<Key.Key>): Vault["Type"] => {
  const sealer = Arr.headNonEmpty(keys)
  return Vault.of({
    seal: (context, text) =>
      Effect.map(Host.encrypt(sealer.object, Sealing.additional(sealer.id, context), text), (sealed) =>
        Sealing.format({ keyId: sealer.id, ...sealed })
      ),
    open: (context, text) =>
      Effect.gen(function* () {
        const sealing = yield* Sealing.parse(text)
        const key = yield* Arr.findFirst(keys, ({ id }) => id === sealing.keyId)
        return yield* Host.decrypt(key.object, Sealing.additional(key.id, context), sealing)
      }).pipe(Effect.mapError(() => new Unsealable({ context })))
  })
}

const lines = (text: Redacted.Redacted): ReadonlyArray<Redacted.Redacted> =>
  Redacted.value(text)
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => Redacted.make(line))

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

/** A vault over a file of keys: the first seals, all open; `KeyFileInvalid` where it is missing, unreadable or holds anything else. */
export const make = (options: Options): Effect.Effect<Vault["Type"], KeyFileInvalid> =>
  Effect.gen(function* () {
    const { text, isShared } = yield* load(options)
    const keys = yield* parse(lines(text), options.file)
    if (isShared)
      yield* Effect.logWarning("The key file can be read by others: chmod 600 it.").pipe(
        Effect.annotateLogs({ file: options.file })
      )
    return fromKeys(keys)
  })

/** A vault over keys given as base64 texts of 32 bytes each: the first seals, all open. */
export const makeKeys = (keys: ReadonlyArray<Redacted.Redacted>): Effect.Effect<Vault["Type"], KeyFileInvalid> =>
  Effect.map(parse(keys, "the keys given"), fromKeys)

/** `Vault` over a file of keys. */
export const layer = (options: Options): Layer.Layer<Vault, KeyFileInvalid> => Layer.effect(Vault, make(options))

/** `Vault` over keys given as they are. */
export const layerKeys = (keys: ReadonlyArray<Redacted.Redacted>): Layer.Layer<Vault, KeyFileInvalid> =>
  Layer.effect(Vault, makeKeys(keys))
