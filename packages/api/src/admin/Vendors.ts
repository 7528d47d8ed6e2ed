import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Time } from "../Order.ts"
import { answers } from "../Problem.ts"
import * as Call from "./Call.ts"
import { Because } from "./Orders.ts"

/** How a vendor does, as seen by all our processes. */
export const AdminVendor = Schema.Struct({
  name: Schema.String,
  kind: Schema.String,
  /** What it can do beside create and query: `close`, `capture`, `refund`, `bill` … */
  can: Schema.Array(Schema.String),
  /** Of the last 5 minutes. `unknown`: no call was made. */
  health: Schema.Literal("ok", "degraded", "down", "unknown"),
  calls: Schema.Number,
  errors: Schema.Number,
  p50Millis: Schema.NullOr(Schema.Number),
  p99Millis: Schema.NullOr(Schema.Number),
  lastAnswerAt: Schema.NullOr(Time),
  /** How the circuit breakers of its routes stand in the process that answers, the worst one; null: no route has one. */
  circuit: Schema.NullOr(Schema.Literal("closed", "open", "half-open")),
  /** The access token that this process has; null where the vendor has none or none was asked for yet. */
  token: Schema.NullOr(Schema.Struct({ ageSeconds: Schema.Number, leftSeconds: Schema.NullOr(Schema.Number) }))
}).annotations({ identifier: "AdminVendor" })

/** What a test call came to. */
export const TestCall = Schema.Struct({
  isReached: Schema.Boolean,
  /** What the vendor did; `knows-us` is as it should be. */
  outcome: Schema.Literal("knows-us", "odd", "refused", "throttled", "not-sent", "unclear"),
  millis: Schema.Number,
  /** What it means, and what to do. */
  detail: Schema.String
}).annotations({ identifier: "TestCall" })

const name = HttpApiSchema.param("vendor", Schema.String)

const found = HttpApiEndpoint.get("list", "/admin/vendors")
  .addSuccess(Schema.Array(AdminVendor))
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "List vendors", "As configured, with how they do."))

const test = HttpApiEndpoint.post("test")`/admin/vendors/${name}/test`
  .setPayload(Because)
  .addSuccess(TestCall)
  .addError(answers("BODY_INVALID", "VENDOR_UNKNOWN", "STORE_UNAVAILABLE"))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about(
      "operator",
      "Try a vendor",
      "Asks for an order that cannot exist: reached, and known by it, where it says so. Moves nothing."
    )
  )

/** The platforms behind the proxy. */
export const vendors = HttpApiGroup.make("vendors").add(found).add(test)
