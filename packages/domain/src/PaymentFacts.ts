import type * as Evidence from "./Evidence.ts"
import { patched } from "./Machine.ts"
import * as Money from "./Money.ts"
import type { Payment } from "./Payment.ts"
import { expectedCapture, isAmountOf, max, sumOf } from "./Payment.ts"

/** What went back by the evidence's own words, in minor units. */
export const statedRefunds = ({ total, items }: Extract<Evidence.Evidence, { kind: "refunds" }>): bigint =>
  max(total ?? 0n, sumOf(items, "succeeded"))

/** Why the evidence cannot be about this order as it stands, or `null`; such evidence holds it from anywhere, at once. */
export const mismatch = (payment: Payment, evidence: Evidence.Evidence): string | null => {
  if (evidence.foreign !== null) return evidence.foreign
  const { amount } = evidence
  if (amount !== null && amount.currency !== payment.amount.currency) return "CURRENCY_MISMATCH"
  if (amount !== null && !isAmountOf(payment, amount)) return "AMOUNT_MISMATCH"
  if (evidence.kind !== "paid" && evidence.kind !== "refunds") return null
  if (isSecondPayment(payment, evidence)) return "SECOND_PAYMENT"
  const { captured } = evidence
  if (captured === null) return null
  if (captured.currency !== payment.amount.currency) return "CURRENCY_MISMATCH"
  if (captured.amountMinor === expectedCapture(payment)) return null
  return payment.captured > 0n && captured.amountMinor > payment.captured ? "SECOND_PAYMENT" : "AMOUNT_MISMATCH"
}

const isSecondPayment = (payment: Payment, evidence: Evidence.Evidence): boolean =>
  payment.captured > 0n &&
  payment.transactionNo !== null &&
  evidence.transactionNo !== null &&
  evidence.transactionNo !== payment.transactionNo

/** A copy of `before` that this step may write on, as nobody else has seen it: `order`, where a copy was made already. */
export const draft = (before: Payment, order: Payment): { -readonly [K in keyof Payment]: Payment[K] } =>
  order === before ? { ...before } : order

const rank = { pending: 0, failed: 1, succeeded: 2 } as const

/** Items sorted by the vendor's refund number; a state that is further along wins, whatever came first. */
const mergeItems = (
  known: ReadonlyArray<Evidence.RefundItem>,
  stated: ReadonlyArray<Evidence.RefundItem>
): ReadonlyArray<Evidence.RefundItem> => {
  let merged = known
  for (const item of stated) {
    const at = merged.findIndex((old) => old.vendorRefundNo >= item.vendorRefundNo)
    const old = merged[at]
    if (old === undefined) merged = [...merged, item]
    else if (old.vendorRefundNo !== item.vendorRefundNo) merged = merged.toSpliced(at, 0, item)
    else if (rank[old.state] < rank[item.state]) merged = merged.with(at, item)
  }
  return merged
}

const mergeDispute = (
  payment: Payment,
  { disputeNo, disputedMinor: amountMinor, state }: Extract<Evidence.Evidence, { kind: "disputed" }>
): Payment => {
  const known = payment.disputes.find((dispute) => dispute.disputeNo === disputeNo)
  const isNews =
    known === undefined || (known.state === "open" && (state !== "open" || known.amountMinor < amountMinor))
  return isNews
    ? {
        ...payment,
        disputes: [...payment.disputes.filter((d) => d !== known), { disputeNo, amountMinor, state }]
      }
    : payment
}

/** The same second payment is one fact, however often it is stated. */
const withSecondPayment = (payment: Payment, transactionNo: string, amountMinor: bigint): Payment =>
  payment.secondPayments.some((second) => second.transactionNo === transactionNo)
    ? payment
    : { ...payment, secondPayments: [...payment.secondPayments, { transactionNo, amountMinor }] }

type Paid = Extract<Evidence.Evidence, { kind: "paid" | "refunds" }>

