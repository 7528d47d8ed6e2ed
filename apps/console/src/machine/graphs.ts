// Made by scripts/machines.ts from the domain's tables.
import type { Graph } from "./Way.ts"

/** Every state and every possible move of a payment. */
export const payment: Graph = {
  states: [
    "CREATED",
    "SUBMITTING",
    "PENDING",
    "AUTHORIZED",
    "SUCCEEDED",
    "PARTIALLY_REFUNDED",
    "REFUNDED",
    "FAILED",
    "CLOSING",
    "CLOSED",
    "LATE_PAID",
    "HELD"
  ],
  arrows: [
    { from: "CREATED", to: "SUBMITTING", by: ["submit()"] },
    { from: "CREATED", to: "CLOSED", by: ["close()", "expire()"] },
    { from: "CREATED", to: "HELD", by: ["authorized", "paid", "refundedPart", "refundedAll"] },
    { from: "SUBMITTING", to: "PENDING", by: ["known", "open", "approved"] },
    { from: "SUBMITTING", to: "AUTHORIZED", by: ["authorized"] },
    { from: "SUBMITTING", to: "SUCCEEDED", by: ["paid"] },
    { from: "SUBMITTING", to: "PARTIALLY_REFUNDED", by: ["refundedPart"] },
    { from: "SUBMITTING", to: "REFUNDED", by: ["refundedAll"] },
    { from: "SUBMITTING", to: "FAILED", by: ["notFound † past the deadline", "failed"] },
    { from: "SUBMITTING", to: "CLOSING", by: ["close()", "expire()"] },
    { from: "SUBMITTING", to: "CLOSED", by: ["closed"] },
    { from: "SUBMITTING", to: "LATE_PAID", by: ["paid if told dead", "refundedPart if told dead"] },
    { from: "PENDING", to: "AUTHORIZED", by: ["authorized"] },
    { from: "PENDING", to: "SUCCEEDED", by: ["paid"] },
    { from: "PENDING", to: "PARTIALLY_REFUNDED", by: ["refundedPart"] },
    { from: "PENDING", to: "REFUNDED", by: ["refundedAll"] },
    { from: "PENDING", to: "FAILED", by: ["failed"] },
    { from: "PENDING", to: "CLOSING", by: ["close()", "expire()"] },
    { from: "PENDING", to: "CLOSED", by: ["closed"] },
    { from: "PENDING", to: "LATE_PAID", by: ["paid if told dead", "refundedPart if told dead"] },
    { from: "AUTHORIZED", to: "AUTHORIZED", by: ["capture()"] },
    { from: "AUTHORIZED", to: "SUCCEEDED", by: ["paid"] },
    { from: "AUTHORIZED", to: "PARTIALLY_REFUNDED", by: ["refundedPart"] },
    { from: "AUTHORIZED", to: "REFUNDED", by: ["refundedAll"] },
    { from: "AUTHORIZED", to: "FAILED", by: ["failed †"] },
    { from: "AUTHORIZED", to: "CLOSING", by: ["close()", "expire()"] },
    { from: "AUTHORIZED", to: "CLOSED", by: ["closed †"] },
    { from: "AUTHORIZED", to: "LATE_PAID", by: ["paid if told dead", "refundedPart if told dead"] },
    { from: "SUCCEEDED", to: "SUCCEEDED", by: ["refund()"] },
    { from: "SUCCEEDED", to: "PARTIALLY_REFUNDED", by: ["refundedPart"] },
    { from: "SUCCEEDED", to: "REFUNDED", by: ["refundedAll"] },
    { from: "SUCCEEDED", to: "HELD", by: ["open ‡", "approved ‡", "authorized ‡", "failed ‡", "closed ‡"] },
    { from: "PARTIALLY_REFUNDED", to: "PARTIALLY_REFUNDED", by: ["refund()"] },
    { from: "PARTIALLY_REFUNDED", to: "REFUNDED", by: ["refundedAll"] },
    { from: "PARTIALLY_REFUNDED", to: "HELD", by: ["open ‡", "approved ‡", "authorized ‡", "failed ‡", "closed ‡"] },
    { from: "REFUNDED", to: "HELD", by: ["open ‡", "approved ‡", "authorized ‡", "failed ‡"] },
    { from: "FAILED", to: "REFUNDED", by: ["refundedAll"] },
    {
      from: "FAILED",
      to: "CLOSING",
      by: ["open † before the deadline", "approved † before the deadline", "authorized †"]
    },
    { from: "FAILED", to: "LATE_PAID", by: ["paid", "refundedPart"] },
    { from: "CLOSING", to: "SUCCEEDED", by: ["paid"] },
    { from: "CLOSING", to: "PARTIALLY_REFUNDED", by: ["refundedPart"] },
    { from: "CLOSING", to: "REFUNDED", by: ["refundedAll"] },
    { from: "CLOSING", to: "FAILED", by: ["failed †"] },
    {
      from: "CLOSING",
      to: "CLOSED",
      by: ["notFound † past the deadline", "open † past the deadline", "approved † past the deadline", "closed †"]
    },
    { from: "CLOSING", to: "LATE_PAID", by: ["paid if told dead", "refundedPart if told dead"] },
    { from: "CLOSED", to: "REFUNDED", by: ["refundedAll"] },
    {
      from: "CLOSED",
      to: "CLOSING",
      by: ["open † before the deadline", "approved † before the deadline", "authorized †"]
    },
    { from: "CLOSED", to: "LATE_PAID", by: ["paid", "refundedPart"] },
    { from: "LATE_PAID", to: "SUCCEEDED", by: ["accept()"] },
    { from: "LATE_PAID", to: "REFUNDED", by: ["refundedAll"] },
    { from: "LATE_PAID", to: "LATE_PAID", by: ["refund()"] },
    { from: "LATE_PAID", to: "HELD", by: ["open ‡", "approved ‡", "authorized ‡", "failed ‡", "closed ‡"] }
  ]
}

/** Every state and every possible move of a refund. */
export const refund: Graph = {
  states: ["CREATED", "SUBMITTING", "PENDING", "SUCCEEDED", "FAILED", "HELD"],
  arrows: [
    { from: "CREATED", to: "SUBMITTING", by: ["submit()"] },
    { from: "CREATED", to: "HELD", by: ["succeeded", "failed", "abnormal"] },
    { from: "SUBMITTING", to: "PENDING", by: ["pending"] },
    { from: "SUBMITTING", to: "SUCCEEDED", by: ["succeeded"] },
    { from: "SUBMITTING", to: "FAILED", by: ["failed †"] },
    { from: "SUBMITTING", to: "HELD", by: ["abnormal"] },
    { from: "PENDING", to: "SUCCEEDED", by: ["succeeded"] },
    { from: "PENDING", to: "FAILED", by: ["failed †"] },
    { from: "PENDING", to: "HELD", by: ["abnormal"] },
    { from: "SUCCEEDED", to: "HELD", by: ["failed ‡", "abnormal ‡"] },
    { from: "FAILED", to: "HELD", by: ["succeeded"] },
    { from: "HELD", to: "SUCCEEDED", by: ["succeeded"] },
    { from: "HELD", to: "FAILED", by: ["failed †"] }
  ]
}
