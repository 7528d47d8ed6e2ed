import { Payment } from "@payment-proxy/domain"
import { type Proposal, type ProposalAction, type ProposalDecision, proposalStates } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

/** The columns of `payment_proxy_proposal` that make up a proposal. */
export const columns = [
  "id",
  "pay_order_no",
  "version",
  "wanted",
  "accepted_minor",
  "note",
  "proposed_by",
  "proposed_millis",
  "state",
  "decided_by",
  "decided_millis",
  "decided_note",
  "action",
  "done_millis"
] as const

const named = <const Types extends ReadonlyArray<string>>(...types: Types) => ({ type: Schema.Literal(...types) })
const Endpoint = { endpoint: Schema.String }
const Rate = Schema.NullOr(Schema.Number)

const AppChange = Schema.Union(
  Schema.Struct(named("addKey", "disable", "enable")),
  Schema.Struct({ ...named("rotateKey"), overlapHours: Schema.Number }),
  Schema.Struct({ ...named("revokeKey"), keyId: Schema.String }),
  Schema.Struct({
    ...named("addEndpoint"),
    url: Schema.String,
    events: Schema.NullOr(Schema.Array(Schema.String))
  }),
  Schema.Struct({
    ...named("removeEndpoint", "rotateSecret", "endOldSecret", "startEndpoint", "stopEndpoint"),
    ...Endpoint
  }),
  Schema.Struct({
    ...named("setLimits"),
    limits: Schema.Struct({ createsPerSecond: Rate, readsPerSecond: Rate, streams: Rate })
  })
)

/** What is proposed that is no resolution: those have columns of their own. */
const Action = Schema.parseJson(
  Schema.Union(
    Schema.Struct({ ...named("refund"), amountMinor: Schema.BigInt, reason: Schema.NullOr(Schema.String) }),
    Schema.Struct({ ...named("app"), change: AppChange })
  )
)
const encodeAction = Schema.encodeSync(Action)

const Row = Schema.Struct({
  id: Schema.String,
  pay_order_no: Schema.String,
  version: Schema.Number,
  wanted: Schema.String,
  accepted_minor: Schema.NullOr(Schema.BigInt),
  note: Schema.String,
  proposed_by: Schema.String,
  proposed_millis: Schema.Number,
  state: Schema.Literal(...proposalStates),
  decided_by: Schema.NullOr(Schema.String),
  decided_millis: Schema.NullOr(Schema.Number),
  decided_note: Schema.NullOr(Schema.String),
  action: Schema.NullOr(Action),
  done_millis: Schema.NullOr(Schema.Number)
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))
const decodeState = Schema.decodeUnknown(Payment.State)

const actionOf = (row: typeof Row.Type): Effect.Effect<ProposalAction, ParseResult.ParseError> =>
  row.action === null
    ? Effect.map(decodeState(row.wanted), (state) => ({ type: "resolve", state, acceptedMinor: row.accepted_minor }))
    : Effect.succeed(row.action)

const toProposal = (row: typeof Row.Type): Effect.Effect<Proposal, ParseResult.ParseError> =>
  Effect.map(actionOf(row), (action) => ({
    id: row.id,
    subject: row.pay_order_no,
    version: row.version,
    action,
    note: row.note,
    proposedBy: row.proposed_by,
    proposedAtMillis: row.proposed_millis,
    state: row.state,
    decidedBy: row.decided_by,
    decidedAtMillis: row.decided_millis,
    decidedNote: row.decided_note,
    doneAtMillis: row.done_millis
  }))

/** Rows as proposals. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Proposal>, ParseResult.ParseError> =>
  Effect.flatMap(decodeRows(rows), (all) => Effect.forEach(all, toProposal))

/** What of a subject is open once at a time: no two rows have the same `open_no`. */
export const openNo = ({ subject, action: { type } }: Pick<Proposal, "subject" | "action">): string =>
  type === "resolve" ? subject : `${type}:${subject}`

/** The columns of a decision, but for `open_no`. */
export const deciding = ({ state, decidedBy, decidedAtMillis, decidedNote }: ProposalDecision) => ({
  state,
  decided_by: decidedBy,
  decided_millis: decidedAtMillis,
  decided_note: decidedNote
})

/** A proposal as a row. */
export const toRow = (proposal: Proposal) => {
  const { action } = proposal
  return {
    id: proposal.id,
    pay_order_no: proposal.subject,
    version: proposal.version,
    wanted: action.type === "resolve" ? action.state : action.type,
    accepted_minor: action.type === "resolve" ? (action.acceptedMinor?.toString() ?? null) : null,
    note: proposal.note,
    proposed_by: proposal.proposedBy,
    proposed_millis: proposal.proposedAtMillis,
    open_no: proposal.state === "open" ? openNo(proposal) : null,
    ...deciding(proposal),
    action: action.type === "resolve" ? null : encodeAction(action),
    done_millis: proposal.doneAtMillis
  }
}

const decodeNumbers = Schema.decodeUnknown(Schema.Array(Schema.Struct({ pay_order_no: Schema.String })))

/** The numbers of rows. */
export const toNumbers = (rows: unknown): Effect.Effect<ReadonlyArray<string>, ParseResult.ParseError> =>
  Effect.map(decodeNumbers(rows), (all) => all.map(({ pay_order_no }) => pay_order_no))
