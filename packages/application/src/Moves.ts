import { Payment } from "@payment-proxy/domain"
import { Metric, MetricLabel } from "effect"

/** Orders that came into a state, in this process. */
export const moves = Metric.counter("payment_proxy_order_moves", {
  description: "Orders that came into a state",
  incremental: true
})

/** One label a state, made once: an update finds its counter by it. */
const labels = new Map(Payment.State.literals.map((to) => [to, [MetricLabel.make("to", to)]] as const))

// Every state is there from the start, at zero: what appears with its first order is not seen to rise.
for (const label of labels.values()) moves.unsafeUpdate(0, label)

/** Counts an order that came into a state. */
export const count = (to: Payment.State): void => moves.unsafeUpdate(1, labels.get(to) ?? [])
