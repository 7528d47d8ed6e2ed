import { Either } from "effect"
import type { Refused, Step } from "./Machine.ts"
import { refuse } from "./Machine.ts"
import * as Money from "./Money.ts"
import { maxRefunds } from "./OrderNo.ts"
import type { OwnRefund, Payment, State } from "./Payment.ts"
import { enter, expectedCapture, isSettled, operate, refundable, refunded, releaseMillis } from "./Payment.ts"

/** What someone wants of a payment. Amounts are minor units. */
export type Command =
  | { readonly type: "submit" }
  | { readonly type: "close" }
  | { readonly type: "expire"; readonly nowMillis: number; readonly marginMillis: number }
  | { readonly type: "capture"; readonly amountMinor: bigint }
  | { readonly type: "refund"; readonly refundNo: string; readonly amountMinor: bigint }
  | { readonly type: "accept" }
  | { readonly type: "resolve"; readonly state: State; readonly acceptedMinor: bigint | null }

/** Where each command leads; a state that is missing refuses it. `refund` and `capture` stay until the vendor says more. */
export const commands = {
  submit: { CREATED: "SUBMITTING" },
  close: { CREATED: "CLOSED", SUBMITTING: "CLOSING", PENDING: "CLOSING", AUTHORIZED: "CLOSING" },
  expire: { CREATED: "CLOSED", SUBMITTING: "CLOSING", PENDING: "CLOSING", AUTHORIZED: "CLOSING" },
  capture: { AUTHORIZED: "AUTHORIZED" },
  refund: { SUCCEEDED: "SUCCEEDED", PARTIALLY_REFUNDED: "PARTIALLY_REFUNDED", LATE_PAID: "LATE_PAID" },
  accept: { LATE_PAID: "SUCCEEDED" },
  resolve: { HELD: "HELD" }
} as const satisfies Record<Command["type"], Partial<Record<State, State>>>

/** The commands that are open now. */
export const legal = (payment: Payment): ReadonlyArray<Command["type"]> =>
  (Object.keys(commands) as Array<Command["type"]>).filter(
    (type) => payment.state in commands[type] && guard(payment, type) === null
  )

const guard = (payment: Payment, type: Command["type"]): Refused | null => {
  if (type === "capture" && payment.operation !== null)
    return refuse("OPERATION_OPEN", `Operation ${payment.operation.no} is open: wait for its outcome.`)
  if (type === "refund" && refundable(payment) === 0n)
    return refuse("NOTHING_REFUNDABLE", "All of it was refunded, reserved or disputed.")
  if (type === "accept" && payment.ownRefunds.some((own) => own.state === "open"))
    return refuse("REFUND_OPEN", "A refund is open: the money can be accepted only after it failed.")
  return null
}

const expire = (payment: Payment, command: Extract<Command, { type: "expire" }>): Payment | Refused => {
  const end = payment.state === "AUTHORIZED" ? releaseMillis(payment, command.marginMillis) : payment.expiresAtMillis
  if (command.nowMillis < end) return refuse("NOT_EXPIRED", "The order has not expired.")
  return enter(payment, commands.expire[payment.state as keyof typeof commands.expire])
}

/** An amount of the payment's currency, as people write it. */
const shown = ({ amount: { currency } }: Payment, amountMinor: bigint): string =>
  `${Money.format(Money.make(amountMinor, currency))} ${currency}`

const capture = (payment: Payment, amountMinor: bigint): Payment | Refused => {
  const { acceptedMinor } = payment
  if (acceptedMinor !== null && amountMinor !== acceptedMinor)
    return refuse("AMOUNT_INVALID", `A person accepted ${shown(payment, acceptedMinor)}: capture that.`)
  if (acceptedMinor === null && (amountMinor <= 0n || amountMinor > payment.authorized))
    return refuse("AMOUNT_INVALID", `Capture more than nothing and at most ${shown(payment, payment.authorized)}.`)
  const captureAsked = amountMinor < payment.amount.amountMinor ? amountMinor : null
  return operate({ ...payment, captureAsked }, "capture")
}

const refund = (payment: Payment, refundNo: string, amountMinor: bigint): Payment | Refused => {
  if (payment.ownRefunds.some((known) => known.refundNo === refundNo))
    return refuse("REFUND_KNOWN", `Refund ${refundNo} is on record.`)
  if (amountMinor <= 0n || amountMinor > refundable(payment))
    return refuse("AMOUNT_INVALID", `Refund more than nothing and at most ${shown(payment, refundable(payment))}.`)
  if (payment.ownRefunds.length >= maxRefunds)
    return refuse("REFUNDS_TOO_MANY", `An order has at most ${maxRefunds} refunds.`)
  const own: OwnRefund = { refundNo, amountMinor, state: "open" }
  return { ...payment, ownRefunds: [...payment.ownRefunds, own] }
}

