import { createServer, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { HttpServer, HttpServerError } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { Problem } from "@payment-proxy/api"
import { Effect, Layer } from "effect"
import * as Door from "./Door.ts"

/** How many headers a request has at most. */
export const maxHeaders = 100

/** Time and size limits of the door; times in milliseconds. */
export interface Limits {
  /** From the first byte of a request to its last. */
  readonly requestTimeout: number
  readonly headersTimeout: number
  readonly keepAliveTimeout: number
  /** How often the two above are looked at. */
  readonly connectionsCheckingInterval: number
  /** Bytes of a request's line and headers. */
  readonly maxHeaderSize: number
  readonly maxConnections: number
}

const limits: Limits = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 2000,
  maxHeaderSize: 16 * 1024,
  maxConnections: 10_000
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

const write = (socket: Socket, problem: Problem.Problem): void => {
  const body = JSON.stringify(problem)
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ""}`,
      "connection: close",
      `content-type: ${Problem.contentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "",
      body
    ].join("\r\n")
  )
}

/** Node's server with limits set on purpose: a slow, silent or broken client holds nothing for long, and is told what is wrong. */
const make = (overrides: Partial<Limits>): Server => {
  const { maxConnections, ...options } = { ...limits, ...overrides }
  const server = createServer(options)
  const answers = new WeakMap<object, ServerResponse>()
  server.maxConnections = maxConnections
  // Node leaves out what is beyond this count without a word: one more is let in, so that it can be refused.
  server.maxHeadersCount = maxHeaders + 1
  server.on("request", ({ socket }, response) => answers.set(socket, response))
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const earlier = answers.get(socket)
    // In the middle of an answer there is no place for another.
    const isAnswering = earlier?.headersSent === true && !earlier.writableFinished
    if (error.code === "ECONNRESET" || !socket.writable || isAnswering) socket.destroy()
    else write(socket as Socket, problemOf(error.code))
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

/** How long the answers to what was taken are waited for, at the end. */
const patienceMillis = 8000
const lookEveryMillis = 50

/** Takes no more connections, answers what it has taken, and lets each connection go with its answer. */
const closed = (server: Server, answering: ReadonlySet<ServerResponse>) =>
  Effect.async<void>((resume) => {
    if (!server.listening) return resume(Effect.void)
    const last = (response: ServerResponse): void => {
      if (!response.headersSent) response.setHeader("connection", "close")
    }
    server.prependListener("request", (_, response) => last(response))
    for (const response of answering) last(response)
    const looking = setInterval(() => server.closeIdleConnections(), lookEveryMillis)
    const impatient = setTimeout(() => server.closeAllConnections(), patienceMillis)
    server.close(() => {
      clearInterval(looking)
      clearTimeout(impatient)
      resume(Effect.void)
    })
  })

/** A server at an address, by HTTP/1.1: the door's calls go through the door, all others to whatever is served. */
export const layer = (address: { readonly host: string; readonly port: number }, overrides: Partial<Limits> = {}) =>
  Layer.scoped(
    HttpServer.HttpServer,
    Effect.gen(function* () {
      const door = yield* Door.make
      const answering = new Set<ServerResponse>()
      const server = yield* Effect.acquireRelease(
        Effect.sync(() => make(overrides)),
        (open) => closed(open, answering)
      )
      server.on("request", (_, response) => {
        answering.add(response)
        response.once("close", () => answering.delete(response))
      })
      // Connections come in before there is anything to serve: what they ask for waits for it.
      const early: Array<Parameters<RequestListener>> = []
      let routes: RequestListener = (...asked) => void early.push(asked)
      server.on("request", (request, response) => {
        if (!door(request, response)) routes(request, response)
      })
      const { address: hostname, port } = yield* listening(server, address)
      return HttpServer.make({
        address: { _tag: "TcpAddress", hostname, port },
        serve: (app, middleware) =>
          Effect.gen(function* () {
            routes = yield* middleware === undefined
              ? NodeHttpServer.makeHandler(app)
              : NodeHttpServer.makeHandler(app, middleware)
            for (const asked of early.splice(0)) routes(...asked)
          })
      })
    })
  ).pipe(Layer.merge(NodeHttpServer.layerContext))
