import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { PaymentProxy } from "../src/index.ts"

/** A throwaway key of tests. */
export const key = "ppk_throwaway.of-tests"

/** A request as it came. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: { readonly [name: string]: string | undefined }
  readonly body: unknown
}

/** What the gateway does with a request: an answer, or none at all. */
export type Turn = Response | "cut" | "silent"

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): unknown =>
  body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(body.body)) : null

/** A gateway that answers by a script, its last turn for ever, and what it was asked. */
export const scripted = (...turns: ReadonlyArray<Turn | ((asked: Asked) => Turn)>) => {
  const asked: Array<Asked> = []
  const client = HttpClient.make((request, url) =>
    Effect.suspend(() => {
      const now = {
        method: request.method,
        path: url.pathname + url.search,
        headers: request.headers,
        body: bodyOf(request)
      }
      asked.push(now)
      const next = turns[Math.min(asked.length, turns.length) - 1] ?? "cut"
      const turn = typeof next === "function" ? next(now) : next instanceof Response ? next.clone() : next
      if (turn === "silent") return Effect.never
      return turn === "cut"
        ? new HttpClientError.RequestError({ request, reason: "Transport", cause: { code: "ECONNRESET" } })
        : Effect.succeed(HttpClientResponse.fromWeb(request, turn))
    })
  )
  const proxy = PaymentProxy.make({ baseUrl: "http://gateway.test/", key: Redacted.make(key) }).pipe(
    Effect.provideService(HttpClient.HttpClient, client)
  )
  return { asked, layer: Layer.succeed(HttpClient.HttpClient, client), proxy }
}

/** An answer with a JSON body. */
export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } })
