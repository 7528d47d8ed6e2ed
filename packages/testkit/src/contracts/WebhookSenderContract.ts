import { expect, layer } from "@effect/vitest"
import { WebhookSender } from "@payment-proxy/ports"
import type { Layer, Scope } from "effect"
import { Effect, Either, Redacted } from "effect"

/** A message as an endpoint got it, and whether its signature is right. */
export interface Taken {
  readonly eventId: string
  readonly body: string
}

/** An endpoint as a test sees it. */
export interface Receiver {
  readonly url: string
  /** The next try is answered with this status. */
  readonly answer: (status: number) => Effect.Effect<void>
  readonly taken: Effect.Effect<ReadonlyArray<Taken>>
}

const secret = Redacted.make(`whsec_${"c2VjcmV0IG9mIGEgdGVzdCwgMjQgYnl0ZXM="}`)

/** What every `WebhookSender` must do; `receiver` is an endpoint that it can reach. */
export const webhookSenderContract = <R>(
  name: string,
  sender: Layer.Layer<WebhookSender | R, unknown>,
  receiver: Effect.Effect<Receiver, unknown, R | Scope.Scope>
): void =>
  layer(sender)(`WebhookSender: ${name}`, (it) => {
    const message = (url: string, eventId: string) => ({
      url,
      secrets: [secret],
      eventId,
      body: '{"type":"order.succeeded"}'
    })

    it.scoped("a 2xx is delivered, with the body as it stands", () =>
      Effect.gen(function* () {
        const { send } = yield* WebhookSender
        const { url, taken, answer } = yield* receiver
        yield* answer(204)
        expect(yield* send(message(url, "evt_1"))).toBe(204)
        expect((yield* taken).at(-1)).toEqual({ eventId: "evt_1", body: '{"type":"order.succeeded"}' })
      })
    )

    for (const status of [301, 400, 429, 500, 503])
      it.scoped(`${status} is not delivered, and may be tried again`, () =>
        Effect.gen(function* () {
          const { send } = yield* WebhookSender
          const { url, answer } = yield* receiver
          yield* answer(status)
          const failed = yield* Effect.either(send(message(url, "evt_2")))
          expect(Either.isLeft(failed) && [failed.left.status, failed.left.gone]).toEqual([status, false])
        })
      )

    it.scoped("410 says that the endpoint is gone for good", () =>
      Effect.gen(function* () {
        const { send } = yield* WebhookSender
        const { url, answer } = yield* receiver
        yield* answer(410)
        const failed = yield* Effect.either(send(message(url, "evt_3")))
        expect(Either.isLeft(failed) && failed.left.gone).toBe(true)
      })
    )
  })
