import type { Payment } from "./Payments.ts"
import type { Refund } from "./Refunds.ts"

/** One line of a day's statement: money that came, or money that went back. */
export interface StatementLine {
  readonly type: "payment" | "refund"
  readonly merchant_id: string
  readonly payment_id: string
  readonly merchant_payment_no: string
  readonly refund_id: string | null
  readonly merchant_refund_no: string | null
  readonly amount: number
  readonly currency: string
  readonly status: "SUCCEEDED"
  /** What the platform keeps, in major units. */
  readonly fee: string
  readonly at: string
}

const fee = "0.00"

/** The line of a payment that was paid. */
export const ofPayment = (payment: Payment, at: string): StatementLine => ({
  type: "payment",
  merchant_id: payment.merchant_id,
  payment_id: payment.id,
  merchant_payment_no: payment.merchant_payment_no,
  refund_id: null,
  merchant_refund_no: null,
  amount: payment.amount,
  currency: payment.currency,
  status: "SUCCEEDED",
  fee,
  at
})

/** The line of a refund that succeeded. */
export const ofRefund = (refund: Refund, at: string): StatementLine => ({
  type: "refund",
  merchant_id: refund.merchant_id,
  payment_id: refund.payment_id,
  merchant_payment_no: refund.merchant_payment_no,
  refund_id: refund.id,
  merchant_refund_no: refund.merchant_refund_no,
  amount: refund.amount,
  currency: refund.currency,
  status: "SUCCEEDED",
  fee,
  at
})

const linesPerPage = 1000

/** A page of a statement, and where the next begins; null after the last. */
export interface Page {
  readonly lines: ReadonlyArray<StatementLine>
  readonly next: string | null
}

/** What the platform booked, by day of UTC. */
export class Statements {
  readonly #days = new Map<string, Array<StatementLine>>()

  /** Books a line on its day. */
  add(line: StatementLine): void {
    const day = line.at.slice(0, 10)
    const lines = this.#days.get(day) ?? []
    this.#days.set(day, lines)
    lines.push(line)
  }

  /** A page of a day, from a cursor on; what is booked later comes behind it. */
  page(day: string, cursor: number): Page {
    const lines = this.#days.get(day) ?? []
    const end = cursor + linesPerPage
    return { lines: lines.slice(cursor, end), next: end < lines.length ? String(end) : null }
  }
}

/** Whether a text is a day, yyyy-MM-dd. */
export const isDay = (text: string): boolean => {
  const millis = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text)
}
