import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import type { HttpServerResponse } from "@effect/platform"
import { Effect, Runtime } from "effect"
import * as Hygiene from "./Hygiene.ts"
import * as OrderHandlers from "./OrderHandlers.ts"
import { guarded } from "./Problems.ts"

const orderPath = /^\/v1\/orders\/([^/?%]+)$/

const callOf = (request: IncomingMessage) => {
  if (request.method === "POST" && request.url === "/v1/orders") return OrderHandlers.placed(request)
  const [, payOrderNo] = request.method === "GET" ? (orderPath.exec(request.url ?? "") ?? []) : []
  return payOrderNo === undefined ? undefined : OrderHandlers.read(request, payOrderNo)
}

const write = (response: ServerResponse, { status, headers, body }: HttpServerResponse.HttpServerResponse): void => {
  response.writeHead(status, headers)
  if (body._tag === "Uint8Array") response.end(body.body)
  else if (body._tag === "Raw" && body.body instanceof Readable) body.body.pipe(response)
  else response.end(body._tag === "Raw" ? body.body : undefined)
}

/** What an order's call needs. */
type Needs = Effect.Effect.Context<NonNullable<ReturnType<typeof callOf>>>

/**
 * A way past the routes for the two calls that most of the traffic is, a create and a plain read, with the same handlers:
 * what the routes do for them is two fifths of a read (docs/adr/0011). Answers whether it took a request.
 */
export const make = Effect.map(Effect.runtime<Needs>(), (runtime) => {
  const runFork = Runtime.runFork(runtime)
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const call = callOf(request)
    if (call === undefined) return false
    runFork(Effect.map(guarded(Effect.zipRight(Hygiene.check(request), call)), (answer) => write(response, answer)))
    return true
  }
})
