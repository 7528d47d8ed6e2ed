import type { IncomingHttpHeaders } from "node:http"
import { Readable } from "node:stream"
import { Redaction } from "@payment-proxy/domain"
import { CrashPoints, Listening, type Message, NotDelivered, WebhookSender } from "@payment-proxy/ports"
import { Clock, Effect, Either, Fiber, FiberId, Layer, type Scope } from "effect"
import { Agent, type Dispatcher } from "undici"
import * as Addresses from "./Addresses.ts"
import * as RetryAfter from "./RetryAfter.ts"
import * as Signing from "./Signing.ts"
import * as Target from "./Target.ts"

/** How a sender behaves. */
export interface Options extends Target.Rules {
  /** For the whole try, from the first lookup to the end of the answer. */
  readonly timeLimitMillis: number
  readonly connectLimitMillis: number
  /** How names become addresses; the system's resolver unless told otherwise. */
  readonly resolve: Addresses.Resolve | undefined
}

const answerLimitBytes = 8192
const drainLimitMillis = 1000
const connectionsPerOrigin = 8
const reasonLimit = 200
/** As much of an answer is kept as people read. */
const keptBytes = 500

/** What an endpoint said. */
interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** Until its head was there. */
  readonly millis: number
  /** The beginning of its body, for operators. */
  readonly said: string
}

const failure = (reason: string, answer: Partial<Pick<NotDelivered, "status" | "retryAfterMillis" | "gone">> = {}) =>
  new NotDelivered({
    status: null,
    retryAfterMillis: null,
    gone: false,
    ...answer,
    reason: reason.slice(0, reasonLimit)
  })

const codeOf = (cause: unknown): string =>
  typeof cause === "object" && cause !== null && "code" in cause && typeof cause.code === "string" ? cause.code : ""

const tooSlow = ({ timeLimitMillis }: Options) => failure(`No answer within ${timeLimitMillis} ms.`)

const unreached = (cause: unknown, options: Options): NotDelivered => {
  const code = codeOf(cause)
  if (code === "UND_ERR_CONNECT_TIMEOUT") return failure(`No connection within ${options.connectLimitMillis} ms.`)
  if (code === "UND_ERR_HEADERS_TIMEOUT") return tooSlow(options)
  if (code === Addresses.refusedCode) return failure("The endpoint's address is private or reserved: use a public one.")
  return failure(
    /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? `The call to the endpoint broke: ${code}.` : "The call to the endpoint broke."
  )
}

const meaning = (status: number): string => {
  if (status === 410) return `HTTP ${status}: the endpoint is gone for good.`
  if (status >= 300 && status < 400)
    return `HTTP ${status}: redirects are not followed; register the URL that it leads to.`
  return `HTTP ${status}: the endpoint did not take it.`
}

