import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { list, Time } from "../Order.ts"
import type { Code } from "../Problem.ts"
import { answers } from "../Problem.ts"
import * as Call from "./Call.ts"

/** What one operator wants and a second one decides. */
export const Proposal = Schema.Struct({
  id: Schema.String,
  /** What it is about: `resolve` and `refund` of an order, `app` for what changes an app, its keys or its endpoints. */
  kind: Schema.Literal("resolve", "refund", "app"),
  /** The number of the payment or refund, or the id of the app. */
  subject: Schema.String,
  /** What would happen, in a sentence in English. */
  summary: Schema.String,
  /** The same as data: names and texts. */
  details: Schema.Record({ key: Schema.String, value: Schema.NullOr(Schema.String) }),
  note: Schema.String,
  proposedBy: Schema.String,
  proposedAt: Time,
  /** `approved` may have something left to show to who proposed it: `isToTake`. */
  state: Schema.Literal("open", "approved", "rejected", "ended"),
  decidedBy: Schema.NullOr(Schema.String),
  decidedAt: Schema.NullOr(Time),
  decidedNote: Schema.NullOr(Schema.String),
  endsAt: Time,
  /** Whether who asks may approve it: another operator, whose role is enough; or go on with what he approved and was cut off. */
  mayApprove: Schema.Boolean,
  /** A key or secret waits to be shown, once, to who asks. */
  isToTake: Schema.Boolean
}).annotations({ identifier: "Proposal" })

/** A key or secret that is shown once. */
export const Shown = Schema.Struct({
  /** The key's id or the endpoint's. */
  id: Schema.String,
  secret: Schema.String
}).annotations({ identifier: "ShownOnce" })

const id = HttpApiSchema.param("id", Schema.String)
/** What a second person says to it. */
export const Note = Schema.Struct({ note: Schema.String }).annotations({ identifier: "Note" })

const deciding = [
  "BODY_INVALID",
  "PROPOSAL_NOT_FOUND",
  "PROPOSAL_ENDED",
  "SECOND_PERSON_NEEDED",
  "NOT_ALLOWED",
  "AMOUNT_INVALID",
  "NOTHING_REFUNDABLE",
  "NOT_SUPPORTED",
  "APP_NOT_FOUND",
  "LIMIT_REACHED",
  "CONTENDED",
  "IN_FLIGHT",
  "STORE_UNAVAILABLE"
] as const satisfies ReadonlyArray<Code>

const found = HttpApiEndpoint.get("list", "/admin/proposals")
  .setUrlParams(
    Schema.Struct({
      state: Schema.optional(Schema.Literal("open", "decided")),
      cursor: Schema.optional(Schema.String)
    })
  )
  .addSuccess(list("ProposalList", Proposal))
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(
    Call.about("viewer", "List proposals", "Newest first: those that are open, or those that were decided.")
  )

const approve = HttpApiEndpoint.post("approve")`/admin/proposals/${id}/approve`
  .setPayload(Note)
  .addSuccess(Proposal)
  .addError(answers(...deciding))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about(
      "operator",
      "Approve a proposal",
      "As its second person: it is done when this answers. What changes an app takes an administrator.",
      deciding
    )
  )

const reject = HttpApiEndpoint.post("reject")`/admin/proposals/${id}/reject`
  .setPayload(Note)
  .addSuccess(Proposal)
  .addError(answers(...deciding))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about("operator", "Reject a proposal, or withdraw one's own", "Nothing happens to what it is about.", deciding)
  )

const take = HttpApiEndpoint.post("take")`/admin/proposals/${id}/take`
  .addSuccess(Shown)
  .addError(answers(...deciding))
  .middleware(Call.Administrator)
  .annotateContext(
    Call.about(
      "administrator",
      "Take what was approved",
      "The key or secret that one proposed and another approved: made now, shown once.",
      deciding
    )
  )

/** What takes two persons. */
export const proposals = HttpApiGroup.make("proposals").add(found).add(approve).add(reject).add(take)
