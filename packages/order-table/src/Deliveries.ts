import type { Attempt, Change, Delivery } from "@payment-proxy/ports"
import { deliveryStates, maxAttempts } from "@payment-proxy/ports"
import { Effect, Either, type ParseResult, Schema } from "effect"

/** The last tries of a delivery as one text. */
export const Attempts = Schema.parseJson(
  Schema.Array(
    Schema.Struct({
      atMillis: Schema.Number,
      millis: Schema.Number,
      status: Schema.NullOr(Schema.Number),
      said: Schema.String
    })
  )
)

/** What is written of a delivery's tries: nothing where nothing is said of them. */
export const tried = (attempts: ReadonlyArray<Attempt> | undefined): { readonly tried?: string } =>
  attempts === undefined ? {} : { tried: JSON.stringify(attempts.slice(-maxAttempts)) }

const Row = Schema.Struct({
  id: Schema.String,
  event_id: Schema.String,
  pay_order_no: Schema.String,
  version: Schema.Number,
  app: Schema.String,
  endpoint: Schema.String,
  type: Schema.String,
  body: Schema.String,
  created_millis: Schema.Number,
  since_millis: Schema.NullOr(Schema.Number),
  state: Schema.Literal(...deliveryStates),
  due_tries: Schema.Number,
  due_millis: Schema.NullOr(Schema.Number),
  due_note: Schema.NullOr(Schema.String),
  tried: Schema.NullOr(Attempts)
})

/** The columns of a delivery. */
export const columns = [
  "id",
  "event_id",
  "pay_order_no",
  "version",
  "app",
  "endpoint",
  "type",
  "body",
  "created_millis",
  "since_millis",
  "state",
  "due_tries",
  "due_millis",
  "due_note",
  "tried"
] as const

/** An event that no endpoint wants goes to this one, which is none. */
const nowhere = ""

/** What names the delivery of an event to an endpoint. */
export const idOf = (eventId: string, endpoint: string | null): string => `dlv_${eventId}_${endpoint ?? "-"}`

/** The rows of a change's events, without their times. */
export const toRows = ({ payment, entry, deliveries }: Change) =>
  deliveries.map(({ eventId, endpoint, type, body }) => ({
    id: idOf(eventId, endpoint),
    event_id: eventId,
    pay_order_no: entry.payOrderNo,
    version: entry.version,
    app: payment.app,
    endpoint: endpoint ?? nowhere,
    type,
    body,
    state: endpoint === null ? ("kept" as const) : ("waiting" as const)
  }))

const decodeRow = Schema.decodeUnknownEither(Row)

const toDelivery = (row: typeof Row.Type): Delivery => ({
  id: row.id,
  eventId: row.event_id,
  payOrderNo: row.pay_order_no,
  version: row.version,
  app: row.app,
  endpoint: row.endpoint === nowhere ? null : row.endpoint,
  type: row.type,
  body: row.body,
  createdAtMillis: row.created_millis,
  sinceMillis: row.since_millis ?? row.created_millis,
  state: row.state,
  tries: row.due_tries,
  dueAtMillis: row.due_millis,
  note: row.due_note,
  attempts: row.tried ?? []
})

/** The row of the same event on its way to `endpoint`, without its times but that of the event. */
export const toRow = (event: Delivery, endpoint: string) => ({
  id: idOf(event.eventId, endpoint),
  event_id: event.eventId,
  pay_order_no: event.payOrderNo,
  version: event.version,
  app: event.app,
  endpoint,
  type: event.type,
  body: event.body,
  created_millis: event.createdAtMillis,
  state: "waiting" as const
})

/** A row as a delivery. */
export const read = (row: unknown): Either.Either<Delivery, ParseResult.ParseError> =>
  Either.map(decodeRow(row), toDelivery)

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Rows as deliveries. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Delivery>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) => all.map(toDelivery))
