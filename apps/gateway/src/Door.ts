import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import type { HttpServerResponse } from "@effect/platform"
import { Effect, Runtime } from "effect"
import * as EventHandlers from "./EventHandlers.ts"
import { isWanted } from "./EventStreams.ts"
import * as Hygiene from "./Hygiene.ts"
import * as OrderHandlers from "./OrderHandlers.ts"
import { guarded } from "./Problems.ts"

const orderPath = /^\/v1\/orders\/([^/?%]+)$/

const streamPath = /^\/v1\/orders\/([^/?%]+)\/events(?:\?|$)/

/** What the door's calls need. */
type Needs = Effect.Effect.Context<
  ReturnType<typeof OrderHandlers.placed | typeof OrderHandlers.read | typeof EventHandlers.streamed>
>

const callOf = (
  request: IncomingMessage,
  response: ServerResponse
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, Needs> | undefined => {
  const { method, url = "" } = request
  if (method === "POST" && url === "/v1/orders") return OrderHandlers.placed(request)
  if (method !== "GET") return undefined
  const [, payOrderNo] = orderPath.exec(url) ?? []
  if (payOrderNo !== undefined) return OrderHandlers.read(request, payOrderNo)
  const [, followed] = streamPath.exec(url) ?? []
  return followed !== undefined && isWanted(request) ? EventHandlers.streamed(request, response, followed) : undefined
}

const write = (response: ServerResponse, { status, headers, body }: HttpServerResponse.HttpServerResponse): void => {
  response.writeHead(status, headers)
  if (body._tag === "Uint8Array") response.end(body.body)
  else if (body._tag === "Raw" && body.body instanceof Readable) body.body.pipe(response)
  else response.end(body._tag === "Raw" ? body.body : undefined)
}

/**
 * A way past the routes for the two calls that most of the traffic is, a create and a plain read, with the same handlers:
 * what the routes do for them is two fifths of a read (docs/adr/0011). So, too, for streams of events, of which thousands are
 * open at a time. Answers whether it took a request.
 */
export const make = Effect.map(Effect.runtime<Needs>(), (runtime) => {
  const runFork = Runtime.runFork(runtime)
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const call = callOf(request, response)
    if (call === undefined) return false
    runFork(
      Effect.map(guarded(Effect.zipRight(Hygiene.check(request), call)), (answer) => {
        if (!response.headersSent) write(response, answer)
        else if (!response.writableEnded) response.end()
      })
    )
    return true
  }
})
