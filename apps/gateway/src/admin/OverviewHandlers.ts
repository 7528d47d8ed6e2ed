import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServerRequest } from "@effect/platform-node"
import { Admin, Order } from "@payment-proxy/api"
import { Overview } from "@payment-proxy/application"
import type { Troubled } from "@payment-proxy/ports"
import { Effect, Stream } from "effect"
import { answering } from "../Problems.ts"
import { failure } from "./Failure.ts"
import * as Following from "./Following.ts"

type Shown = typeof Admin.Overview.Overview.Type

const seconds = (millis: number): number => Math.floor(millis / 1000)

const troubled = ({ payOrderNo, vendor, app, state, sinceMillis, reason }: Troubled) => ({
  payOrderNo,
  vendor,
  app,
  status: state,
  since: Order.timeOf(sinceMillis),
  reason
})

const shownOf = (state: Overview.State): Shown => ({
  at: Order.timeOf(state.atMillis),
  vendors: state.vendors.map(({ vendor, kind, minutes }) => ({
    vendor,
    kind,
    minutes: minutes.map(({ atMillis, ...counts }) => ({ at: Order.timeOf(atMillis), ...counts }))
  })),
  inDoubt: { count: state.inDoubt.count, oldest: state.inDoubt.oldest.map(troubled) },
  held: { count: state.held.count, oldest: state.held.oldest.map(troubled) },
  proposals: state.proposals,
  queues: state.queues.map(({ queue, waiting, oldestMillis }) => ({
    queue,
    waiting,
    oldestSeconds: seconds(oldestMillis)
  })),
  deliveriesBehind: state.deliveriesBehind.map(({ oldestMillis, nextAtMillis, lastFailure, ...behind }) => ({
    ...behind,
    oldestSeconds: seconds(oldestMillis),
    nextAt: Order.timeOf(nextAtMillis),
    lastFailure: failure(lastFailure)
  }))
})

const texts = new WeakMap<Overview.State, string>()

/** Written once for all that follow. */
const textOf = (state: Overview.State): string => {
  const known = texts.get(state)
  if (known !== undefined) return known
  const text = JSON.stringify(shownOf(state))
  texts.set(state, text)
  return text
}

const now = Effect.flatMap(Overview.Overview, (overview) => Effect.map(overview.now, shownOf))

const live = Effect.gen(function* () {
  const asked = yield* HttpServerRequest.HttpServerRequest
  const overview = yield* Overview.Overview
  // Where the store is away, that is answered before a stream begins.
  yield* Following.follow(NodeHttpServerRequest.toServerResponse(asked), overview.now, (_, say) =>
    Stream.runForEach(overview.live, (state) => say("overview", textOf(state)))
  )
  return HttpServerResponse.empty()
})

/** The handlers of how the whole stands. */
export const layer = HttpApiBuilder.group(Admin.Api, "overview", (handlers) =>
  handlers.handle("now", () => answering(now)).handleRaw("live", () => answering(live))
)
