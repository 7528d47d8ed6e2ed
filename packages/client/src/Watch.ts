import { HttpClientRequest } from "@effect/platform"
import { Effect, Option, Ref, Stream } from "effect"
import type { Failure } from "./Failure.ts"
import { PaymentProxyProblem, PaymentProxyUnreachable } from "./Failure.ts"
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
  /** How many connections in a row brought nothing. */
  readonly vain: number
}

const eventOf = ({ id, data }: Sse.Message): Option.Option<Webhook.WebhookEvent> => Webhook.event(id ?? "", data)

const opened = (carrier: Transport.Carrier, path: string, { lastEventId }: Position) =>
  carrier
    .execute(
      HttpClientRequest.get(path).pipe(
        HttpClientRequest.accept("text/event-stream"),
        lastEventId === null ? (request) => request : HttpClientRequest.setHeader("last-event-id", lastEventId)
      )
    )
    .pipe(Transport.called(openLimitMillis))

const silent = () =>
  new PaymentProxyUnreachable({ detail: `The gateway has been silent for ${silenceMillis} ms.`, idempotencyKey: null })

const connection = (carrier: Transport.Carrier, path: string, position: Ref.Ref<Position>) =>
  Stream.unwrap(
    Effect.map(
      Effect.flatMap(Ref.get(position), (from) => opened(carrier, path, from)),
      (response) =>
        Sse.read(response.stream).pipe(
          Stream.mapError(Transport.failureOf),
          Stream.timeoutFail(silent, silenceMillis),
          Stream.tap((said) => Ref.update(position, (at) => moved(at, said))),
          Stream.filterMap((said) => (said._tag === "Message" ? eventOf(said.message) : Option.none()))
        )
    )
  )

const moved = (at: Position, said: Sse.Said): Position => {
  if (said._tag === "Retry") return { ...at, retryMillis: said.afterMillis }
  if (said._tag === "Alive") return at
  return { ...at, vain: 0, lastEventId: said.message.id ?? at.lastEventId }
}

/** What ends a watch: a refusal that the same call would meet again. */
const isFatal = (failure: Failure): boolean => failure instanceof PaymentProxyProblem && !Retry.isWorthwhile(failure)

const pause = (position: Ref.Ref<Position>, failure: Failure | null) =>
  Effect.gen(function* () {
    const { vain, retryMillis } = yield* Ref.updateAndGet(position, (at) => ({ ...at, vain: at.vain + 1 }))
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
    Effect.map(Ref.make<Position>({ lastEventId, retryMillis: 0, vain: 0 }), (position) => {
      const onwards: Stream.Stream<Webhook.WebhookEvent, Failure> = connection(carrier, path, position).pipe(
        Stream.catchAll((failure) =>
          isFatal(failure) ? Stream.fail(failure) : Stream.drain(Stream.fromEffect(pause(position, failure)))
        ),
        Stream.concat(Stream.suspend(() => Stream.drain(Stream.fromEffect(Effect.void))))
      )
      return Stream.forever(onwards)
    })
  )
