import type { IncomingMessage, ServerResponse } from "node:http"
import { Changes, type OrderNotFound, Read } from "@payment-proxy/application"
import type { App, Deliveries, Orders, StoreUnavailable } from "@payment-proxy/ports"
import { Clock, Context, Duration, Effect, Layer, Metric, Random } from "effect"
import { type Refused, refuse } from "./Problems.ts"

/** Bounds of the streams of one gateway. */
export interface Limits {
  readonly perApp: number
  readonly inAll: number
  /** After which a stream ends, less up to a tenth of it, so that not all come back at once. */
  readonly lifeMillis: number
  /** After which a stream that has nothing to say shows that it is there. */
  readonly quietMillis: number
  /** For which a client may leave unread what it was sent. */
  readonly unreadMillis: number
}

/** The bounds in force. */
export class Bounds extends Context.Reference<Bounds>()("@payment-proxy/gateway/EventStreams/Bounds", {
  defaultValue: (): Limits => ({
    perApp: 5000,
    inAll: 8000,
    lifeMillis: 3_600_000,
    quietMillis: 15_000,
    unreadMillis: 30_000
  })
}) {}

interface Stream {
  readonly response: ServerResponse
  readonly app: string
  readonly endsAtMillis: number
  /** Whether its answer has begun. */
  hasBegun: boolean
  saidAtMillis: number
  /** Since when the client has not read all that it was sent; null where it has. */
  unreadSinceMillis: number | null
}

const streaming = Metric.gauge("payment_proxy_event_streams", { description: "Streams of events that are open" })

/** The headers of a stream of events. */
export const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // A proxy that gathers an answer before it passes it on would hold events back (nginx).
  "x-accel-buffering": "no"
}

/** Whether a request is for a stream: its `Accept` names the media type (HTML, Server-sent events §9.2.2). */
export const isWanted = ({ method, headers: { accept = "" } }: IncomingMessage): boolean =>
  method === "GET" &&
  accept.split(",").some((range) => /^\s*text\/event-stream\s*(?:;(?!\s*q=0(?:\.0*)?\s*$)|$)/i.test(range))

/** An event as it stands in a stream: its body is one line, as JSON writes line breaks as escapes. */
export const written = ({ id, type, body }: Pick<Read.Event, "id" | "type" | "body">): string =>
  `id: ${id}\nevent: ${type}\ndata: ${body}\n\n`

/** Whether nothing more can be written. */
export const isDone = (response: ServerResponse): boolean => response.writableEnded || response.destroyed

/** What `wait` is told, or null once the answer is over, by whomever. */
export const orClosed = <A>(response: ServerResponse, wait: (tell: (value: A) => void) => () => void) =>
  Effect.async<A | null>((resume) => {
    if (response.destroyed) return resume(Effect.succeed(null))
    const leave = wait((value) => {
      response.off("close", close)
      resume(Effect.succeed(value))
    })
    const close = (): void => {
      leave()
      resume(Effect.succeed(null))
    }
    response.once("close", close)
    return Effect.sync(() => {
      response.off("close", close)
      leave()
    })
  })

/** Waits while the client has not read what it was sent. */
export const drained = (response: ServerResponse) =>
  response.writableNeedDrain
    ? orClosed<void>(response, (tell) => {
        response.once("drain", tell)
        return () => response.off("drain", tell)
      })
    : Effect.void

/** The streams of events that a gateway has open. */
export class EventStreams extends Context.Tag("@payment-proxy/gateway/EventStreams")<
  EventStreams,
  {
    /**
     * Writes the events of an app's order that are not seen yet, then each as it happens, until the client leaves or the stream's
     * time is over, or `mayGoOn` no longer holds when there is news. What cannot be answered with a stream fails before anything
     * is written.
     */
    readonly follow: (
      app: Pick<App, "id" | "limits">,
      payOrderNo: string,
      lastEventId: string | null,
      response: ServerResponse,
      mayGoOn: Effect.Effect<boolean>
    ) => Effect.Effect<void, Refused | OrderNotFound | StoreUnavailable, Orders | Deliveries | Changes.Changes>
    /** Ends all of them, and takes no more. */
    readonly end: Effect.Effect<void>
    readonly count: Effect.Effect<number>
  }
>() {}

const tooMany = (most: number): Refused =>
  refuse(
    "STREAMS_TOO_MANY",
    `An app has at most ${most} streams here at a time: close some, or follow orders by webhook.`
  )
const full = refuse("STREAMS_FULL", "Try again in a moment, or follow orders by webhook.")

/** So many streams read at a time: thousands that come or wake at once wait for their turn, and orders have the store's other connections. */
const readsAtOnce = 4

/** How often streams are looked at that have been quiet, unread or open for long. */
const lookEvery = Duration.seconds(1)

