import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES
} from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { HttpServer, HttpServerError } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Problem } from "@payment-proxy/api"
import { Roll } from "@payment-proxy/configuration"
import { Framing, Turn } from "@payment-proxy/proxy"
import { Effect, Layer } from "effect"
import * as Door from "./Door.ts"
import * as EventStreams from "./EventStreams.ts"
import { Proxied } from "./proxied/Proxied.ts"

/** Time and size limits of the door; times in milliseconds. */
export interface Limits {
  /** From the first byte of a request to its last; what is proxied has its route's limits instead. */
  readonly requestTimeout: number
  readonly headersTimeout: number
  readonly keepAliveTimeout: number
  /** How often the two above are looked at. */
  readonly connectionsCheckingInterval: number
  /** Bytes of a request's line and headers. */
  readonly maxHeaderSize: number
  readonly maxConnections: number
  /** How long the answers to what was taken are waited for, at the end. */
  readonly patience: number
}

const limits: Limits = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
  maxConnections: 10_000,
  patience: 8000
}

/** What the parser found, as the problem that the client is answered. */
const problemOf = (code: string | undefined): Problem.Problem => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return Problem.make("HEADERS_TOO_LARGE", `Request line and headers have at most ${limits.maxHeaderSize} bytes.`)
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return Problem.make("REQUEST_TIMEOUT", "Send the whole request without pauses.")
    default:
      return Problem.make("REQUEST_MALFORMED", "The request could not be read as HTTP/1.1 (RFC 9112).")
  }
}

/** Headers that every answer has. */
export type Always = Readonly<Record<string, string>>

