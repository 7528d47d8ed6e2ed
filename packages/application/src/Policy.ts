import type { Payment } from "@payment-proxy/domain"
import { Context, Duration } from "effect"

/** How patient we are. Lists are the waits after each try; the last one repeats. */
export interface Policy {
  /** How long a payer has to pay where the app does not say. */
  readonly expiresIn: Duration.Duration
  /** How long after a create's own time limit the order is first asked about. */
  readonly createMargin: Duration.Duration
  /** Waits between questions about an order in doubt or being closed. */
  readonly confirmInDoubt: ReadonlyArray<Duration.Duration>
  /** Waits between questions about an order that waits for its payer. */
  readonly confirmPending: ReadonlyArray<Duration.Duration>
  /** How long before its end an authorization is released. */
  readonly authorizationMargin: Duration.Duration
  /** Waits between tries of a delivery; it is given up after the last. */
  readonly deliver: ReadonlyArray<Duration.Duration>
  /** How far a wait may stray either way, as a part of it. */
  readonly jitter: number
  /** How long a notification whose order is unknown is tried. */
  readonly inboxPatience: Duration.Duration
}

const seconds = (...counts: ReadonlyArray<number>) => counts.map((count) => Duration.seconds(count))
const hour = 3600

/** The waits as configured, or these defaults. Deliveries: 16 tries over some 72 h. */
export class Policies extends Context.Reference<Policies>()("@payment-proxy/application/Policies", {
  defaultValue: (): Policy => ({
    expiresIn: Duration.minutes(15),
    createMargin: Duration.seconds(2),
    confirmInDoubt: seconds(1, 2, 4, 8, 15, 30, 60, 120, 300, 600),
    confirmPending: seconds(5, 5, 10, 15, 30, 30, 60, 120, 300, 600),
    authorizationMargin: Duration.hours(1),
    deliver: seconds(
      5,
      30,
      120,
      300,
      600,
      1800,
      hour,
      hour,
      2 * hour,
      3 * hour,
      5 * hour,
      8 * hour,
      12 * hour,
      16 * hour,
      22 * hour
    ),
    jitter: 0.2,
    inboxPatience: Duration.hours(24)
  })
}) {}

/** The wait after `tries` tries: the list's last one repeats. */
export const waitAfter = (waits: ReadonlyArray<Duration.Duration>, tries: number): Duration.Duration =>
  waits[Math.min(tries, waits.length - 1)] ?? Duration.minutes(10)

const isOpen = (state: Payment.State): boolean => state === "SUBMITTING" || state === "PENDING"

/**
 * When an order needs us again, from `nowMillis`: the earliest of all its reasons; `null` where nothing can change any
 * more. `tries`: how often it was asked about since it last changed.
 */
export const dueIn = (
  policy: Policy,
  payment: Payment.Payment,
  nowMillis: number,
  tries: number,
  vendor: { readonly createTimeLimitMillis: number; readonly settlingMillis: number }
): Duration.Duration | null => {
  const until = (atMillis: number) => Duration.millis(Math.max(atMillis - nowMillis, 0))
  if (payment.contradiction !== null) return until(payment.contradiction.sinceMillis + vendor.settlingMillis)
  switch (payment.state) {
    case "CREATED":
      return until(payment.expiresAtMillis)
    case "SUBMITTING":
    case "PENDING":
    case "AUTHORIZED":
    case "CLOSING":
    case "LATE_PAID": {
      const isFirst = payment.state === "SUBMITTING" && tries === 0 && payment.unknownCalls > 0
      const waits = payment.state === "PENDING" && payment.next !== null ? policy.confirmPending : policy.confirmInDoubt
      const wait = isFirst
        ? Duration.sum(Duration.millis(vendor.createTimeLimitMillis), policy.createMargin)
        : waitAfter(waits, tries)
      return isOpen(payment.state) && payment.expiresAtMillis > nowMillis
        ? Duration.min(wait, until(payment.expiresAtMillis))
        : wait
    }
    case "REFUNDED":
    case "HELD":
      return null
    default: {
      const horizonMillis = payment.deadlineMillis + vendor.settlingMillis
      return nowMillis >= horizonMillis && tries === 0
        ? null
        : tries > 0
          ? waitAfter(policy.confirmInDoubt, tries)
          : until(horizonMillis)
    }
  }
}
