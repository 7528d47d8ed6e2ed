import { Announcer } from "@payment-proxy/ports"
import { Context } from "effect"

/** Events that say what is to be checked: of what, which state, and which version. */
export const announce: Context.Context<Announcer> = Context.make(
  Announcer,
  Announcer.of({
    event: ({ payOrderNo, state, version }, word) => ({
      type: `order.${word}`,
      body: JSON.stringify({ payOrderNo, state, version })
    }),
    refundEvent: ({ refundNo, payOrderNo, state, version }) => ({
      type: `refund.${state.toLowerCase()}`,
      body: JSON.stringify({ refundNo, payOrderNo, state, version })
    })
  })
)
