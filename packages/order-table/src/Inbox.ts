import { Evidence } from "@payment-proxy/domain"
import type { Kept, Notification } from "@payment-proxy/ports"
import { Effect, Either, type ParseResult, Schema } from "effect"

const StoredEvidence = Schema.parseJson(Evidence.Evidence)
const encodeEvidence = Schema.encodeSync(StoredEvidence)

const Row = Schema.Struct({
  id: Schema.String,
  vendor: Schema.String,
  subject_by: Schema.Literal("merchantOrderNo", "transactionNo", "payOrderNo"),
  subject_no: Schema.String,
  sha256: Schema.String,
  body: Schema.String,
  evidence: Schema.NullOr(StoredEvidence),
  received_millis: Schema.Number
})

/** The columns of a notification. */
export const columns = [
  "id",
  "vendor",
  "subject_by",
  "subject_no",
  "sha256",
  "body",
  "evidence",
  "received_millis"
] as const

/** A notification as a row, without its times. */
export const toRow = (id: string, { vendor, subject, body, sha256, evidence }: Notification) => ({
  id,
  vendor,
  subject_by: subject.by,
  subject_no: subject.no,
  sha256,
  body,
  evidence: evidence === null ? null : encodeEvidence(evidence)
})

const toKept = ({ subject_by, subject_no, received_millis, ...kept }: typeof Row.Type): Kept => ({
  ...kept,
  subject: { by: subject_by, no: subject_no },
  receivedAtMillis: received_millis
})

const decodeRow = Schema.decodeUnknownEither(Row)

/** A row as a notification. */
export const read = (row: unknown): Either.Either<Kept, ParseResult.ParseError> => Either.map(decodeRow(row), toKept)

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Rows as notifications. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Kept>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) => all.map(toKept))
