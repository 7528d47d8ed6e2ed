import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "@effect/platform"
import { Payment, Words } from "@payment-proxy/domain"
import { Schema } from "effect"
import { HistoryItem, list, Order, Refund, Time } from "../Order.ts"
import type { Code } from "../Problem.ts"
import { answers } from "../Problem.ts"
import * as Call from "./Call.ts"
import { Proposal } from "./Proposals.ts"

/** An order as operators see it in a list. */
export const OrderRow = Schema.Struct({
  ...Order.fields,
  app: Schema.String,
  merchantOrderNo: Schema.String,
  /** Why it is held; null where it is not. */
  heldReason: Schema.NullOr(Schema.String)
}).annotations({ identifier: "OrderRow" })

/** What can be done with an order now. `resolve` proposes; it takes a second person. */
export const actions = ["sync", "close", "capture", "refund", "accept", "resolve"] as const

/** One try of a delivery, or the event that is only kept. */
export const AdminDelivery = Schema.Struct({
  id: Schema.String,
  eventId: Schema.String,
  type: Schema.String,
  version: Schema.Number,
  /** Of the payment or the refund that it tells of. */
  number: Schema.String,
  endpoint: Schema.NullOr(Schema.String),
  url: Schema.NullOr(Schema.String),
  state: Schema.Literal("waiting", "delivered", "given-up", "kept"),
  createdAt: Time,
  nextAt: Schema.NullOr(Time),
  /** The body as it is signed and sent. */
  body: Schema.String,
  /** Oldest first, the last 20. */
  tries: Schema.Array(
    Schema.Struct({
      at: Time,
      /** The endpoint's status; null where none came. */
      status: Schema.NullOr(Schema.Number),
      millis: Schema.Number,
      /** What it answered or what went wrong, at most 500 characters. */
      said: Schema.String
    })
  )
}).annotations({ identifier: "AdminDelivery" })

/** What a vendor said, as it came, without secrets and payer data. */
export const Evidence = Schema.Struct({
  at: Time,
  /** `create`, `query`, `notification`, `bill` … */
  call: Schema.String,
  /** The version that came of it; null where it moved nothing. */
  version: Schema.NullOr(Schema.Number),
  /** The order's number or the refund's. */
  number: Schema.String,
  status: Schema.NullOr(Schema.Number),
  millis: Schema.NullOr(Schema.Number),
  /** At most 4 KB; values of secrets and of payers are replaced by `…`. */
  raw: Schema.String,
  /** W3C trace id of the request or work that asked for it; null where there is none. */
  traceId: Schema.NullOr(Schema.String)
}).annotations({ identifier: "VendorAnswer" })

/** All that is known of one order. */
export const OrderDetail = Schema.Struct({
  order: OrderRow,
  refunds: Schema.Array(
    Schema.Struct({
      ...Refund.fields,
      heldReason: Schema.NullOr(Schema.String),
      vendorRefundNo: Schema.NullOr(Schema.String)
    })
  ),
  /** Of the payment and its refunds, oldest first; `number` says whose. */
  history: Schema.Array(Schema.Struct({ ...HistoryItem.fields, number: Schema.String, chained: Schema.Boolean })),
  answers: Schema.Array(Evidence),
  deliveries: Schema.Array(AdminDelivery),
  proposals: Schema.Array(Proposal),
  /** What the machine and the vendor allow now, and this operator's role too. */
  allowed: Schema.Array(Schema.Literal(...actions)),
  /** What is left to refund or to capture, in major units; null where nothing is. */
  refundable: Schema.NullOr(Schema.String),
  capturable: Schema.NullOr(Schema.String),
  /** What one operator may refund now without a second one, in major units; null: all that is left. */
  refundableAlone: Schema.NullOr(Schema.String),
  /** The states that a person can let a held order go on from. */
  resolvable: Schema.Array(Payment.State),
  /** When we look at it again; null: never. */
  dueAt: Schema.NullOr(Time)
}).annotations({ identifier: "OrderDetail" })

const decimal = Schema.String.pipe(Schema.pattern(/^(?:0|[1-9]\d{0,17})(?:\.\d{1,4})?$/))
const instant = Schema.String.pipe(Schema.pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z$/))

/** No vendor and no app is called longer. */
const name = Schema.String.pipe(Schema.maxLength(64))

