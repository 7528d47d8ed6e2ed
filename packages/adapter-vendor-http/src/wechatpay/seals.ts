import type { RefusalReason } from "@payment-proxy/ports"
import { Clock, Data, Effect, Either } from "effect"
import type { PlatformKeys } from "./platformKeys.ts"
import * as Signing from "./signing.ts"

/** Why a message is not taken as WeChat Pay's. */
export class Broken extends Data.TaggedError("Broken")<{ readonly reason: RefusalReason; readonly detail: string }> {}

/** What a message of WeChat Pay says that it was signed with (vendors' reference §1c). */
export interface Seal extends Signing.Stamp {
  readonly signature: string
  readonly serial: string
}

type Headers = { readonly [name: string]: string | undefined }

const broken = (reason: RefusalReason, detail: string): Either.Either<never, Broken> =>
  Either.left(new Broken({ reason, detail }))

/** What WeChat Pay's deliberately bad signatures begin with. */
const probe = "WECHATPAY/SIGNTEST/"

/** The seal in a message's headers. */
export const of = (headers: Headers): Either.Either<Seal, Broken> => {
  const signature = headers["wechatpay-signature"]
  const timestamp = headers["wechatpay-timestamp"]
  const nonce = headers["wechatpay-nonce"]
  const serial = headers["wechatpay-serial"]
  if (signature?.startsWith(probe) === true) return broken("PROBE", "Its signature is one of WeChat Pay's tests.")
  if (signature === undefined || timestamp === undefined || nonce === undefined || serial === undefined)
    return broken("SIGNATURE", "A Wechatpay header is missing.")
  if ((headers["wechatpay-signature-type"] ?? "WECHATPAY2-SHA256-RSA2048") !== "WECHATPAY2-SHA256-RSA2048")
    return broken("SIGNATURE", "It is signed by another algorithm than RSA with SHA-256.")
  if (!/^\d{1,12}$/.test(timestamp)) return broken("STALE", "Its timestamp is no count of seconds.")
  return Either.right({ signature, timestamp, nonce, serial })
}

const tolerancedMillis = 300_000

/** Whether the seal was made less than 5 minutes from `nowMillis`. */
export const isTimely = ({ timestamp }: Signing.Stamp, nowMillis: number): boolean =>
  Math.abs(nowMillis - Number(timestamp) * 1000) < tolerancedMillis

/** Whether a message is WeChat Pay's, word for word and of now; waits at most `waitMillis` for a key to be fetched. */
export const verify = (
  headers: Headers,
  body: string | Uint8Array,
  keys: PlatformKeys,
  waitMillis: number
): Effect.Effect<void, Broken> =>
  Effect.gen(function* () {
    const seal = yield* of(headers)
    if (!isTimely(seal, yield* Clock.currentTimeMillis))
      return yield* broken("STALE", "It was signed 5 minutes or more from now.")
    const key = yield* keys.find(seal.serial, waitMillis)
    if (!Signing.verify(seal, body, seal.signature, key))
      return yield* broken("SIGNATURE", "It was altered or signed by someone else.")
  })
