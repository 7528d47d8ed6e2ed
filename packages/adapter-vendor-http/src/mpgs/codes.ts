/** What an order's status means to us; `unsuccessful`: the payer may try again while the page is open; `unused`: not of Hosted Checkout. */
export type Meaning = "open" | "unsuccessful" | "authorized" | "paid" | "cancelled" | "disputed" | "unused"

/** `order.status` of RETRIEVE_ORDER. Refunds are read from the totals, whatever the status says. */
export const statuses: ReadonlyMap<string, Meaning> = new Map([
  ["INITIATED", "open"],
  ["AUTHENTICATION_INITIATED", "open"],
  ["AUTHENTICATED", "open"],
  ["AUTHENTICATION_NOT_NEEDED", "open"],
  ["AUTHENTICATION_UNSUCCESSFUL", "unsuccessful"],
  ["FAILED", "unsuccessful"],
  ["AUTHORIZED", "authorized"],
  ["PARTIALLY_CAPTURED", "paid"],
  ["CAPTURED", "paid"],
  ["PARTIALLY_REFUNDED", "paid"],
  ["REFUNDED", "paid"],
  ["EXCESSIVELY_REFUNDED", "paid"],
  ["REFUND_REQUESTED", "paid"],
  ["CANCELLED", "cancelled"],
  ["DISPUTED", "disputed"],
  ["CHARGEBACK_PROCESSED", "disputed"],
  ["VERIFIED", "unused"],
  ["FUNDING", "unused"],
  ["DISBURSED", "unused"]
])

/** Statuses that say that money went back or is to go back. */
export const refundStatuses: ReadonlySet<string> = new Set([
  "PARTIALLY_REFUNDED",
  "REFUNDED",
  "EXCESSIVELY_REFUNDED",
  "REFUND_REQUESTED"
])

type CodeGroup = "done" | "part" | "pending" | "busy" | "declined"

const codes: ReadonlyMap<string, CodeGroup> = new Map([
  ["APPROVED", "done"],
  ["APPROVED_AUTO", "done"],
  ["APPROVED_PENDING_SETTLEMENT", "done"],
  ["PARTIALLY_APPROVED", "part"],
  ["PENDING", "pending"],
  ["SUBMITTED", "pending"],
  ["DEFERRED_TRANSACTION_RECEIVED", "pending"],
  ["AUTHENTICATION_IN_PROGRESS", "pending"],
  ["LOCK_FAILURE", "busy"],
  ["EXPIRED_CARD", "declined"],
  ["INSUFFICIENT_FUNDS", "declined"],
  ["INVALID_CSC", "declined"],
  ["REFERRED", "declined"],
  ["BLOCKED", "declined"],
  ["AUTHENTICATION_FAILED", "declined"],
  ["NOT_ENROLLED_3D_SECURE", "declined"],
  ["NOT_SUPPORTED", "declined"],
  ["EXCEEDED_RETRY_LIMIT", "declined"],
  ["DUPLICATE_BATCH", "declined"],
  ["UNSPECIFIED_FAILURE", "declined"],
  ["CANCELLED", "declined"],
  ["ABORTED", "declined"]
])

const groupOf = (code: string): CodeGroup | undefined =>
  /^DECLINED(?:_[A-Z0-9_]{1,64})?$/.test(code) ? "declined" : codes.get(code)

/** How one transaction went; `part`: less than asked; `busy`: not accepted, another one runs on the order; `doubt`: nobody knows. */
export type Outcome = CodeGroup | "doubt"

const outcomes: ReadonlyMap<string, ReadonlyArray<CodeGroup>> = new Map([
  ["SUCCESS", ["done", "part", "pending"]],
  ["FAILURE", ["busy", "declined"]],
  ["PENDING", ["pending"]]
])

/**
 * The outcome of a transaction by its `result` and `response.gatewayCode`, where both agree; all else is in doubt: UNKNOWN,
 * SYSTEM_ERROR, ACQUIRER_SYSTEM_ERROR, TIMED_OUT (the gateway may still reverse it) and every word that is not of the tables.
 */
export const outcomeOf = (result: string | undefined, code: string | undefined): Outcome => {
  if (result === "PENDING" && code === undefined) return "pending"
  const group = groupOf(code ?? "")
  return group !== undefined && outcomes.get(result ?? "")?.includes(group) === true ? group : "doubt"
}

/** A gateway code as it may be shown and stored. */
export const shown = (code: string | undefined): string =>
  code !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : "DECLINED"
