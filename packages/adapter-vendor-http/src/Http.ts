import type { IncomingHttpHeaders } from "node:http"
import { Readable } from "node:stream"
import { CrashPoints, crashPoint, InDoubt, Unreachable } from "@payment-proxy/ports"
import { Clock, Effect } from "effect"
import { Agent, type Dispatcher, errors } from "undici"

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

const utf8 = new TextDecoder("utf-8", { fatal: true })

const late = (): DOMException => new DOMException("Its time is over.", "TimeoutError")

const headersOf = (all: { readonly [name: string]: string | ReadonlyArray<string> | undefined }): Answer["headers"] => {
  const headers: Record<string, string | undefined> = {}
  for (const name of Object.keys(all)) {
    const value = all[name]
    headers[name] = typeof value === "object" ? value.join(", ") : value
  }
  return headers
}

type Head = Pick<Answer, "status" | "headers">
type Failed = Unreachable | InDoubt
type Outcome<A> = (outcome: Effect.Effect<A, Failed>) => void

/** One request and its answer, its head first, within a limit of time; whoever stops waiting ends it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #timer: NodeJS.Timeout
  readonly #chunks: Array<Buffer> = []
  #controller: Dispatcher.DispatchController | undefined
  #ended: Effect.Effect<void, Failed> | undefined
  #toldHead: Outcome<Head> | undefined
  #toldEnd: Outcome<void> | undefined

  constructor(millis: number) {
    this.#timer = setTimeout(() => this.#stop(), millis)
  }

  /** Sends it; answers once the head is there. */
  head(agent: Agent, request: Dispatcher.DispatchOptions): Effect.Effect<Head, Failed> {
    return Effect.async((resume) => {
      this.#toldHead = resume
      agent.dispatch(request, this)
      return Effect.sync(() => this.#stop())
    })
  }

  /** The body, once all of it is there. */
  get body(): Effect.Effect<Buffer, Failed> {
    const whole = Effect.sync(
      () => (this.#chunks.length === 1 ? this.#chunks[0] : undefined) ?? Buffer.concat(this.#chunks)
    )
    const end = Effect.suspend(
      () =>
        this.#ended ??
        Effect.async<void, Failed>((resume) => {
          this.#toldEnd = resume
          return Effect.sync(() => this.#stop())
        })
    )
    return Effect.zipRight(end, whole)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#ended !== undefined) controller.abort(late())
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the answer, such as 103, is not it (RFC 9110 §15.2).
    if (status >= 200) this.#toldHead?.(Effect.succeed({ status, headers: headersOf(headers) }))
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#end(Effect.void)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end(Effect.fail(failureOf(error)))
  }

  #stop(): void {
    this.#end(Effect.fail(failureOf(late())))
    this.#controller?.abort(late())
  }

  #end(outcome: Effect.Effect<void, Failed>): void {
    clearTimeout(this.#timer)
    this.#ended ??= outcome
    this.#toldHead?.(Effect.zipRight(outcome, Effect.dieMessage("An answer ended before its head.")))
    this.#toldEnd?.(outcome)
  }
}

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
      const exchange = new Exchange(leftMillis)
      const { status, headers } = yield* exchange.head(agent, {
        origin: url.origin,
        path: url.pathname + url.search,
        method: call.method,
        headers: { ...call.headers, ...(body === null ? {} : length), ...always },
        body: typeof body === "object" && body !== null ? Readable.from(body) : body
      })
      yield* crashPoint("K07")
      const bytes = yield* exchange.body
      const text = yield* Effect.try({ try: () => utf8.decode(bytes), catch: failureOf })
      return { status, headers, text, askedAtMillis }
    })
  return send
})
