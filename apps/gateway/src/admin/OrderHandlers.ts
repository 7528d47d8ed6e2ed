import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Admin } from "@payment-proxy/api"
import { Operators } from "@payment-proxy/application"
import { Orders } from "@payment-proxy/ports"
import { Effect } from "effect"
import { answering, refuse } from "../Problems.ts"
import * as Csv from "./Csv.ts"
import * as Detail from "./Detail.ts"
import * as Export from "./Export.ts"
import * as Filter from "./Filter.ts"
import * as Filters from "./Filters.ts"
import * as Following from "./Following.ts"
import * as Acts from "./OrderActs.ts"
import * as OrderLive from "./OrderLive.ts"
import { acting, body, recorded } from "./Recorded.ts"

const usualLimit = 50

const search = Effect.fnUntraced(function* (asked: typeof Admin.Orders.OrderSearch.Type) {
  const filter = yield* Filter.of(asked)
  const { limit = usualLimit, cursor = null } = asked
  const found = yield* Effect.flatMap(Orders, (orders) => orders.search({ ...filter, after: cursor, limit: limit + 1 }))
  const items = found.slice(0, limit)
  return { items: items.map(Detail.row), next: found.length > limit ? (items.at(-1)?.payOrderNo ?? null) : null }
})

const count = Effect.fnUntraced(function* (asked: typeof Admin.Orders.OrderFilter.Type) {
  const filter = yield* Filter.of(asked)
  return yield* Effect.flatMap(Orders, (orders) => orders.count(filter))
})

/** On record before its first line leaves. */
const exported = Effect.fnUntraced(function* (asked: typeof Admin.Orders.OrderFilter.Type) {
  const filter = yield* Filter.of(asked)
  const response = NodeHttpServerRequest.toServerResponse(yield* HttpServerRequest.HttpServerRequest)
  yield* recorded({ action: "order.export", subject: Filter.said(asked), reason: null })(Effect.void)
  yield* Csv.send(response, "orders.csv", Export.csv(filter), yield* Following.standing)
  return HttpServerResponse.empty()
})

const resent = Effect.fnUntraced(function* (eventId: string) {
  const { reason } = yield* body(Admin.Orders.Because)
  const by = yield* acting
  const deliveries = yield* Operators.resend(eventId, by).pipe(
    Effect.filterOrFail(
      (sent) => sent > 0,
      () => refuse("NO_ENDPOINT", "No endpoint of its app wants this event, or takes any now.")
    ),
    recorded({ action: "event.resend", subject: eventId, reason })
  )
  return { deliveries }
})

/** The handlers of orders, and of what is done with them. */
export const layer = HttpApiBuilder.group(Admin.Api, "orders", (handlers) =>
  handlers
    .handle("search", ({ urlParams }) => answering(search(urlParams)))
    .handle("count", ({ urlParams }) => answering(count(urlParams)))
    .handleRaw("export", ({ urlParams }) => answering(exported(urlParams)))
    .handle("read", ({ path }) => answering(Effect.flatMap(acting, (by) => Detail.read(path.payOrderNo, by))))
    .handleRaw("live", ({ path }) => answering(OrderLive.follow(path.payOrderNo)))
    .handleRaw("sync", ({ path }) => answering(Acts.synced(path.payOrderNo)))
    .handleRaw("close", ({ path }) => answering(Acts.closed(path.payOrderNo)))
    .handleRaw("capture", ({ path }) => answering(Acts.captured(path.payOrderNo)))
    .handleRaw("refund", ({ path }) => answering(Acts.refunded(path.payOrderNo)))
    .handleRaw("accept", ({ path }) => answering(Acts.accepted(path.payOrderNo)))
    .handleRaw("resolve", ({ path }) => answering(Acts.resolved(path.payOrderNo)))
    .handleRaw("resend", ({ path }) => answering(resent(path.eventId)))
    .handle("filters", () => answering(Filters.own))
    .handleRaw("saveFilter", ({ path }) => answering(Filters.saved(path.name)))
    .handle("dropFilter", ({ path }) => answering(Filters.dropped(path.name)))
)
