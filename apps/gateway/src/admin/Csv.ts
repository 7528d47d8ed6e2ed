import type { ServerResponse } from "node:http"
import { Clock, Duration, Effect, Stream } from "effect"
import * as EventStreams from "../EventStreams.ts"

/** So many files leave at a time; others wait for their turn, so that pages have the store's other connections. */
const atOnce = 4
const leaving = Effect.unsafeMakeSemaphore(atOnce).withPermits(1)

/** For which a client may read nothing. */
const unread = Duration.minutes(2)

/** Whether the file may go on is asked about so often. */
const askedAfterMillis = 5000

/** Payments have their turn between two pieces, also where a store answers at once. */
const turn = Effect.async<void>((resume) => {
  const next = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(next))
})

/** The client sees that the file has no end; nothing more is answered. */
const cut = (response: ServerResponse): void => {
  response.destroy()
  response.end()
}

const begin = (response: ServerResponse, name: string): void => {
  if (response.headersSent) return
  response.writeHead(200, {
    "content-type": "text/csv; charset=utf-8; header=present",
    "content-disposition": `attachment; filename="${name}"`,
    "x-accel-buffering": "no"
  })
}

/**
 * Sends a file as it is made, no faster than it is read, and for as long as it may go on. What fails before anything was sent is the
 * caller's; a file that cannot be finished is cut off, so that nobody takes a part for the whole.
 */
export const send = <E, R>(
  response: ServerResponse,
  name: string,
  text: Stream.Stream<string, E, R>,
  mayGoOn: Effect.Effect<boolean>
): Effect.Effect<void, E, R> => {
  let askedAtMillis: number | null = null
  const isOver = Effect.flatMap(Clock.currentTimeMillis, (nowMillis) => {
    askedAtMillis ??= nowMillis
    if (Math.abs(nowMillis - askedAtMillis) < askedAfterMillis) return Effect.succeed(false)
    askedAtMillis = nowMillis
    return Effect.negate(mayGoOn)
  })
  return text.pipe(
    Stream.runForEachWhile((piece) =>
      Effect.gen(function* () {
        if (!EventStreams.isDone(response) && (yield* isOver)) cut(response)
        if (EventStreams.isDone(response)) return false
        begin(response, name)
        response.write(piece)
        const isRead = yield* Effect.timeoutOption(EventStreams.drained(response), unread)
        if (isRead._tag === "None") cut(response)
        yield* turn
        return !EventStreams.isDone(response)
      })
    ),
    Effect.zipRight(
      Effect.sync(() => {
        if (EventStreams.isDone(response)) return
        begin(response, name)
        response.end()
      })
    ),
    Effect.onError(() =>
      Effect.sync(() => {
        if (response.headersSent) cut(response)
      })
    ),
    leaving
  )
}
