import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import { createServer } from "node:http"
import { createServer as createTlsServer, type ServerOptions } from "node:https"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"

/** How a platform answers a call. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** A call as it came in. */
export type Seen = IncomingMessage & { body: Buffer }

/** A platform that answers every call so, on a port that the system picks. */
export const platform = (answer: Answer, tls?: ServerOptions) =>
  Effect.acquireRelease(
    Effect.async<{ readonly url: string; readonly seen: Array<Seen>; readonly close: () => void }>((resume) => {
      const seen: Array<Seen> = []
      const listener: RequestListener = (request, response) => {
        const call = Object.assign(request, { body: Buffer.alloc(0) })
        seen.push(call)
        request
          .on("data", (chunk: Buffer) => {
            call.body = Buffer.concat([call.body, chunk])
          })
          .on("end", () => answer(response, request))
      }
      const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http${tls === undefined ? "" : "s"}://127.0.0.1:${port}`, seen, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

/** An answer of JSON. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
