import { hash } from "node:crypto"
import { Money, Payment, type RefundMachine } from "@payment-proxy/domain"
import type {
  BillLine,
  Booked,
  Counterparts,
  DifferenceAction,
  DifferenceKind,
  NewDifference,
  Numbers,
  Side
} from "@payment-proxy/ports"
import type { Window } from "./Day.ts"
import * as Fee from "./Fee.ts"
import type { Seen } from "./Seen.ts"
import type { Rate } from "./Settings.ts"

/** What a line is compared by beside the orders that it may be about. */
export interface Scope {
  readonly window: Window
  readonly rates: ReadonlyArray<Rate>
  /** What of ours this bill has so far. */
  readonly seen: Seen
}

/** What comes of a line. */
export interface Verdict {
  readonly differences: ReadonlyArray<NewDifference>
  /** The payment or refund of ours that it books as succeeded. */
  readonly no: string | null
  /** Its own time is another day's. */
  readonly isElsewhere: boolean
  /** The payment of ours that it is about. */
  readonly payment: Payment.Payment | null
  /** The payment or refund of ours that it books otherwise. */
  readonly unsettledNo: string | null
}

const nothing: Verdict = { differences: [], no: null, isElsewhere: false, payment: null, unsettledNo: null }

const present = (...numbers: ReadonlyArray<string | null>): ReadonlyArray<string> =>
  numbers.filter((no): no is string => no !== null && no !== "")

/** The numbers by which orders are looked up for lines; a number that none of ours can have is left out. */
export const numbersOf = (lines: ReadonlyArray<BillLine>): Numbers => {
  const ours = lines.filter(({ kind }) => kind !== "other")
  return {
    given: [...new Set(ours.flatMap(({ merchantOrderNo, refundNo }) => present(merchantOrderNo, refundNo)))],
    theirs: [...new Set(ours.flatMap(({ transactionNo, vendorRefundNo }) => present(transactionNo, vendorRefundNo)))]
  }
}

/** Our side of a page of lines, by each number. */
export interface Book {
  readonly byGiven: ReadonlyMap<string, Payment.Payment>
  readonly byTransaction: ReadonlyMap<string, Payment.Payment>
  readonly refunds: ReadonlyMap<string, RefundMachine.Refund>
  readonly byVendorRefund: ReadonlyMap<string, RefundMachine.Refund>
}

/** Our side of a page of lines, by each number. */
export const bookOf = ({ payments, refunds }: Counterparts): Book => ({
  byGiven: new Map(payments.map((payment) => [payment.merchantOrderNo, payment])),
  byTransaction: new Map(
    payments.flatMap((payment) => (payment.transactionNo === null ? [] : [[payment.transactionNo, payment]]))
  ),
  refunds: new Map(refunds.map((refund) => [refund.refundNo, refund])),
  byVendorRefund: new Map(
    refunds.flatMap((refund) => (refund.vendorRefundNo === null ? [] : [[refund.vendorRefundNo, refund]]))
  )
})

const idOf = (kind: DifferenceKind, ...parts: ReadonlyArray<string | null>): string =>
  `${kind}-${hash("sha256", JSON.stringify(parts), "hex").slice(0, 32)}`

const sideOf = ({ amount, state, fee, atMillis }: BillLine): Side => ({ amount, state, fee, atMillis })

const paymentSide = (payment: Payment.Payment, fee: string | null = null): Side => ({
  amount: payment.captured > 0n ? Money.make(payment.captured, payment.amount.currency) : payment.amount,
  state: payment.state,
  fee,
  atMillis: payment.paidAtMillis
})

interface About {
  readonly payOrderNo: string | null
  readonly refundNo: string | null
  readonly ours: Side | null
}

const unknown: About = { payOrderNo: null, refundNo: null, ours: null }
const aboutPayment = (payment: Payment.Payment, fee?: string): About => ({
  payOrderNo: payment.payOrderNo,
  refundNo: null,
  ours: paymentSide(payment, fee)
})
const aboutRefund = ({ refundNo, payOrderNo, amount, state, refundedAtMillis }: RefundMachine.Refund): About => ({
  payOrderNo,
  refundNo,
  ours: { amount, state, fee: null, atMillis: refundedAtMillis }
})

