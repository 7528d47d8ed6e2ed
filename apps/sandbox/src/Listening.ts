import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { sendJson } from "./Answers.ts"
import { isGone } from "./Body.ts"

/** How a server answers a request. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** A server that listens; requests wait until it is told how to serve. */
export interface Listening {
  readonly url: string
  readonly port: number
  /** From now on, requests are answered so, also those that came before; a client that leaves is no error, others are printed and answered with 500. */
  readonly serve: (handler: Handler) => void
  readonly close: () => Promise<void>
}

const portTries = 100

/** A port and those behind it. */
export const from = (first: number): ReadonlyArray<number> =>
  Array.from({ length: portTries }, (_, index) => first + index)

const isTaken = (server: Server, port: number, host: string): Promise<boolean> =>
  new Promise((done, fail) => {
    const onError = (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(true) : fail(error))
    server.once("error", onError)
    server.listen(port, host, () => {
      server.off("error", onError)
      done(false)
    })
  })

/** Listens on the first of these ports that is free (0: the system picks); `undefined` where none is. */
export const listen = async (host: string, ports: ReadonlyArray<number>): Promise<Listening | undefined> => {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 60_000 })
  const { promise: handling, resolve: serve } = Promise.withResolvers<Handler>()
  const handle = (handler: Handler, request: IncomingMessage, response: ServerResponse): void => {
    handler(request, response).catch((error: unknown) => {
      if (isGone(error)) return
      console.error(error)
      if (!response.headersSent) sendJson(response, 500, { error: "server_error" })
    })
  }
  server.on("request", (request, response) => void handling.then((handler) => handle(handler, request, response)))
  for (const port of ports) {
    if (await isTaken(server, port, host)) continue
    const address = server.address() as AddressInfo
    return {
      url: `http://${host}:${address.port}`,
      port: address.port,
      serve,
      close: () =>
        new Promise((done) => {
          server.close(() => done())
          server.closeAllConnections()
        })
    }
  }
  return undefined
}
