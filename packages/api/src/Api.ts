import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import * as Document from "./Document.ts"
import { events } from "./EventCalls.ts"
import * as Examples from "./Examples.ts"
import { orders } from "./OrderCalls.ts"
import { ReturnParameters, vendorParam } from "./Parameters.ts"
import type { Code } from "./Problem.ts"
import { answers } from "./Problem.ts"
import { refunds } from "./RefundCalls.ts"

const notifying: ReadonlyArray<Code> = [
  "NOTIFICATION_REFUSED",
  "VENDOR_UNKNOWN",
  "BODY_TOO_LARGE",
  "STORE_UNAVAILABLE",
  "INTERNAL"
]

const returning: ReadonlyArray<Code> = ["ORDER_NOT_FOUND", "STORE_UNAVAILABLE", "INTERNAL"]

const vendorForm = { "*/*": { schema: { type: "string", description: "As the vendor writes and signs it" } } }

const notify = HttpApiEndpoint.post("notify")`/notify/${vendorParam}`
  .addSuccess(HttpApiSchema.Text({ contentType: "*/*" }))
  .addSuccess(HttpApiSchema.NoContent)
  .addError(answers(...notifying))
  .annotateContext(
    Document.call({
      title: "Receive a vendor's notification",
      description:
        "Verified, then on disk, then answered; a refusal, too, is in the vendor's own form where it has one.",
      isForApps: false,
      problems: notifying,
      request: { required: true, content: vendorForm },
      answers: {
        200: { description: "Received, in the vendor's own form", examples: {} },
        204: { description: "Received, where the vendor wants no words", examples: {} }
      }
    })
  )

const returned = HttpApiEndpoint.get("returned")`/return/${vendorParam}`
  .setUrlParams(ReturnParameters)
  .addSuccess(HttpApiSchema.Text({ contentType: "text/html" }))
  .addSuccess(HttpApiSchema.Empty(303))
  .addError(answers(...returning))
  .annotateContext(
    Document.call({
      title: "Take back a payer",
      description:
        "Where a vendor sends the payer's browser back to. The vendor is asked what became of the order, and the payer is sent on to the order's `returnUrl`. What the browser brings proves nothing.",
      isForApps: false,
      problems: returning,
      answers: {
        200: { description: "A page for the payer of an order without `returnUrl`", examples: {} },
        303: { description: "On to the order's `returnUrl`", examples: {} }
      }
    })
  )

const vendors = HttpApiGroup.make("vendors")
  .add(notify)
  .add(returned)
  .annotateContext(
    OpenApi.annotations({
      description:
        "For vendors and payers: a notification proves itself by its signature, a payer's return proves nothing."
    })
  )

const Alive = Schema.Struct({ status: Schema.Literal("alive") }).annotations({ identifier: "Alive" })

const Ready = Schema.Struct({
  status: Schema.Literal("ready"),
  configuration: Schema.Struct({
    loadedAt: Schema.String.annotations({ description: "When the configuration in force was taken up (RFC 3339)" }),
    refused: Schema.NullOr(
      Schema.Struct({
        since: Schema.String,
        source: Schema.String,
        faults: Schema.Array(Schema.Struct({ at: Schema.String, detail: Schema.String }))
      })
    ).annotations({ description: "Why the file as it is now is refused: the configuration before it stays in force" })
  })
}).annotations({ identifier: "Ready" })

const alive = HttpApiEndpoint.get("alive", "/healthz")
  .addSuccess(Alive)
  .annotateContext(
    Document.call({
      title: "Alive",
      description: "The process runs.",
      isForApps: false,
      problems: [],
      answers: { 200: { description: "Alive", examples: { alive: { status: "alive" } } } }
    })
  )

const ready = HttpApiEndpoint.get("ready", "/readyz")
  .addSuccess(Ready)
  .addError(answers("STORE_UNAVAILABLE"))
  .annotateContext(
    Document.call({
      title: "Ready",
      description: "Orders can be taken.",
      isForApps: false,
      problems: ["STORE_UNAVAILABLE"],
      answers: { 200: { description: "Ready", examples: { ready: Examples.ready } } }
    })
  )

const metrics = HttpApiEndpoint.get("metrics", "/metrics")
  .addSuccess(HttpApiSchema.Text({ contentType: "text/plain; version=0.0.4; charset=utf-8" }))
  .annotateContext(
    Document.call({
      title: "Metrics",
      description: "What the process counts, in the Prometheus text exposition format.",
      isForApps: false,
      problems: [],
      answers: { 200: { description: "Counters, gauges and histograms", examples: { moves: Examples.metrics } } }
    })
  )

const health = HttpApiGroup.make("health")
  .add(alive)
  .add(ready)
  .add(metrics)
  .annotateContext(OpenApi.annotations({ description: "For whoever keeps the process running." }))

/** The order API (design §8). */
export class Api extends HttpApi.make("payment-proxy")
  .add(orders)
  .add(refunds)
  .add(events)
  .add(vendors)
  .add(health)
  .annotate(HttpApi.AdditionalSchemas, Document.schemas)
  .annotateContext(
    OpenApi.annotations({
      title: "Payment Proxy",
      version: "1",
      description: "Orders, whatever the platform behind them. Errors are RFC 9457 problems with a stable `code`.",
      transform: Document.finished
    })
  ) {}
