import { Headers, HttpApiBuilder, HttpApiSwagger, HttpServerRequest } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Api } from "@payment-proxy/api"
import { Effect, Layer } from "effect"
import * as EventHandlers from "./EventHandlers.ts"
import * as EventStreams from "./EventStreams.ts"
import * as HealthHandlers from "./HealthHandlers.ts"
import * as Hygiene from "./Hygiene.ts"
import * as OrderHandlers from "./OrderHandlers.ts"
import { guarded } from "./Problems.ts"
import * as RefundHandlers from "./RefundHandlers.ts"
import * as VendorHandlers from "./VendorHandlers.ts"

/** Every answer that is not a handler's own is a problem, too. */
const problems = HttpApiBuilder.middleware((app) =>
  guarded(
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.zipRight(Hygiene.check(NodeHttpServerRequest.toIncomingMessage(request)), app)
    )
  )
)

/** The order API with its handlers. */
export const api = HttpApiBuilder.api(Api).pipe(
  Layer.provide([
    OrderHandlers.layer,
    RefundHandlers.layer,
    EventHandlers.layer,
    VendorHandlers.layer,
    HealthHandlers.layer
  ]),
  Layer.provide(EventStreams.layer)
)

/** Headers by which callers and vendors prove themselves: no trace shows them. */
export const redacted = Layer.scopedDiscard(
  Effect.locallyScoped(Headers.currentRedactedNames, [
    /authorization$/,
    "cookie",
    "set-cookie",
    /secret|token|password|(?:^|-)key$|(?:^|-)sig(?:nature)?$/
  ])
)

/** The API, its document at `/openapi.json` and its pages at `/docs`, on whatever server is provided. */
export const layer = HttpApiBuilder.serve().pipe(
  Layer.provide(problems),
  Layer.provide(HttpApiBuilder.middlewareOpenApi({ path: "/openapi.json" })),
  Layer.provide(HttpApiSwagger.layer({ path: "/docs" })),
  Layer.provide(api),
  Layer.provide(redacted)
)
