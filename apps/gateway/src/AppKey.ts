import { hash as digest, randomBytes, timingSafeEqual } from "node:crypto"
import type { App, StoreUnavailable } from "@payment-proxy/ports"
import { Apps } from "@payment-proxy/ports"
import { Data, Effect, Option } from "effect"

/** The key is missing, malformed, unknown or wrong: which of these is not said. */
export class Unauthorized extends Data.TaggedError("Unauthorized") {}

const pattern = /^pp_(?:live|test)_([0-9a-z]{12})_([0-9A-Za-z]{43})$/
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

/** A new key: its text is shown once, its hash is what is stored. */
export const generate = (): { readonly text: string; readonly keyId: string; readonly secretSha256: string } => {
  const keyId = randomText(12, letters.slice(0, 10) + letters.slice(36))
  const secret = randomText(43, letters)
  return { text: `pp_live_${keyId}_${secret}`, keyId, secretSha256: hash(secret) }
}

const unknown = hash("an unknown key is compared as well, so that time tells nothing")

const unauthorized = Effect.fail(new Unauthorized())

/** The app whose key an `Authorization` header holds (RFC 6750 §2.1); the comparison takes the same time for every key. */
export const authenticate = (header: string | undefined): Effect.Effect<App, Unauthorized | StoreUnavailable, Apps> => {
  const [, keyId, secret] = pattern.exec(/^bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "") ?? []
  if (keyId === undefined || secret === undefined) return unauthorized
  return Effect.flatMap(Apps, (apps) =>
    Effect.flatMap(apps.keyById(keyId), (key) =>
      Effect.clockWith((clock) => {
        const expected = Option.match(key, { onNone: () => unknown, onSome: ({ secretSha256 }) => secretSha256 })
        const isRight = timingSafeEqual(Buffer.from(hash(secret), "hex"), Buffer.from(expected, "hex"))
        if (Option.isNone(key) || !isRight) return unauthorized
        const { app, revokedAtMillis } = key.value
        if (revokedAtMillis !== null && revokedAtMillis <= clock.unsafeCurrentTimeMillis()) return unauthorized
        return Effect.flatMap(apps.byId(app), (found) =>
          Option.isSome(found) && !found.value.isDisabled ? Effect.succeed(found.value) : unauthorized
        )
      })
    )
  )
}
