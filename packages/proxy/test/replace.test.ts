import { createServer, type Server } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { expect, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, type Scope } from "effect"
import { type Filter, Pattern, Route } from "../src/index.ts"
import * as ReverseProxy from "../src/Proxy.ts"

const settings = { trustedProxies: [], pseudonym: "payment-proxy" }

const listening = (server: Server): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () =>
      Effect.async<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

/** A proxy whose route holds each call before it is sent, until it is let go. */
const held = Effect.gen(function* () {
  const connections = new Set<Socket>()
  const upstream = createServer((request, response) => {
    request.resume()
    request.on("end", () => response.end("ok"))
  })
  upstream.on("connection", (socket) => {
    connections.add(socket)
    socket.on("close", () => connections.delete(socket))
  })
  const port = yield* listening(upstream)
  const here = yield* Deferred.make<void>()
  const go = yield* Deferred.make<void>()
  const holding: Filter.Filter = {
    around: (next) => (request) =>
      Deferred.succeed(here, undefined).pipe(Effect.zipRight(Deferred.await(go)), Effect.zipRight(next(request)))
  }
  const route = (filters: ReadonlyArray<Filter.Filter>): Route.Route => ({
    ...Route.defaults,
    id: "r",
    target: `http://127.0.0.1:${port}`,
    tls: {},
    allow: [Either.getOrThrow(Pattern.parse("ANY /**"))],
    filters
  })
  const proxy = yield* ReverseProxy.make
  yield* proxy.replace([route([holding])], settings)
  const front = yield* listening(createServer((request, response) => void proxy.handle(request, response)))
  const call = (body: string) =>
    Effect.promise(() => fetch(`http://127.0.0.1:${front}/proxy/r/x`, { method: "POST", body }).then((a) => a.status))
  return { proxy, route, here, go, call, connections }
})

it.scopedLive("a call that is not yet sent when its route is replaced is sent as it began", () =>
  Effect.gen(function* () {
    const { proxy, route, here, go, call, connections } = yield* held
    const calling = yield* Effect.fork(call("before"))
    yield* Deferred.await(here)
    yield* proxy.replace([route([])], settings)
    expect(yield* call("meanwhile")).toBe(200)
    yield* Deferred.succeed(go, undefined)
    expect(yield* Fiber.join(calling)).toBe(200)
    yield* proxy.replace([], settings)
    // All connections go, also those of the route that was replaced first.
    while (connections.size > 0) yield* Effect.sleep(10)
  })
)
