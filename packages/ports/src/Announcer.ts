import type { Payment } from "@payment-proxy/domain"
import { Context } from "effect"

/** An event as apps are told of it. */
export interface Event {
  /** `order.<state in lower case>` */
  readonly type: string
  /** The JSON that is signed and sent, on every try the same. */
  readonly body: string
}

/** How a payment is shown to apps (design §8). */
export class Announcer extends Context.Tag("@payment-proxy/ports/Announcer")<
  Announcer,
  { readonly event: (payment: Payment.Payment, atMillis: number) => Event }
>() {}
