import { HttpClientRequest } from "@effect/platform"
import { Effect, Option, Ref, Stream } from "effect"
import type { Failure } from "./Failure.ts"
import { PaymentProxyProblem, PaymentProxyUnreachable, PaymentProxyUnreadable } from "./Failure.ts"
import * as Retry from "./Retry.ts"
import * as Sse from "./Sse.ts"
import * as Transport from "./Transport.ts"
import * as Webhook from "./Webhook.ts"

/** The gateway says something every 15 s: a connection that is silent for three times as long is dead. */
const silenceMillis = 45_000
const openLimitMillis = 30_000

interface Position {
  readonly lastEventId: string | null
  readonly retryMillis: number
  /** How many connections in a row brought nothing, and how the last one failed. */
  readonly vain: number
  readonly failure: Failure | null
  /** The ids of the latest events, as one that came shortly before a cut may come again after it. */
  readonly told: ReadonlyArray<string>
}

const remembered = 1000

const silent = () =>
  new PaymentProxyUnreachable({ detail: `The gateway has been silent for ${silenceMillis} ms.`, idempotencyKey: null })

const noStream = () =>
  new PaymentProxyUnreadable({
    detail:
      "The gateway's answer is no stream of events: it is older than this client, or something stands in between.",
    idempotencyKey: null
  })

const opened = (carrier: Transport.Carrier, path: string, lastEventId: string | null) => {
  const request = HttpClientRequest.get(path).pipe(HttpClientRequest.accept("text/event-stream"))
  const onwards = lastEventId === null ? request : HttpClientRequest.setHeader(request, "last-event-id", lastEventId)
  return Effect.filterOrFail(
    Transport.called(openLimitMillis)(carrier.execute(onwards)),
    ({ headers }) => /^text\/event-stream\b/i.test(headers["content-type"] ?? ""),
    noStream
  )
}

const moved = (at: Position, said: Sse.Said): Position => {
  const alive = { ...at, vain: 0, failure: null }
  if (said._tag === "Retry") return { ...alive, retryMillis: said.afterMillis }
  return said._tag === "Message" ? { ...alive, lastEventId: said.message.id ?? at.lastEventId } : alive
}

/** Whether this is no event that was told already; from now on it is. */
const isNews = (position: Ref.Ref<Position>, { id }: Webhook.WebhookEvent) =>
  Ref.modify(position, (at) =>
    id !== "" && at.told.includes(id) ? [false, at] : [true, { ...at, told: [...at.told, id].slice(-remembered) }]
  )

const eventOf = (said: Sse.Said): Option.Option<Webhook.WebhookEvent> =>
  said._tag === "Message" ? Webhook.event(said.message.id ?? "", said.message.data) : Option.none()

const connection = (carrier: Transport.Carrier, path: string, position: Ref.Ref<Position>) =>
  Effect.flatMap(Ref.get(position), ({ lastEventId }) => opened(carrier, path, lastEventId)).pipe(
    Effect.map((response) =>
      Sse.read(response.stream).pipe(
        Stream.mapError(Transport.failureOf),
        Stream.timeoutFail(silent, silenceMillis),
        Stream.tap((said) => Ref.update(position, (at) => moved(at, said))),
        Stream.filterMap(eventOf),
        Stream.filterEffect((event) => isNews(position, event))
      )
    ),
    Stream.unwrap
  )

/** What ends a watch: an answer that the same call would meet again. */
const isFatal = (failure: Failure): boolean =>
  failure instanceof PaymentProxyUnreadable || (failure instanceof PaymentProxyProblem && !Retry.isWorthwhile(failure))

const pause = (position: Ref.Ref<Position>) =>
  Effect.gen(function* () {
    const { vain, failure, retryMillis } = yield* Ref.updateAndGet(position, (at) => ({ ...at, vain: at.vain + 1 }))
    const waitMillis = yield* Retry.waitMillis(vain, failure)
    yield* Effect.sleep(Math.max(waitMillis, retryMillis))
  })

/**
 * The events behind an address as they come about, from after `lastEventId` on or from the first: each once, through cut
 * connections and restarts of the gateway. It ends when its reader leaves, or fails with a refusal.
 */
export const events = (
  carrier: Transport.Carrier,
  path: string,
  lastEventId: string | null
): Stream.Stream<Webhook.WebhookEvent, Failure> =>
  Stream.unwrap(
    Effect.map(Ref.make<Position>({ lastEventId, retryMillis: 0, vain: 0, failure: null, told: [] }), (position) =>
      connection(carrier, path, position).pipe(
        Stream.catchAll((failure) =>
          isFatal(failure)
            ? Stream.fail(failure)
            : Stream.drain(Stream.fromEffect(Ref.update(position, (at) => ({ ...at, failure }))))
        ),
        Stream.concat(Stream.drain(Stream.fromEffect(pause(position)))),
        Stream.forever
      )
    )
  )
