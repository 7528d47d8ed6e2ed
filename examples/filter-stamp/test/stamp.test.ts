import { expect, it } from "@effect/vitest"
import type { Filter, Message } from "@payment-proxy/proxy"
import { Headers, Refusal, Route } from "@payment-proxy/proxy"
import { Effect, Schema } from "effect"
import stamp from "../src/index.ts"

const place: Filter.Place = { route: "platform", vendor: "platform", filters: ["stamp"] }
const request: Message.Request = {
  route: "platform",
  caller: "shop",
  method: "POST",
  path: "/v1/notes",
  query: "",
  headers: ["content-type", "text/plain"],
  body: { _tag: "Empty" },
  limits: Route.defaults.limits,
  sent: { exchanges: [] },
  untilMillis: Number.POSITIVE_INFINITY
}

/** A body as it arrives from a client. */
const incoming = (text: string): Message.Incoming => ({
  _tag: "Incoming",
  length: null,
  claim: (maxBytes) => {
    const bytes = new TextEncoder().encode(text)
    return bytes.length > maxBytes
      ? Refusal.refuse("BODY_TOO_LARGE", `It has more than ${maxBytes} bytes.`)
      : Effect.succeed({ _tag: "Bytes", bytes })
  },
  stream: () => {
    throw new Error("It is claimed, not streamed.")
  }
})

/** What the upstream gets of a request. */
const passed = (options: typeof stamp.options.Encoded, asked: Message.Request) =>
  Effect.gen(function* () {
    const filter = yield* stamp.make(yield* Schema.decode(stamp.options)(options), place)
    let seen: Message.Request | undefined
    yield* filter.around((sent) => {
      seen = sent
      return Effect.succeed({ status: 200, headers: [], body: { _tag: "Empty" } })
    })(asked)
    return seen
  }).pipe(Effect.scoped)

it.effect("the upstream sees the text and the length of the body, and the body as it was", () =>
  Effect.gen(function* () {
    const sent = yield* passed({ text: "paid-by-us" }, { ...request, body: incoming("支付") })
    expect(Headers.get(sent?.headers ?? [], "x-stamp")).toBe("paid-by-us; bytes=6")
    expect(sent?.body).toEqual({ _tag: "Bytes", bytes: new TextEncoder().encode("支付") })
  })
)

it.effect("a request without a body has 0 bytes", () =>
  Effect.gen(function* () {
    const sent = yield* passed({ text: "t" }, request)
    expect(Headers.get(sent?.headers ?? [], "x-stamp")).toBe("t; bytes=0")
  })
)

it.effect("a longer body than is allowed, and a stamp of the caller's own, are refused", () =>
  Effect.gen(function* () {
    const long = yield* Effect.flip(passed({ text: "t", maxBodyBytes: 5 }, { ...request, body: incoming("支付") }))
    expect(long).toMatchObject({ problem: { code: "BODY_TOO_LARGE" } })
    const own = yield* Effect.flip(passed({ text: "t" }, { ...request, headers: ["X-Stamp", "mine"] }))
    expect(own).toMatchObject({ problem: { code: "REQUEST_MALFORMED" } })
  })
)

it.effect("it does not stand on a route that records orders", () =>
  Effect.gen(function* () {
    const unfit = yield* Effect.flip(
      stamp.make({ text: "t", maxBodyBytes: 0 }, { ...place, filters: ["payment-order", "stamp"] })
    )
    expect(unfit.faults[0]?.detail).toContain("route platform")
  }).pipe(Effect.scoped)
)
