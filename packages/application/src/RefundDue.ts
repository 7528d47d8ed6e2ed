import type { RefundMachine } from "@payment-proxy/domain"
import { Duration } from "effect"
import { contradicted, isOverlong, type Limits, type Policy, waitAfter } from "./Policy.ts"

/** A refund that was sent again and again has tries behind it that its last commit does not count: two versions each. */
const triesOf = ({ version }: RefundMachine.Refund, tries: number): number =>
  tries + Math.floor(Math.max(version - 1, 0) / 2)

/** Whether a refund has just been asked about for longer than its vendor should need, as `Policy.isStillOpen`. */
export const isStillOpen = (
  before: { readonly refund: RefundMachine.Refund; readonly tries: number },
  { refund, tries }: { readonly refund: RefundMachine.Refund; readonly tries: number },
  { confirming }: Limits
): boolean =>
  (refund.state === "SUBMITTING" || refund.state === "PENDING") &&
  refund.state === before.refund.state &&
  isOverlong(confirming.refund, triesOf(before.refund, before.tries), triesOf(refund, tries))

/**
 * When a refund needs us again, from now; `null` where nothing can change any more. A call of ours that may be in the air is over
 * by then. One that FAILED is asked about once more when the vendor has settled, in case the money went back all the same; one that is
 * HELD where news of it came in, until the vendor has said what it is.
 */
export const dueIn = (
  policy: Policy,
  refund: RefundMachine.Refund,
  { nowMillis, tries, isHeard }: { readonly nowMillis: number; readonly tries: number; readonly isHeard: boolean },
  { createTimeLimitMillis, settlingMillis, confirming }: Limits
): Duration.Duration | null => {
  const wait = waitAfter(
    confirming.refund.map((millis) => Duration.millis(millis)),
    triesOf(refund, tries)
  )
  if (refund.contradiction !== null)
    return contradicted(refund.contradiction, confirming.refund, { nowMillis, tries, isHeard }, { settlingMillis })
  switch (refund.state) {
    case "CREATED":
    case "PENDING":
      return wait
    case "SUBMITTING":
      return refund.unknownCalls > 0 && tries === 0
        ? Duration.max(wait, Duration.sum(Duration.millis(createTimeLimitMillis), policy.createMargin))
        : wait
    case "FAILED": {
      const leftMillis = refund.deadlineMillis + settlingMillis - nowMillis
      if (leftMillis >= 0) return Duration.millis(leftMillis + 1)
      return isHeard ? null : wait
    }
    case "HELD":
      return isHeard ? null : wait
    case "SUCCEEDED":
      return null
  }
}
