import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { list, Time } from "../Order.ts"
import type { Code } from "../Problem.ts"
import { answers } from "../Problem.ts"
import * as Call from "./Call.ts"
import { Role } from "./Role.ts"

/** A person who works here. */
export const AdminOperator = Schema.Struct({
  name: Schema.String,
  role: Role,
  isDisabled: Schema.Boolean,
  /** Comes by the company's provider, which says the role at each sign-in. */
  isFederated: Schema.Boolean,
  createdAt: Time,
  lastSeenAt: Schema.NullOr(Time),
  /** Until when sign-in waits after wrong passwords; null where it does not. */
  lockedUntil: Schema.NullOr(Time),
  sessions: Schema.Number
}).annotations({ identifier: "AdminOperator" })

/** What an operator did in the console, or by a command. */
export const Deed = Schema.Struct({
  id: Schema.String,
  at: Time,
  operator: Schema.String,
  /** `order.close`, `key.add`, `sign-in`, `export` … */
  action: Schema.String,
  subject: Schema.NullOr(Schema.String),
  reason: Schema.NullOr(Schema.String),
  /** `done`, or the code that it was refused with. */
  outcome: Schema.String,
  address: Schema.NullOr(Schema.String)
}).annotations({ identifier: "Deed" })

const reason = Schema.String
/** An operator as he is asked for. */
export const NewOperator = Schema.Struct({
  name: Schema.String,
  role: Role,
  password: Schema.String,
  reason
}).annotations({
  identifier: "NewOperator"
})
/** What is to be otherwise with an operator; what is left out stays. */
export const OperatorChange = Schema.Struct({
  role: Schema.optional(Role),
  isDisabled: Schema.optional(Schema.Boolean),
  /** A new password, which its owner should change at once. */
  password: Schema.optional(Schema.String),
  /** Ends all sessions. */
  endSessions: Schema.optional(Schema.Boolean),
  /** Lets sign-in go on after wrong passwords. */
  unlock: Schema.optional(Schema.Boolean),
  reason
}).annotations({ identifier: "OperatorChange" })

const name = HttpApiSchema.param("name", Schema.String)

const changing = [
  "BODY_INVALID",
  "OPERATOR_NOT_FOUND",
  "OPERATOR_TAKEN",
  "PASSWORD_WEAK",
  "LAST_ADMINISTRATOR",
  "NOT_ONESELF",
  "STORE_UNAVAILABLE"
] as const satisfies ReadonlyArray<Code>

const found = HttpApiEndpoint.get("list", "/admin/operators")
  .addSuccess(Schema.Array(AdminOperator))
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Administrator)
  .annotateContext(Call.about("administrator", "List operators", "By name."))

const create = HttpApiEndpoint.post("create", "/admin/operators")
  .setPayload(NewOperator)
  .addSuccess(AdminOperator)
  .addError(answers(...changing))
  .middleware(Call.Administrator)
  .annotateContext(
    Call.about("administrator", "Make an operator", "With a password of at least 12 characters.", changing)
  )

const change = HttpApiEndpoint.post("change")`/admin/operators/${name}`
  .setPayload(OperatorChange)
  .addSuccess(AdminOperator)
  .addError(answers(...changing))
  .middleware(Call.Administrator)
  .annotateContext(
    Call.about(
      "administrator",
      "Change an operator",
      "A role that changes and a door that closes end his sessions at once.",
      changing
    )
  )

const trail = HttpApiEndpoint.get("trail", "/admin/trail")
  .setUrlParams(
    Schema.Struct({
      operator: Schema.optional(Schema.String),
      subject: Schema.optional(Schema.String),
      cursor: Schema.optional(Schema.String)
    })
  )
  .addSuccess(list("Trail", Deed))
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Administrator)
  .annotateContext(
    Call.about("administrator", "Read the audit trail", "What operators did, and what they were refused; newest first.")
  )

/** People who work here, and what they did. */
export const operators = HttpApiGroup.make("operators").add(found).add(create).add(change).add(trail)
