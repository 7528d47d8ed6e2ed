import { KeyEncryption, KeyRing, KeysUnavailable, Unsealable, Vault } from "@payment-proxy/ports"
import { Array as Arr, Context, Effect, Layer, Redacted } from "effect"
import * as Envelope from "./Envelope.ts"
import * as Host from "./Host.ts"
import type * as Key from "./Key.ts"
import * as KeyFile from "./KeyFile.ts"
import type { KeyFileInvalid } from "./KeyFileInvalid.ts"
import * as Sealing from "./Sealing.ts"

export type { Options } from "./KeyFile.ts"

/** How long a process may go on wrapping by a key that is no longer the first: so often it looks whether the file has changed. */
const lookEveryNanos = 2_000_000_000n
/** How long after a change of the file it may be that something is sealed by an older key, or was and is not on disk yet. */
const restMillis = 60_000

type Keys = Arr.NonEmptyReadonlyArray<Key.Key>

/** The keys as they are now, and, for one that is not among them, once more from where they are from. */
interface Source {
  readonly now: Effect.Effect<Keys>
  readonly again: Effect.Effect<Keys>
}

const keyIn = (keys: Keys, keyId: string) => Arr.findFirst(keys, ({ id }) => id === keyId)

const encryptionOf = (source: Source): KeyEncryption["Type"] =>
  KeyEncryption.of({
    keyId: Effect.map(source.now, (keys) => Arr.headNonEmpty(keys).id),
    wrap: (context, dataKey) =>
      Effect.map(source.now, (keys) => {
        const { id, object } = Arr.headNonEmpty(keys)
        const bytes = Host.encrypt(object, Sealing.additional.wrapped(id, context), Redacted.value(dataKey))
        return { keyId: id, bytes }
      }),
    unwrap: (context, { keyId, bytes }) =>
      keyOf(source, keyId).pipe(
        Effect.flatMap(({ object }) => Host.decrypt(object, Sealing.additional.wrapped(keyId, context), bytes)),
        Effect.filterOrFail((dataKey) => dataKey.length === Host.sizes.key),
        Effect.mapBoth({ onFailure: () => new Unsealable({ context }), onSuccess: (dataKey) => Redacted.make(dataKey) })
      )
  })

/** The key of this id; another process may just have put it into the file. */
const keyOf = ({ now, again }: Source, keyId: string) =>
  Effect.flatMap(now, (keys) => keyIn(keys, keyId)).pipe(
    Effect.orElse(() => Effect.flatMap(again, (keys) => keyIn(keys, keyId)))
  )

const openFormerly =
  (source: Source): Envelope.OpenFormer =>
  (context, { keyId, body }) =>
    keyOf(source, keyId).pipe(
      Effect.flatMap(({ object }) => Host.decrypt(object, Sealing.additional.former(keyId, context), body)),
      Effect.mapBoth({ onFailure: () => new Unsealable({ context }), onSuccess: (text) => text.toString("utf8") })
    )

const servicesOf = (source: Source) => {
  const encryption = encryptionOf(source)
  return Context.make(KeyEncryption, encryption).pipe(
    Context.add(Vault, Envelope.make(encryption, openFormerly(source)))
  )
}

/** The keys of a file that others may change: looked at now and then, and read again where it has changed. */
const following = (file: string, first: KeyFile.Keys, firstNanos: bigint): Source => {
  let { keys, signature } = first
  let lookedNanos = firstNanos

  const look = Effect.gen(function* () {
    const found = yield* Host.signature(file)
    if (found === signature) return keys
    const read = yield* KeyFile.read({ file, create: false })
    keys = read.keys
    signature = read.signature
    yield* Effect.logInfo("The key file has changed and was read again.", { keyIds: keys.map(({ id }) => id) })
    return keys
  }).pipe(
    // The keys that are known go on being used.
    Effect.catchAll((fault) =>
      Effect.as(Effect.logWarning("The key file has changed and cannot be read.", fault), keys)
    )
  )

  const now = Effect.clockWith((clock) => {
    const nowNanos = clock.unsafeCurrentTimeNanos()
    if (nowNanos - lookedNanos < lookEveryNanos) return Effect.succeed(keys)
    lookedNanos = nowNanos
    return look
  })
  return { now, again: look }
}

const unavailable = (fault: KeyFileInvalid) => new KeysUnavailable({ detail: fault.message })

const ringOf = (file: string): KeyRing["Type"] =>
  KeyRing.of({
    keyIds: Effect.mapBoth(KeyFile.read({ file, create: false }), {
      onFailure: unavailable,
      onSuccess: ({ keys }) => keys.map(({ id }) => id)
    }),
    add: Effect.mapError(KeyFile.addKey(file), unavailable),
    settled: Effect.mapError(KeyFile.settled(file, restMillis), unavailable),
    remove: (keyId) => Effect.mapError(KeyFile.removeKey(file, keyId), unavailable)
  })

/** A vault and its keys over a file: the first seals, all open; `KeyFileInvalid` where it is missing, unreadable or holds anything else. */
export const make = (
  options: KeyFile.Options
): Effect.Effect<Context.Context<Vault | KeyEncryption | KeyRing>, KeyFileInvalid> =>
  Effect.clockWith((clock) =>
    Effect.suspend(() => {
      const nowNanos = clock.unsafeCurrentTimeNanos()
      return Effect.map(KeyFile.read(options), (first) =>
        Context.add(servicesOf(following(options.file, first, nowNanos)), KeyRing, ringOf(options.file))
      )
    })
  )

/** A vault and its keys given as base64 texts of 32 bytes each: the first seals, all open. */
export const makeKeys = (
  texts: ReadonlyArray<Redacted.Redacted>
): Effect.Effect<Context.Context<Vault | KeyEncryption>, KeyFileInvalid> =>
  Effect.map(KeyFile.parse(texts, "the keys given"), (keys) => {
    const now = Effect.succeed(keys)
    return servicesOf({ now, again: now })
  })

/** `Vault`, `KeyEncryption` and `KeyRing` over a file of keys. */
export const layer = (options: KeyFile.Options): Layer.Layer<Vault | KeyEncryption | KeyRing, KeyFileInvalid> =>
  Layer.effectContext(make(options))

/** `Vault` and `KeyEncryption` over keys given as they are. */
export const layerKeys = (keys: ReadonlyArray<Redacted.Redacted>): Layer.Layer<Vault | KeyEncryption, KeyFileInvalid> =>
  Layer.effectContext(makeKeys(keys))
