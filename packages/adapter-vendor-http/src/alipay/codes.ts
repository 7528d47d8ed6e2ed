/** What was asked of Alipay. */
export type Call = "create" | "query" | "close" | "cancel" | "refund" | "queryRefund" | "bill"

/**
 * What an error says (vendors' reference §2e). `refused`: this very call was not accepted. `ours`: not accepted for what we are, not for what
 * we asked. `throttled`: not accepted, later. `notFound`: Alipay does not know the trade. `ask`: only a query tells what the trade is.
 * `nothing`: the bill is not there. `doubt`: it may have been accepted.
 */
export type Meaning = "refused" | "ours" | "throttled" | "notFound" | "ask" | "nothing" | "doubt"

type Table = { readonly [code: string]: Meaning }

const all = (meaning: Meaning, ...codes: ReadonlyArray<string>): Table =>
  Object.fromEntries(codes.map((code) => [code, meaning]))

const doubts = all(
  "doubt",
  "isp.unknow-error",
  "aop.unknow-error",
  "isp.unknown-error",
  "ACQ.SYSTEM_ERROR",
  "aop.ACQ.SYSTEM_ERROR",
  "AQC.SYSTEM_ERROR"
)

const configuration = all("ours", "ACQ.ACCESS_FORBIDDEN", "ACQ.PARTNER_ERROR")

const requests = all(
  "refused",
  "ACQ.INVALID_PARAMETER",
  "ACQ.TOTAL_FEE_EXCEED",
  "ACQ.EXIST_FORBIDDEN_WORD",
  "ACQ.BUYER_SELLER_EQUAL",
  "ACQ.BEYOND_PAY_RESTRICTION",
  "ACQ.MERCHANT_STATUS_NOT_NORMAL",
  "ACQ.SELLER_BEEN_BLOCKED",
  "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR",
  "ACQ.BUYER_ENABLE_STATUS_FORBID"
)

/** Families of refusals whose names end in what was exceeded. */
const families = ["ACQ.BEYOND_PER_RECEIPT_", "ACQ.MERCHANT_PERM_RECEIPT_"]

const numbers = all(
  "doubt",
  "ACQ.CONTEXT_INCONSISTENT",
  "ACQ.APPLY_PC_MERCHANT_CODE_ERROR",
  "ACQ.TRADE_BUYER_NOT_MATCH",
  "ACQ.TRADE_HAS_SUCCESS",
  "ACQ.TRADE_HAS_CLOSE"
)

const unknown = all("notFound", "ACQ.TRADE_NOT_EXIST")

/** What each call's own codes mean. */
const tables: { readonly [C in Call]: Table } = {
  create: { ...requests, ...numbers },
  query: unknown,
  close: {
    ...unknown,
    ...all(
      "ask",
      "ACQ.TRADE_STATUS_ERROR",
      "ACQ.REASON_TRADE_STATUS_INVALID",
      "ACQ.REASON_ILLEGAL_STATUS",
      "ACQ.TRADE_HAS_SUCCESS",
      "ACQ.TRADE_HAS_CLOSE"
    )
  },
  cancel: {
    ...unknown,
    ...all("refused", "ACQ.TRADE_CANCEL_TIME_OUT", "ACQ.CANCEL_NOT_ALLOWED", "ACQ.TRADE_HAS_FINISHED")
  },
  refund: {
    ...requests,
    ...all(
      "refused",
      "ACQ.TRADE_HAS_FINISHED",
      "ACQ.TRADE_NOT_ALLOW_REFUND",
      "ACQ.NOT_ALLOW_PARTIAL_REFUND",
      "ACQ.TRADE_STATUS_ERROR",
      "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
      "ACQ.REASON_TRADE_REFUND_FEE_ERR",
      "ACQ.REFUND_FEE_ERROR"
    ),
    ...all("doubt", "ACQ.TRADE_HAS_CLOSE", "ACQ.DISCORDANT_REPEAT_REQUEST"),
    ...all("ours", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.REASON_TRADE_BEEN_FREEZEN", "ACQ.REFUNDALLOC_UNAUTH_LIMIT")
  },
  queryRefund: { ...unknown, ...all("notFound", "TRADE_NOT_EXIST") },
  bill: {
    ...all("nothing", "NO_BILL_DATA", "BILL_NOT_EXIST", "INVAILID_ARGUMENTS"),
    ...all("throttled", "SYSTEM_RATE_LIMIT", "USER_RATE_LIMIT")
  }
}

const limits = new Set(["isv.app-call-limited", "isv.method-call-limited"])

/** Codes of the gateway by which a call was not accepted, whatever it was: permissions, parameters, signatures. */
const gateway = new Set(["20001", "40001", "40002", "40003", "40006"])

/** Codes that stand before a detail about the trade itself. */
const business = new Set(["40002", "40004"])

const own = (table: Table, code: string): Meaning | undefined => (Object.hasOwn(table, code) ? table[code] : undefined)

const ofBusiness = (call: Call, sub: string): Meaning => {
  const isFamily = (call === "create" || call === "refund") && families.some((family) => sub.startsWith(family))
  return own(tables[call], sub) ?? own(configuration, sub) ?? (isFamily ? "refused" : "doubt")
}

/** What an answer that is not 10000 means for a call; without a signature it is about us at most, never about the trade. */
export const meaningOf = (call: Call, code: string, sub: string | undefined, isSigned: boolean): Meaning => {
  if (sub !== undefined && own(doubts, sub) !== undefined) return "doubt"
  if (code === "40005") return sub !== undefined && limits.has(sub) ? "throttled" : "doubt"
  if (gateway.has(code) && (sub === undefined || /^(?:isv|aop(?!\.ACQ))\./.test(sub))) return "ours"
  return isSigned && sub !== undefined && business.has(code) ? ofBusiness(call, sub) : "doubt"
}