/** Which orders to list, newest first; what is left out is open. */
export const OrderFilter = Schema.Struct({
  /** Any number of it: ours, the app's, the vendor's, a refund's. Whole, by the byte. */
  number: Schema.optional(Schema.String.pipe(Schema.minLength(1), Schema.maxLength(256))),
  status: Schema.optional(Payment.State),
  vendor: Schema.optional(name),
  app: Schema.optional(name),
  method: Schema.optional(Words.Method),
  createdFrom: Schema.optional(instant),
  createdTo: Schema.optional(instant),
  /** With `currency`: amounts in major units, both ends included. */
  amountFrom: Schema.optional(decimal),
  amountTo: Schema.optional(decimal),
  currency: Schema.optional(Schema.String.pipe(Schema.pattern(/^[A-Z]{3}$/)))
})

/** The same with its page. */
export const OrderSearch = Schema.Struct({
  ...OrderFilter.fields,
  cursor: Schema.optional(Schema.String.pipe(Schema.pattern(/^[\w-]{1,128}$/))),
  limit: Schema.optional(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 100)))
})

export const OrderRows = list("OrderRows", OrderRow)

const number = HttpApiSchema.param("payOrderNo", Schema.String)
const eventId = HttpApiSchema.param("eventId", Schema.String)
const filterName = HttpApiSchema.param("name", Schema.String)

const reason = Schema.String.annotations({ description: "Why, for the record: 1 to 500 characters" })
/** Why something is done. */
export const Because = Schema.Struct({ reason }).annotations({ identifier: "Because" })
/** Why, and of how much. */
export const PartBecause = Schema.Struct({
  reason,
  /** In major units of the order's currency; left out: all that is there. */
  amount: Schema.optional(decimal)
}).annotations({ identifier: "PartBecause" })
/** How what is held goes on, and why. */
export const ResolveBecause = Schema.Struct({
  /** The refund that is held; left out: the payment. */
  refundNo: Schema.optional(Schema.String),
  state: Payment.State,
  /** What is accepted as captured in place of the order's amount, in major units. */
  acceptedAmount: Schema.optional(decimal),
  reason
}).annotations({ identifier: "ResolveBecause" })

const acting = [
  "BODY_INVALID",
  "ORDER_NOT_FOUND",
  "NOT_ALLOWED",
  "OPERATION_OPEN",
  "NOT_SUPPORTED",
  "CONTENDED",
  "IN_FLIGHT",
  "STORE_UNAVAILABLE"
] as const satisfies ReadonlyArray<Code>

