import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { list, Time } from "../Order.ts"
import type { Code } from "../Problem.ts"
import { answers } from "../Problem.ts"
import * as Call from "./Call.ts"
import { Because } from "./Orders.ts"

const kind = Schema.Literal("MISSING_HERE", "MISSING_THERE", "AMOUNT", "STATUS", "FEE", "DUPLICATE")
const status = Schema.Literal("awaited", "open", "resolved")

/** A vendor's day. */
export const AdminDay = Schema.Struct({
  vendor: Schema.String,
  day: Schema.String,
  run: Schema.Number,
  startedAt: Schema.NullOr(Time),
  finishedAt: Schema.NullOr(Time),
  fault: Schema.NullOr(Schema.String),
  dueAt: Schema.NullOr(Time),
  lines: Schema.NullOr(Schema.Number),
  matched: Schema.NullOr(Schema.Number),
  totals: Schema.Array(
    Schema.Struct({ currency: Schema.String, in: Schema.String, out: Schema.String, fee: Schema.String })
  ),
  differences: Schema.Array(Schema.Struct({ kind, status, count: Schema.Number }))
}).annotations({ identifier: "AdminDay" })

const Side = Schema.NullOr(
  Schema.Struct({
    amount: Schema.Struct({ value: Schema.String, currency: Schema.String }),
    state: Schema.String,
    fee: Schema.NullOr(Schema.String),
    at: Schema.NullOr(Time)
  })
)

/** What a bill and our orders say otherwise. */
export const AdminDifference = Schema.Struct({
  id: Schema.String,
  kind,
  of: Schema.Literal("payment", "refund"),
  status,
  action: Schema.Literal("none", "evidence", "held", "asked"),
  payOrderNo: Schema.NullOr(Schema.String),
  refundNo: Schema.NullOr(Schema.String),
  merchantOrderNo: Schema.NullOr(Schema.String),
  transactionNo: Schema.NullOr(Schema.String),
  ours: Side,
  theirs: Side,
  note: Schema.NullOr(Schema.String),
  foundAt: Time,
  resolvedAt: Schema.NullOr(Time),
  resolvedBy: Schema.NullOr(Schema.String)
}).annotations({ identifier: "AdminDifference" })

const vendor = HttpApiSchema.param("vendor", Schema.String)
const day = HttpApiSchema.param("day", Schema.String)
const differenceId = HttpApiSchema.param("id", Schema.String)

const running = [
  "BODY_INVALID",
  "VENDOR_UNKNOWN",
  "DAY_INVALID",
  "DAY_BUSY",
  "STORE_UNAVAILABLE"
] as const satisfies ReadonlyArray<Code>

const days = HttpApiEndpoint.get("days", "/admin/reconciliation")
  .setUrlParams(Schema.Struct({ vendor: Schema.optional(Schema.String) }))
  .addSuccess(Schema.Array(AdminDay))
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "List days", "The last 60 of each vendor, the latest first."))

const differences = HttpApiEndpoint.get("differences")`/admin/reconciliation/${vendor}/${day}`
  .setUrlParams(Schema.Struct({ status: Schema.optional(status), cursor: Schema.optional(Schema.String) }))
  .addSuccess(list("DifferenceList", AdminDifference))
  .addError(answers("DAY_UNKNOWN", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "List a day's differences", "Page by page."))

const report = HttpApiEndpoint.get("report")`/admin/reconciliation/${vendor}/${day}/report.csv`
  .addSuccess(HttpApiSchema.Text({ contentType: "text/csv" }))
  .addError(answers("DAY_UNKNOWN", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Export a day's differences", "RFC 4180 with a header."))

const run = HttpApiEndpoint.post("run")`/admin/reconciliation/${vendor}/${day}/run`
  .setPayload(Because)
  .addSuccess(HttpApiSchema.Accepted)
  .addError(answers(...running))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about("operator", "Reconcile a day", "Begun when this answers; the day says when it is through.", running)
  )

const settle = HttpApiEndpoint.post("settle")`/admin/reconciliation/${vendor}/${day}/differences/${differenceId}`
  .setPayload(Because)
  .addSuccess(HttpApiSchema.NoContent)
  .addError(answers("BODY_INVALID", "DIFFERENCE_UNKNOWN", "STORE_UNAVAILABLE"))
  .middleware(Call.Operator)
  .annotateContext(Call.about("operator", "Close a difference", "One's name and reason stay with it."))

/** Vendors' bills against our orders. */
export const reconciliation = HttpApiGroup.make("reconciliation")
  .add(days)
  .add(differences)
  .add(report)
  .add(run)
  .add(settle)
