import { hash as digest, randomBytes } from "node:crypto"
import type { AppKey, StoreUnavailable } from "@payment-proxy/ports"
import { Apps } from "@payment-proxy/ports"
import { Clock, Data, Duration, Effect, Redacted } from "effect"
import { type AppNotFound, show } from "./Registry.ts"

/** The app has as many keys in use as it may have: revoke one first. */
export class TooManyKeys extends Data.TaggedError("TooManyKeys")<{
  readonly app: string
  readonly keyIds: ReadonlyArray<string>
}> {}

/** There is no key of this id in use. */
export class KeyNotFound extends Data.TaggedError("KeyNotFound")<{ readonly keyId: string }> {}

/** A key that was made: its text is shown once, its hash is what is stored. */
export interface NewKey {
  readonly keyId: string
  /** `pp_live_<id>_<secret>` */
  readonly text: Redacted.Redacted
}

/** At most so many keys of an app are in use at once: one, and the one that takes over from it. */
export const maxActive = 2

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** `length` random letters; bytes that would make some letters likelier are thrown away. */
const randomText = (length: number, alphabet: string): string => {
  const bound = 256 - (256 % alphabet.length)
  let text = ""
  while (text.length < length)
    for (const byte of randomBytes(length))
      if (byte < bound && text.length < length) text += alphabet[byte % alphabet.length]
  return text
}

/** The SHA-256 of a key's secret part, hex: a random 256-bit secret needs no slow hash (OWASP ASVS 11.4.1). */
export const hash = (secret: string): string => digest("sha256", secret, "hex")

/** A new key, which nobody knows yet. */
export const generate = (): { readonly text: string; readonly keyId: string; readonly secretSha256: string } => {
  const keyId = randomText(12, letters.slice(0, 10) + letters.slice(36))
  const secret = randomText(43, letters)
  return { text: `pp_live_${keyId}_${secret}`, keyId, secretSha256: hash(secret) }
}

/** Whether a key opens at this time. */
export const isActive = ({ revokedAtMillis }: AppKey, nowMillis: number): boolean =>
  revokedAtMillis === null || nowMillis < revokedAtMillis

const added = (app: string): Effect.Effect<NewKey, StoreUnavailable, Apps> =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const { text, keyId, secretSha256 } = generate()
    const createdAtMillis = yield* Clock.currentTimeMillis
    yield* apps.addKey({ keyId, app, secretSha256, createdAtMillis, revokedAtMillis: null })
    return { keyId, text: Redacted.make(text) }
  })

const known = (app: string): Effect.Effect<ReadonlyArray<AppKey>, AppNotFound | StoreUnavailable, Apps> =>
  Effect.zipRight(
    show(app),
    Effect.flatMap(Apps, (apps) => apps.keysOf(app))
  )

/** The keys of an app, oldest first, those that open nothing any more too. */
export const list = (app: string) => known(app)

/** A further key for an app, which has at most two in use. */
export const create = (app: string) =>
  Effect.gen(function* () {
    const nowMillis = yield* Clock.currentTimeMillis
    const active = (yield* known(app)).filter((key) => isActive(key, nowMillis))
    if (active.length >= maxActive) return yield* new TooManyKeys({ app, keyIds: active.map(({ keyId }) => keyId) })
    return yield* added(app)
  })

/** A new key that takes over: the others of the app open for `overlap` more, at most; the oldest ends at once where there are two. */
export const rotate = (app: string, overlap: Duration.Duration) =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const nowMillis = yield* Clock.currentTimeMillis
    const active = (yield* known(app)).filter((key) => isActive(key, nowMillis))
    const ending = active.slice(0, -(maxActive - 1))
    for (const { keyId } of ending) yield* apps.revokeKey(keyId, nowMillis)
    for (const { keyId } of active.slice(ending.length))
      yield* apps.revokeKey(keyId, nowMillis + Duration.toMillis(overlap))
    return yield* added(app)
  })

/** From now on the key opens nothing; processes that know it take it for 10 s more at most. */
export const revoke = (keyId: string) =>
  Effect.gen(function* () {
    const apps = yield* Apps
    const nowMillis = yield* Clock.currentTimeMillis
    if (!(yield* apps.revokeKey(keyId, nowMillis))) return yield* new KeyNotFound({ keyId })
  })
