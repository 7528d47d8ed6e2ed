import { Readable } from "node:stream"
import { Redaction } from "@payment-proxy/domain"
import { CrashPoints, Listening, type Message, NotDelivered, WebhookSender } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Either, Layer, type Scope } from "effect"
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

const first = (header: string | Array<string> | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header

const judged = ({ statusCode, headers }: Dispatcher.ResponseData) =>
  Effect.gen(function* () {
    if (statusCode >= 200 && statusCode < 300) return statusCode
    const retryAfterMillis = RetryAfter.parse(first(headers["retry-after"]), yield* Clock.currentTimeMillis)
    return yield* failure(meaning(statusCode), { status: statusCode, retryAfterMillis, gone: statusCode === 410 })
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

const aborter: Effect.Effect<AbortSignal, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => new AbortController()),
    (controller) => Effect.sync(() => controller.abort())
  ),
  ({ signal }) => signal
)

/** As it is to be written: as a whole, or in pieces that together are as long. */
const written = (request: Request) =>
  Effect.map(CrashPoints, ({ written }) => {
    const bytes = written(request.body, null, "K21")
    if (typeof bytes === "string") return request
    const headers = { ...request.headers, "content-length": `${Buffer.byteLength(request.body)}` }
    return { ...request, headers, body: Readable.from(bytes) }
  })

const exchange = (agent: Agent, options: Options, request: Request, signal: AbortSignal) =>
  Effect.flatMap(written(request), (whole) =>
    Effect.tryPromise({
      try: () =>
        agent.request({
          ...whole,
          method: "POST",
          signal,
          headersTimeout: options.timeLimitMillis,
          bodyTimeout: 0
        }),
      catch: (cause) => unreached(cause, options)
    })
  ).pipe(
    Effect.tap(({ body }) => Effect.sync(() => body.on("error", () => undefined))),
    Effect.timeoutFail({ duration: options.timeLimitMillis, onTimeout: () => tooSlow(options) })
  )

/** As much of it is kept as people read. */
const keptBytes = 500

/**
 * The beginning of an answer, for operators. The rest is worth nothing but the connection's reuse: whatever it does, the status stands,
 * and what had come by then.
 */
const drain = (body: Dispatcher.ResponseData["body"], limitMillis: number): Effect.Effect<string> =>
  Effect.suspend(() => {
    const chunks: Array<Buffer> = []
    let bytes = 0
    const read = Effect.async<void>((resume) => {
      const end = (): void => resume(Effect.void)
      body.on("data", (chunk: Buffer) => {
        if (bytes < keptBytes) chunks.push(chunk)
        bytes += chunk.length
        if (bytes > answerLimitBytes) body.destroy()
      })
      for (const event of ["end", "error", "close"]) body.once(event, end)
      return Effect.sync(() => body.destroy())
    })
    return Effect.timeoutOption(read, limitMillis).pipe(
      Effect.map(() => new TextDecoder().decode(Buffer.concat(chunks).subarray(0, keptBytes)))
    )
  })

const send = (agent: Agent, options: Options) => (message: Message) =>
  Effect.gen(function* () {
    const request = yield* prepare(message, options)
    const [took, response] = yield* Effect.timed(exchange(agent, options, request, yield* aborter))
    const leftMillis = options.timeLimitMillis - Duration.toMillis(took)
    const raw = yield* drain(response.body, Math.max(Math.min(leftMillis, drainLimitMillis), 0))
    const listener = yield* Listening
    if (listener !== null)
      listener.said = { status: response.statusCode, millis: Duration.toMillis(took), raw: Redaction.redacted(raw) }
    return yield* judged(response)
  }).pipe(Effect.scoped)

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
