import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import * as Document from "./Document.ts"
import * as Examples from "./Examples.ts"
import { PlaceRefund } from "./Operation.ts"
import { Refund, RefundList } from "./Order.ts"
import { orderNoParam, PlaceHeaders, ReadParameters, refundNoParam } from "./Parameters.ts"
import type { Code } from "./Problem.ts"
import { answers, bodies, forApps, keys } from "./Problem.ts"

const created = Refund.annotations(HttpApiSchema.annotations({ identifier: "Refund", status: 201 }))
const accepted = Refund.annotations(HttpApiSchema.annotations({ identifier: "Refund", status: 202 }))

const placing: ReadonlyArray<Code> = [
  ...keys,
  ...bodies,
  "ORDER_NOT_FOUND",
  "AMOUNT_INVALID",
  "NOTHING_REFUNDABLE",
  "NOT_ALLOWED",
  "NOT_SUPPORTED",
  "IN_FLIGHT",
  "CONTENDED",
  ...forApps
]
const listing: ReadonlyArray<Code> = ["ORDER_NOT_FOUND", ...forApps]
const reading: ReadonlyArray<Code> = ["PARAMETER_INVALID", "ORDER_NOT_FOUND", "REFUND_NOT_FOUND", ...forApps]

const place = HttpApiEndpoint.post("place")`/v1/orders/${orderNoParam}/refunds`
  .setPayload(PlaceRefund)
  .setHeaders(PlaceHeaders)
  .addSuccess(Refund)
  .addSuccess(created)
  .addSuccess(accepted)
  .addError(answers(...placing))
  .annotateContext(
    Document.call({
      title: "Refund an order",
      description:
        "A part, or what is left. On disk before the vendor hears of it; never more than was taken, however many ask at once. The same Idempotency-Key answers the same refund.",
      isForApps: true,
      problems: placing,
      request: Document.jsonBody("PlaceRefund", false, { part: Examples.placeRefund, rest: {} }),
      answers: {
        200: {
          description: "Placed before with this key: the refund as it is now",
          examples: { refunded: Examples.refunded }
        },
        201: {
          description: "Placed, with the vendor's answer",
          examples: { pending: Examples.refund, failed: Examples.refundFailed }
        },
        202: {
          description:
            "Placed and in doubt: it is sent again under its own number, and asked about, until it is decided",
          examples: { inDoubt: Examples.refundInDoubt }
        }
      }
    })
  )

const list = HttpApiEndpoint.get("list")`/v1/orders/${orderNoParam}/refunds`
  .addSuccess(RefundList)
  .addError(answers(...listing))
  .annotateContext(
    Document.call({
      title: "List an order's refunds",
      description: "Oldest first.",
      isForApps: true,
      problems: listing,
      answers: {
        200: { description: "The order's refunds", examples: { one: { items: [Examples.refunded], next: null } } }
      }
    })
  )

const read = HttpApiEndpoint.get("read")`/v1/orders/${orderNoParam}/refunds/${refundNoParam}`
  .setUrlParams(ReadParameters)
  .addSuccess(Refund)
  .addError(answers(...reading))
  .annotateContext(
    Document.call({
      title: "Read a refund",
      description: "With `wait`, as soon as it changes.",
      isForApps: true,
      problems: reading,
      answers: { 200: { description: "The refund", examples: { refunded: Examples.refunded } } }
    })
  )

/** Money that goes back. */
export const refunds = HttpApiGroup.make("refunds")
  .add(place)
  .add(list)
  .add(read)
  .annotateContext(OpenApi.annotations({ description: "Each refund has a number and a life of its own." }))