const difference = (
  kind: DifferenceKind,
  line: BillLine,
  about: About,
  action: DifferenceAction,
  note: string | null = null
): NewDifference => ({
  id: idOf(
    kind,
    line.kind,
    about.refundNo ?? about.payOrderNo,
    line.merchantOrderNo,
    line.transactionNo,
    line.refundNo,
    line.vendorRefundNo
  ),
  kind,
  of: line.kind === "refund" ? "refund" : "payment",
  ...about,
  merchantOrderNo: line.merchantOrderNo,
  transactionNo: line.transactionNo,
  merchantRefundNo: line.refundNo,
  vendorRefundNo: line.vendorRefundNo,
  theirs: sideOf(line),
  status: "open",
  action,
  note
})

const isOutside = ({ startMillis, endMillis }: Window, atMillis: number | null): boolean =>
  atMillis === null || atMillis < startMillis || atMillis >= endMillis

/** What the order was for, or what of it was to be captured; not what a line said that holds it. */
const isAmountOf = (payment: Payment.Payment, amount: Money.Money): boolean =>
  Payment.isAmountOf(payment, amount) ||
  (amount.currency === payment.amount.currency && amount.amountMinor === Payment.expectedCapture(payment))

const isSecond = ({ captured, transactionNo }: Payment.Payment, line: BillLine): boolean =>
  captured > 0n && transactionNo !== null && line.transactionNo !== null && line.transactionNo !== transactionNo

/** Whether a line is the first of its number, where we do not know the payment's own yet: two such lines are two payments. */
const isNewTransaction = ({ payOrderNo, captured, transactionNo }: Payment.Payment, line: BillLine, seen: Seen) =>
  (captured === 0n || transactionNo === null) &&
  line.transactionNo !== null &&
  seen.add(`transaction ${payOrderNo} ${line.transactionNo}`)

const paidDifference = (payment: Payment.Payment, line: BillLine): ReadonlyArray<NewDifference> => {
  if (!isAmountOf(payment, line.amount)) return [difference("AMOUNT", line, aboutPayment(payment), "evidence")]
  return payment.captured > 0n ? [] : [difference("STATUS", line, aboutPayment(payment), "evidence")]
}

const ofPayment = (line: BillLine, book: Book, { window, rates, seen }: Scope): Verdict => {
  const payment = book.byGiven.get(line.merchantOrderNo ?? "") ?? book.byTransaction.get(line.transactionNo ?? "")
  if (payment === undefined)
    return line.state === "succeeded"
      ? { ...nothing, differences: [difference("MISSING_HERE", line, unknown, "none")] }
      : nothing
  const no = payment.payOrderNo
  if (line.state !== "succeeded") return { ...nothing, payment, unsettledNo: no }
  if (isSecond(payment, line))
    return {
      ...nothing,
      payment,
      differences: [
        difference("DUPLICATE", line, aboutPayment(payment), "evidence", `Beside ${payment.transactionNo ?? ""}.`)
      ]
    }
  const isFirst = seen.add(`payment ${no}`)
  const isNew = isNewTransaction(payment, line, seen)
  if (!isFirst)
    return {
      ...nothing,
      payment,
      differences: [
        isNew
          ? difference("DUPLICATE", line, aboutPayment(payment), "evidence", "The bill has another payment of it, too.")
          : difference("DUPLICATE", line, aboutPayment(payment), "none", "The bill has it more than once.")
      ]
    }
  const agreed = Fee.differing(rates, line.amount, line.fee)
  const fees = agreed === null ? [] : [difference("FEE", line, aboutPayment(payment, agreed), "none")]
  return {
    differences: [...paidDifference(payment, line), ...fees],
    no,
    payment,
    unsettledNo: null,
    isElsewhere: isOutside(window, payment.paidAtMillis)
  }
}

