import { HttpApiBuilder, HttpServer, HttpServerResponse } from "@effect/platform"
import { Api, Examples, Problem } from "@payment-proxy/api"
import { Effect, Layer } from "effect"

const unused = Effect.die("Nobody calls this here.")

/** What the app's calls came with, newest last. */
export const asked: Array<unknown> = []

const told = <A>(request: unknown, answer: A) =>
  Effect.sync(() => {
    asked.push(request)
    return answer
  })

const orders = HttpApiBuilder.group(Api, "orders", (handlers) =>
  handlers
    .handle("place", ({ payload, headers }) => told({ payload, key: headers["idempotency-key"] }, Examples.pending))
    .handle("read", ({ path, urlParams }) =>
      path.payOrderNo === Examples.paid.payOrderNo
        ? told({ path, urlParams }, Examples.paid)
        : Effect.fail(Problem.make("ORDER_NOT_FOUND", "No such order is this app's."))
    )
    .handle("search", ({ urlParams }) => told({ urlParams }, { items: [Examples.paid], next: null }))
    .handle("close", ({ path }) => told({ path }, Examples.closing))
    .handle("capture", ({ path, payload }) => told({ path, payload }, Examples.captured))
    .handle("sync", ({ path }) => told({ path }, Examples.paid))
    .handle("history", ({ path }) => told({ path }, Examples.history))
)

const refunds = HttpApiBuilder.group(Api, "refunds", (handlers) =>
  handlers
    .handle("place", ({ path, payload, headers }) =>
      told({ path, payload, key: headers["idempotency-key"] }, Examples.refund)
    )
    .handle("list", ({ path }) => told({ path }, { items: [Examples.refunded], next: null }))
    .handle("read", ({ path, urlParams }) => told({ path, urlParams }, Examples.refunded))
)

const events = HttpApiBuilder.group(Api, "events", (handlers) =>
  handlers
    .handle("list", ({ path, headers }) => told({ path, headers }, { items: [Examples.kept], next: null }))
    .handle("redeliver", ({ path }) => told({ path }, Examples.redelivered))
)

const vendors = HttpApiBuilder.group(Api, "vendors", (handlers) =>
  handlers.handle("notify", () => unused).handle("returned", () => unused)
)

const health = HttpApiBuilder.group(Api, "health", (handlers) =>
  handlers
    .handle("alive", () => unused)
    .handle("ready", () => unused)
    .handleRaw("metrics", () => HttpServerResponse.empty())
)

/** A gateway in this process that answers the API's own examples, as a `fetch`. */
export const open = () => {
  const groups = Layer.mergeAll(orders, refunds, events, vendors, health)
  const api = Layer.provide(HttpApiBuilder.api(Api), groups)
  const { handler, dispose } = HttpApiBuilder.toWebHandler(Layer.merge(api, HttpServer.layerContext))
  return { fetch: ((input, init) => handler(new Request(input, init))) as typeof fetch, dispose }
}
