import { HttpApiBuilder, HttpServerRequest } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Admin } from "@payment-proxy/api"
import { Effect, Layer } from "effect"
import { redacted } from "../Http.ts"
import * as Hygiene from "../Hygiene.ts"
import { guarded } from "../Problems.ts"
import * as AppHandlers from "./AppHandlers.ts"
import * as Gate from "./Gate.ts"
import * as OperatorHandlers from "./OperatorHandlers.ts"
import * as OrderHandlers from "./OrderHandlers.ts"
import * as OverviewHandlers from "./OverviewHandlers.ts"
import * as ProposalHandlers from "./ProposalHandlers.ts"
import * as ReconciliationHandlers from "./ReconciliationHandlers.ts"
import * as SessionHandlers from "./SessionHandlers.ts"
import * as VendorHandlers from "./VendorHandlers.ts"

/** Every answer that is not a handler's own is a problem, too. */
const problems = HttpApiBuilder.middleware((app) =>
  guarded(
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.zipRight(Hygiene.check(NodeHttpServerRequest.toIncomingMessage(request)), app)
    ),
    "The console is at /console/."
  )
)

/** What operators call, with its handlers, behind its gates. */
export const api = HttpApiBuilder.api(Admin.Api).pipe(
  Layer.provide([
    SessionHandlers.layer,
    OverviewHandlers.layer,
    OrderHandlers.layer,
    ProposalHandlers.layer,
    AppHandlers.layer,
    VendorHandlers.layer,
    ReconciliationHandlers.layer,
    OperatorHandlers.layer
  ]),
  Layer.provide(Gate.layer)
)

/** The same on whatever server is provided. */
export const layer = HttpApiBuilder.serve().pipe(Layer.provide(problems), Layer.provide(api), Layer.provide(redacted))
