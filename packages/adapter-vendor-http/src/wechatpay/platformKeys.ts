import type { KeyObject } from "node:crypto"
import { Clock, Effect, Exit, Fiber, Ref, Schedule, type Scope } from "effect"
import type { Send } from "../Http.ts"
import type { Account } from "./account.ts"
import * as Certificates from "./certificates.ts"
import * as Keys from "./keys.ts"
import { Broken } from "./seals.ts"
import * as Signing from "./signing.ts"

/** The keys that WeChat Pay signs with, by their serials. */
export interface PlatformKeys {
  /**
   * The key of a serial; an unknown certificate's is fetched first, for which `waitMillis` are waited at most. `KEY`:
   * there is none; `CERTIFICATE`: it has expired; `UNAVAILABLE`: it could not be fetched now.
   */
  readonly find: (serial: string, waitMillis: number) => Effect.Effect<KeyObject, Broken>
}

const noKey = new Broken({ reason: "KEY", detail: "It is signed by a key that is not known." })
const expired = new Broken({ reason: "CERTIFICATE", detail: "It is signed by a certificate that has expired." })
const unavailable = new Broken({
  reason: "UNAVAILABLE",
  detail: "It is signed by a key that could not be fetched now."
})

const bySerial = (certificates: ReadonlyArray<Keys.Certificate>) =>
  new Map(certificates.map((certificate) => [Keys.serialOf(certificate.serial), certificate]))

/** The least time between two fetches, however many ask for one. */
const restMillis = 30_000

/** WeChat Pay asks for less than 12 hours (vendors' reference §1c). */
const refreshing = Schedule.spaced("11 hours")

const retrying = Schedule.exponential("1 minute").pipe(Schedule.union(Schedule.spaced("15 minutes")))

/** Keys that are all given and never change. */
const given = ({ publicKey }: Account): PlatformKeys => ({
  find: (serial) => (publicKey !== null && serial === publicKey.id ? Effect.succeed(publicKey.key) : noKey)
})

/** Fetches certificates at once, every 11 hours, and when an unknown one is met: one fetch for all that wait, and then a rest. */
const fetching = (account: Account, send: Send, limitMillis: number) =>
  Effect.gen(function* () {
    const known = yield* Ref.make(bySerial(account.certificates))
    const scope = yield* Effect.scope
    const fetch = Effect.gen(function* () {
      const call = Signing.call(Certificates.request, account, yield* Signing.stamp)
      const limit = { millis: limitMillis, untilMillis: Number.POSITIVE_INFINITY }
      const answer = yield* Effect.mapError(send(call, limit), ({ detail }) => detail)
      const before = [...(yield* Ref.get(known)).values()]
      const found = yield* Certificates.read(answer, account, before, yield* Clock.currentTimeMillis)
      yield* Ref.set(known, bySerial([...before, ...found]))
    }).pipe(
      Effect.tapError((detail) =>
        Effect.annotateLogs(
          Effect.logWarning(`WeChat Pay's certificates could not be fetched. ${detail}`),
          "vendor",
          account.placed.name
        )
      )
    )
    const running = yield* Effect.cachedWithTTL(Effect.forkIn(Effect.interruptible(fetch), scope), restMillis)
    const refreshed = Effect.flatten(Effect.flatMap(Effect.uninterruptible(running), Fiber.await))
    yield* refreshed.pipe(Effect.retry(retrying), Effect.repeat(refreshing), Effect.ignore, Effect.forkScoped)

    const look = (serial: string) =>
      Effect.all({ all: Ref.get(known), nowMillis: Clock.currentTimeMillis }).pipe(
        Effect.flatMap(({ all, nowMillis }) => {
          const found = all.get(serial)
          if (found === undefined) return noKey
          return found.untilMillis > nowMillis ? Effect.succeed(found.key) : expired
        })
      )
    const fetched = (serial: string, waitMillis: number) =>
      Effect.exit(refreshed).pipe(
        Effect.timeoutFail({ duration: Math.max(waitMillis, 0), onTimeout: () => unavailable }),
        Effect.flatMap((exit) => (Exit.isSuccess(exit) ? look(serial) : unavailable))
      )
    const find: PlatformKeys["find"] = (serial, waitMillis) =>
      Effect.catchIf(
        look(serial),
        (failure) => failure === noKey,
        () => fetched(serial, waitMillis)
      )
    return find
  })

/** The keys of an account: its public key, and where they are wished for the certificates, kept fresh as long as the scope lasts. */
export const make = (
  account: Account,
  send: Send,
  limitMillis: number
): Effect.Effect<PlatformKeys, never, Scope.Scope> =>
  account.isFetching
    ? Effect.map(fetching(account, send, limitMillis), (find) => ({
        find: (serial, waitMillis) =>
          Keys.isKeyId(serial) ? given(account).find(serial, waitMillis) : find(Keys.serialOf(serial), waitMillis)
      }))
    : Effect.succeed(given(account))
