import type { Transaction, Type } from "./Book.ts"
import { now } from "./Book.ts"

/** Where an order stands after some of its transactions: the gateway's status and result, and totals in minor units. */
export interface Standing {
  readonly status: string
  readonly result: string
  readonly authorizedMinor: number
  readonly capturedMinor: number
  readonly refundedMinor: number
  /** What is asked to be refunded and has no outcome yet. */
  readonly refundingMinor: number
}

/** The type of a transaction as it is now. */
export const typeOf = (transaction: Transaction): Type => now(transaction).type

const resultOf = (transaction: Transaction) => now(transaction).outcome.result

/** Whether the outcome of a transaction is still to come. */
export const isOpen = (transaction: Transaction): boolean => ["PENDING", "UNKNOWN"].includes(resultOf(transaction))

/** Whether a transaction tries to take money, or to reserve it. */
export const isAttempt = (transaction: Transaction): boolean =>
  ["PAYMENT", "AUTHORIZATION"].includes(typeOf(transaction))

/** Whether a transaction went through. */
export const isDone = (transaction: Transaction): boolean => resultOf(transaction) === "SUCCESS"

/** The attempt that took or reserved the money, voided since or not. */
export const successIn = (transactions: ReadonlyArray<Transaction>): Transaction | undefined =>
  transactions.find((transaction) => isAttempt(transaction) && isDone(transaction))

/** An attempt without an outcome so far. */
export const openAttemptIn = (transactions: ReadonlyArray<Transaction>): Transaction | undefined =>
  transactions.find((transaction) => isAttempt(transaction) && isOpen(transaction))

const targetsOf = (voids: ReadonlyArray<Transaction>): ReadonlySet<string> =>
  new Set(voids.flatMap(({ targetId }) => targetId ?? []))

const voidsIn = (transactions: ReadonlyArray<Transaction>): ReadonlyArray<Transaction> =>
  transactions.filter((transaction) => typeOf(transaction).startsWith("VOID_"))

/** The numbers of the transactions that were voided, or will be as soon as an outcome is known. */
export const voidedIn = (transactions: ReadonlyArray<Transaction>): ReadonlySet<string> =>
  targetsOf(voidsIn(transactions).filter((transaction) => resultOf(transaction) !== "FAILURE"))

const sum = (transactions: ReadonlyArray<Transaction>, ...types: ReadonlyArray<Type>): number =>
  transactions
    .filter((transaction) => types.includes(typeOf(transaction)))
    .reduce((total, { amountMinor }) => total + amountMinor, 0)

const unpaidStatus = (transactions: ReadonlyArray<Transaction>): string => {
  const last = transactions.findLast(
    (transaction) => isAttempt(transaction) || typeOf(transaction) === "AUTHENTICATION"
  )
  if (last === undefined) return "INITIATED"
  const result = resultOf(last)
  if (typeOf(last) !== "AUTHENTICATION") return result === "FAILURE" ? "FAILED" : "INITIATED"
  if (result === "SUCCESS") return "AUTHENTICATED"
  return result === "PENDING" ? "AUTHENTICATION_INITIATED" : "AUTHENTICATION_UNSUCCESSFUL"
}

const moneyStatus = (s: Omit<Standing, "status" | "result">, isRequested: boolean): string | undefined => {
  if (isRequested) return "REFUND_REQUESTED"
  if (s.refundedMinor > s.capturedMinor) return "EXCESSIVELY_REFUNDED"
  if (s.refundedMinor > 0) return s.refundedMinor === s.capturedMinor ? "REFUNDED" : "PARTIALLY_REFUNDED"
  if (s.capturedMinor > 0) return s.capturedMinor < s.authorizedMinor ? "PARTIALLY_CAPTURED" : "CAPTURED"
  return s.authorizedMinor > 0 ? "AUTHORIZED" : undefined
}

/** Where an order stands after these transactions. */
export const after = (transactions: ReadonlyArray<Transaction>): Standing => {
  const voided = targetsOf(voidsIn(transactions).filter(isDone))
  const good = transactions.filter((transaction) => isDone(transaction) && !voided.has(transaction.id))
  const totals = {
    authorizedMinor: sum(good, "AUTHORIZATION", "PAYMENT"),
    capturedMinor: sum(good, "CAPTURE", "PAYMENT"),
    refundedMinor: sum(good, "REFUND"),
    refundingMinor: sum(transactions.filter(isOpen), "REFUND", "REFUND_REQUEST")
  }
  const isRequested = transactions.some((one) => typeOf(one) === "REFUND_REQUEST" && isOpen(one))
  const isPaid = successIn(transactions) !== undefined
  const status = moneyStatus(totals, isRequested) ?? (isPaid ? "CANCELLED" : unpaidStatus(transactions))
  const last = transactions.findLast(isAttempt) ?? transactions.at(-1)
  return { status, result: isPaid || last === undefined ? "SUCCESS" : resultOf(last), ...totals }
}
