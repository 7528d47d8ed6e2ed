import { timingSafeEqual } from "node:crypto"
import { AppKeys } from "@payment-proxy/application"
import type { App, StoreUnavailable } from "@payment-proxy/ports"
import { Apps } from "@payment-proxy/ports"
import { Data, Effect, Option } from "effect"

/** The key is missing, malformed, unknown or wrong: which of these is not said. */
export class Unauthorized extends Data.TaggedError("Unauthorized") {}

const pattern = /^pp_(?:live|test)_([0-9a-z]{12})_([0-9A-Za-z]{43})$/
const { hash, isActive } = AppKeys

const unknown = hash("an unknown key is compared as well, so that time tells nothing")

const unauthorized = Effect.fail(new Unauthorized())

/**
 * The app whose key an `Authorization` header holds (RFC 6750 §2.1), where `admit` lets it in; the comparison takes the same time for
 * every key.
 */
export const authenticate = <E = never>(
  header: string | undefined,
  admit: (app: App) => Effect.Effect<App, E> = Effect.succeed
): Effect.Effect<App, Unauthorized | StoreUnavailable | E, Apps> => {
  const [, keyId, secret] = pattern.exec(/^bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "") ?? []
  if (keyId === undefined || secret === undefined) return unauthorized
  return Effect.flatMap(Apps, (apps) =>
    Effect.flatMap(apps.keyById(keyId), (key) =>
      Effect.clockWith((clock): Effect.Effect<App, Unauthorized | StoreUnavailable | E> => {
        const expected = Option.match(key, { onNone: () => unknown, onSome: ({ secretSha256 }) => secretSha256 })
        const isRight = timingSafeEqual(Buffer.from(hash(secret), "hex"), Buffer.from(expected, "hex"))
        if (Option.isNone(key) || !isRight) return unauthorized
        if (!isActive(key.value, clock.unsafeCurrentTimeMillis())) return unauthorized
        return Effect.flatMap(
          apps.byId(key.value.app),
          (found): Effect.Effect<App, Unauthorized | E> =>
            Option.isSome(found) && !found.value.isDisabled ? admit(found.value) : unauthorized
        )
      })
    )
  )
}
