import { createHash } from "node:crypto"
import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Api } from "@payment-proxy/api"
import { OrderNotFound, receive, returned } from "@payment-proxy/application"
import type { Reply } from "@payment-proxy/ports"
import { Effect, Metric } from "effect"
import * as Body from "./Body.ts"
import { answered, refuse } from "./Problems.ts"
import * as ReturnPage from "./ReturnPage.ts"

/** Notifications that were refused, by vendor and reason (`RefusalReason`). */
export const refused = Metric.counter("payment_proxy_notifications_refused", {
  description: "Notifications that were refused, by vendor and reason: forged, altered, stale, or of another merchant",
  incremental: true
})

const replied = ({ status, contentType, body }: Reply) =>
  body === ""
    ? HttpServerResponse.empty({ status })
    : HttpServerResponse.text(body, { status, contentType: contentType ?? "text/plain" })

/** Receives a notification, and answers it in the vendor's own form. */
const notified = (vendor: string) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const body = yield* Body.bytes(NodeHttpServerRequest.toIncomingMessage(request))
    const sha256 = createHash("sha256").update(body).digest("hex")
    return yield* receive(vendor, { headers: request.headers, body }, sha256).pipe(
      Effect.map(replied),
      Effect.catchTags({
        NotVerified: ({ reason, detail, reply }) =>
          Effect.logWarning("A notification was refused.").pipe(
            Effect.annotateLogs({ vendor, reason, detail }),
            Effect.zipRight(
              Metric.increment(Metric.tagged(Metric.tagged(refused, "vendor", vendor), "reason", reason))
            ),
            Effect.as(replied(reply))
          ),
        UnknownVendor: () => Effect.fail(refuse("VENDOR_UNKNOWN", "No vendor of this name is configured."))
      })
    )
  })

/** Sends a payer on who came back from the vendor's page. */
const sentOn = (vendor: string, payOrderNo: string) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const query = Object.fromEntries(new URL(request.url, "http://gateway").searchParams)
    const url = yield* returned(vendor, payOrderNo, query).pipe(
      Effect.catchTag("UnknownVendor", () => new OrderNotFound({ number: payOrderNo }))
    )
    return url === null ? ReturnPage.page(request.headers["accept-language"]) : ReturnPage.onward(url)
  })

/** The handlers of vendors' notifications and of their payers' return. */
export const layer = HttpApiBuilder.group(Api, "vendors", (handlers) =>
  handlers
    .handleRaw("notify", ({ path: { vendor } }) => answered(notified(vendor)))
    .handleRaw("returned", ({ path: { vendor }, urlParams: { order } }) => answered(sentOn(vendor, order)))
)