export const make = Effect.gen(function* () {
  const limits = yield* Bounds
  const open = new Set<Stream>()
  const byApp = new Map<string, number>()
  const reading = Effect.unsafeMakeSemaphore(readsAtOnce).withPermits(1)
  let isEnding = false

  const say = (stream: Stream, text: string, nowMillis: number): void => {
    if (isDone(stream.response)) return
    stream.saidAtMillis = nowMillis
    if (!stream.response.write(text)) stream.unreadSinceMillis ??= nowMillis
  }
  /** Ends those whose time is over, cuts off those who do not read, and lets the others know that they are heard. */
  const look = Effect.map(Clock.currentTimeMillis, (nowMillis) => {
    for (const stream of open) {
      const { response } = stream
      if (!stream.hasBegun) continue
      if (!response.writableNeedDrain) stream.unreadSinceMillis = null
      const { unreadSinceMillis } = stream
      if (unreadSinceMillis !== null && nowMillis - unreadSinceMillis >= limits.unreadMillis) response.destroy()
      else if (nowMillis >= stream.endsAtMillis) response.end()
      else if (unreadSinceMillis === null && nowMillis - stream.saidAtMillis >= limits.quietMillis)
        say(stream, ":\n\n", nowMillis)
    }
  })
  yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(lookEvery), look)))

  /** Counted until it is over. */
  const admitted = ({ id: app, limits: own }: Pick<App, "id" | "limits">, response: ServerResponse) =>
    Effect.flatMap(Effect.zip(Clock.currentTimeMillis, Random.next), ([nowMillis, random]) => {
      const others = byApp.get(app) ?? 0
      const most = Math.min(own.streams ?? limits.perApp, limits.perApp)
      if (others >= most) return tooMany(most)
      if (isEnding || open.size >= limits.inAll) return full
      const endsAtMillis = nowMillis + limits.lifeMillis * (1 - random / 10)
      const stream: Stream = {
        response,
        app,
        endsAtMillis,
        hasBegun: false,
        saidAtMillis: nowMillis,
        unreadSinceMillis: null
      }
      open.add(stream)
      byApp.set(app, others + 1)
      return Effect.succeed(stream)
    })
  const gone = ({ app }: Stream): void => {
    const left = (byApp.get(app) ?? 1) - 1
    if (left === 0) byApp.delete(app)
    else byApp.set(app, left)
  }

  /** Events leave the store as the client reads them. */
  const told = Effect.fnUntraced(function* (stream: Stream, events: ReadonlyArray<Read.Event>) {
    for (const event of events) {
      yield* drained(stream.response)
      say(stream, written(event), yield* Clock.currentTimeMillis)
    }
  })

  const following = Effect.fnUntraced(function* (
    stream: Stream,
    payOrderNo: string,
    first: { readonly events: ReadonlyArray<Read.Event>; readonly seen: Read.Seen },
    mayGoOn: Effect.Effect<boolean>
  ) {
    const changes = yield* Changes.Changes
    let seen = Read.seeing(first.seen, first.events)
    yield* told(stream, first.events)
    while (!isDone(stream.response)) {
      const known = seen
      const news = yield* orClosed<Changes.News>(stream.response, (wake) => changes.watch(known, wake))
      if (news === null || !(yield* mayGoOn)) return
      const events = yield* reading(Read.eventsAfter(payOrderNo, known))
      yield* told(stream, events)
      seen = Read.seeing(known, [...events, news])
    }
  })

  const follow: EventStreams["Type"]["follow"] = (app, payOrderNo, lastEventId, response, mayGoOn) =>
    Effect.acquireUseRelease(
      admitted(app, response),
      (stream) =>
        Effect.gen(function* () {
          const first = yield* reading(Read.eventsSince(app.id, payOrderNo, lastEventId))
          if (isEnding) return yield* full
          if (isDone(response)) return
          stream.hasBegun = true
          response.writeHead(200, headers)
          response.write("retry: 2000\n\n")
          yield* Metric.set(streaming, open.size)
          yield* Effect.catchAll(following(stream, payOrderNo, first, mayGoOn), (fault) =>
            Effect.logWarning("A stream of events ends, as the store is not there; its client comes back.", fault)
          )
          response.end()
        }),
      (stream) =>
        Effect.suspend(() => {
          open.delete(stream)
          gone(stream)
          return Metric.set(streaming, open.size)
        })
    )

  return EventStreams.of({
    follow,
    end: Effect.sync(() => {
      isEnding = true
      for (const { response, hasBegun } of open) if (hasBegun) response.end()
    }),
    count: Effect.sync(() => open.size)
  })
})

/** Streams of this process. */
export const layer: Layer.Layer<EventStreams> = Layer.scoped(EventStreams, make)
