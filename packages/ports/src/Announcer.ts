import type { Payment, RefundMachine } from "@payment-proxy/domain"
import { Context } from "effect"

/** An event as apps are told of it. */
export interface Event {
  /** `order.<state in lower case>`, `order.disputed`, or `refund.<state in lower case>` */
  readonly type: string
  /** The JSON that is signed and sent, on every try the same. */
  readonly body: string
}

/** How payments and refunds are shown to apps (design §8). */
export class Announcer extends Context.Tag("@payment-proxy/ports/Announcer")<
  Announcer,
  {
    /** `word`: the state in lower case, or what else happened. */
    readonly event: (payment: Payment.Payment, word: string, atMillis: number) => Event
    readonly refundEvent: (refund: RefundMachine.Refund, atMillis: number) => Event
  }
>() {}
