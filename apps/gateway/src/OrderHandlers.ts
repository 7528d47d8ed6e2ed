import type { IncomingMessage } from "node:http"
import { Readable } from "node:stream"
import { HttpApiBuilder } from "@effect/platform"
import { Api, Decoding, Order } from "@payment-proxy/api"
import { Actor, capture, close, type Placed, place, Read, sync } from "@payment-proxy/application"
import { anyOrder, CrashPoints } from "@payment-proxy/ports"
import { Duration, Effect, Either } from "effect"
import * as Body from "./Body.ts"
import * as Caller from "./Caller.ts"
import { answered, refuse, vendorGone } from "./Problems.ts"
import * as Shown from "./Shown.ts"

/** A placed order: 202 while it is in doubt, else 201 where this call placed it. */
const shown = ({ payment, isNew }: Placed) =>
  Effect.map(CrashPoints, ({ written }) => {
    const text = Order.textOf(payment)
    const status = payment.state === "SUBMITTING" ? 202 : isNew ? 201 : 200
    const body = written(text, "K11")
    return Shown.text(text, typeof body === "string" ? body : Readable.from(body), status)
  })

/** Places the order that a request asks for. */
export const placed = Effect.fnUntraced(
  function* (request: IncomingMessage) {
    const app = yield* Caller.of(request)
    const key = yield* Caller.idempotencyKey(request)
    const json = yield* Body.json(request)
    const body = yield* Either.mapLeft(Decoding.placeOrder(json), (faults) =>
      refuse("BODY_INVALID", `The order has ${faults.length} fault(s).`, faults)
    )
    const placing = yield* place({
      app,
      idempotencyKey: key,
      fingerprint: Caller.sha256(Decoding.canonical(json)),
      vendor: body.vendor,
      businessNo: body.businessNo ?? null,
      amount: body.amount,
      method: body.method,
      source: body.source,
      capture: body.capture,
      expiresIn: Duration.seconds(body.expiresIn),
      metadata: body.metadata ?? {},
      details: { description: body.description, payer: body.payer ?? {}, returnUrl: body.returnUrl ?? null }
    })
    return yield* shown(placing)
  },
  (effect) => answered(effect)
)

/** The order as it is now, or when it has changed. */
export const read = Effect.fnUntraced(
  function* (request: IncomingMessage, payOrderNo: string, wait = Duration.zero, version: number | null = null) {
    const app = yield* Caller.of(request)
    const payment = yield* Read.orderWhenChanged(app.id, payOrderNo, wait, version)
    const text = Order.textOf(payment)
    return Shown.text(text, text, 200)
  },
  (effect) => answered(effect)
)

/** Takes what an order holds, and answers it as it then is. */
const captured = Effect.fnUntraced(
  function* (request: IncomingMessage, payOrderNo: string) {
    const app = yield* Caller.of(request)
    const json = yield* Body.jsonOrNothing(request)
    const { amount = null } = yield* Either.mapLeft(Decoding.capture(json), (faults) =>
      refuse("BODY_INVALID", `The capture has ${faults.length} fault(s).`, faults)
    )
    const payment = yield* Effect.catchTag(capture(app.id, payOrderNo, amount), "UnknownVendor", vendorGone)
    return Shown.json(Order.fromPayment(payment), payment.operation === null ? 200 : 202)
  },
  (effect) => answered(effect)
)

/** The handlers of the order API. */
export const layer = HttpApiBuilder.group(Api, "orders", (handlers) =>
  handlers
    .handleRaw("place", () => Effect.flatMap(Caller.incoming, placed))
    .handle("read", ({ path, urlParams }) =>
      Effect.flatMap(Caller.incoming, (request) =>
        read(request, path.payOrderNo, Duration.seconds(urlParams.wait ?? 0), urlParams.version ?? null)
      )
    )
    .handle("search", ({ urlParams }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Caller.app
          const { items, next } = yield* Read.orders({
            ...anyOrder,
            app: app.id,
            businessNo: urlParams.businessNo ?? null,
            state: urlParams.status ?? null,
            vendor: urlParams.vendor ?? null,
            createdFromMillis: urlParams.createdFrom === undefined ? null : Date.parse(urlParams.createdFrom),
            createdToMillis: urlParams.createdTo === undefined ? null : Date.parse(urlParams.createdTo),
            after: urlParams.cursor ?? null,
            limit: urlParams.limit ?? 20
          })
          return Shown.list(items.map(Order.fromPayment), next)
        })
      )
    )
    .handle("close", ({ path }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Caller.app
          const payment = yield* close(app.id, path.payOrderNo)
          const status = payment.state === "CLOSING" ? 202 : 200
          return Shown.json(Order.fromPayment(payment), status)
        })
      )
    )
    .handleRaw("capture", ({ path }) =>
      Effect.flatMap(Caller.incoming, (request) => captured(request, path.payOrderNo))
    )
    .handle("sync", ({ path }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Caller.app
          return Shown.json(Order.fromPayment(yield* sync(app.id, path.payOrderNo)), 200)
        })
      )
    )
    .handle("history", ({ path }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Caller.app
          const rows = yield* Read.history(app.id, path.payOrderNo)
          const items = rows.map(({ version, state, cause, detail, atMillis }) => ({
            version,
            status: state,
            cause,
            detail: Actor.unsigned(detail),
            at: Order.timeOf(atMillis)
          }))
          return Shown.list(items, null)
        })
      )
    )
)
