import { Schema } from "effect"
import { RefundItem } from "./Evidence.ts"
import * as Money from "./Money.ts"
import { Method, Next, Source } from "./Words.ts"

/** The states of a payment and their codes in `pay_status` (design §5). */
export const states = {
  CREATED: 0,
  SUBMITTING: 10,
  PENDING: 20,
  AUTHORIZED: 21,
  SUCCEEDED: 30,
  PARTIALLY_REFUNDED: 31,
  REFUNDED: 32,
  FAILED: 40,
  CLOSING: 50,
  CLOSED: 51,
  LATE_PAID: 60,
  HELD: 61
} as const
export type State = keyof typeof states
export const State = Schema.Literal(
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
)

/** A call of ours after the create that takes the money; its number stays the same through all repeats. */
export const Operation = Schema.Struct({
  no: Schema.String,
  kind: Schema.Literal("capture", "complete"),
  amountMinor: Schema.BigInt,
  /** Calls of it that may have reached the vendor. */
  unknownCalls: Schema.Number,
  /** The last moment at which a call of it could be written. */
  untilMillis: Schema.optionalWith(Schema.Number, { exact: true })
})
export type Operation = typeof Operation.Type

/** A refund of ours as its payment counts it. */
export const OwnRefund = Schema.Struct({
  refundNo: Schema.String,
  amountMinor: Schema.BigInt,
  state: Schema.Literal("open", "succeeded", "failed")
})
export type OwnRefund = typeof OwnRefund.Type

/** A vendor's first contradicting answer of a kind, waiting to be repeated or withdrawn. */
export const Contradiction = Schema.Struct({ column: Schema.String, sinceMillis: Schema.Number })
export type Contradiction = typeof Contradiction.Type

/** Money that the payer or the bank took back through the card scheme. */
export const Dispute = Schema.Struct({
  disputeNo: Schema.String,
  amountMinor: Schema.BigInt,
  state: Schema.Literal("open", "won", "lost")
})
export type Dispute = typeof Dispute.Type

/** What was established about a payment and is never forgotten, beside its state (design §5). Amounts are minor units. */
export const Facts = Schema.Struct({
  /** The vendor was seen to have the order's number. */
  arrived: Schema.Boolean,
  /** Creates that may have reached the vendor and were not answered definitely. */
  unknownCalls: Schema.Number,
  authorized: Schema.BigInt,
  authorizedUntilMillis: Schema.NullOr(Schema.Number),
  /** What a manual capture asked for, where that is less than the order. */
  captureAsked: Schema.NullOr(Schema.BigInt),
  captured: Schema.BigInt,
  /** The highest total of refunds that the vendor stated. */
  refundTotal: Schema.BigInt,
  refundItems: Schema.Array(RefundItem),
  ownRefunds: Schema.Array(OwnRefund),
  /** The app was told FAILED or CLOSED. */
  toldDead: Schema.Boolean,
  /** Money that came late was accepted. */
  lateAccepted: Schema.Boolean,
  /** What a person accepted as captured, where it is not the order's amount. */
  acceptedMinor: Schema.NullOr(Schema.BigInt),
  operation: Schema.NullOr(Operation),
  operationCount: Schema.Number,
  contradiction: Schema.NullOr(Contradiction),
  disputes: Schema.Array(Dispute),
  secondPayments: Schema.Array(Schema.Struct({ transactionNo: Schema.String, amountMinor: Schema.BigInt })),
  failure: Schema.NullOr(Schema.Struct({ code: Schema.String, detail: Schema.String })),
  heldReason: Schema.NullOr(Schema.String),
  next: Schema.NullOr(Next)
})
export type Facts = typeof Facts.Type

/** What was asked for; it never changes after the order was placed. */
export const Identity = Schema.Struct({
  payOrderNo: Schema.String,
  /** What the vendor knows the order by: our number, or for a proxied order the caller's own. One per vendor. */
  merchantOrderNo: Schema.String,
  app: Schema.String,
  vendor: Schema.String,
  businessNo: Schema.NullOr(Schema.String),
  amount: Money.Schema,
  method: Method,
  source: Source,
  capture: Schema.Literal("automatic", "manual"),
  /** The app's own notes, given back as they came. */
  metadata: Schema.Record({ key: Schema.String, value: Schema.String }),
  createdAtMillis: Schema.Number,
  expiresAtMillis: Schema.Number,
  /** The last moment at which a call of ours could still be written or the payer could still pay, plus the vendor's settling time. */
  deadlineMillis: Schema.Number
})
export type Identity = typeof Identity.Type

/** A payment order: what was asked, what is known, and the state that follows. */
export interface Payment extends Identity, Facts {
  readonly state: State
  /** Rises by one with every change; the compare-and-set of `Orders.commit`. */
  readonly version: number
  /** The version at which evidence last taught us something. */
  readonly learntVersion: number
  readonly transactionNo: string | null
  /** What the vendor gave us to check against or to go on by, the newest last. */
  readonly kept: ReadonlyArray<string>
  readonly paidAtMillis: number | null
  /** The hash that its history ends with; null where that is not chained. */
  readonly head: string | null
}

