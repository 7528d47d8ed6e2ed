import type { IncomingMessage, ServerResponse } from "node:http"
import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Api, Event, Order } from "@payment-proxy/api"
import { Read, resend } from "@payment-proxy/application"
import { Apps } from "@payment-proxy/ports"
import { Effect, Schema } from "effect"
import * as Caller from "./Caller.ts"
import { EventStreams, isWanted } from "./EventStreams.ts"
import { answered, refuse } from "./Problems.ts"
import * as Shown from "./Shown.ts"

const parsed = Schema.decodeUnknown(Schema.parseJson(Event.Event))

const shown = ({ id, version, body, deliveries }: Read.Event) =>
  Effect.map(Effect.orDie(parsed(body)), (event) => ({
    id,
    version,
    ...event,
    deliveries: deliveries.map(({ endpoint, state, tries, dueAtMillis, note }) => ({
      endpoint,
      state,
      tries,
      nextTryAt: dueAtMillis === null ? null : Order.timeOf(dueAtMillis),
      note
    }))
  }))

/** Follows an order's events for a client that asked for a stream; what is answered goes out only where no stream began. */
export const streamed = Effect.fnUntraced(
  function* (request: IncomingMessage, response: ServerResponse, payOrderNo: string) {
    const app = yield* Caller.of(request)
    const streams = yield* EventStreams
    const { "last-event-id": last } = request.headers
    const mayGoOn = Caller.known(request).pipe(
      Effect.provideService(Apps, yield* Apps),
      Effect.as(true),
      // While the store is not there nothing new is read either.
      Effect.catchTags({ Unauthorized: () => Effect.succeed(false), StoreUnavailable: () => Effect.succeed(true) })
    )
    yield* streams.follow(app, payOrderNo, typeof last === "string" ? last : null, response, mayGoOn)
    return HttpServerResponse.empty()
  },
  (effect) => answered(effect)
)

const listed = Effect.fnUntraced(
  function* (request: IncomingMessage, payOrderNo: string) {
    const app = yield* Caller.of(request)
    const events = yield* Read.events(app.id, payOrderNo)
    return Shown.list(yield* Effect.forEach(events, shown), null)
  },
  (effect) => answered(effect)
)

/** Sends an event again, and answers it as it then is. */
const redelivered = Effect.fnUntraced(
  function* (eventId: string) {
    const app = yield* Caller.app
    if ((yield* resend(app.id, eventId)) === 0)
      return yield* refuse("NO_ENDPOINT", "No endpoint of the app wants this event: read it from the order's events.")
    return Shown.json(yield* shown(yield* Read.event(app.id, eventId)), 202)
  },
  (effect) => answered(effect)
)

/** The handlers of events. */
export const layer = HttpApiBuilder.group(Api, "events", (handlers) =>
  handlers
    .handleRaw("list", ({ path: { payOrderNo } }) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (asked) => {
        const request = NodeHttpServerRequest.toIncomingMessage(asked)
        return isWanted(request)
          ? streamed(request, NodeHttpServerRequest.toServerResponse(asked), payOrderNo)
          : listed(request, payOrderNo)
      })
    )
    .handle("redeliver", ({ path }) => redelivered(path.id))
)
