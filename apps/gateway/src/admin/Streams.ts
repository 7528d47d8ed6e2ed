import type { ServerResponse } from "node:http"
import type { StoreUnavailable } from "@payment-proxy/ports"
import { Clock, Context, Duration, Effect, Layer, Metric } from "effect"
import * as EventStreams from "../EventStreams.ts"
import { type Refused, refuse } from "../Problems.ts"

/** Bounds of the streams that operators have open here. */
export interface Limits {
  readonly perOperator: number
  readonly inAll: number
  /** After which a stream ends, and its page comes back. */
  readonly lifeMillis: number
  readonly quietMillis: number
  /** For which a page may leave unread what it was sent. */
  readonly unreadMillis: number
  /** How often it is looked whether who follows may still. */
  readonly askEveryMillis: number
}

/** The bounds in force. */
export class Bounds extends Context.Reference<Bounds>()("@payment-proxy/gateway/admin/Streams/Bounds", {
  defaultValue: (): Limits => ({
    perOperator: 16,
    inAll: 256,
    lifeMillis: 3_600_000,
    quietMillis: 15_000,
    unreadMillis: 30_000,
    askEveryMillis: 5000
  })
}) {}

/** Who follows. */
export interface Follower {
  readonly operator: string
  /** The session's id as its store knows it. */
  readonly session: string
  /** Whether he still may. */
  readonly mayGoOn: Effect.Effect<boolean>
}

interface Open extends Follower {
  readonly response: ServerResponse
  readonly endsAtMillis: number
  hasBegun: boolean
  saidAtMillis: number
  askedAtMillis: number
  unreadSinceMillis: number | null
}

/** Writes an event into a stream; what its page has no room for is left out, as newer news follows. */
export type Say = (event: string, data: string) => Effect.Effect<void>

/** The streams that operators have open at this gateway. */
export class Streams extends Context.Tag("@payment-proxy/gateway/admin/Streams")<
  Streams,
  {
    /** Begins a stream once `first` is there, and writes what `follow` says until the page leaves, its time is over or its operator may no longer. */
    readonly open: <A, E, R, E2, R2>(
      follower: Follower,
      response: ServerResponse,
      first: Effect.Effect<A, E, R>,
      follow: (first: A, say: Say) => Effect.Effect<void, E2 | StoreUnavailable, R2>
    ) => Effect.Effect<void, Refused | E, R | R2>
    /** Ends those of a session that is over. */
    readonly endOf: (session: string) => Effect.Effect<void>
    /** Ends all of them, and takes no more. */
    readonly end: Effect.Effect<void>
    readonly count: Effect.Effect<number>
  }
>() {}

const streaming = Metric.gauge("payment_proxy_operator_streams", { description: "Streams of operators that are open" })
const full = refuse("STREAMS_FULL", "Too many pages are open: close some, or try again in a moment.")
const lookEvery = Duration.seconds(1)

/** Ends a stream; one that is not read is cut off. */
const ended = ({ response, hasBegun }: Open): void => {
  if (!hasBegun || EventStreams.isDone(response)) return
  if (response.writableNeedDrain) response.destroy()
  else response.end()
}

/** Whether it ends by the clock; one that has nothing to say shows that it is there. */
const looked = (stream: Open, limits: Limits, nowMillis: number): void => {
  const { response, endsAtMillis } = stream
  if (!response.writableNeedDrain) stream.unreadSinceMillis = null
  const { unreadSinceMillis } = stream
  if (unreadSinceMillis !== null && nowMillis - unreadSinceMillis >= limits.unreadMillis) response.destroy()
  else if (nowMillis >= endsAtMillis) ended(stream)
  else if (unreadSinceMillis === null && nowMillis - stream.saidAtMillis >= limits.quietMillis)
    written(stream, ":\n\n", nowMillis)
}

const written = (stream: Open, text: string, nowMillis: number): void => {
  if (EventStreams.isDone(stream.response) || stream.response.writableNeedDrain) return
  stream.saidAtMillis = nowMillis
  if (!stream.response.write(text)) stream.unreadSinceMillis ??= nowMillis
}

export const make = Effect.gen(function* () {
  const limits = yield* Bounds
  const open = new Set<Open>()
  let isEnding = false

  const asked = (stream: Open, nowMillis: number) => {
    if (nowMillis - stream.askedAtMillis < limits.askEveryMillis) return Effect.void
    stream.askedAtMillis = nowMillis
    return Effect.map(stream.mayGoOn, (may) => (may ? undefined : ended(stream)))
  }
  const look = Effect.flatMap(Clock.currentTimeMillis, (nowMillis) =>
    Effect.forEach(
      [...open].filter(({ hasBegun }) => hasBegun),
      (stream) =>
        Effect.zipRight(
          Effect.sync(() => looked(stream, limits, nowMillis)),
          asked(stream, nowMillis)
        ),
      { concurrency: 4, discard: true }
    )
  )
  yield* Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(lookEvery), look)))

  const admitted = (follower: Follower, response: ServerResponse) =>
    Effect.flatMap(Clock.currentTimeMillis, (nowMillis): Effect.Effect<Open, Refused> => {
      const own = [...open].filter(({ operator }) => operator === follower.operator).length
      if (isEnding || open.size >= limits.inAll || own >= limits.perOperator) return full
      const stream: Open = {
        ...follower,
        response,
        endsAtMillis: nowMillis + limits.lifeMillis,
        hasBegun: false,
        saidAtMillis: nowMillis,
        askedAtMillis: nowMillis,
        unreadSinceMillis: null
      }
      open.add(stream)
      return Effect.succeed(stream)
    })
  const counted = Effect.suspend(() => Metric.set(streaming, open.size))

  const openStream: Streams["Type"]["open"] = (follower, response, first, follow) =>
    Effect.acquireUseRelease(
      admitted(follower, response),
      (stream) =>
        Effect.gen(function* () {
          const begun = yield* first
          if (isEnding) return yield* full
          if (EventStreams.isDone(response)) return
          stream.hasBegun = true
          response.writeHead(200, EventStreams.headers)
          response.write("retry: 2000\n\n")
          yield* counted
          const say: Say = (event, data) =>
            Effect.map(Clock.currentTimeMillis, (nowMillis) =>
              written(stream, `event: ${event}\ndata: ${data}\n\n`, nowMillis)
            )
          const closed = EventStreams.orClosed<never>(response, () => () => undefined)
          yield* Effect.raceFirst(
            Effect.catchAll(follow(begun, say), (fault) =>
              Effect.logWarning("A stream of an operator ends; its page comes back.", fault)
            ),
            closed
          )
          if (!EventStreams.isDone(response)) response.end()
        }),
      (stream) =>
        Effect.zipRight(
          Effect.sync(() => open.delete(stream)),
          counted
        )
    )

  return Streams.of({
    open: openStream,
    endOf: (session) =>
      Effect.sync(() => {
        for (const stream of open) if (stream.session === session) ended(stream)
      }),
    end: Effect.sync(() => {
      isEnding = true
      for (const stream of open) ended(stream)
    }),
    count: Effect.sync(() => open.size)
  })
})

/** Streams of this process. */
export const layer: Layer.Layer<Streams> = Layer.scoped(Streams, make)
