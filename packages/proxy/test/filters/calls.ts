import { Effect, Either, Schema } from "effect"
import type { AnyKind, Filter, Handler, Place } from "../../src/Filter.ts"
import type { Request, Response } from "../../src/Message.ts"
import { defaults } from "../../src/Route.ts"

export const place: Place = { route: "platform", vendor: "platform", filters: [] }

/** A call as a filter gets it. */
export const call = (changes: Partial<Request> = {}): Request => ({
  route: "platform",
  caller: "shop",
  method: "GET",
  path: "/v1/statements",
  query: "",
  headers: ["accept", "*/*"],
  body: { _tag: "Empty" },
  limits: defaults.limits,
  sent: { exchanges: [] },
  untilMillis: Number.POSITIVE_INFINITY,
  ...changes
})

export const answer = (changes: Partial<Response> = {}): Response => ({
  status: 200,
  headers: [],
  body: { _tag: "Empty" },
  ...changes
})

/** What an upstream answers that says so at once. */
export const answering = (changes: Partial<Response> = {}): Handler => {
  const response = answer(changes)
  return () => Effect.succeed(response)
}

/** A filter of a kind, by its options as a file has them. */
export const made = (kind: AnyKind, options: unknown): Effect.Effect<Filter> =>
  Effect.flatMap(Schema.decodeUnknown(kind.options)(options), (decoded) => kind.make(decoded as never, place)).pipe(
    Effect.orDie,
    Effect.scoped
  )

/** The faults of options, as `place: message`. */
export const faultsOf = (kind: AnyKind, options: unknown): string =>
  Either.match(Schema.decodeUnknownEither(kind.options, { errors: "all", onExcessProperty: "error" })(options), {
    onLeft: ({ message }) => message,
    onRight: () => ""
  })