const search = HttpApiEndpoint.get("search", "/admin/orders")
  .setUrlParams(OrderSearch)
  .addSuccess(OrderRows)
  .addError(answers("PARAMETER_INVALID", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Search orders", "Of all apps, newest first, page by page."))

const count = HttpApiEndpoint.get("count", "/admin/orders/count")
  .setUrlParams(OrderFilter)
  .addSuccess(Schema.Struct({ count: Schema.Number, isExact: Schema.Boolean }))
  .addError(answers("PARAMETER_INVALID", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(
    Call.about(
      "viewer",
      "Count orders",
      "How many a search finds, for the progress of an export; an estimate where counting would take long."
    )
  )

const exported = HttpApiEndpoint.get("export", "/admin/orders.csv")
  .setUrlParams(OrderFilter)
  .addSuccess(HttpApiSchema.Text({ contentType: "text/csv" }))
  .addError(answers("PARAMETER_INVALID", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(
    Call.about(
      "viewer",
      "Export orders",
      "RFC 4180 with a header, as a stream; no cell is taken for a formula. On record."
    )
  )

const read = HttpApiEndpoint.get("read")`/admin/orders/${number}`
  .addSuccess(OrderDetail)
  .addError(answers("ORDER_NOT_FOUND", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Read all of an order", "By its number or by that of one of its refunds."))

const live = HttpApiEndpoint.get("live")`/admin/orders/${number}/live`
  .addSuccess(HttpApiSchema.Text({ contentType: "text/event-stream" }))
  .addError(answers("ORDER_NOT_FOUND", "STREAMS_FULL", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(
    Call.about(
      "viewer",
      "Follow an order",
      "Server-Sent Events `changed` with the number and version that is new; then read it."
    )
  )

const sync = HttpApiEndpoint.post("sync")`/admin/orders/${number}/sync`
  .setPayload(Because)
  .addSuccess(OrderRow)
  .addError(answers(...acting))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about("operator", "Ask the vendor now", "What it says is taken in before this is answered.", acting)
  )

const close = HttpApiEndpoint.post("close")`/admin/orders/${number}/close`
  .setPayload(Because)
  .addSuccess(OrderRow)
  .addError(answers(...acting))
  .middleware(Call.Operator)
  .annotateContext(Call.about("operator", "Close an order", "It can still turn out paid: the vendor decides.", acting))

const capture = HttpApiEndpoint.post("capture")`/admin/orders/${number}/capture`
  .setPayload(PartBecause)
  .addSuccess(OrderRow)
  .addError(answers("AMOUNT_INVALID", ...acting))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about(
      "operator",
      "Capture an order",
      "All of an authorization or a part of it, whose rest is released.",
      acting
    )
  )

/** A refund that was placed, or the proposal that waits for a second person. */
export const RefundOutcome = Schema.Struct({
  refund: Schema.NullOr(Refund),
  proposal: Schema.NullOr(Proposal)
}).annotations({ identifier: "RefundOutcome" })

const refunding = ["AMOUNT_INVALID", "NOTHING_REFUNDABLE", "PROPOSAL_OPEN", ...acting] as const

const refund = HttpApiEndpoint.post("refund")`/admin/orders/${number}/refunds`
  .setPayload(PartBecause)
  .setHeaders(Schema.Struct({ "idempotency-key": Schema.String }))
  .addSuccess(RefundOutcome)
  .addError(answers(...refunding))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about(
      "operator",
      "Refund an order",
      "A part, or what is left. Above the configured amount it is proposed, and a second person approves it. The reason goes to the app and to the vendor, too, which may show it to the payer.",
      refunding
    )
  )

const accept = HttpApiEndpoint.post("accept")`/admin/orders/${number}/accept`
  .setPayload(Because)
  .addSuccess(OrderRow)
  .addError(answers(...acting))
  .middleware(Call.Operator)
  .annotateContext(Call.about("operator", "Accept late money", "In place of its refund.", acting))

const resolving = ["AMOUNT_INVALID", "PROPOSAL_OPEN", ...acting] as const

const resolve = HttpApiEndpoint.post("resolve")`/admin/orders/${number}/resolve`
  .setPayload(ResolveBecause)
  .addSuccess(Proposal)
  .addError(answers(...resolving))
  .middleware(Call.Operator)
  .annotateContext(
    Call.about(
      "operator",
      "Propose how a held order goes on",
      "A second person approves it within 24 hours.",
      resolving
    )
  )

const resend = HttpApiEndpoint.post("resend")`/admin/events/${eventId}/resend`
  .setPayload(Because)
  .addSuccess(Schema.Struct({ deliveries: Schema.Number }))
  .addError(answers("BODY_INVALID", "EVENT_NOT_FOUND", "NO_ENDPOINT", "STORE_UNAVAILABLE"))
  .middleware(Call.Operator)
  .annotateContext(Call.about("operator", "Send an event again", "To all endpoints of its app that want it."))

/** A search that an operator keeps. */
export const KeptFilter = Schema.Struct({
  ...OrderFilter.fields,
  /** The last so long, whenever it is applied, in place of a begin. */
  range: Schema.optional(Schema.Literal("15m", "1h", "24h", "7d", "30d"))
})

/** A search that an operator keeps, by its name. */
export const SavedFilter = Schema.Struct({ name: Schema.String, filter: KeptFilter }).annotations({
  identifier: "SavedFilter"
})

const filters = HttpApiEndpoint.get("filters", "/admin/filters")
  .addSuccess(Schema.Array(SavedFilter))
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "List one's saved filters", "By name."))

const saveFilter = HttpApiEndpoint.put("saveFilter")`/admin/filters/${filterName}`
  .setPayload(KeptFilter)
  .addSuccess(HttpApiSchema.NoContent)
  .addError(answers("BODY_INVALID", "LIMIT_REACHED", "STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Save a filter", "Under a name of 1 to 40 characters; at most 50."))

const dropFilter = HttpApiEndpoint.del("dropFilter")`/admin/filters/${filterName}`
  .addSuccess(HttpApiSchema.NoContent)
  .addError(answers("STORE_UNAVAILABLE"))
  .middleware(Call.Viewer)
  .annotateContext(Call.about("viewer", "Drop a saved filter", "Also where there is none."))

/** Orders as operators see them, and what they do with them. */
export const orders = HttpApiGroup.make("orders")
  .add(search)
  .add(count)
  .add(exported)
  .add(read)
  .add(live)
  .add(sync)
  .add(close)
  .add(capture)
  .add(refund)
  .add(accept)
  .add(resolve)
  .add(resend)
  .add(filters)
  .add(saveFilter)
  .add(dropFilter)
