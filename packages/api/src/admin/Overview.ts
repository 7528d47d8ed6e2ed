import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Time } from "../Order.ts"
import { answers } from "../Problem.ts"
import { LastFailure } from "./Apps.ts"
import * as Call from "./Call.ts"

/** What happened with a vendor in one minute. */
export const Minute = Schema.Struct({
  at: Time,
  placed: Schema.Number,
  succeeded: Schema.Number,
  failed: Schema.Number,
  /** Calls that we made to it, and those that brought no definite answer (in doubt, unreachable, throttled). */
  calls: Schema.Number,
  errors: Schema.Number,
  /** Of those calls, in milliseconds; null where there were none. */
  p50Millis: Schema.NullOr(Schema.Number),
  p99Millis: Schema.NullOr(Schema.Number)
}).annotations({ identifier: "Minute" })

/** A vendor's last hour, the oldest minute first; minutes in which nothing happened are there with zeros. */
export const VendorHour = Schema.Struct({
  vendor: Schema.String,
  kind: Schema.String,
  minutes: Schema.Array(Minute)
}).annotations({ identifier: "VendorHour" })

/** What waits in one queue of due work. */
export const QueueLag = Schema.Struct({
  queue: Schema.Literal("orders", "deliveries", "inbox", "reconcile"),
  /** Due now and not done: at most 10 000 are counted. */
  waiting: Schema.Number,
  /** How long the oldest of them has been due, in seconds; 0 where nothing waits. */
  oldestSeconds: Schema.Number
}).annotations({ identifier: "QueueLag" })

/** An order that an operator should look at. */
export const Troubled = Schema.Struct({
  payOrderNo: Schema.String,
  vendor: Schema.String,
  app: Schema.String,
  status: Schema.String,
  since: Time,
  reason: Schema.NullOr(Schema.String)
}).annotations({ identifier: "Troubled" })

/** How the whole stands now. */
export const Overview = Schema.Struct({
  at: Time,
  vendors: Schema.Array(VendorHour),
  /** The longest in doubt first, at most 10. */
  inDoubt: Schema.Struct({ count: Schema.Number, oldest: Schema.Array(Troubled) }),
  /** Payments and refunds that wait for a person, at most 10 of them shown. */
  held: Schema.Struct({ count: Schema.Number, oldest: Schema.Array(Troubled) }),
  /** Proposals that wait for a second person. */
  proposals: Schema.Number,
  queues: Schema.Array(QueueLag),
  /** Endpoints that are behind, the furthest first, at most 10. `stopped`: why nothing more is sent to it. */
  deliveriesBehind: Schema.Array(
    Schema.Struct({
      app: Schema.String,
      endpoint: Schema.String,
      waiting: Schema.Number,
      oldestSeconds: Schema.Number,
      /** When the first of what waits is due; in the past while it waits for its turn. */
      nextAt: Time,
      /** The last try in vain of what waits; null where none was tried. */
      lastFailure: Schema.NullOr(LastFailure),
      stopped: Schema.NullOr(Schema.String)
    })
  )
}).annotations({ identifier: "Overview" })

const now = HttpApiEndpoint.get("now", "/admin/overview")
  .addSuccess(Overview)
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Read how the whole stands", "Counts are at most a few seconds old."))

const live = HttpApiEndpoint.get("live", "/admin/overview/live")
  .addSuccess(HttpApiSchema.Text({ contentType: "text/event-stream" }))
  .addError(answers("STREAMS_FULL", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(
    Call.about(
      "viewer",
      "Follow how the whole stands",
      "Server-Sent Events `overview`, each an Overview, every two seconds; read once for all that follow."
    )
  )

/** How the whole stands. */
export const overview = HttpApiGroup.make("overview").add(now).add(live)
