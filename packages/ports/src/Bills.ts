import type { Money } from "@payment-proxy/domain"

/** Which bill: what was traded on a day (yyyy-MM-dd, in the vendor's own zone), or what moved on the merchant's account. */
export interface Bill {
  readonly day: string
  readonly of: "trades" | "funds"
}

/** One movement of money as the vendor booked it: what reconciliation compares with our orders. */
export interface BillLine {
  /** `other`: fees, withdrawals and what else moves an account. */
  readonly kind: "payment" | "refund" | "other"
  /** What the vendor was given to know the payment by. */
  readonly merchantOrderNo: string | null
  readonly transactionNo: string | null
  /** Our number of a refund, and the vendor's. */
  readonly refundNo: string | null
  readonly vendorRefundNo: string | null
  /** Of a payment what the order was for, of a refund what was to go back; never below zero. */
  readonly amount: Money.Money
  /** `out`: from the merchant's account. */
  readonly direction: "in" | "out"
  /** What the vendor kept, as a decimal text in major units with as many decimals as it came with; null where it says none. */
  readonly fee: string | null
  readonly state: "succeeded" | "pending" | "failed"
  /** In milliseconds since the epoch; null where the vendor says no time. */
  readonly atMillis: number | null
}
