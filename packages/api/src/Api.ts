import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, HttpApiSecurity, OpenApi } from "@effect/platform"
import { Payment } from "@payment-proxy/domain"
import { Schema } from "effect"
import { HistoryItem, Order, PlaceOrder } from "./Order.ts"
import { answered } from "./Problem.ts"

const payOrderNo = HttpApiSchema.param("payOrderNo", Schema.String)

const maxWaitSeconds = 60
const maxPage = 100

const whole = (min: number, max: number) => Schema.NumberFromString.pipe(Schema.int(), Schema.between(min, max))

/** How to read one order. */
export const ReadParameters = Schema.Struct({
  wait: Schema.optional(
    whole(0, maxWaitSeconds).annotations({
      description: "Seconds to wait for a change; answers at once when the order waits for nobody"
    })
  ),
  version: Schema.optional(
    whole(0, Number.MAX_SAFE_INTEGER).annotations({ description: "With wait: answers at once above this version" })
  )
})

const Instant = Schema.String.pipe(
  Schema.pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/, {
    message: () => "This is not a time like 2026-11-23T08:00:00Z."
  })
)

/** Which orders to list, newest first. */
export const SearchParameters = Schema.Struct({
  businessNo: Schema.optional(Schema.String),
  status: Schema.optional(Payment.State),
  vendor: Schema.optional(Schema.String),
  createdFrom: Schema.optional(Instant),
  createdTo: Schema.optional(Instant),
  cursor: Schema.optional(Schema.String),
  limit: Schema.optional(whole(1, maxPage))
})

const list = <A, I>(name: string, item: Schema.Schema<A, I>) =>
  Schema.Struct({ items: Schema.Array(item), next: Schema.NullOr(Schema.String) }).annotations({ identifier: name })

const accepted = Order.annotations(
  HttpApiSchema.annotations({ status: 202, description: "In doubt: the vendor is asked until it says more" })
)
const created = Order.annotations(
  HttpApiSchema.annotations({ status: 201, description: "Placed, with the vendor's answer" })
)

const said = (title: string, description: string) => OpenApi.annotations({ title, description })

const orders = HttpApiGroup.make("orders")
  .add(
    HttpApiEndpoint.post("place", "/v1/orders")
      .setPayload(PlaceOrder)
      .setHeaders(Schema.Struct({ "idempotency-key": Schema.String }))
      .addSuccess(Order)
      .addSuccess(created)
      .addSuccess(accepted)
      .addError(answered(413))
      .addError(answered(415))
      .addError(answered(422))
      .annotateContext(
        said(
          "Place an order",
          "On disk before the vendor hears of it. The same Idempotency-Key answers the same order."
        )
      )
  )
  .add(
    HttpApiEndpoint.get("read")`/v1/orders/${payOrderNo}`
      .setUrlParams(ReadParameters)
      .addSuccess(Order)
      .annotateContext(said("Read an order", "With `wait`, as soon as it changes."))
  )
  .add(
    HttpApiEndpoint.get("search", "/v1/orders")
      .setUrlParams(SearchParameters)
      .addSuccess(list("OrderList", Order))
      .annotateContext(said("Search orders", "Newest first, page by page."))
  )
  .add(
    HttpApiEndpoint.post("close")`/v1/orders/${payOrderNo}/close`
      .addSuccess(Order)
      .addSuccess(accepted)
      .addError(answered(409))
      .annotateContext(said("Close an order", "It can still turn out paid: the vendor decides."))
  )
  .add(
    HttpApiEndpoint.get("history")`/v1/orders/${payOrderNo}/history`
      .addSuccess(list("History", HistoryItem))
      .annotateContext(said("Read an order's history", "What happened, when, and by what; oldest first."))
  )
  .addError(answered(400))
  .addError(answered(401))
  .addError(answered(404))
  .addError(answered(503))
  .annotateContext(
    OpenApi.annotations({ description: "An app sees its own orders alone. Its key goes into `Authorization: Bearer`." })
  )

const vendors = HttpApiGroup.make("vendors")
  .add(
    HttpApiEndpoint.post("notify")`/notify/${HttpApiSchema.param("vendor", Schema.String)}`
      .addSuccess(HttpApiSchema.NoContent)
      .annotateContext(
        said("Receive a vendor's notification", "Verified, then on disk, then answered in the vendor's own form.")
      )
  )
  .addError(answered(401))
  .addError(answered(404))
  .addError(answered(413))
  .addError(answered(503))

const Alive = Schema.Struct({ status: Schema.Literal("alive", "ready") })

const health = HttpApiGroup.make("health")
  .add(HttpApiEndpoint.get("alive", "/healthz").addSuccess(Alive).annotateContext(said("Alive", "The process runs.")))
  .add(
    HttpApiEndpoint.get("ready", "/readyz")
      .addSuccess(Alive)
      .addError(answered(503))
      .annotateContext(said("Ready", "Orders can be taken."))
  )

/** The order API (design §8). */
export class Api extends HttpApi.make("payment-proxy")
  .add(orders)
  .add(vendors)
  .add(health)
  .annotateContext(
    OpenApi.annotations({
      title: "Payment Proxy",
      version: "1",
      description: "Orders, whatever the platform behind them. Errors are RFC 9457 problems with a stable `code`.",
      transform: (spec) => withSecurity(spec)
    })
  ) {}

const bearer = HttpApiSecurity.bearer

/** The document says that calls below /v1 take an app's key. */
const withSecurity = (spec: Record<string, unknown>): Record<string, unknown> => {
  const paths = spec["paths"] as Record<string, Record<string, Record<string, unknown>>>
  const secured = Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      path.startsWith("/v1/")
        ? Object.fromEntries(
            Object.entries(methods).map(([name, call]) => [name, { ...call, security: [{ appKey: [] }] }])
          )
        : methods
    ])
  )
  const components = spec["components"] as Record<string, unknown>
  const securitySchemes = { appKey: { type: "http", scheme: bearer._tag.toLowerCase() } }
  return { ...spec, paths: secured, components: { ...components, securitySchemes } }
}
