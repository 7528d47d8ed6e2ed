import type { Cell } from "./Machine.ts"
import { afterDeadline, ask, beforeDeadline, contradict, fresh, paidTo, stay, to } from "./Machine.ts"
import type { State } from "./Payment.ts"

/** The columns of the evidence table: the kinds of evidence, with refunds told apart by whether all went back. */
export const columns = [
  "notFound",
  "known",
  "open",
  "approved",
  "authorized",
  "paid",
  "refundedPart",
  "refundedAll",
  "failed",
  "closed",
  "disputed"
] as const
export type Column = (typeof columns)[number]

const settledRow = {
  notFound: stay,
  known: stay,
  open: contradict,
  approved: contradict,
  authorized: contradict,
  paid: stay,
  refundedPart: to("PARTIALLY_REFUNDED"),
  refundedAll: to("REFUNDED"),
  failed: contradict,
  closed: contradict,
  disputed: stay
} as const

const deadRow = {
  notFound: stay,
  known: stay,
  open: beforeDeadline("CLOSING"),
  approved: beforeDeadline("CLOSING"),
  authorized: fresh("CLOSING"),
  paid: to("LATE_PAID"),
  refundedPart: to("LATE_PAID"),
  refundedAll: to("REFUNDED"),
  failed: stay,
  closed: stay,
  disputed: stay
} as const

/** The evidence table of a payment (design §5): what each kind of evidence does in each state. */
export const table = {
  CREATED: {
    notFound: stay,
    known: stay,
    open: stay,
    approved: stay,
    authorized: to("HELD"),
    paid: to("HELD"),
    refundedPart: to("HELD"),
    refundedAll: to("HELD"),
    failed: stay,
    closed: stay,
    disputed: stay
  },
  SUBMITTING: {
    notFound: afterDeadline("FAILED"),
    known: to("PENDING"),
    open: to("PENDING"),
    approved: to("PENDING"),
    authorized: to("AUTHORIZED"),
    paid: paidTo("SUCCEEDED"),
    refundedPart: paidTo("PARTIALLY_REFUNDED"),
    refundedAll: to("REFUNDED"),
    failed: to("FAILED"),
    closed: to("CLOSED"),
    disputed: stay
  },
  PENDING: {
    notFound: stay,
    known: stay,
    open: stay,
    approved: stay,
    authorized: to("AUTHORIZED"),
    paid: paidTo("SUCCEEDED"),
    refundedPart: paidTo("PARTIALLY_REFUNDED"),
    refundedAll: to("REFUNDED"),
    failed: to("FAILED"),
    closed: to("CLOSED"),
    disputed: stay
  },
  AUTHORIZED: {
    notFound: stay,
    known: stay,
    open: stay,
    approved: stay,
    authorized: stay,
    paid: paidTo("SUCCEEDED"),
    refundedPart: paidTo("PARTIALLY_REFUNDED"),
    refundedAll: to("REFUNDED"),
    failed: fresh("FAILED"),
    closed: fresh("CLOSED"),
    disputed: stay
  },
  CLOSING: {
    notFound: afterDeadline("CLOSED"),
    known: stay,
    open: afterDeadline("CLOSED"),
    approved: afterDeadline("CLOSED"),
    authorized: ask,
    paid: paidTo("SUCCEEDED"),
    refundedPart: paidTo("PARTIALLY_REFUNDED"),
    refundedAll: to("REFUNDED"),
    failed: fresh("FAILED"),
    closed: fresh("CLOSED"),
    disputed: stay
  },
  FAILED: deadRow,
  CLOSED: deadRow,
  SUCCEEDED: settledRow,
  LATE_PAID: { ...settledRow, refundedPart: stay },
  PARTIALLY_REFUNDED: { ...settledRow, refundedPart: stay },
  REFUNDED: { ...settledRow, refundedPart: stay, refundedAll: stay, closed: stay },
  HELD: {
    notFound: stay,
    known: stay,
    open: stay,
    approved: stay,
    authorized: stay,
    paid: stay,
    refundedPart: stay,
    refundedAll: stay,
    failed: stay,
    closed: stay,
    disputed: stay
  }
} as const satisfies Record<State, Record<Column, Cell<State>>>
