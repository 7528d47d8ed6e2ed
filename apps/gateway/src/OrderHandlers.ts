import { hash } from "node:crypto"
import type { IncomingMessage } from "node:http"
import { Readable } from "node:stream"
import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Api, Decoding, Order } from "@payment-proxy/api"
import { close, type Placed, place, Read } from "@payment-proxy/application"
import { CrashPoints } from "@payment-proxy/ports"
import { Duration, Effect, Either } from "effect"
import * as AppKey from "./AppKey.ts"
import * as Body from "./Body.ts"
import { answered, type Refused, refuse } from "./Problems.ts"

const caller = ({ headers }: IncomingMessage) => AppKey.authenticate(headers.authorization)

/** The request of a route, as Node has it. */
const incoming = Effect.map(HttpServerRequest.HttpServerRequest, NodeHttpServerRequest.toIncomingMessage)

const shownAs = (text: string, body: unknown, status: number) =>
  HttpServerResponse.raw(body, { status, contentType: "application/json", contentLength: Buffer.byteLength(text) })

/** A placed order: 202 while it is in doubt, else 201 where this call placed it. */
const shown = ({ payment, isNew }: Placed) =>
  Effect.map(CrashPoints, ({ written }) => {
    const text = Order.textOf(payment)
    const status = payment.state === "SUBMITTING" ? 202 : isNew ? 201 : 200
    const body = written(text, "K11")
    return shownAs(text, typeof body === "string" ? body : Readable.from(body), status)
  })

const listed = (items: ReadonlyArray<unknown>, next: string | null) => HttpServerResponse.unsafeJson({ items, next })

/** The key of a new order, raw or as a quoted string (IETF Idempotency-Key draft), 1 to 255 visible ASCII characters. */
const idempotencyKey = ({ headers }: IncomingMessage): Effect.Effect<string, Refused> => {
  const given = headers["idempotency-key"]
  if (typeof given !== "string" || given === "")
    return refuse(
      "IDEMPOTENCY_KEY_MISSING",
      "Send an Idempotency-Key of your own: the same one again answers the same order."
    )
  const key = /^"(.*)"$/.exec(given)?.[1] ?? given
  return /^[\x21-\x7e]{1,255}$/.test(key)
    ? Effect.succeed(key)
    : refuse("IDEMPOTENCY_KEY_INVALID", "An Idempotency-Key is 1 to 255 visible ASCII characters, raw or in quotes.")
}

const sha256 = (text: string): string => hash("sha256", text, "hex")

/** Places the order that a request asks for. */
export const placed = Effect.fnUntraced(
  function* (request: IncomingMessage) {
    const app = yield* caller(request)
    const key = yield* idempotencyKey(request)
    const json = yield* Body.json(request)
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
    const app = yield* caller(request)
    const payment = yield* Read.orderWhenChanged(app.id, payOrderNo, wait, version)
    const text = Order.textOf(payment)
    return shownAs(text, text, 200)
  },
  (effect) => answered(effect)
)

/** The handlers of the order API. */
export const layer = HttpApiBuilder.group(Api, "orders", (handlers) =>
  handlers
    .handleRaw("place", () => Effect.flatMap(incoming, placed))
    .handle("read", ({ path, urlParams }) =>
      Effect.flatMap(incoming, (request) =>
        read(request, path.payOrderNo, Duration.seconds(urlParams.wait ?? 0), urlParams.version ?? null)
      )
    )
    .handle("search", ({ urlParams }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Effect.flatMap(incoming, caller)
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
          const app = yield* Effect.flatMap(incoming, caller)
          const payment = yield* close(app.id, path.payOrderNo)
          const status = payment.state === "CLOSING" ? 202 : 200
          return HttpServerResponse.unsafeJson(Order.fromPayment(payment), { status })
        })
      )
    )
    .handle("history", ({ path }) =>
      answered(
        Effect.gen(function* () {
          const app = yield* Effect.flatMap(incoming, caller)
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
