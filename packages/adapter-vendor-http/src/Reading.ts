import { Effect, Either } from "effect"
import type { Answer } from "./Http.ts"
import { redacted } from "./Redaction.ts"
import type { Failure } from "./Vendor.ts"

/** What an answer belongs to, as operators find it. */
export interface Asked {
  readonly vendor: string
  readonly call: string
  readonly payOrderNo: string
}

/** An answer as it was read; one that was not understood is shown to operators, redacted. */
export const told = <A>(
  said: Either.Either<A, Failure>,
  { vendor, call, payOrderNo }: Asked,
  { status, text }: Pick<Answer, "status" | "text">
): Effect.Effect<A, Failure> =>
  Either.isRight(said) || said.left._tag !== "InDoubt"
    ? said
    : Effect.logWarning(`An answer was not understood. ${said.left.detail}`).pipe(
        Effect.annotateLogs({ vendor, call, payOrderNo, status, said: redacted(text) }),
        Effect.zipRight(said)
      )
