import { type Deed, type OperatorAccount, type OperatorSession, operatorRoles } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

const Time = Schema.NullOr(Schema.Number)
const Text = Schema.NullOr(Schema.String)

/** The columns of `payment_proxy_operator` that make up an account. */
export const accountColumns = [
  "compared",
  "name",
  "role",
  "password_hash",
  "subject",
  "is_disabled",
  "created_millis",
  "seen_millis",
  "failures",
  "locked_millis"
] as const

const AccountRow = Schema.Struct({
  compared: Schema.String,
  name: Schema.String,
  role: Schema.Literal(...operatorRoles),
  password_hash: Text,
  subject: Text,
  is_disabled: Schema.Number,
  created_millis: Schema.Number,
  seen_millis: Time,
  failures: Schema.Number,
  locked_millis: Time
})

const decodeAccountRows = Schema.decodeUnknown(Schema.Array(AccountRow))

/** Rows as accounts. */
export const decodeAccounts = (rows: unknown): Effect.Effect<ReadonlyArray<OperatorAccount>, ParseResult.ParseError> =>
  Effect.map(decodeAccountRows(rows), (all) =>
    all.map((row) => ({
      name: row.name,
      compared: row.compared,
      role: row.role,
      passwordHash: row.password_hash,
      subject: row.subject,
      isDisabled: row.is_disabled !== 0,
      createdAtMillis: row.created_millis,
      lastSeenAtMillis: row.seen_millis,
      failures: row.failures,
      lockedUntilMillis: row.locked_millis
    }))
  )

/** What of an account can change. */
export const accountChange = (account: OperatorAccount) => ({
  name: account.name,
  role: account.role,
  password_hash: account.passwordHash,
  subject: account.subject,
  is_disabled: account.isDisabled ? 1 : 0,
  seen_millis: account.lastSeenAtMillis,
  failures: account.failures,
  locked_millis: account.lockedUntilMillis
})

/** An account as a row. */
export const accountRow = (account: OperatorAccount) => ({
  compared: account.compared,
  created_millis: account.createdAtMillis,
  ...accountChange(account)
})

/** The columns of `payment_proxy_operator_session` that make up a session. */
export const sessionColumns = [
  "id_sha256",
  "operator",
  "csrf_token",
  "created_millis",
  "seen_millis",
  "ends_millis"
] as const

const SessionRow = Schema.Struct({
  id_sha256: Schema.String,
  operator: Schema.String,
  csrf_token: Schema.String,
  created_millis: Schema.Number,
  seen_millis: Schema.Number,
  ends_millis: Schema.Number
})

const decodeSessionRows = Schema.decodeUnknown(Schema.Array(SessionRow))

/** Rows as sessions. */
export const decodeSessions = (rows: unknown): Effect.Effect<ReadonlyArray<OperatorSession>, ParseResult.ParseError> =>
  Effect.map(decodeSessionRows(rows), (all) =>
    all.map((row) => ({
      idSha256: row.id_sha256,
      operator: row.operator,
      csrfToken: row.csrf_token,
      createdAtMillis: row.created_millis,
      seenAtMillis: row.seen_millis,
      endsAtMillis: row.ends_millis
    }))
  )

/** A session as a row. */
export const sessionRow = (session: OperatorSession) => ({
  id_sha256: session.idSha256,
  operator: session.operator,
  csrf_token: session.csrfToken,
  created_millis: session.createdAtMillis,
  seen_millis: session.seenAtMillis,
  ends_millis: session.endsAtMillis
})

const decodeCountRows = Schema.decodeUnknown(
  Schema.Array(Schema.Struct({ operator: Schema.String, sessions: Schema.Number }))
)

/** Rows of an operator and how many sessions he has. */
export const decodeCounts = (rows: unknown): Effect.Effect<ReadonlyMap<string, number>, ParseResult.ParseError> =>
  Effect.map(decodeCountRows(rows), (all) => new Map(all.map(({ operator, sessions }) => [operator, sessions])))

/** The columns of `payment_proxy_deed` that make up a deed. */
export const deedColumns = ["id", "at_millis", "operator", "action", "subject", "reason", "outcome", "address"] as const

const DeedRow = Schema.Struct({
  id: Schema.String,
  at_millis: Schema.Number,
  operator: Schema.String,
  action: Schema.String,
  subject: Text,
  reason: Text,
  outcome: Schema.String,
  address: Text
})

const decodeDeedRows = Schema.decodeUnknown(Schema.Array(DeedRow))

/** Rows as deeds. */
export const decodeDeeds = (rows: unknown): Effect.Effect<ReadonlyArray<Deed>, ParseResult.ParseError> =>
  Effect.map(decodeDeedRows(rows), (all) => all.map(({ at_millis, ...row }) => ({ ...row, atMillis: at_millis })))

/** A deed as a row. */
export const deedRow = ({ atMillis, ...deed }: Deed) => ({ ...deed, at_millis: atMillis })

const decodeFilterRows = Schema.decodeUnknown(
  Schema.Array(Schema.Struct({ name: Schema.String, filter: Schema.String }))
)

/** Rows as saved filters. */
export const decodeFilters = (
  rows: unknown
): Effect.Effect<ReadonlyArray<{ readonly name: string; readonly filter: string }>, ParseResult.ParseError> =>
  decodeFilterRows(rows)
