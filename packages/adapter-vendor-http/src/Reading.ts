import { Redaction } from "@payment-proxy/domain"
import { Effect, Either } from "effect"
import type { Answer } from "./Http.ts"
import type { Failure } from "./Vendor.ts"

/** What an answer belongs to, as operators find it. */
export interface Asked {
  readonly vendor: string
  readonly call: string
  readonly payOrderNo: string
}

const tooMany = 429

/**
 * An answer as it was read. One that was not understood is shown to operators, redacted; one that says that the vendor does not
 * take us as we are now (keys, permissions, balance) is told aloud, as only a person can mend it.
 */
export const told = <A>(
  said: Either.Either<A, Failure>,
  { vendor, call, payOrderNo }: Asked,
  { status, text }: Pick<Answer, "status" | "text">
): Effect.Effect<A, Failure> => {
  if (Either.isRight(said)) return said
  const { _tag, detail } = said.left
  const about = { vendor, call, payOrderNo, status }
  if (_tag === "InDoubt")
    return Effect.logWarning(`An answer was not understood. ${detail}`).pipe(
      Effect.annotateLogs({ ...about, said: Redaction.shape(text) }),
      Effect.zipRight(said)
    )
  return _tag === "Throttled" && status !== tooMany
    ? Effect.logWarning(`A call was not accepted now. ${detail}`).pipe(
        Effect.annotateLogs(about),
        Effect.zipRight(said)
      )
    : said
}
