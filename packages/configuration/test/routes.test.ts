import { describe, expect, it } from "@effect/vitest"
import { Filter, Headers, Refusal, Route } from "@payment-proxy/proxy"
import { Effect, Either, Schema } from "effect"
import { decode, Routes } from "../src/index.ts"
import { certificate } from "./certificates.ts"
import { decoded, told, variables, withMore } from "./files.ts"
import { gates, kindsWith, pattern, request, through } from "./routes.ts"

const built = (more: string, kinds = kindsWith()) => Effect.scoped(Routes.build(decoded(more), kinds, gates))
const faultsOf = (more: string, kinds = kindsWith()) => Effect.map(Effect.flip(built(more, kinds)), told)

describe("routes", () => {
  it.effect("a route goes to its vendor's address with its vendor's certificates, within its limits", () =>
    Effect.gen(function* () {
      const { routes } = yield* built(`
    tls:
      ca: |
        ${certificate.trim().split("\n").join("\n        ")}
routes:
  platform: { vendor: platform, allow: ["ANY /**"] }
  narrow: { vendor: platform, target: "http://127.0.0.1:9/v2", allow: ["GET /a"], limits: { headMillis: 50 } }
`)
      const [platform, narrow] = routes
      expect(platform).toMatchObject({ id: "platform", target: "https://platform.example/svc", ...Route.defaults })
      expect(platform?.tls.ca?.trim()).toBe(certificate.trim())
      expect(platform?.allow).toEqual([pattern("ANY /**")])
      expect(narrow?.target).toBe("http://127.0.0.1:9/v2")
      expect(narrow?.limits).toEqual({ ...Route.defaults.limits, headMillis: 50 })
    })
  )

  it.effect("a gate stands outermost, by who may call", () =>
    Effect.gen(function* () {
      const [apps, anyone] = (yield* built(`
routes:
  one: { vendor: platform, allow: ["ANY /**"], filters: [{ rate-limit: { perSecond: 1, burst: 1 } }] }
  two: { vendor: platform, allow: ["ANY /**"], callers: anyone }
`)).routes
      expect(apps?.filters[0]).toBe(gates.apps)
      expect(anyone?.filters).toEqual([gates.anyone])
      expect((yield* through(apps))?.caller).toBe("shop")
      expect((yield* through(anyone))?.caller).toBeNull()
      const full = yield* Effect.flip(through(apps))
      expect(full).toBeInstanceOf(Refusal.Refusal)
    })
  )

  it.effect("filters stand in the order of the file, and know where", () =>
    Effect.gen(function* () {
      const places: Array<Filter.Place> = []
      const noting = Filter.kind({
        name: "noting",
        options: Schema.Struct({ word: Schema.String }),
        make: ({ word }, place) => {
          places.push(place)
          return Effect.succeed({
            around: (next) => (asked) => next({ ...asked, headers: [...asked.headers, "x-word", word] })
          })
        }
      })
      const [route] = (yield* built(
        `routes: { a: { vendor: platform, allow: ["ANY /**"], filters: [noting: { word: outer }, headers: {}, noting: { word: inner }] } }`,
        kindsWith(noting)
      )).routes
      expect(Headers.all((yield* through(route))?.headers ?? [], "x-word")).toEqual(["outer", "inner"])
      expect(places[1]).toEqual({ route: "a", vendor: "platform", filters: ["noting", "headers", "noting"] })
    })
  )

  it.effect("faults of all filters' options are named at once, by place", () =>
    Effect.gen(function* () {
      expect(
        yield* faultsOf(`
routes:
  a:
    vendor: platform
    allow: ["ANY /**"]
    filters:
      - headers: { request: { set: { Host: x, x-a: "1" }, remove: [via] }, colour: blue }
      - rate-limit
  b: { vendor: platform, filters: [circuit-breaker: { failures: 0 }] }
`)
      ).toEqual([
        expect.stringMatching(/^\/routes\/a\/filters\/0\/headers\/colour: is unexpected/),
        "/routes/a/filters/0/headers/request/set/Host: The proxy alone decides about this header: leave it out.",
        "/routes/a/filters/0/headers/request/remove/0: The proxy alone decides about this header: leave it out.",
        "/routes/a/filters/1/rate-limit/perSecond: is missing",
        "/routes/a/filters/1/rate-limit/burst: is missing",
        "/routes/b/filters/0/circuit-breaker/failures: Expected a number between 1 and 1000"
      ])
    })
  )

  it.effect("what a filter itself says of its options stands at their place; one that fails is told, too", () =>
    Effect.gen(function* () {
      const unfit = Filter.kind({
        name: "unfit",
        options: Schema.Struct({}),
        make: () =>
          new Filter.FilterUnfit({
            faults: [
              { at: "/path", detail: "It is needed." },
              { at: "", detail: "No." }
            ]
          })
      })
      const failing = Filter.kind({ name: "failing", options: Schema.Struct({}), make: () => Effect.die("canary") })
      const empty = Filter.kind({
        name: "empty",
        options: Schema.Struct({}),
        make: () => Effect.succeed({} as Filter.Filter)
      })
      const faults = yield* faultsOf(
        "routes: { a: { vendor: platform, filters: [unfit, failing, empty] } }",
        kindsWith(unfit, failing, empty)
      )
      expect(faults).toEqual([
        "/routes/a/filters/0/unfit/path: It is needed.",
        "/routes/a/filters/0/unfit: No.",
        "/routes/a/filters/1/failing: The filter's own code failed: the log says how.",
        "/routes/a/filters/2/empty: The filter that was made has no function around."
      ])
    })
  )

  it.effect("a secret of the options is in no message, whatever the filter says", () =>
    Effect.gen(function* () {
      const telling = Filter.kind({
        name: "telling",
        options: Schema.Struct({
          key: Schema.String.pipe(
            Schema.filter((key) => (key.startsWith("ok") ? undefined : `Bad: ${key}`)),
            Schema.minLength(5)
          ),
          count: Schema.Number
        }),
        make: () => Effect.die("never")
      })
      const text = withMore(
        "routes: { a: { vendor: platform, filters: [telling: { key: { env: A_KEY }, count: canary-count }] } }"
      )
      const configuration = Either.getOrThrow(decode(text, { ...variables, A_KEY: "canary-key" }, "a test"))
      const invalid = yield* Effect.flip(Effect.scoped(Routes.build(configuration, kindsWith(telling), gates)))
      expect(invalid.faults).toHaveLength(2)
      expect(invalid.message).not.toContain("canary")
    })
  )

  it.effect("an allow that covers an operation of a filter is refused, and a route that passes nothing", () =>
    Effect.gen(function* () {
      const more = `
routes:
  open: { vendor: platform, allow: ["GET /v1/**", "ANY /**"], filters: [payment-order, oauth] }
  near: { vendor: platform, allow: ["GET /V2/payments/{no}/"], filters: [headers, payment-order, oauth] }
  beside: { vendor: platform, allow: ["GET /v2/payments/{no}/receipt"], filters: [payment-order, oauth] }
  closed: { vendor: platform, filters: [headers] }
`
      const faults = yield* faultsOf(more)
      expect(faults).toEqual([
        "/routes/open/allow/1: It covers POST /v2/payments, which payment-order handles: name only the other calls.",
        "/routes/near/allow/0: It covers GET /v2/payments/*, which payment-order handles: name only the other calls.",
        expect.stringMatching(/^\/routes\/closed\/allow: The route passes nothing/)
      ])
    })
  )

  it.effect("a route of mapped calls alone needs no allow", () =>
    Effect.gen(function* () {
      const { routes } = yield* built("routes: { a: { vendor: platform, filters: [payment-order, oauth] } }")
      expect(routes[0]?.allow).toEqual([])
      expect((yield* through(routes[0], request))?.path).toBe("/v1/notes")
    })
  )
})
