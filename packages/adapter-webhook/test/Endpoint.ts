import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Deferred, Effect, type Scope } from "effect"

/** A request as a business system received it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** A business system to deliver to. */
export interface Endpoint {
  readonly url: string
  readonly port: number
  readonly received: ReadonlyArray<Received>
  /** How many connections were opened. */
  readonly connections: () => number
  /** Done when the first request is in. */
  readonly reached: Effect.Effect<Received>
  /** Done when the first connection has ended. */
  readonly left: Effect.Effect<void>
}

type Behaviour = (response: ServerResponse, request: IncomingMessage) => void

const collect = (request: IncomingMessage, then: (received: Received) => void) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () =>
    then({
      method: request.method ?? "",
      path: request.url ?? "",
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.concat(chunks).toString("utf8")
    })
  )
}

const listen = (server: Server) =>
  Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(
        address !== null && typeof address === "object" ? Effect.succeed(address.port) : Effect.dieMessage("no port")
      )
    })
  })

const close = (server: Server) =>
  Effect.async<void>((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Listens on a port of the system's choice until the scope ends, and answers as told. */
export const make = (behave: Behaviour): Effect.Effect<Endpoint, never, Scope.Scope> =>
  Effect.gen(function* () {
    const received: Array<Received> = []
    const reached = yield* Deferred.make<Received>()
    const left = yield* Deferred.make<void>()
    const server = createServer((request, response) => {
      request.socket.on("close", () => Deferred.unsafeDone(left, Effect.void))
      collect(request, (message) => {
        received.push(message)
        Deferred.unsafeDone(reached, Effect.succeed(message))
        behave(response, request)
      })
    })
    let connections = 0
    server.on("connection", () => {
      connections += 1
    })
    const port = yield* Effect.acquireRelease(listen(server), () => close(server))
    return {
      url: `http://127.0.0.1:${port}/hooks`,
      port,
      received,
      connections: () => connections,
      reached: Deferred.await(reached),
      left: Deferred.await(left)
    }
  })

/** Answers a status with headers and nothing else. */
export const answering =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, headers).end()
