import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import * as Document from "./Document.ts"
import * as Examples from "./Examples.ts"
import { Capture } from "./Operation.ts"
import { History, Order, OrderList, PlaceOrder } from "./Order.ts"
import { orderNoParam, PlaceHeaders, ReadParameters, SearchParameters } from "./Parameters.ts"
import type { Code } from "./Problem.ts"
import { answers, bodies, forApps, keys } from "./Problem.ts"

const created = Order.annotations(HttpApiSchema.annotations({ identifier: "Order", status: 201 }))
const accepted = Order.annotations(HttpApiSchema.annotations({ identifier: "Order", status: 202 }))

const placing: ReadonlyArray<Code> = [...keys, ...bodies, "IN_FLIGHT", "CONTENDED", ...forApps]
const reading: ReadonlyArray<Code> = ["PARAMETER_INVALID", "ORDER_NOT_FOUND", ...forApps]
const searching: ReadonlyArray<Code> = ["PARAMETER_INVALID", ...forApps]
const moving = ["ORDER_NOT_FOUND", "CONTENDED", "IN_FLIGHT", ...forApps] as const satisfies ReadonlyArray<Code>
const closing: ReadonlyArray<Code> = ["NOT_ALLOWED", ...moving]
const capturing: ReadonlyArray<Code> = [
  ...bodies,
  "AMOUNT_INVALID",
  "NOT_ALLOWED",
  "NOT_SUPPORTED",
  "OPERATION_OPEN",
  ...moving
]
const syncing: ReadonlyArray<Code> = [...moving]
const looking: ReadonlyArray<Code> = ["ORDER_NOT_FOUND", ...forApps]
const place = HttpApiEndpoint.post("place", "/v1/orders")
  .setPayload(PlaceOrder)
  .setHeaders(PlaceHeaders)
  .addSuccess(Order)
  .addSuccess(created)
  .addSuccess(accepted)
  .addError(answers(...placing))
  .annotateContext(
    Document.call({
      title: "Place an order",
      description: "On disk before the vendor hears of it. The same Idempotency-Key answers the same order.",
      isForApps: true,
      problems: placing,
      request: Document.jsonBody("PlaceOrder", true, { order: Examples.placeOrder }),
      answers: {
        200: { description: "Placed before with this key: the order as it is now", examples: { paid: Examples.paid } },
        201: {
          description: "Placed, with the vendor's answer: what to show to the payer, or why it was refused",
          examples: { pending: Examples.pending, failed: Examples.failed }
        },
        202: {
          description: "Placed and in doubt: the vendor is asked until it says more",
          examples: { inDoubt: Examples.inDoubt }
        }
      }
    })
  )

const read = HttpApiEndpoint.get("read")`/v1/orders/${orderNoParam}`
  .setUrlParams(ReadParameters)
  .addSuccess(Order)
  .addError(answers(...reading))
  .annotateContext(
    Document.call({
      title: "Read an order",
      description: "With `wait`, as soon as it changes.",
      isForApps: true,
      problems: reading,
      answers: { 200: { description: "The order", examples: { pending: Examples.pending, paid: Examples.paid } } }
    })
  )

const search = HttpApiEndpoint.get("search", "/v1/orders")
  .setUrlParams(SearchParameters)
  .addSuccess(OrderList)
  .addError(answers(...searching))
  .annotateContext(
    Document.call({
      title: "Search orders",
      description: "Newest first, page by page.",
      isForApps: true,
      problems: searching,
      answers: {
        200: { description: "A page of orders", examples: { page: { items: [Examples.paid], next: null } } }
      }
    })
  )

const close = HttpApiEndpoint.post("close")`/v1/orders/${orderNoParam}/close`
  .addSuccess(Order)
  .addSuccess(accepted)
  .addError(answers(...closing))
  .annotateContext(
    Document.call({
      title: "Close an order",
      description: "It can still turn out paid: the vendor decides.",
      isForApps: true,
      problems: closing,
      answers: {
        200: { description: "The order as it now is", examples: { closed: Examples.closed } },
        202: {
          description: "Closing: the vendor is asked until it says more",
          examples: { closing: Examples.closing }
        }
      }
    })
  )

const capture = HttpApiEndpoint.post("capture")`/v1/orders/${orderNoParam}/capture`
  .setPayload(Capture)
  .addSuccess(Order)
  .addSuccess(accepted)
  .addError(answers(...capturing))
  .annotateContext(
    Document.call({
      title: "Capture an order",
      description:
        "Takes the money that an authorized order holds: all, or a part, whose rest is released. An order is captured once. Without a body: all.",
      isForApps: true,
      problems: capturing,
      request: Document.jsonBody("Capture", false, { part: Examples.capture, all: {} }),
      answers: {
        200: { description: "The order as it now is", examples: { captured: Examples.captured } },
        202: {
          description: "On its way: the vendor is asked until it says more",
          examples: { capturing: Examples.capturing }
        }
      }
    })
  )

const sync = HttpApiEndpoint.post("sync")`/v1/orders/${orderNoParam}/sync`
  .addSuccess(Order)
  .addError(answers(...syncing))
  .annotateContext(
    Document.call({
      title: "Ask the vendor now",
      description: "What the vendor says is taken in before this is answered. At most one question every 2 seconds.",
      isForApps: true,
      problems: syncing,
      answers: { 200: { description: "The order as it now is", examples: { paid: Examples.paid } } }
    })
  )

const history = HttpApiEndpoint.get("history")`/v1/orders/${orderNoParam}/history`
  .addSuccess(History)
  .addError(answers(...looking))
  .annotateContext(
    Document.call({
      title: "Read an order's history",
      description: "What happened, when, and by what; oldest first.",
      isForApps: true,
      problems: looking,
      answers: { 200: { description: "The order's history", examples: { paid: Examples.history } } }
    })
  )

/** Placing, reading and moving orders. */
export const orders = HttpApiGroup.make("orders")
  .add(place)
  .add(read)
  .add(search)
  .add(close)
  .add(capture)
  .add(sync)
  .add(history)
  .annotateContext(
    OpenApi.annotations({ description: "An app sees its own orders alone. Its key goes into `Authorization: Bearer`." })
  )
