import { Readable } from "node:stream"
import { CrashPoints, crashPoint, InDoubt, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect } from "effect"
import { Agent, errors } from "undici"

/** A request to a vendor. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | null
}

/** A whole answer; header names are in lower case. */
export interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string | undefined }
  readonly text: string
  /** When the request was about to be written. */
  readonly askedAtMillis: number
}

/** How long a call may take, and the moment after which nothing of it is written and nobody waits for it. */
export interface Limit {
  readonly millis: number
  readonly untilMillis: number
}

/** Sends a request once; no redirect is followed, nothing is repeated. */
export type Send = (call: Call, limit: Limit) => Effect.Effect<Answer, Unreachable | InDoubt>

const maxAnswerBytes = 1024 * 1024

/** Faults before the first byte could leave: the connection was never there. */
const notSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID"
])

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown"

const failureOf = (cause: unknown): Unreachable | InDoubt => {
  const code = codeOf(cause)
  if (notSent.has(code)) return new Unreachable({ detail: `The vendor could not be reached (${code}).` })
  if (cause instanceof errors.ResponseExceededMaxSizeError)
    return new InDoubt({ detail: `The answer is larger than ${maxAnswerBytes} bytes.` })
  if (cause instanceof TypeError) return new InDoubt({ detail: "The answer is not UTF-8." })
  if (cause instanceof Error && cause.name === "TimeoutError")
    return new InDoubt({ detail: "The vendor did not answer within the time limit." })
  return new InDoubt({
    detail: `The connection broke after the request may have left (${cause instanceof errors.UndiciError ? cause.code : code}).`
  })
}

const always = { accept: "application/json", "accept-encoding": "identity", "user-agent": "payment-proxy" }

const decode = (bytes: ArrayBuffer): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes)

/** Keep-alive connections to vendors, closed with the scope. */
export const make = Effect.gen(function* () {
  const agent = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new Agent({
          connect: { timeout: 5000 },
          keepAliveTimeout: 30_000,
          connections: 128,
          pipelining: 1,
          maxResponseSize: maxAnswerBytes
        })
    ),
    (open) => Effect.promise(() => open.destroy())
  )
  const send: Send = (call, { millis, untilMillis }) =>
    Effect.gen(function* () {
      const { written } = yield* CrashPoints
      const url = new URL(call.url)
      const body = call.body === null ? null : written(call.body, "K05", "K06")
      const length = { "content-length": String(Buffer.byteLength(call.body ?? "")) }
      const askedAtMillis = yield* Clock.currentTimeMillis
      const leftMillis = Math.min(millis, untilMillis - askedAtMillis)
      if (leftMillis <= 0) return yield* new Unreachable({ detail: "Its time was over before it could be sent." })
      const limit = AbortSignal.timeout(leftMillis)
      const response = yield* Effect.tryPromise({
        try: (signal) =>
          agent.request({
            origin: url.origin,
            path: url.pathname + url.search,
            method: call.method,
            headers: { ...call.headers, ...(body === null ? {} : length), ...always },
            body: typeof body === "object" && body !== null ? Readable.from(body) : body,
            signal: AbortSignal.any([signal, limit])
          }),
        catch: failureOf
      })
      yield* crashPoint("K07")
      const bytes = yield* Effect.tryPromise({ try: () => response.body.arrayBuffer(), catch: failureOf })
      const text = yield* Effect.try({ try: () => decode(bytes), catch: failureOf })
      const headers = Object.entries(response.headers).map(
        ([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value] as const
      )
      return { status: response.statusCode, headers: Object.fromEntries(headers), text, askedAtMillis }
    })
  return send
})
