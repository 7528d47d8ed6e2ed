import { Filter, Filters, type Message, Pattern, Route } from "@payment-proxy/proxy"
import { Effect, Either, Schema } from "effect"
import type { Routes } from "../src/index.ts"

export const pattern = (text: string): Pattern.Pattern => Either.getOrThrow(Pattern.parse(text))

const nothing: Filter.Filter = { around: (next) => next }

/** A gate that takes every app for `shop`, and one that asks nobody. */
export const gates: Routes.Gates = {
  apps: { around: (next) => (request) => next({ ...request, caller: "shop" }) },
  anyone: nothing
}

/** Stands for the filter that records orders: it has calls of its own. */
export const paymentOrder = Filter.kind({
  name: "payment-order",
  options: Schema.Struct({}),
  make: () =>
    Effect.succeed({ ...nothing, operations: [pattern("POST /v2/payments"), pattern("GET /v2/payments/{no}")] })
})

const oauth = Filter.kind({ name: "oauth", options: Schema.Struct({}), make: () => Effect.succeed(nothing) })

/** What filters held and let go, in order. */
export const holding = (events: Array<string>) =>
  Filter.kind({
    name: "holding",
    options: Schema.Struct({ what: Schema.String }),
    make: ({ what }) =>
      Effect.as(
        Effect.acquireRelease(
          Effect.sync(() => events.push(`held ${what}`)),
          () => Effect.sync(() => events.push(`let go ${what}`))
        ),
        nothing
      )
  })

export const kindsWith = (...more: ReadonlyArray<Filter.AnyKind>): Routes.Kinds<never> =>
  new Map([
    ...Filters.all,
    ["payment-order", paymentOrder],
    ["oauth", oauth],
    ...more.map((kind) => [kind.name, kind] as const)
  ])

export const request: Message.Request = {
  route: "platform",
  caller: null,
  method: "POST",
  path: "/v1/notes",
  query: "",
  headers: [],
  body: { _tag: "Bytes", bytes: new TextEncoder().encode("four") },
  limits: Route.defaults.limits,
  sent: { exchanges: [] },
  untilMillis: Number.POSITIVE_INFINITY
}

/** What the upstream of a route gets of a request. */
export const through = (route: Route.Route | undefined, asked: Message.Request = request) =>
  Effect.gen(function* () {
    let seen: Message.Request | undefined
    const upstream: Filter.Handler = (sent) => {
      seen = sent
      return Effect.succeed({ status: 200, headers: [], body: { _tag: "Empty" } })
    }
    yield* (route?.filters ?? []).reduceRight((next, { around }) => around(next), upstream)(asked)
    return seen
  })
