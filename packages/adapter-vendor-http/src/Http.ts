import type { IncomingHttpHeaders } from "node:http"
import { Readable } from "node:stream"
import { Redaction } from "@payment-proxy/domain"
import { CrashPoints, InDoubt, Listening, Unreachable, WrittenPoint } from "@payment-proxy/ports"
import { Effect, type Scope, Stream } from "effect"
import { Agent, type Dispatcher, errors } from "undici"
import * as Tls from "./Tls.ts"

/** A request to a vendor. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  /** Scheme, host and port. */
  readonly origin: string
  /** With its query, as it goes out. */
  readonly path: string
  /** Names and values by turns. */
  readonly headers: ReadonlyArray<string>
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

/** An answer of any length, as it comes. */
export interface Opened {
  readonly status: number
  readonly headers: Answer["headers"]
  readonly body: Stream.Stream<Uint8Array, InDoubt>
}

/** Asks for a file: answers as soon as its head is there; its body ends where the file does, or fails in doubt. */
export type Open = (call: Call, millis: number) => Effect.Effect<Opened, Unreachable | InDoubt, Scope.Scope>

/** Sends a request once; no redirect is followed, nothing is repeated. */
export type Send = (call: Call, limit: Limit) => Effect.Effect<Answer, Unreachable | InDoubt>

const maxAnswerBytes = 1024 * 1024

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown"

const unreachable = (cause: unknown): Unreachable =>
  new Unreachable({ detail: `The vendor could not be reached (${codeOf(cause)}).` })

const failureOf = (cause: unknown): Unreachable | InDoubt => {
  const code = codeOf(cause)
  if (cause instanceof errors.ResponseExceededMaxSizeError)
    return new InDoubt({ detail: `The answer is larger than ${maxAnswerBytes} bytes.` })
  if (cause instanceof TypeError) return new InDoubt({ detail: "The answer is not UTF-8." })
  if (cause instanceof Error && cause.name === "TimeoutError")
    return new InDoubt({ detail: "The vendor did not answer within the time limit." })
  return new InDoubt({
    detail: `The connection broke after the request may have left (${cause instanceof errors.UndiciError ? cause.code : code}).`
  })
}

const always = ["accept-encoding", "identity", "user-agent", "payment-proxy"]
const json = ["accept", "application/json"]

