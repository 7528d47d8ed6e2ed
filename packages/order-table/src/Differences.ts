import { Money } from "@payment-proxy/domain"
import {
  type Difference,
  type DifferenceCount,
  differenceActions,
  differenceKinds,
  differenceStatuses,
  type NewDifference,
  type Run
} from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

const Side = Schema.Struct({
  amount: Money.Schema,
  state: Schema.String,
  fee: Schema.NullOr(Schema.String),
  atMillis: Schema.NullOr(Schema.Number)
})

const Text = Schema.NullOr(Schema.String)

/** What of a difference stays as it was found. */
const Body = Schema.parseJson(
  Schema.Struct({
    of: Schema.Literal("payment", "refund"),
    payOrderNo: Text,
    refundNo: Text,
    merchantOrderNo: Text,
    transactionNo: Text,
    merchantRefundNo: Text,
    vendorRefundNo: Text,
    ours: Schema.NullOr(Side),
    theirs: Schema.NullOr(Side)
  })
)
const encodeBody = Schema.encodeSync(Body)

const Row = Schema.Struct({
  vendor: Schema.String,
  day: Schema.String,
  id: Schema.String,
  kind: Schema.Literal(...differenceKinds),
  status: Schema.Literal(...differenceStatuses),
  action: Schema.Literal(...differenceActions),
  run: Schema.Number,
  note: Text,
  body: Body,
  found_millis: Schema.Number,
  resolved_millis: Schema.NullOr(Schema.Number),
  resolved_by: Text
})

/** The columns of a difference. */
export const columns = Object.keys(Row.fields)

const maxNote = 256

/** A note as its column has room for. */
export const noted = (note: string | null): string | null =>
  note === null ? null : [...note].slice(0, maxNote).join("")

/** A difference as a row, without its time; `no` is the number that a later bill may have it by. */
export const toRow = ({ vendor, day, run }: Run, { id, kind, status, action, note, ...body }: NewDifference) => ({
  vendor,
  day,
  id,
  kind,
  status,
  action,
  run,
  no: body.refundNo ?? body.payOrderNo,
  note: noted(note),
  body: encodeBody(body)
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Rows as differences. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Difference>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) =>
    all.map(({ body, found_millis, resolved_millis, resolved_by, ...rest }) => ({
      ...rest,
      ...body,
      foundAtMillis: found_millis,
      resolvedAtMillis: resolved_millis,
      resolvedBy: resolved_by
    }))
  )

const decodeCounts = Schema.decodeUnknown(
  Schema.Array(
    Schema.Struct({
      kind: Schema.Literal(...differenceKinds),
      status: Schema.Literal(...differenceStatuses),
      count: Schema.Number
    })
  )
)

/** Rows as counts. */
export const counts = (rows: unknown): Effect.Effect<ReadonlyArray<DifferenceCount>, ParseResult.ParseError> =>
  decodeCounts(rows)