const first = (header: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof header === "object" ? header[0] : header

const judged = ({ status, retryAfter }: Answer) =>
  Effect.gen(function* () {
    if (status >= 200 && status < 300) return status
    const retryAfterMillis = RetryAfter.parse(retryAfter, yield* Clock.currentTimeMillis)
    return yield* failure(meaning(status), { status, retryAfterMillis, gone: status === 410 })
  })

interface Request extends Target.Target {
  readonly headers: Record<string, string>
  readonly body: string
}

const prepare = ({ url, secrets, eventId, body }: Message, options: Options): Effect.Effect<Request, NotDelivered> =>
  Effect.gen(function* () {
    const target = yield* Either.mapLeft(Target.parse(url, options), (fault) => failure(fault))
    const keys = yield* Either.mapLeft(Either.all(secrets.map(Signing.key)), ({ detail }) => failure(detail))
    if (keys.length === 0) return yield* failure("The endpoint has no secret to sign with.")
    if (!Signing.isId(eventId))
      return yield* failure("The event's id is not 1 to 256 visible ASCII characters without a dot.")
    const timestampSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const headers = {
      "content-type": "application/json",
      "user-agent": "payment-proxy",
      "webhook-id": eventId,
      "webhook-timestamp": `${timestampSeconds}`,
      "webhook-signature": keys.map((key) => Signing.sign(key, { id: eventId, timestampSeconds, body })).join(" ")
    }
    return { ...target, headers, body }
  })

/** As it is to be written: as a whole, or in pieces that together are as long. */
const written = (request: Request) =>
  Effect.map(CrashPoints, ({ written }) => {
    const bytes = written(request.body, null, "K21")
    if (typeof bytes === "string") return request
    const headers = { ...request.headers, "content-length": `${Buffer.byteLength(request.body)}` }
    return { ...request, headers, body: Readable.from(bytes) }
  })

const over = (): DOMException => new DOMException("Nobody waits for it any more.", "AbortError")

/**
 * One request and the beginning of its answer. The rest of an answer is worth nothing but the connection's reuse: once there is a
 * status it stands, whatever the body does, and what had come by then.
 */
class Posting implements Dispatcher.DispatchHandler {
  readonly #tell: (outcome: Effect.Effect<Answer, NotDelivered>) => void
  readonly #options: Options
  readonly #sinceMillis = performance.now()
  readonly #chunks: Array<Buffer> = []
  #bytes = 0
  #controller: Dispatcher.DispatchController | undefined
  #head: Pick<Answer, "status" | "retryAfter" | "millis"> | undefined
  #draining: NodeJS.Timeout | undefined
  #isOver = false

  constructor(options: Options, tell: (outcome: Effect.Effect<Answer, NotDelivered>) => void) {
    this.#options = options
    this.#tell = tell
  }

  /** Its time is over, or nobody waits for it any more. */
  stop(): void {
    this.#end(() => tooSlow(this.#options))
    this.#controller?.abort(over())
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isOver) controller.abort(over())
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the answer, such as 103, is not it (RFC 9110 §15.2).
    if (status < 200) return
    const millis = Math.round(performance.now() - this.#sinceMillis)
    this.#head = { status, millis, retryAfter: first(headers["retry-after"]) }
    // A timer of Node's own, as what is drained is a real connection: a test's clock does not make it quicker.
    this.#draining = setTimeout(() => this.stop(), drainLimitMillis)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#bytes < keptBytes) this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > answerLimitBytes) this.stop()
  }

  onResponseEnd(): void {
    this.#end(() => failure("The call to the endpoint broke."))
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end(() => unreached(error, this.#options))
  }

  /** It was answered, or else it failed so. */
  #end(otherwise: () => NotDelivered): void {
    clearTimeout(this.#draining)
    if (this.#isOver) return
    this.#isOver = true
    this.#tell(this.#head === undefined ? otherwise() : Effect.succeed({ ...this.#head, said: this.#said() }))
  }

  #said(): string {
    return new TextDecoder().decode(Buffer.concat(this.#chunks).subarray(0, keptBytes))
  }
}

/** The exchange, stopped at the limit of time; one fiber watches over it and leaves with it. */
const exchanged = (agent: Agent, options: Options, request: Request) =>
  Effect.gen(function* () {
    const whole = yield* written(request)
    let posting: Posting | undefined
    const limit = Effect.map(Effect.sleep(options.timeLimitMillis), () => posting?.stop())
    const watching = yield* Effect.forkDaemon(Effect.interruptible(limit))
    return yield* Effect.async<Answer, NotDelivered>((resume) => {
      const made = new Posting(options, resume)
      posting = made
      agent.dispatch({ ...whole, method: "POST", headersTimeout: options.timeLimitMillis, bodyTimeout: 0 }, made)
      return Effect.sync(() => made.stop())
    }).pipe(Effect.ensuring(Fiber.interruptAsFork(watching, FiberId.none)))
  })

const send = (agent: Agent, options: Options) => (message: Message) =>
  Effect.gen(function* () {
    const request = yield* prepare(message, options)
    const answer = yield* exchanged(agent, options, request)
    const listener = yield* Listening
    const { status, millis, said } = answer
    if (listener !== null) listener.said = { status, millis, raw: Redaction.redacted(said) }
    return yield* judged(answer)
  })

const settled = (options: Partial<Options>): Options => {
  const allowHttp = options.allowHttp ?? false
  return {
    timeLimitMillis: options.timeLimitMillis ?? 10_000,
    connectLimitMillis: options.connectLimitMillis ?? 5000,
    allowHttp,
    allowPrivate: options.allowPrivate ?? allowHttp,
    allowAnyPort: options.allowAnyPort ?? allowHttp,
    resolve: options.resolve
  }
}

const agent = ({ allowPrivate, connectLimitMillis, resolve }: Options) =>
  Effect.acquireRelease(
    Effect.sync(
      () =>
        new Agent({
          allowH2: false,
          connections: connectionsPerOrigin,
          connect: {
            timeout: connectLimitMillis,
            lookup: Addresses.lookup(allowPrivate ? () => true : Addresses.isPublic, resolve)
          }
        })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )

/**
 * A sender with connections of its own: one POST per try, https unless `allowHttp`, ports 443 and 8443 unless
 * `allowAnyPort`, no redirects, no proxies, at most 8 KB of an answer read, 10 s in all; private addresses are refused when
 * they are dialled, unless `allowPrivate`. Where these are not set, `allowHttp` implies both.
 */
export const make = (options: Partial<Options> = {}): Effect.Effect<WebhookSender["Type"], never, Scope.Scope> => {
  const all = settled(options)
  return Effect.map(agent(all), (agent) => WebhookSender.of({ send: send(agent, all) }))
}

/** `WebhookSender` over undici. */
export const layer = (options: Partial<Options> = {}): Layer.Layer<WebhookSender> =>
  Layer.scoped(WebhookSender, make(options))