const headersOfCall = ({ headers, body }: Call): Array<string> => {
  const isAccepting = headers.some((name, at) => at % 2 === 0 && name.toLowerCase() === "accept")
  const length = body === null ? [] : ["content-length", String(Buffer.byteLength(body))]
  return [...headers, ...length, ...(isAccepting ? [] : json), ...always]
}

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
  readonly #isLate: () => boolean
  readonly #onHead: () => void
  readonly #onWritten: (() => void) | undefined
  readonly #chunks: Array<Buffer> = []
  #controller: Dispatcher.DispatchController | undefined
  #head: Pick<Answer, "status" | "headers"> | undefined
  #isOver = false

  constructor(
    millis: number,
    isLate: () => boolean,
    onHead: () => void,
    onWritten: (() => void) | undefined,
    tell: Outcome
  ) {
    this.#timer = setTimeout(() => this.stop(), millis)
    this.#isLate = isLate
    this.#onHead = onHead
    this.#onWritten = onWritten
    this.#tell = tell
  }

  /** Nobody waits for it any more. */
  stop(): void {
    this.#end(Effect.fail(this.#failure(late())))
    this.#controller?.abort(late())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // A process that was held up hears of its connection before it hears of its timer.
    if (this.#isLate()) this.stop()
    this.#controller = controller
    if (this.#isOver) controller.abort(late())
    // It is written as soon as this returns.
    if (this.#onWritten !== undefined) setImmediate(this.#onWritten)
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
    this.#end(Effect.fail(this.#failure(error)))
  }

  /** Nothing is written before the start: until then, as while there is no connection, it was not sent. */
  #failure(cause: Error): Unreachable | InDoubt {
    return this.#controller === undefined ? unreachable(cause) : failureOf(cause)
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

const agentFor = (tls: Tls.Tls, maxResponseSize: number): Agent =>
  new Agent({
    connect: { timeout: 5000, ...Tls.options(tls) },
    allowH2: false,
    keepAliveTimeout: 30_000,
    connections: 128,
    pipelining: 1,
    maxResponseSize
  })

const maxFileBytes = 4 * 1024 * 1024 * 1024

const openBy =
  (agent: Agent): Open =>
  (call, millis) =>
    Effect.acquireRelease(
      Effect.tryPromise({
        try: () =>
          agent.request({
            origin: call.origin,
            path: call.path,
            method: call.method,
            headers: headersOfCall(call),
            body: call.body,
            headersTimeout: millis,
            bodyTimeout: millis
          }),
        catch: failureOf
      }),
      // A body that is given up before its end says so as an error, and nobody listens any more.
      ({ body }) => Effect.sync(() => body.on("error", () => undefined).destroy())
    ).pipe(
      Effect.map(({ statusCode, headers, body }) => ({
        status: statusCode,
        headers: headersOf(headers),
        body: Stream.fromAsyncIterable<Uint8Array, InDoubt>(body, () => broken)
      }))
    )

const broken = new InDoubt({ detail: "The file broke off before its end." })

const sendBy =
  (agent: Agent): Send =>
  (call, { millis, untilMillis }) =>
    Effect.flatMap(Effect.all([CrashPoints, WrittenPoint, Listening]), ([{ hit, written }, whole, listener]) =>
      Effect.clockWith((clock) => {
        const askedAtMillis = clock.unsafeCurrentTimeMillis()
        const leftMillis = Math.min(millis, untilMillis - askedAtMillis)
        if (leftMillis <= 0) return new Unreachable({ detail: "Its time was over before it could be sent." })
        const body = call.body === null ? null : written(call.body, "K05", whole)
        const request: Dispatcher.DispatchOptions = {
          origin: call.origin,
          path: call.path,
          method: call.method,
          headers: headersOfCall(call),
          body: typeof body === "object" && body !== null ? Readable.from(body) : body
        }
        return Effect.map(
          exchanged(
            agent,
            request,
            leftMillis,
            () => clock.unsafeCurrentTimeMillis() >= untilMillis,
            () => hit("K07"),
            // What has no body is whole with its head; of those, only a close has a point of its own.
            body === null && whole === "K20" ? () => hit(whole) : undefined
          ),
          (answer) => {
            if (listener !== null) {
              const { status, text } = answer
              listener.said = {
                status,
                millis: clock.unsafeCurrentTimeMillis() - askedAtMillis,
                raw: Redaction.redacted(text)
              }
            }
            return { ...answer, askedAtMillis }
          }
        )
      })
    )

const exchanged = (
  agent: Agent,
  request: Dispatcher.DispatchOptions,
  millis: number,
  isLate: () => boolean,
  onHead: () => void,
  onWritten: (() => void) | undefined
) =>
  Effect.async<Omit<Answer, "askedAtMillis">, Unreachable | InDoubt>((resume) => {
    const exchange = new Exchange(millis, isLate, onHead, onWritten, resume)
    agent.dispatch(request, exchange)
    return Effect.sync(() => exchange.stop())
  })

/** Keep-alive connections to vendors, apart for each way to prove who is who; closed with the scope. */
export const make = Effect.gen(function* () {
  const agents = yield* Effect.acquireRelease(
    Effect.sync(() => new Map<string, Agent>()),
    (open) => Effect.promise(() => Promise.all([...open.values()].map((agent) => agent.destroy())))
  )
  const agentOf = (tls: Tls.Tls, use: "calls" | "files"): Agent => {
    const key = `${use} ${Tls.keyOf(tls)}`
    const agent = agents.get(key) ?? agentFor(tls, use === "calls" ? maxAnswerBytes : maxFileBytes)
    agents.set(key, agent)
    return agent
  }
  return {
    /** How to send to those who are known by `tls`. */
    send: (tls: Tls.Tls = {}): Send => sendBy(agentOf(tls, "calls")),
    /** How to fetch files from them. */
    open: (tls: Tls.Tls = {}): Open => openBy(agentOf(tls, "files"))
  }
})
