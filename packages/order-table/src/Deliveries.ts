import type { Change, Delivery } from "@payment-proxy/ports"
import { Effect, type ParseResult, Schema } from "effect"

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
  state: Schema.Literal("waiting", "delivered", "given-up"),
  due_note: Schema.NullOr(Schema.String)
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
  "state",
  "due_note"
] as const

/** The rows of a change's events, without their times. */
export const toRows = ({ payment, deliveries }: Change) =>
  deliveries.map(({ eventId, endpoint, type, body }) => ({
    id: `dlv_${eventId}_${endpoint}`,
    event_id: eventId,
    pay_order_no: payment.payOrderNo,
    version: payment.version,
    app: payment.app,
    endpoint,
    type,
    body,
    state: "waiting"
  }))

const toDelivery = ({ event_id, pay_order_no, created_millis, due_note, ...row }: typeof Row.Type): Delivery => ({
  ...row,
  eventId: event_id,
  payOrderNo: pay_order_no,
  createdAtMillis: created_millis,
  note: due_note
})

const decodeRows = Schema.decodeUnknown(Schema.Array(Row))

/** Rows as deliveries. */
export const decode = (rows: unknown): Effect.Effect<ReadonlyArray<Delivery>, ParseResult.ParseError> =>
  Effect.map(decodeRows(rows), (all) => all.map(toDelivery))
