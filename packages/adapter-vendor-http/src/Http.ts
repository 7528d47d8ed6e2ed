import type { IncomingHttpHeaders } from "node:http"
import { Readable } from "node:stream"
import { CrashPoints, InDoubt, Unreachable } from "@payment-proxy/ports"
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

type Outcome = (outcome: Effect.Effect<Omit<Answer, "askedAtMillis">, Unreachable | InDoubt>) => void

/** One request and its answer within a limit of time; whoever stops waiting ends it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #timer: NodeJS.Timeout
  readonly #tell: Outcome
  readonly #onHead: () => void
  readonly #chunks: Array<Buffer> = []
  #controller: Dispatcher.DispatchController | undefined
  #head: Pick<Answer, "status" | "headers"> | undefined
  #isOver = false

  constructor(millis: number, onHead: () => void, tell: Outcome) {
    this.#timer = setTimeout(() => this.stop(), millis)
    this.#onHead = onHead
    this.#tell = tell
  }

  /** Nobody waits for it any more. */
  stop(): void {
    this.#end(Effect.fail(failureOf(late())))
    this.#controller?.abort(late())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(late())
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the answer, such as 103, is not it (RFC 9110 §15.2).
    if (status < 200) return
    this.#head = { status, headers: headersOf(headers) }
    this.#onHead()
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#end(
      this.#head === undefined ? Effect.dieMessage("An answer ended before its head.") : this.#answer(this.#head)
    )
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end(Effect.fail(failureOf(error)))
  }

  #answer(head: Pick<Answer, "status" | "headers">): Parameters<Outcome>[0] {
    const [first] = this.#chunks
    const bytes = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    return Effect.try({ try: () => ({ ...head, text: utf8.decode(bytes) }), catch: failureOf })
  }

  #end(outcome: Parameters<Outcome>[0]): void {
    clearTimeout(this.#timer)
    if (this.#isOver) return
    this.#isOver = true
    this.#tell(outcome)
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

  const exchanged = (request: Dispatcher.DispatchOptions, millis: number, onHead: () => void) =>
    Effect.async<Omit<Answer, "askedAtMillis">, Unreachable | InDoubt>((resume) => {
      const exchange = new Exchange(millis, onHead, resume)
      agent.dispatch(request, exchange)
      return Effect.sync(() => exchange.stop())
    })

  const send: Send = (call, { millis, untilMillis }) =>
    Effect.flatMap(CrashPoints, ({ hit, written }) =>
      Effect.flatMap(Clock.currentTimeMillis, (askedAtMillis) => {
        const leftMillis = Math.min(millis, untilMillis - askedAtMillis)
        if (leftMillis <= 0) return new Unreachable({ detail: "Its time was over before it could be sent." })
        const url = new URL(call.url)
        const body = call.body === null ? null : written(call.body, "K05", "K06")
        const length = { "content-length": String(Buffer.byteLength(call.body ?? "")) }
        const request: Dispatcher.DispatchOptions = {
          origin: url.origin,
          path: url.pathname + url.search,
          method: call.method,
          headers: { ...call.headers, ...(body === null ? {} : length), ...always },
          body: typeof body === "object" && body !== null ? Readable.from(body) : body
        }
        return Effect.map(
          exchanged(request, leftMillis, () => hit("K07")),
          (answer) => ({ ...answer, askedAtMillis })
        )
      })
    )
  return send
})
