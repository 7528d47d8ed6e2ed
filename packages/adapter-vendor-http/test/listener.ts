import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Incoming } from "@payment-proxy/ports"
import { Context, Effect, Layer } from "effect"

/** An address that takes whatever a vendor tells it. */
export class Listener extends Context.Tag("@payment-proxy/adapter-vendor-http/test/Listener")<
  Listener,
  {
    readonly url: string
    /** What came to this path, in order. */
    readonly got: (path: string) => Effect.Effect<ReadonlyArray<Incoming>>
  }
>() {}

const make = Effect.acquireRelease(
  Effect.async<{ readonly service: Context.Tag.Service<Listener>; readonly close: () => void }>((resume) => {
    const got: Array<{ readonly path: string; readonly incoming: Incoming }> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request
        .on("data", (chunk: Buffer) => chunks.push(chunk))
        .on("end", () => {
          const headers = request.headers as Incoming["headers"]
          got.push({ path: request.url ?? "", incoming: { headers, body: Buffer.concat(chunks) } })
          response.writeHead(200, { "content-type": "text/plain" }).end("success")
        })
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      const service = Listener.of({
        url: `http://127.0.0.1:${port}`,
        got: (path) => Effect.sync(() => got.filter((one) => one.path === path).map(({ incoming }) => incoming))
      })
      resume(Effect.succeed({ service, close: () => void server.close().closeAllConnections() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

/** A listener for as long as the layer lives, on a port that the system picks. */
export const layer: Layer.Layer<Listener> = Layer.scoped(
  Listener,
  Effect.map(make, ({ service }) => service)
)
