import { createHash } from "node:crypto"
import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Api } from "@payment-proxy/api"
import { receive } from "@payment-proxy/application"
import type { Reply } from "@payment-proxy/ports"
import { Effect, Metric } from "effect"
import * as Body from "./Body.ts"
import { answered, refuse } from "./Problems.ts"

/** Notifications that were refused, by vendor and reason (`RefusalReason`). */
export const refused = Metric.counter("payment_proxy_notifications_refused", {
  description: "Notifications that were refused, by vendor and reason: forged, altered, stale, or of another merchant",
  incremental: true
})

const replied = ({ status, contentType, body }: Reply) =>
  body === ""
    ? HttpServerResponse.empty({ status })
    : HttpServerResponse.text(body, { status, contentType: contentType ?? "text/plain" })

/** The handler of vendors' notifications. */
export const layer = HttpApiBuilder.group(Api, "vendors", (handlers) =>
  handlers.handleRaw("notify", ({ path: { vendor } }) =>
    answered(
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
    )
  )
)
