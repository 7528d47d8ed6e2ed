import { HttpApiBuilder, HttpApiError, HttpApiSwagger, HttpServerError, HttpServerResponse } from "@effect/platform"
import { Api, Decoding, Problem } from "@payment-proxy/api"
import { Cause, Effect, Layer } from "effect"
import * as HealthHandlers from "./HealthHandlers.ts"
import * as Hygiene from "./Hygiene.ts"
import * as OrderHandlers from "./OrderHandlers.ts"
import { answer, Refused } from "./Problems.ts"
import * as VendorHandlers from "./VendorHandlers.ts"

/** What went wrong outside a handler, as the problem that the caller is answered. */
const problemOf = (error: unknown): Problem.Problem | undefined => {
  if (error instanceof Refused) return error.problem
  if (error instanceof HttpApiError.HttpApiDecodeError) {
    const faults = error.issues.map(({ path, message }) => ({
      pointer: Decoding.pointerOf(path),
      code: "PARAMETER_INVALID",
      detail: message
    }))
    return Problem.make("PARAMETER_INVALID", "The address has faults.", faults)
  }
  return error instanceof HttpServerError.RouteNotFound
    ? Problem.make("NOT_FOUND", "There is nothing at this address for this method. /docs lists what there is.")
    : undefined
}

/** Every answer that is not a handler's own is a problem, too; what we did not foresee is logged and shown as nothing. */
const problems = HttpApiBuilder.middleware((app) =>
  Effect.catchAllCause(Effect.zipRight(Hygiene.check, app), (cause) => {
    const problem = problemOf(Cause.squash(cause))
    if (problem !== undefined) return Effect.succeed(answer(problem))
    if (Cause.isInterruptedOnly(cause)) return Effect.succeed(HttpServerResponse.empty({ status: 499 }))
    return Effect.logError("A request failed in a way that was not foreseen.", cause).pipe(
      Effect.as(
        answer(
          Problem.make("INTERNAL", "It is on record. Ask for the order, or try again with the same Idempotency-Key.")
        )
      )
    )
  })
)

/** The order API with its handlers. */
export const api = HttpApiBuilder.api(Api).pipe(
  Layer.provide([OrderHandlers.layer, VendorHandlers.layer, HealthHandlers.layer])
)

/** The API, its document at `/openapi.json` and its pages at `/docs`, on whatever server is provided. */
export const layer = HttpApiBuilder.serve().pipe(
  Layer.provide(problems),
  Layer.provide(HttpApiBuilder.middlewareOpenApi({ path: "/openapi.json" })),
  Layer.provide(HttpApiSwagger.layer({ path: "/docs" })),
  Layer.provide(api)
)
