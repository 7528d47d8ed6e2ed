import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { Time } from "../Order.ts"
import type { Code } from "../Problem.ts"
import { answers } from "../Problem.ts"
import * as Call from "./Call.ts"
import { Proposal, Shown } from "./Proposals.ts"

/** What an app may do in a second at one gateway, and its streams there; null: as much as there is. */
export const AppLimits = Schema.Struct({
  createsPerSecond: Schema.NullOr(Schema.Number.pipe(Schema.int(), Schema.between(1, 100_000))),
  readsPerSecond: Schema.NullOr(Schema.Number.pipe(Schema.int(), Schema.between(1, 100_000))),
  streams: Schema.NullOr(Schema.Number.pipe(Schema.int(), Schema.between(1, 5000)))
}).annotations({ identifier: "AppLimits" })

/** The last try in vain of what waits for an endpoint. */
export const LastFailure = Schema.Struct({
  /** Null where only a note of it is left. */
  at: Schema.NullOr(Time),
  /** What the endpoint answered with; null where no answer came. */
  status: Schema.NullOr(Schema.Number),
  /** The endpoint's own words, or what went wrong: at most 200 characters. */
  said: Schema.String
}).annotations({ identifier: "LastFailure" })

export const AdminEndpoint = Schema.Struct({
  id: Schema.String,
  url: Schema.String,
  events: Schema.NullOr(Schema.Array(Schema.String)),
  /** How many secrets sign now: two while one takes over. */
  secrets: Schema.Number,
  stopped: Schema.NullOr(Schema.Struct({ reason: Schema.String, since: Time })),
  waiting: Schema.Number,
  oldestSeconds: Schema.Number,
  /** When the first of what waits is due, in the past while it waits for its turn; null where nothing waits. */
  nextAt: Schema.NullOr(Time),
  /** Null where nothing that waits was tried in vain. */
  lastFailure: Schema.NullOr(LastFailure)
}).annotations({ identifier: "AdminEndpoint" })

export const AdminKey = Schema.Struct({
  keyId: Schema.String,
  createdAt: Time,
  /** From when on it opens nothing; null: for good. */
  endsAt: Schema.NullOr(Time),
  isActive: Schema.Boolean
}).annotations({ identifier: "AdminKey" })

export const AdminApp = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  isDisabled: Schema.Boolean,
  limits: AppLimits,
  keys: Schema.Array(AdminKey),
  endpoints: Schema.Array(AdminEndpoint),
  proposals: Schema.Array(Proposal)
}).annotations({ identifier: "AdminApp" })

/** A change that was made, or the proposal that waits for a second person. What is secret is shown this once. */
export const AppOutcome = Schema.Struct({
  app: Schema.NullOr(AdminApp),
  shown: Schema.NullOr(Shown),
  proposal: Schema.NullOr(Proposal)
}).annotations({ identifier: "AppOutcome" })

const reason = Schema.String.annotations({ description: "Why, for the record: 1 to 500 characters" })

/** What an administrator wants changed of an app. */
export const AppChange = Schema.Union(
  Schema.Struct({ type: Schema.Literal("addKey"), reason }),
  Schema.Struct({
    type: Schema.Literal("rotateKey"),
    /** How long the keys before open beside the new one, in hours. */
    overlapHours: Schema.Number.pipe(Schema.between(0, 720)),
    reason
  }),
  Schema.Struct({ type: Schema.Literal("revokeKey"), keyId: Schema.String, reason }),
  Schema.Struct({
    type: Schema.Literal("addEndpoint"),
    url: Schema.String,
    events: Schema.NullOr(Schema.Array(Schema.String)),
    reason
  }),
  Schema.Struct({ type: Schema.Literal("removeEndpoint"), endpoint: Schema.String, reason }),
  Schema.Struct({ type: Schema.Literal("rotateSecret"), endpoint: Schema.String, reason }),
  Schema.Struct({ type: Schema.Literal("endOldSecret"), endpoint: Schema.String, reason }),
  Schema.Struct({ type: Schema.Literal("startEndpoint"), endpoint: Schema.String, reason }),
  Schema.Struct({ type: Schema.Literal("stopEndpoint"), endpoint: Schema.String, reason }),
  Schema.Struct({ type: Schema.Literal("disable"), reason }),
  Schema.Struct({ type: Schema.Literal("enable"), reason }),
  Schema.Struct({ type: Schema.Literal("setLimits"), limits: AppLimits, reason })
).annotations({ identifier: "AppChange" })

/** An app as it is asked for. */
export const NewApp = Schema.Struct({ id: Schema.String, name: Schema.String, reason }).annotations({
  identifier: "NewApp"
})

const id = HttpApiSchema.param("app", Schema.String)

const changing = [
  "BODY_INVALID",
  "APP_NOT_FOUND",
  "APP_TAKEN",
  "LIMIT_REACHED",
  "PROPOSAL_OPEN",
  "CONTENDED",
  "STORE_UNAVAILABLE"
] as const satisfies ReadonlyArray<Code>

const found = HttpApiEndpoint.get("list", "/admin/apps")
  .addSuccess(Schema.Array(AdminApp))
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "List apps", "By id, with their keys' ids and endpoints; never a secret."))

const create = HttpApiEndpoint.post("create", "/admin/apps")
  .setPayload(NewApp)
  .addSuccess(AdminApp)
  .addError(answers(...changing))
  .middleware(Call.Administrator)
  .annotateContext(
    Call.about("administrator", "Make an app", "Without keys and endpoints: it can do nothing yet.", changing)
  )

const change = HttpApiEndpoint.post("change")`/admin/apps/${id}/changes`
  .setPayload(AppChange)
  .addSuccess(AppOutcome)
  .addError(answers(...changing))
  .middleware(Call.Administrator)
  .annotateContext(
    Call.about(
      "administrator",
      "Change an app",
      "Its keys, endpoints, limits. Where two persons are asked for, it is proposed; what only takes away (revoke, stop, disable) is done at once.",
      changing
    )
  )

/** Business systems, their keys, endpoints and limits. */
export const apps = HttpApiGroup.make("apps").add(found).add(create).add(change)
