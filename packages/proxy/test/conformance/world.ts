import { createServer, type Server, type ServerOptions, type ServerResponse, STATUS_CODES } from "node:http"
import type { Socket } from "node:net"
import { Effect, Either, Exit, Scope } from "effect"
import { onTestFinished } from "vitest"
import { Pattern, Route } from "../../src/index.ts"
import * as ReverseProxy from "../../src/Proxy.ts"
import * as Sockets from "./sockets.ts"
import * as Upstream from "./upstream.ts"

/** Our name in `Via`. */
export const pseudonym = "payment-proxy"

/** What the route `r` says that differs from a route of the defaults which lets everything through. */
export type OnRoute = Partial<Omit<Route.Route, "allow" | "limits">> & {
  readonly allow?: ReadonlyArray<string>
  readonly limits?: Partial<Route.Route["limits"]>
}

export interface Options {
  readonly upstream?: Upstream.Behaviour
  readonly route?: OnRoute
  /** Without a slash at its end. */
  readonly basePath?: string
  readonly scheme?: "http" | "https"
  /** Where the upstream is said to be; else where it is. */
  readonly target?: string
  readonly trustedProxies?: ReadonlyArray<string>
  readonly server?: ServerOptions
  readonly host?: string
}

/** A proxy between a raw client and a raw upstream: route `r`, from `/proxy/r` to `/svc`. */
export interface World {
  readonly port: number
  /** Its listeners hear of a request once the proxy has taken it. */
  readonly server: Server
  readonly upstream: Upstream.Upstream
  readonly client: () => Promise<Sockets.Client>
  /** From here on the route says this; null where there is none any more. */
  readonly replace: (route: OnRoute | null) => Promise<void>
  /** Ends the proxy; done when each connection to the upstream is closed, so that all it will ever receive is there. */
  readonly close: () => Promise<void>
}

const pattern = (text: string): Pattern.Pattern => Either.getOrThrow(Pattern.parse(text))

const statusOf = (code: string | undefined): number =>
  code === "HPE_HEADER_OVERFLOW" ? 431 : code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400

/** As the gateway's own server answers what its parser will not take. */
const refuseUnread = (server: Server): void => {
  const answers = new WeakMap<object, ServerResponse>()
  const note = ({ socket }: { socket: Socket }, response: ServerResponse) => void answers.set(socket, response)
  server.on("request", note)
  server.on("checkContinue", note)
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const earlier = answers.get(socket)
    const isAnswering = earlier?.headersSent === true && !earlier.writableFinished
    if (error.code === "ECONNRESET" || !socket.writable || isAnswering) return void socket.destroy()
    const status = statusOf(error.code)
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
  })
}

const listen = async (options: Options, proxy: ReverseProxy.Proxy): Promise<Server> => {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    requestTimeout: 30_000,
    headersTimeout: 10_000,
    connectionsCheckingInterval: 50,
    ...options.server
  })
  server.maxHeadersCount = 101
  refuseUnread(server)
  for (const event of ["request", "checkContinue"])
    server.on(event, (request, response) => {
      if (!proxy.handle(request, response)) response.writeHead(404, { connection: "close" }).end("none of the proxy's")
    })
  // Node would answer 417, and go on reading behind a request that nobody has looked at.
  server.on("checkExpectation", (_, response) => response.writeHead(417, { connection: "close" }).end())
  await new Promise<void>((done, fail) => {
    server.once("error", fail)
    server.listen(0, options.host ?? "127.0.0.1", done)
  })
  return server
}

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Opens a world, which ends with the test at the latest. */
export const open = async (options: Options = {}): Promise<World> => {
  const upstream = await Upstream.open(options.upstream ?? Upstream.answering(ok))
  const scope = await Effect.runPromise(Scope.make())
  const proxy = await Effect.runPromise(Scope.extend(ReverseProxy.make, scope))
  const target =
    options.target ?? `${options.scheme ?? "http"}://127.0.0.1:${upstream.port}${options.basePath ?? "/svc"}`
  const routeOf = ({ allow = ["ANY /**"], limits = {}, ...route }: OnRoute): Route.Route => ({
    ...Route.defaults,
    id: "r",
    target,
    tls: {},
    filters: [],
    ...route,
    allow: allow.map(pattern),
    limits: { ...Route.defaults.limits, ...limits }
  })
  const replace = (route: OnRoute | null): Promise<void> => {
    const settings = { trustedProxies: options.trustedProxies ?? [], pseudonym }
    return Effect.runPromise(proxy.replace(route === null ? [] : [routeOf(route)], settings))
  }
  await replace(options.route ?? {})
  const server = await listen(options, proxy)
  let closing: Promise<void> | undefined
  const end = async () => {
    server.closeAllConnections()
    await new Promise<void>((done) => void server.close(() => done()))
    await Effect.runPromise(Scope.close(scope, Exit.void))
    await upstream.close()
  }
  const world: World = {
    port: portOf(server),
    server,
    upstream,
    client: () => Sockets.client(portOf(server), options.host),
    replace,
    close: () => {
      closing ??= end()
      return closing
    }
  }
  onTestFinished(world.close)
  return world
}

/** An answer that says that all is well. */
export const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/** The head of a message: its lines, and the empty one. */
export const head = (...lines: ReadonlyArray<string>): string => `${lines.join("\r\n")}\r\n\r\n`

/** Where the gateway says that it stands. */
export const host = "gateway.example:8443"

/** A request that is the last of its connection. */
export const last = (line: string, ...lines: ReadonlyArray<string>): string =>
  head(`${line} HTTP/1.1`, `Host: ${host}`, "Connection: close", ...lines)

/** A request after which the connection stays. */
export const keep = (line: string, ...lines: ReadonlyArray<string>): string =>
  head(`${line} HTTP/1.1`, `Host: ${host}`, ...lines)