/** A payment as it is before anything is sent: CREATED, version 0, not yet on disk; the vendor is given our number unless another is said. */
export const make = (identity: Omit<Identity, "merchantOrderNo"> & { readonly merchantOrderNo?: string }): Payment => ({
  merchantOrderNo: identity.payOrderNo,
  ...identity,
  state: "CREATED",
  version: 0,
  learntVersion: 0,
  transactionNo: null,
  kept: [],
  paidAtMillis: null,
  head: null,
  arrived: false,
  unknownCalls: 0,
  authorized: 0n,
  authorizedUntilMillis: null,
  captureAsked: null,
  captured: 0n,
  refundTotal: 0n,
  refundItems: [],
  ownRefunds: [],
  toldDead: false,
  lateAccepted: false,
  acceptedMinor: null,
  operation: null,
  operationCount: 0,
  contradiction: null,
  disputes: [],
  secondPayments: [],
  failure: null,
  heldReason: null,
  next: null
})

/** The larger of two amounts. */
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** The sum of those amounts that are in `state`. */
export const sumOf = <S extends string>(
  amounts: ReadonlyArray<{ readonly amountMinor: bigint; readonly state: S }>,
  state: S
): bigint => {
  let total = 0n
  for (const amount of amounts) if (amount.state === state) total += amount.amountMinor
  return total
}

/** What a capture of this payment must come to, in minor units. */
export const expectedCapture = (payment: Payment): bigint =>
  payment.acceptedMinor ?? payment.captureAsked ?? payment.amount.amountMinor

/** Whether an amount that a vendor states is the order's, or what a person accepted in its place. */
export const isAmountOf = (
  { amount, acceptedMinor }: Pick<Payment, "amount" | "acceptedMinor">,
  stated: Money.Money
): boolean =>
  stated.currency === amount.currency &&
  (stated.amountMinor === amount.amountMinor || stated.amountMinor === acceptedMinor)

/** What has gone back, in minor units: the most that the vendor's total, its items, or our own refunds establish. */
export const refunded = (payment: Pick<Payment, "refundTotal" | "refundItems" | "ownRefunds">): bigint =>
  max(payment.refundTotal, max(sumOf(payment.refundItems, "succeeded"), sumOf(payment.ownRefunds, "succeeded")))

/** What has gone back or may be on its way back, in minor units: an open refund of ours counts once. */
export const reserved = (payment: Payment): bigint => {
  const { refundItems, ownRefunds } = payment
  if (ownRefunds.length === 0) return refunded(payment)
  const isGone = ({ refundNo }: OwnRefund) =>
    refundItems.some(({ ourNo, state }) => ourNo === refundNo && state === "succeeded")
  const open = ownRefunds.filter((own) => !isGone(own))
  const ours = sumOf(ownRefunds, "open") + sumOf(ownRefunds, "succeeded")
  return max(ours, refunded(payment) + sumOf(open, "open"))
}

/** What the payer or the bank took or asks back through the card scheme, in minor units. */
export const disputed = ({ disputes }: Pick<Payment, "disputes">): bigint =>
  sumOf(disputes, "open") + sumOf(disputes, "lost")

/** What may still be refunded, in minor units, never below zero (design §5, the guard at the door). */
export const refundable = (payment: Payment): bigint =>
  max(payment.captured - reserved(payment) - disputed(payment), 0n)

/** Whether the order's last call to the vendor has an unknown outcome. */
export const inDoubt = (payment: Payment): boolean =>
  (!payment.arrived && payment.unknownCalls > 0 && (payment.state === "SUBMITTING" || payment.state === "CLOSING")) ||
  (payment.state === "PENDING" && payment.next === null) ||
  (payment.operation !== null && payment.operation.unknownCalls > 0 && !isDead(payment.state))

/** States that a payment leaves only by new evidence of money moving back, or by a person. */
export const isSettled = (state: State): boolean =>
  state === "SUCCEEDED" || state === "PARTIALLY_REFUNDED" || state === "REFUNDED" || state === "LATE_PAID"
/**
 * When what is held is released, in epoch milliseconds: so long before an end that the vendor named that it lapses by our hand. Where
 * it named none, what its app takes waits for it, and what we take by ourselves goes on until the vendor decides; once that has
 * declined, it ends with the order's deadline.
 */
export const releaseMillis = (payment: Payment, marginMillis: number): number => {
  const { authorizedUntilMillis, capture, operationCount, deadlineMillis } = payment
  if (authorizedUntilMillis !== null) return authorizedUntilMillis - marginMillis
  return capture === "automatic" && operationCount > 0 ? deadlineMillis : Number.POSITIVE_INFINITY
}

/** States that the app is told as an end without money. */
export const isDead = (state: State): boolean => state === "FAILED" || state === "CLOSED"

/** Moves a payment to `state` with what that state carries along. */
export const enter = (payment: Payment, state: State): Payment =>
  payment.state === state && (payment.toldDead || !isDead(state))
    ? payment
    : { ...payment, state, toldDead: payment.toldDead || isDead(state) }

/** Commits the call that takes the money, where one is needed and none is open. */
export const operate = (payment: Payment, kind: Operation["kind"]): Payment =>
  payment.operation !== null
    ? payment
    : {
        ...payment,
        operationCount: payment.operationCount + 1,
        operation: {
          no: `${payment.payOrderNo}C${payment.operationCount + 1}`,
          kind,
          amountMinor: expectedCapture(payment),
          unknownCalls: 0
        }
      }
