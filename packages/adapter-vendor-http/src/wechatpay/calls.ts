import type { Rejected, Throttled } from "@payment-proxy/ports"
import { InDoubt } from "@payment-proxy/ports"
import { Clock, Effect, Either } from "effect"
import type { Answer, Limit, Send } from "../Http.ts"
import { told } from "../Reading.ts"
import type { Failure } from "../Vendor.ts"
import type { Account } from "./account.ts"
import * as Answers from "./answers.ts"
import type { PlatformKeys } from "./platformKeys.ts"
import * as Seals from "./seals.ts"
import * as Signing from "./signing.ts"

/** What a call is about, as operators find it. */
export interface About {
  readonly call: Answers.Call
  /** The order's number, or a bill's day. */
  readonly of: string
}

/**
 * Sends a call, verifies its answer where that has to be signed, and reads it; a stamp of
 *  when it is read is there for what has to be signed then. Failures are told with the vendor's `Request-ID`.
 */
export type Ask = <A>(
  request: Signing.Request,
  limit: Limit,
  about: About,
  read: (answer: Answer, now: Signing.Stamp) => Either.Either<A, Rejected | Throttled | InDoubt>
) => Effect.Effect<A, Failure>

/** Whether an answer is WeChat Pay's; for a key that has to be fetched first it waits as long as the call may take. */
const verified = (answer: Answer, keys: PlatformKeys, { millis, untilMillis }: Limit) =>
  Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
    Seals.verify(answer.headers, answer.text, keys, Math.min(millis, untilMillis - nowMillis))
  ).pipe(
    Effect.mapError(({ detail }) => new InDoubt({ detail: `The answer cannot be trusted. ${detail}` })),
    Effect.either
  )

/** Answers what is not evidence, for operators: what was not accepted, and by which `Request-ID` the vendor finds it. */
const noted = <A>(failed: Effect.Effect<A, Failure>, answer: Answer, vendor: string, { call, of }: About) =>
  failed.pipe(
    Effect.tapErrorTag("Rejected", ({ detail }) => Effect.logInfo(`A call was not accepted. ${detail}`)),
    Effect.annotateLogs({
      vendor,
      call,
      payOrderNo: of,
      status: answer.status,
      requestId: Answers.requestId(answer) ?? "none"
    })
  )

/** How calls of an account are made. */
export const make =
  (account: Account, keys: PlatformKeys, send: Send): Ask =>
  (request, limit, about, read) =>
    Effect.gen(function* () {
      const answer = yield* send(Signing.call(request, account, yield* Signing.stamp), limit)
      const proof = Answers.isSigned(answer) ? yield* verified(answer, keys, limit) : Either.void
      const said = Either.isLeft(proof) ? Either.left(proof.left) : read(answer, yield* Signing.stamp)
      const asked = { vendor: account.placed.name, call: about.call, payOrderNo: about.of }
      return yield* noted(told(said, asked, answer), answer, account.placed.name, about)
    })