/** What was captured by the vendor's own words; where it states none, what was asked for, unless it names another amount. */
const capturedBy = (payment: Payment, { captured, amount }: Paid): Money.Money => {
  if (captured !== null) return captured
  return amount === null || Money.equals(amount, payment.amount)
    ? Money.make(expectedCapture(payment), payment.amount.currency)
    : amount
}

/** What was paid and went back; of another payment only that it is there. One copy is made, where anything is new. */
const learnPaid = (payment: Payment, evidence: Paid): Payment => {
  const stated = capturedBy(payment, evidence)
  if (stated.currency !== payment.amount.currency) return seen(payment, evidence)
  if (isSecondPayment(payment, evidence))
    return withSecondPayment(seen(payment, evidence), evidence.transactionNo ?? "", stated.amountMinor)
  const isList = evidence.kind === "refunds"
  const captured = max(payment.captured, stated.amountMinor)
  const authorized = max(payment.authorized, captured)
  const transactionNo =
    payment.captured > 0n
      ? (payment.transactionNo ?? evidence.transactionNo)
      : (evidence.transactionNo ?? payment.transactionNo)
  const paidAtMillis = payment.paidAtMillis ?? (isList ? null : evidence.paidAtMillis)
  const refundTotal = isList ? max(payment.refundTotal, evidence.total ?? 0n) : payment.refundTotal
  const refundItems = isList ? mergeItems(payment.refundItems, evidence.items) : payment.refundItems
  const isKnown =
    payment.arrived &&
    payment.operation === null &&
    payment.captured === captured &&
    payment.authorized === authorized &&
    payment.transactionNo === transactionNo &&
    payment.paidAtMillis === paidAtMillis &&
    payment.refundTotal === refundTotal &&
    payment.refundItems === refundItems
  if (isKnown) return payment
  return {
    ...payment,
    arrived: true,
    operation: null,
    captured,
    authorized,
    transactionNo,
    paidAtMillis,
    refundTotal,
    refundItems
  }
}

/** The vendor has the order, under the number that it gave first. */
const seen = (payment: Payment, { transactionNo }: Evidence.Evidence): Payment =>
  payment.arrived && (payment.transactionNo !== null || transactionNo === null)
    ? payment
    : { ...payment, arrived: true, transactionNo: payment.transactionNo ?? transactionNo }

/** As many characters as the table's column has. */
const maxKept = 256

/** What the vendor gave to be kept, once each; where there is no room for all, the oldest go. */
const withKept = (payment: Payment, { keep }: Evidence.Evidence): Payment => {
  if (keep === undefined || payment.kept.includes(keep) || !/^\S{1,128}$/.test(keep)) return payment
  let kept = [...payment.kept, keep]
  while (kept.join(" ").length > maxKept) kept = kept.slice(1)
  return { ...payment, kept }
}

/** What the evidence adds to the facts. It adds only: late evidence never undoes (rule 2). */
export const learn = (payment: Payment, evidence: Evidence.Evidence, isFresh: boolean): Payment => {
  if (evidence.kind === "notFound") return payment
  const noted = withKept(payment, evidence)
  if (evidence.kind === "paid" || evidence.kind === "refunds") return learnPaid(noted, evidence)
  const known = seen(noted, evidence)
  switch (evidence.kind) {
    case "open": {
      if (evidence.next === null || !isPayable(payment)) return known
      if (known.next !== null && (!isFresh || sameNext(known.next, evidence.next))) return known
      const copy = draft(payment, known)
      copy.next = evidence.next
      return copy
    }
    case "authorized":
      return patched(known, {
        authorized: max(known.authorized, known.amount.amountMinor),
        authorizedUntilMillis: known.authorizedUntilMillis ?? evidence.untilMillis,
        // What was to be completed is: the funds are held.
        operation: known.operation?.kind === "complete" ? null : known.operation
      })
    case "disputed":
      return mergeDispute(known, evidence)
    default:
      return known
  }
}

/** Whether the payer can still be shown what to do next. */
const isPayable = ({ state }: Payment): boolean => state === "SUBMITTING" || state === "PENDING"

const sameNext = (a: Payment["next"], b: Payment["next"]): boolean => JSON.stringify(a) === JSON.stringify(b)
