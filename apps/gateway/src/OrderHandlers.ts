import { createHash } from "node:crypto"
import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Api, Decoding, Order } from "@payment-proxy/api"
import { close, type Placed, place, Read } from "@payment-proxy/application"
import { CrashPoints } from "@payment-proxy/ports"
import { Duration, Effect, Either, identity, Stream } from "effect"
import * as AppKey from "./AppKey.ts"
import * as Body from "./Body.ts"
import { answered, refuse } from "./Problems.ts"

const caller = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
  AppKey.authenticate(headers["authorization"])
)

/** A placed order: 202 while it is in doubt, else 201 where this call placed it. */
const shown = ({ payment, isNew }: Placed) =>
  Effect.map(CrashPoints, ({ written }) => {
    const text = JSON.stringify(Order.fromPayment(payment))
    const status = payment.state === "SUBMITTING" ? 202 : isNew ? 201 : 200
    const options = { status, contentType: "application/json" }
    const body = written(text, "K11")
    return typeof body === "string"
      ? HttpServerResponse.text(body, options)
      : HttpServerResponse.stream(Stream.fromAsyncIterable(body, identity), {
          ...options,
          contentLength: Buffer.byteLength(text)
        })
  })

const listed = (items: ReadonlyArray<unknown>, next: string | null) => HttpServerResponse.unsafeJson({ items, next })

/** The key of a new order, raw or as a quoted string (IETF Idempotency-Key draft), 1 to 255 visible ASCII characters. */
const idempotencyKey = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const given = headers["idempotency-key"]
  if (given === undefined || given === "")
    return yield* refuse(
      "IDEMPOTENCY_KEY_MISSING",
      "Send an Idempotency-Key of your own: the same one again answers the same order."
    )
  const key = /^"(.*)"$/.exec(given)?.[1] ?? given
  return /^[\x21-\x7e]{1,255}$/.test(key)
    ? key
    : yield* refuse(
        "IDEMPOTENCY_KEY_INVALID",
        "An Idempotency-Key is 1 to 255 visible ASCII characters, raw or in quotes."
      )
})

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex")

const placed = Effect.gen(function* () {
  const app = yield* caller
  const key = yield* idempotencyKey
  const json = yield* Body.json
  const body = yield* Either.mapLeft(Decoding.placeOrder(json), (faults) =>
    refuse("BODY_INVALID", `The order has ${faults.length} fault(s).`, faults)
  )
  const placing = yield* place({
    app,
    idempotencyKey: key,
    fingerprint: sha256(Decoding.canonical(json)),
    vendor: body.vendor,
    businessNo: body.businessNo ?? null,
    amount: body.amount,
    method: body.method,
    source: body.source,
    capture: body.capture ?? "automatic",
    expiresIn: body.expiresIn === undefined ? null : Duration.seconds(body.expiresIn),
    metadata: body.metadata ?? {},
    details: { description: body.description, payer: body.payer ?? {}, returnUrl: body.returnUrl ?? null }
  })
  return yield* shown(placing)
})

/** The handlers of the order API. */
export const layer = HttpApiBuilder.group(Api, "orders", (handlers) =>
  handlers
    .handleRaw("place", () => answered(placed))
    .handle("read", ({ path, urlParams }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* caller
          const wait = Duration.seconds(urlParams.wait ?? 0)
          const payment = yield* Read.orderWhenChanged(app.id, path.payOrderNo, wait, urlParams.version ?? null)
          return HttpServerResponse.unsafeJson(Order.fromPayment(payment))
        })
      )
    )
    .handle("search", ({ urlParams }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* caller
          const { items, next } = yield* Read.orders({
            app: app.id,
            businessNo: urlParams.businessNo ?? null,
            state: urlParams.status ?? null,
            vendor: urlParams.vendor ?? null,
            createdFromMillis: urlParams.createdFrom === undefined ? null : Date.parse(urlParams.createdFrom),
            createdToMillis: urlParams.createdTo === undefined ? null : Date.parse(urlParams.createdTo),
            after: urlParams.cursor ?? null,
            limit: urlParams.limit ?? 20
          })
          return listed(items.map(Order.fromPayment), next)
        })
      )
    )
    .handle("close", ({ path }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* caller
          const payment = yield* close(app.id, path.payOrderNo)
          const status = payment.state === "CLOSING" ? 202 : 200
          return HttpServerResponse.unsafeJson(Order.fromPayment(payment), { status })
        })
      )
    )
    .handle("history", ({ path }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* caller
          const rows = yield* Read.history(app.id, path.payOrderNo)
          const items = rows.map(({ version, state, cause, detail, atMillis }) => ({
            version,
            status: state,
            cause,
            detail,
            at: Order.timeOf(atMillis)
          }))
          return listed(items, null)
        })
      )
    )
)
