import type { IncomingMessage } from "node:http"
import { HttpApiBuilder } from "@effect/platform"
import { Api, Decoding, Order } from "@payment-proxy/api"
import { Read, refund } from "@payment-proxy/application"
import { Duration, Effect, Either } from "effect"
import * as Body from "./Body.ts"
import * as Caller from "./Caller.ts"
import { answered, refuse, vendorGone } from "./Problems.ts"
import * as Shown from "./Shown.ts"

/** Places the refund that a request asks for: 202 while it is in doubt, else 201 where this call placed it. */
const placed = Effect.fnUntraced(
  function* (request: IncomingMessage, payOrderNo: string) {
    const app = yield* Caller.of(request)
    const idempotencyKey = yield* Caller.idempotencyKey(request)
    const json = yield* Body.jsonOrNothing(request)
    const { amount = null, reason = null } = yield* Either.mapLeft(Decoding.placeRefund(json), (faults) =>
      refuse("BODY_INVALID", `The refund has ${faults.length} fault(s).`, faults)
    )
    const fingerprint = Caller.sha256(Decoding.canonical(json))
    const placing = yield* Effect.catchTag(
      refund({ app: app.id, payOrderNo, idempotencyKey, fingerprint, amount, reason }),
      "UnknownVendor",
      vendorGone
    )
    const shown = Order.fromRefund(placing.refund)
    return Shown.json(shown, shown.inDoubt ? 202 : placing.isNew ? 201 : 200)
  },
  (effect) => answered(effect)
)

/** The handlers of refunds. */
export const layer = HttpApiBuilder.group(Api, "refunds", (handlers) =>
  handlers
    .handleRaw("place", ({ path }) => Effect.flatMap(Caller.incoming, (request) => placed(request, path.payOrderNo)))
    .handle("list", ({ path }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Caller.app
          const refunds = yield* Read.refunds(app.id, path.payOrderNo)
          return Shown.list(refunds.map(Order.fromRefund), null)
        })
      )
    )
    .handle("read", ({ path, urlParams }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Caller.app
          const wait = Duration.seconds(urlParams.wait ?? 0)
          const version = urlParams.version ?? null
          const found = yield* Read.refundWhenChanged(app.id, path.payOrderNo, path.refundNo, wait, version)
          return Shown.json(Order.fromRefund(found), 200)
        })
      )
    )
)
