import { Payment } from "@payment-proxy/domain"
import type { Confirming, Vendor } from "@payment-proxy/ports"
import { Context, Duration } from "effect"

/** How patient we are. Lists are the waits after each try; the last one repeats. */
export interface Policy {
  /** How long a payer has to pay where the app does not say. */
  readonly expiresIn: Duration.Duration
  /** How long after a create's own time limit the order is first asked about. */
  readonly createMargin: Duration.Duration
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
  /** Waits between tries of a notification that cannot be applied yet. */
  readonly inbox: ReadonlyArray<Duration.Duration>
  /** How long a notification whose order is unknown is tried. */
  readonly inboxPatience: Duration.Duration
}

const seconds = (...counts: ReadonlyArray<number>) => counts.map((count) => Duration.seconds(count))
const hour = 3600
const dayMillis = 86_400_000

/** The waits as configured, or these defaults. Deliveries: 16 tries over 72 h. */
export class Policies extends Context.Reference<Policies>()("@payment-proxy/application/Policies", {
  defaultValue: (): Policy => ({
    expiresIn: Duration.minutes(15),
    createMargin: Duration.seconds(2),
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
    inbox: seconds(1, 2, 4, 8, 15, 30, 60, 120, 300, 600),
    inboxPatience: Duration.hours(24)
  })
}) {}

/** What of a vendor the times of its orders follow from. */
export type Limits = Pick<Vendor, "createTimeLimitMillis" | "settlingMillis" | "confirming">

const slowMillis = [1, 2, 4, 8, 15, 30, 60, 120, 300, 600].map((count) => count * 1000)

/** The limits of orders whose vendor is no longer configured: nobody can be asked about them until it is again. */
export const safest: Limits = {
  createTimeLimitMillis: 30_000,
  settlingMillis: 300_000,
  confirming: {
    inDoubt: slowMillis,
    pending: slowMillis,
    authorized: slowMillis,
    closing: slowMillis,
    refund: slowMillis
  }
}

/** The wait after `tries` tries: the list's last one repeats. */
export const waitAfter = <A extends Duration.Duration | number>(waits: ReadonlyArray<A>, tries: number) =>
  Duration.decode(waits[Math.min(tries, waits.length - 1)] ?? Duration.minutes(10))

/** What `dueIn` goes by, beside the order itself. */
export interface Asked {
  readonly nowMillis: number
  /** How often the order was asked about since it last changed. */
  readonly tries: number
  /** The vendor has just said what the order is. */
  readonly isHeard: boolean
}

/** An order in doubt that was sent again and again has tries behind it that its last commit does not count: two versions each. */
const triesOf = (payment: Payment.Payment, tries: number): number =>
  tries + Math.floor(Math.max(payment.version - 1, 0) / 2)

/** Which waits an order is at, and how many of them are behind it. */
interface Place {
  readonly list: keyof Confirming
  readonly tries: number
}

const placeOf = (payment: Payment.Payment, tries: number): Place => {
  // How often the open operation was sent, or one before it was declined: each takes two versions.
  if (payment.operation !== null) return { list: "inDoubt", tries: triesOf(payment, tries) }
  // After each operation that was declined, the next is further away.
  const afterDeclined = tries + 2 * payment.operationCount
  switch (payment.state) {
    case "SUBMITTING":
      return { list: "inDoubt", tries: triesOf(payment, tries) }
    case "PENDING":
      return payment.next === null
        ? { list: "inDoubt", tries: triesOf(payment, tries) }
        : { list: "pending", tries: afterDeclined }
    case "AUTHORIZED":
      return { list: "authorized", tries: afterDeclined }
    case "CLOSING":
      return { list: "closing", tries }
    case "LATE_PAID":
      return { list: "refund", tries }
    default:
      return { list: "inDoubt", tries }
  }
}

const waitMillis = (policy: Policy, payment: Payment.Payment, { tries }: Asked, limits: Limits): number => {
  const answered = limits.createTimeLimitMillis + Duration.toMillis(policy.createMargin)
  const isFirstUnanswered = payment.state === "SUBMITTING" && tries === 0 && payment.unknownCalls > 0
  if (isFirstUnanswered) return answered
  const place = placeOf(payment, tries)
  const wait = Duration.toMillis(waitAfter(limits.confirming[place.list], place.tries))
  // What is not shown to the payer is sent again as soon as it is due: not while a call of it may be in the air.
  const isSentAgain = payment.state === "PENDING" && payment.next === null && payment.unknownCalls > 0
  const isInTheAir = isSentAgain || (payment.operation !== null && payment.operation.unknownCalls > 0)
  return isInTheAir ? Math.max(wait, answered) : wait
}

/** A contradiction is asked about once the vendor has settled, and, where that says nothing, as patiently as anything else. */
export const contradicted = (
  { sinceMillis }: Payment.Contradiction,
  waits: ReadonlyArray<number>,
  { nowMillis, tries }: Asked,
  { settlingMillis }: Pick<Limits, "settlingMillis">
): Duration.Duration => {
  const leftMillis = sinceMillis + settlingMillis - nowMillis
  return leftMillis > 0 ? Duration.millis(leftMillis) : waitAfter(waits, tries)
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
    return contradicted(payment.contradiction, limits.confirming.inDoubt, asked, limits)
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
    case "AUTHORIZED": {
      const wait = waitMillis(policy, payment, asked, limits)
      const releaseMillis = Payment.releaseMillis(payment, Duration.toMillis(policy.authorizationMargin))
      // An open operation goes on past the end, as past an expiry.
      const left = payment.operation === null ? leftMillis(releaseMillis) : 0
      return Duration.millis(left > 0 ? Math.min(wait, left) : wait)
    }
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
      return asked.isHeard ? null : waitAfter(limits.confirming.inDoubt, asked.tries)
    }
  }
}

/** How many days (none: -1) an order has been asked about beyond the end of its list. */
const daysBeyond = (waits: ReadonlyArray<number>, tries: number): number => {
  const beyond = tries - waits.length
  return beyond < 0 ? -1 : Math.floor((beyond * (waits.at(-1) ?? dayMillis)) / dayMillis)
}

/** Whether the try after `before` came to the end of the waits, or a further day beyond it: operators are told, once each. */
export const isOverlong = (waits: ReadonlyArray<number>, before: number, tries: number): boolean =>
  daysBeyond(waits, tries) > daysBeyond(waits, before)

/** An order that waits for its payer or for its app is nobody's fault. */
const isOthersTurn = ({ state, next, operation }: Payment.Payment): boolean =>
  operation === null && ((state === "PENDING" && next !== null) || state === "AUTHORIZED")

const isOpen = ({ state }: Payment.Payment): boolean =>
  state === "SUBMITTING" ||
  state === "PENDING" ||
  state === "AUTHORIZED" ||
  state === "CLOSING" ||
  state === "LATE_PAID"

/**
 * Whether an order has just been asked about for longer than its vendor should need: the last wait of its state's list is over
 * for the first time, or for a further day. `before` is the order, and how often it was asked about, one try ago.
 */
export const isStillOpen = (
  before: { readonly payment: Payment.Payment; readonly tries: number },
  after: { readonly payment: Payment.Payment; readonly tries: number },
  { confirming }: Limits
): boolean => {
  if (!isOpen(after.payment) || isOthersTurn(after.payment) || before.payment.state !== after.payment.state)
    return false
  const [was, is] = [placeOf(before.payment, before.tries), placeOf(after.payment, after.tries)]
  return was.list === is.list && isOverlong(confirming[is.list], was.tries, is.tries)
}
