import { Payment } from "@payment-proxy/domain"
import { type Proposal, type ProposalDecision, proposalStates } from "@payment-proxy/ports"
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
  "decided_note"
] as const

const Row = Schema.Struct({
  id: Schema.String,
  pay_order_no: Schema.String,
  version: Schema.Number,
  wanted: Payment.State,
  accepted_minor: Schema.NullOr(Schema.BigInt),
  note: Schema.String,
  proposed_by: Schema.String,
  proposed_millis: Schema.Number,
  state: Schema.Literal(...proposalStates),
  decided_by: Schema.NullOr(Schema.String),
  decided_millis: Schema.NullOr(Schema.Number),
  decided_note: Schema.NullOr(Schema.String)
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

const toProposal = (row: typeof Row.Type): Proposal => ({
  id: row.id,
  payOrderNo: row.pay_order_no,
  version: row.version,
  wanted: row.wanted,
  acceptedMinor: row.accepted_minor,
  note: row.note,
  proposedBy: row.proposed_by,
  proposedAtMillis: row.proposed_millis,
  state: row.state,
  decidedBy: row.decided_by,
  decidedAtMillis: row.decided_millis,
  decidedNote: row.decided_note
})

/** Rows as proposals. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Proposal>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) => all.map(toProposal))

/** The columns of a decision; `open_no` is the order's number while the proposal is open, so that there is one. */
export const deciding = (payOrderNo: string, { state, decidedBy, decidedAtMillis, decidedNote }: ProposalDecision) => ({
  state,
  open_no: state === "open" ? payOrderNo : null,
  decided_by: decidedBy,
  decided_millis: decidedAtMillis,
  decided_note: decidedNote
})

/** A proposal as a row. */
export const toRow = (proposal: Proposal) => ({
  id: proposal.id,
  pay_order_no: proposal.payOrderNo,
  version: proposal.version,
  wanted: proposal.wanted,
  accepted_minor: proposal.acceptedMinor?.toString() ?? null,
  note: proposal.note,
  proposed_by: proposal.proposedBy,
  proposed_millis: proposal.proposedAtMillis,
  ...deciding(proposal.payOrderNo, proposal)
})

const decodeNumbers = Schema.decodeUnknown(Schema.Array(Schema.Struct({ pay_order_no: Schema.String })))

/** The numbers of rows. */
export const toNumbers = (rows: unknown): Effect.Effect<ReadonlyArray<string>, ParseResult.ParseError> =>
  Effect.map(decodeNumbers(rows), (all) => all.map(({ pay_order_no }) => pay_order_no))
