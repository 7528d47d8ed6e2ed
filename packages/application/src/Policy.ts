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
  /** Waits between tries of a delivery; it is given up after the last, and not before all of them are over. */
  readonly deliver: ReadonlyArray<Duration.Duration>
  /** So many failures in a row open an endpoint's circuit: it is left alone for a while. */
  readonly circuitAfter: number
  /** For how long, time after time. */
  readonly circuitOpen: ReadonlyArray<Duration.Duration>
  /** How far a wait may stray either way, as a part of it. */
  readonly jitter: number
  /** How long a notification whose order is unknown is tried. */
  readonly inboxPatience: Duration.Duration
}

const seconds = (...counts: ReadonlyArray<number>) => counts.map((count) => Duration.seconds(count))
const hour = 3600

/** The waits as configured, or these defaults. Deliveries: 16 tries over 72 h. */
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
      // In all 72 h.
      23 * hour + 745
    ),
    circuitAfter: 5,
    circuitOpen: seconds(30, 60, 120, 240, 300),
    jitter: 0.2,
    inboxPatience: Duration.hours(24)
  })
}) {}

/** The wait after `tries` tries: the list's last one repeats. */
export const waitAfter = (waits: ReadonlyArray<Duration.Duration>, tries: number): Duration.Duration =>
  waits[Math.min(tries, waits.length - 1)] ?? Duration.minutes(10)

/** What `dueIn` goes by, beside the order itself. */
export interface Asked {
  readonly nowMillis: number
  /** How often the order was asked about since it last changed. */
  readonly tries: number
  /** The vendor has just said what the order is. */
  readonly isHeard: boolean
}

type Limits = { readonly createTimeLimitMillis: number; readonly settlingMillis: number }

/** An order in doubt that was sent again and again has tries behind it that its last commit does not count: two versions each. */
const triesOf = (payment: Payment.Payment, tries: number): number =>
  tries + Math.floor(Math.max(payment.version - 1, 0) / 2)

/** How often the open operation was sent, or one before it was declined: each takes two versions. */
const operationWait = (policy: Policy, payment: Payment.Payment, tries: number, limits: Limits): number => {
  const again = Duration.toMillis(waitAfter(policy.confirmInDoubt, triesOf(payment, tries)))
  return payment.operation !== null && payment.operation.unknownCalls > 0
    ? Math.max(again, limits.createTimeLimitMillis + Duration.toMillis(policy.createMargin))
    : again
}

const waitMillis = (policy: Policy, payment: Payment.Payment, { tries }: Asked, limits: Limits): number => {
  if (payment.state === "SUBMITTING" && tries === 0 && payment.unknownCalls > 0)
    return limits.createTimeLimitMillis + Duration.toMillis(policy.createMargin)
  if (payment.operation !== null) return operationWait(policy, payment, tries, limits)
  const isPayersTurn = payment.state === "PENDING" && payment.next !== null
  if (!isPayersTurn && (payment.state === "SUBMITTING" || payment.state === "PENDING"))
    return Duration.toMillis(waitAfter(policy.confirmInDoubt, triesOf(payment, tries)))
  // After each operation that was declined, the next is further away.
  const declined = isPayersTurn || payment.state === "AUTHORIZED" ? 2 * payment.operationCount : 0
  return Duration.toMillis(waitAfter(isPayersTurn ? policy.confirmPending : policy.confirmInDoubt, tries + declined))
}

/**
 * When an order needs us again, from now: the earliest of all its reasons; `null` where nothing can change any more. An
 * order that has ended is asked about once more when its vendor's horizon is reached, in case money came late.
 */
export const dueIn = (
  policy: Policy,
  payment: Payment.Payment,
  asked: Asked,
  limits: Limits
): Duration.Duration | null => {
  const leftMillis = (atMillis: number) => Math.max(atMillis - asked.nowMillis, 0)
  if (payment.contradiction !== null)
    return Duration.millis(leftMillis(payment.contradiction.sinceMillis + limits.settlingMillis))
  switch (payment.state) {
    case "CREATED":
      return Duration.millis(leftMillis(payment.expiresAtMillis))
    case "SUBMITTING":
    case "PENDING": {
      const wait = waitMillis(policy, payment, asked, limits)
      // An open operation goes on past the expiry, and no sooner for it.
      const left = payment.operation === null ? leftMillis(payment.expiresAtMillis) : 0
      return Duration.millis(left > 0 ? Math.min(wait, left) : wait)
    }
    case "AUTHORIZED":
    case "CLOSING":
    case "LATE_PAID":
      return Duration.millis(waitMillis(policy, payment, asked, limits))
    case "REFUNDED":
    case "HELD":
      return null
    case "SUCCEEDED":
    case "PARTIALLY_REFUNDED":
    case "FAILED":
    case "CLOSED": {
      const left = leftMillis(payment.deadlineMillis + limits.settlingMillis)
      if (left > 0) return Duration.millis(left)
      return asked.isHeard ? null : waitAfter(policy.confirmInDoubt, asked.tries)
    }
  }
}
