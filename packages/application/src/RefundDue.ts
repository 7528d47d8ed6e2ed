import type { Payment, RefundMachine } from "@payment-proxy/domain"
import type { Vendor } from "@payment-proxy/ports"
import { Duration, Option } from "effect"
import { type Policy, waitAfter } from "./Policy.ts"

/** What a refund waits by: its vendor's limits, or the safest ones. */
export type Limits = Pick<Vendor, "createTimeLimitMillis" | "settlingMillis"> & {
  readonly confirming: Pick<Vendor["confirming"], "refund">
}

const safest: Limits = {
  createTimeLimitMillis: 30_000,
  settlingMillis: 300_000,
  confirming: { refund: [5, 15, 30, 60, 300, 600, 1800, 3600].map((seconds) => seconds * 1000) }
}

/** The limits of a payment's vendor; where it is no longer configured, the safest ones. */
export const limitsOf = (
  vendors: { readonly get: (vendor: string) => Option.Option<Vendor> },
  { vendor }: Payment.Payment
): Limits => Option.getOrElse(vendors.get(vendor), () => safest)

/** A refund that was sent again and again has tries behind it that its last commit does not count: two versions each. */
const triesOf = ({ version }: RefundMachine.Refund, tries: number): number =>
  tries + Math.floor(Math.max(version - 1, 0) / 2)

/** Whether the schedule's last wait begins with this try: operators are told that the vendor is slow to make up its mind. */
export const isLastWait = (refund: RefundMachine.Refund, tries: number, { confirming }: Limits): boolean =>
  triesOf(refund, tries) === Math.max(confirming.refund.length - 1, 1)

/**
 * When a refund needs us again, from now; `null` where nothing can change any more. A call of ours that may be in the air is over
 * by then. One that FAILED is asked about once more when the vendor has settled, in case the money went back all the same.
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
    return Duration.millis(Math.max(refund.contradiction.sinceMillis + settlingMillis - nowMillis, 0))
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
    case "SUCCEEDED":
    case "HELD":
      return null
  }
}
