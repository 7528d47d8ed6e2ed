import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Changes } from "@payment-proxy/application"
import { Orders } from "@payment-proxy/ports"
import { Effect } from "effect"
import { orClosed } from "../EventStreams.ts"
import * as Detail from "./Detail.ts"
import * as Following from "./Following.ts"

/** The versions of a payment and of its refunds, as they are now. */
const versionsOf = Effect.fnUntraced(function* (payOrderNo: string) {
  const payment = yield* Detail.paymentOf(payOrderNo)
  const refunds = yield* Effect.flatMap(Orders, (orders) => orders.refundsOf(payment.payOrderNo))
  return new Map([
    [payment.payOrderNo, payment.version],
    ...refunds.map(({ refundNo, version }) => [refundNo, version] as const)
  ])
})

/** Says of each version of an order and of its refunds that it is there, the latest one at once. */
export const follow = Effect.fnUntraced(function* (number: string) {
  const response = NodeHttpServerRequest.toServerResponse(yield* HttpServerRequest.HttpServerRequest)
  const changes = yield* Changes.Changes
  const { payOrderNo } = yield* Detail.paymentOf(number)
  yield* Following.follow(response, versionsOf(payOrderNo), (first, say) =>
    Effect.gen(function* () {
      const tell = (no: string, version: number) => say("changed", JSON.stringify({ number: no, version }))
      let known: ReadonlyMap<string, number> = first
      for (const [no, version] of known) yield* tell(no, version)
      for (;;) {
        const seen = known
        const news = yield* orClosed<Changes.News>(response, (wake) => changes.watch(seen, wake))
        if (news === null) return
        known = yield* versionsOf(payOrderNo)
        for (const [no, version] of known) if (version > (seen.get(no) ?? 0)) yield* tell(no, version)
      }
    })
  )
  return HttpServerResponse.empty()
})
