import type { Effect, Redacted } from "effect"
import { Context, Data } from "effect"

/** One try of one delivery. */
export interface Message {
  readonly url: string
  /** `whsec_…`, each of which signs: the newest first. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  readonly eventId: string
  readonly body: string
}

/** The endpoint did not take it; `gone` where it never will (410). */
export class NotDelivered extends Data.TaggedError("NotDelivered")<{
  readonly reason: string
  readonly status: number | null
  readonly retryAfterMillis: number | null
  readonly gone: boolean
}> {}

/** Signed deliveries to business systems (Standard Webhooks 1.0.0). */
export class WebhookSender extends Context.Tag("@payment-proxy/ports/WebhookSender")<
  WebhookSender,
  {
    /** Answers the 2xx status that came within 10 s. */
    readonly send: (message: Message) => Effect.Effect<number, NotDelivered>
  }
>() {}