const ofOwnRefund = (line: BillLine, refund: RefundMachine.Refund, { window, seen }: Scope): Verdict => {
  const no = refund.refundNo
  const about = aboutRefund(refund)
  if (line.state !== "succeeded") return { ...nothing, unsettledNo: no }
  if (!seen.add(`refund ${no}`))
    return {
      ...nothing,
      differences: [difference("DUPLICATE", line, about, "asked", "The bill has it more than once.")]
    }
  const differences = !Money.equals(refund.amount, line.amount)
    ? [difference("AMOUNT", line, about, "evidence")]
    : refund.state === "SUCCEEDED"
      ? []
      : [difference("STATUS", line, about, "evidence")]
  return { ...nothing, differences, no, isElsewhere: isOutside(window, refund.refundedAtMillis) }
}

/** What went back without us: by the number that the vendor gave it, or else by the one that it was asked for with. */
export const deskRefundNo = (numbers: {
  readonly vendorRefundNo: string | null
  readonly merchantRefundNo: string | null
}): string | null => numbers.vendorRefundNo ?? numbers.merchantRefundNo

const ofDeskRefund = (line: BillLine, payment: Payment.Payment | undefined, { seen }: Scope): Verdict => {
  if (line.state !== "succeeded") return nothing
  if (payment === undefined) return { ...nothing, differences: [difference("MISSING_HERE", line, unknown, "none")] }
  const no = deskRefundNo({ vendorRefundNo: line.vendorRefundNo, merchantRefundNo: line.refundNo })
  const item = payment.refundItems.find(({ vendorRefundNo }) => vendorRefundNo === no)
  const amount = Money.make(item?.amountMinor ?? 0n, payment.amount.currency)
  const ours = item === undefined ? null : { amount, state: item.state, fee: null, atMillis: null }
  const about = { payOrderNo: payment.payOrderNo, refundNo: null, ours }
  if (no !== null && !seen.add(`desk ${payment.payOrderNo} ${no}`))
    return {
      ...nothing,
      differences: [difference("DUPLICATE", line, about, "asked", "The bill has it more than once.")]
    }
  if (item === undefined)
    return {
      ...nothing,
      differences: [
        difference("MISSING_HERE", line, about, no === null ? "asked" : "evidence", "It was made at the vendor's desk.")
      ]
    }
  if (!Money.equals(amount, line.amount))
    return { ...nothing, differences: [difference("AMOUNT", line, about, "asked")] }
  return item.state === "succeeded"
    ? nothing
    : { ...nothing, differences: [difference("STATUS", line, about, "evidence")] }
}

/** Compares a line with what it is about; what of ours it has is remembered. */
export const judge = (line: BillLine, book: Book, scope: Scope): Verdict => {
  if (line.kind === "other") return nothing
  if (line.kind === "payment") return ofPayment(line, book, scope)
  const own = book.refunds.get(line.refundNo ?? "") ?? book.byVendorRefund.get(line.vendorRefundNo ?? "")
  if (own !== undefined) return ofOwnRefund(line, own, scope)
  const payment = book.byGiven.get(line.merchantOrderNo ?? "") ?? book.byTransaction.get(line.transactionNo ?? "")
  return ofDeskRefund(line, payment, scope)
}

/** Whether the bill has it as succeeded. */
export const isSeen = ({ of, no }: Booked, seen: Seen): boolean => seen.has(`${of} ${no}`)

/** What of ours the bill lacks, or has without its success: `line`. */
export const lacking = (booked: Booked, line: BillLine | undefined, isAwaited: boolean): NewDifference => ({
  id: idOf(line === undefined ? "MISSING_THERE" : "STATUS", booked.of, booked.no),
  kind: line === undefined ? "MISSING_THERE" : "STATUS",
  of: booked.of,
  payOrderNo: booked.payOrderNo,
  refundNo: booked.of === "refund" ? booked.no : null,
  merchantOrderNo: booked.of === "payment" ? booked.merchantOrderNo : null,
  transactionNo: booked.of === "payment" ? booked.vendorNo : null,
  merchantRefundNo: booked.of === "refund" ? booked.no : null,
  vendorRefundNo: booked.of === "refund" ? booked.vendorNo : null,
  ours: { amount: booked.amount, state: booked.state, fee: null, atMillis: booked.atMillis },
  theirs: line === undefined ? null : sideOf(line),
  status: isAwaited ? "awaited" : "open",
  action: "asked",
  note: null
})