const write = (socket: Socket, problem: Problem.Problem, always: Always): void => {
  const body = JSON.stringify(problem)
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
      "connection: close",
      `content-type: ${Problem.contentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      ...Object.entries(always).map(([name, value]) => `${name}: ${value}`),
      "",
      body
    ].join("\r\n")
  )
}

/** Node has one limit for all requests: this is that of the longest. */
const longestRequest = 86_400_000

/** Node's server with limits set on purpose: a slow, silent or broken client holds nothing for long, and is told what is wrong. */
const make = ({ maxConnections, patience: __, requestTimeout: _, ...options }: Limits, always: Always): Server => {
  const server = createServer({ ...options, requestTimeout: longestRequest })
  const answers = new WeakMap<object, ServerResponse>()
  const refusedLater = new WeakSet<object>()
  server.maxConnections = maxConnections
  // Node leaves out what is beyond this count without a word: one more is let in, so that it can be refused.
  server.maxHeadersCount = Framing.maxHeaders + 1
  server.on("request", ({ socket }, response) => answers.set(socket, response))
  // Node's own answer leaves the connection open, and what stands behind it is taken for a request.
  server.on("checkExpectation", ({ socket }, response) => {
    answers.set(socket, response)
    response.writeHead(417, { ...always, connection: "close" }).end()
  })
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const refuse = (): void => {
      if (socket.writable) write(socket as Socket, problemOf(error.code), always)
      else socket.destroy()
    }
    const latest = answers.get(socket)
    if (error.code === "ECONNRESET") socket.destroy()
    else if (latest === undefined || latest.writableFinished) refuse()
    // Its turn comes after the answers that are due; the parser says it again of each piece that follows.
    else if (latest.req.complete || latest.socket === null) {
      if (refusedLater.has(socket)) return
      refusedLater.add(socket)
      if (latest.req.complete) latest.once("close", refuse)
      else latest.prependOnceListener("socket", refuse)
    }
    // In the middle of an answer there is no place for one.
    else if (latest.headersSent) socket.destroy()
    else refuse()
  })
  return server
}

const listening = (server: Server, address: { readonly host: string; readonly port: number }) =>
  Effect.async<AddressInfo, HttpServerError.ServeError>((resume) => {
    const fail = (cause: unknown): void => resume(new HttpServerError.ServeError({ cause }))
    server.once("error", fail)
    server.listen(address, () => {
      server.off("error", fail)
      resume(Effect.succeed(server.address() as AddressInfo))
    })
  })

const lookEveryMillis = 50

/** Takes no more connections, answers what it has taken, and lets each connection go with its answer. */
const closed = (server: Server, answering: Iterable<ServerResponse>, { patience }: Limits) =>
  Effect.async<void>((resume) => {
    if (!server.listening) return resume(Effect.void)
    const last = (response: ServerResponse): void => {
      if (!response.headersSent) response.setHeader("connection", "close")
    }
    server.prependListener("request", (_, response) => last(response))
    for (const response of answering) last(response)
    const looking = setInterval(() => server.closeIdleConnections(), lookEveryMillis)
    const impatient = setTimeout(() => server.closeAllConnections(), patience)
    server.close(() => {
      clearInterval(looking)
      clearTimeout(impatient)
      resume(Effect.void)
    })
  })

/** A request that is not proxied, and when its head had arrived. */
interface Asked {
  readonly response: ServerResponse
  readonly sinceMillis: number
}

/** Ends the requests that take too long to arrive; those that are proxied are not looked at. */
const endsLate =
  (asked: Iterable<Asked>, { requestTimeout }: Limits, always: Always) =>
  () => {
    const latest = performance.now() - requestTimeout
    // One whose turn has not come has no place on the connection yet.
    for (const { response, sinceMillis } of asked)
      if (sinceMillis < latest && response.socket !== null && !response.req.complete && !response.headersSent)
        write(response.req.socket, problemOf("ERR_HTTP_REQUEST_TIMEOUT"), always)
  }

/** A client that has its answer and goes on with its request has as long as any for the rest of it. */
const endsUnread = (request: IncomingMessage, { requestTimeout }: Limits): void => {
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy()
  }, requestTimeout).unref()
  request.once("close", () => clearTimeout(timer))
}

/** What a listener does beside serving. */
export interface Front {
  /** Takes a request out of turn; answers whether it did. */
  readonly aside: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Takes a request whose turn has come past the routes; answers whether it did. */
  readonly door: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Ends answers that would not end, before those that are under way are waited for. */
  readonly ending: Effect.Effect<void>
  readonly always: Always
}

/** Where a listener is. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Listens at an address, by HTTP/1.1, within limits, until the scope ends. */
export const listen = Effect.fnUntraced(function* (
  address: Address,
  { aside, door, ending, always }: Front,
  overrides: Partial<Limits>
) {
  const bounds = { ...limits, ...overrides }
  const answering = Roll.make<ServerResponse>()
  const asked = Roll.make<Asked>()
  const server = yield* Effect.acquireRelease(
    Effect.sync(() => make(bounds, always)),
    (open) => closed(open, answering, bounds)
  )
  // Before it waits for the answers that are under way: these would not end.
  yield* Effect.addFinalizer(() => ending)
  const looking = setInterval(endsLate(asked, bounds, always), bounds.connectionsCheckingInterval).unref()
  server.once("close", () => clearInterval(looking))
  server.on("request", (request, response) => {
    const leave = answering.join(response)
    response.once("close", () => {
      leave()
      if (!request.complete) endsUnread(request, bounds)
    })
  })
  // Whoever wants the body says so; the others are refused before they send it.
  server.on("checkContinue", (request, response) => server.emit("request", request, response))
  // Connections come in before there is anything to serve: what they ask for waits for it.
  const early: Array<Parameters<RequestListener>> = []
  let routes: RequestListener = (...waiting) => void early.push(waiting)
  const take: RequestListener = (request, response) => {
    response.once("close", asked.join({ response, sinceMillis: performance.now() }))
    for (const [name, value] of Object.entries(always)) response.setHeader(name, value)
    if (request.headers.expect !== undefined && request.httpVersionMinor === 1) response.writeContinue()
    if (!door(request, response)) routes(request, response)
  }
  server.on("request", (request, response) => {
    if (!aside(request, response)) Turn.wait(request.socket, response, () => take(request, response))
  })
  const { address: hostname, port } = yield* listening(server, address)
  return HttpServer.make({
    address: { _tag: "TcpAddress", hostname, port },
    serve: (app, middleware) =>
      Effect.gen(function* () {
        routes = yield* middleware === undefined
          ? NodeHttpServer.makeHandler(app)
          : NodeHttpServer.makeHandler(app, middleware)
        for (const waiting of early.splice(0)) routes(...waiting)
      })
  })
})

/** A server at an address, by HTTP/1.1: proxied calls and the door's go their own ways, all others to whatever is served. */
export const layer = (address: Address, overrides: Partial<Limits> = {}) =>
  Layer.scoped(
    HttpServer.HttpServer,
    Effect.gen(function* () {
      const door = yield* Door.make
      const proxied = yield* Proxied
      const streams = yield* EventStreams.EventStreams
      return yield* listen(address, { aside: proxied.handle, door, ending: streams.end, always: {} }, overrides)
    })
  ).pipe(Layer.provide(EventStreams.layer), Layer.merge(NodeHttpServer.layerContext))