/** The state that the named one comes to when the facts that were recorded meanwhile are applied. */
const factsApplied = (payment: Payment, named: State): State => {
  if (payment.captured === 0n) return named
  if (refunded(payment) >= payment.captured) return "REFUNDED"
  if (payment.toldDead && !payment.lateAccepted) return "LATE_PAID"
  return refunded(payment) > 0n ? "PARTIALLY_REFUNDED" : "SUCCEEDED"
}

const resolve = (payment: Payment, command: Extract<Command, { type: "resolve" }>): Payment | Refused => {
  if (command.state === "HELD" || command.state === "CREATED")
    return refuse("STATE_INVALID", "Name a state that the order can go on from.")
  const accepted = command.acceptedMinor ?? payment.acceptedMinor
  if (isSettled(command.state) && payment.captured === 0n)
    return refuse("NOTHING_CAPTURED", "No evidence says that money came: name an open or ended state; a query is due.")
  if (payment.captured > 0n && payment.captured !== (accepted ?? expectedCapture(payment)))
    return refuse("DEVIATION_OPEN", `Accept the deviation: ${shown(payment, payment.captured)} was captured.`)
  const named = {
    ...payment,
    acceptedMinor: accepted,
    lateAccepted: payment.lateAccepted || command.state === "SUCCEEDED"
  }
  return { ...enter(named, factsApplied(named, command.state)), heldReason: null }
}

/** Decides a command: the next payment with its need due at once, or why not. It never throws. */
export const command = (payment: Payment, wanted: Command): Either.Either<Step<Payment>, Refused> => {
  const target: State | undefined = (commands[wanted.type] as Partial<Record<State, State>>)[payment.state]
  if (target === undefined) return Either.left(refuse("NOT_ALLOWED", `${wanted.type} is not open in ${payment.state}.`))
  const guarded = guard(payment, wanted.type)
  if (guarded !== null) return Either.left(guarded)
  const decided = decide(payment, wanted, target)
  if ("_tag" in decided) return Either.left(decided)
  const step: Step<Payment> = { order: { ...decided, version: payment.version + 1 }, urgent: true, alarms: [] }
  return Either.right(wanted.type === "resolve" ? { ...step, owesQuery: true } : step)
}

const decide = (payment: Payment, wanted: Command, target: State): Payment | Refused => {
  switch (wanted.type) {
    case "submit":
      return { ...enter(payment, target), unknownCalls: 1 }
    case "close":
      return enter(payment, target)
    case "expire":
      return expire(payment, wanted)
    case "capture":
      return capture(payment, wanted.amountMinor)
    case "refund":
      return refund(payment, wanted.refundNo, wanted.amountMinor)
    case "accept":
      return refunded(payment) > 0n
        ? { ...enter(payment, "PARTIALLY_REFUNDED"), lateAccepted: true }
        : { ...enter(payment, target), lateAccepted: true }
    case "resolve":
      return resolve(payment, wanted)
  }
}

/** Whether an order's end is still to come: by its payer, its vendor or us. */
export const isAwaited = ({ state }: Payment): boolean =>
  state === "CREATED" || state === "SUBMITTING" || state === "PENDING" || state === "AUTHORIZED" || state === "CLOSING"

/** What an order needs of us now; its due time is the earliest of all its reasons (design §7). */
export type Need = "none" | "send" | "query" | "close" | "expire" | "operate" | "refund"

/** What a payment needs at `nowMillis`. `marginMillis`: how long before its end an authorization is released. */
export const need = (payment: Payment, nowMillis: number, marginMillis: number): Need => {
  switch (payment.state) {
    case "CREATED":
      return nowMillis >= payment.expiresAtMillis ? "expire" : "none"
    case "SUBMITTING":
      if (nowMillis >= payment.expiresAtMillis) return "expire"
      return payment.unknownCalls === 0 ? "send" : "query"
    case "PENDING":
      // A call that takes the money goes on past the expiry, and none is written after the deadline.
      if (payment.operation !== null && nowMillis < payment.deadlineMillis) return "operate"
      return nowMillis >= payment.expiresAtMillis ? "expire" : "query"
    case "AUTHORIZED":
      // Likewise to the end itself of what is held.
      if (payment.operation !== null && nowMillis < (payment.authorizedUntilMillis ?? Number.POSITIVE_INFINITY))
        return "operate"
      return nowMillis >= releaseMillis(payment, marginMillis) ? "expire" : "query"
    case "CLOSING":
      return "close"
    case "LATE_PAID":
      return payment.contradiction === null && refundable(payment) > 0n ? "refund" : "query"
    default:
      return "query"
  }
}
