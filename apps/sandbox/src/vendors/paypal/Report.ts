import type { Reply } from "../Vendor.ts"
import type { Account } from "./Account.ts"
import type { Authorization, Capture, Order, Refund } from "./Book.ts"
import * as Money from "./Money.ts"
import { json, Refusal } from "./Problems.ts"
import * as Shapes from "./Shapes.ts"

const dayMillis = 86_400_000
const maxDays = 31
/** Transactions appear in the report so late. */
const lateMillis = 3 * 3_600_000
const maxPast = 3 * 366 * dayMillis
const maxItems = 10_000

interface Row {
  readonly atMillis: number
  readonly isOfBalance: boolean
  readonly info: { readonly [name: string]: unknown }
}

const timeOf = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}+0000`

const signed = (minor: number, currency: string, sign: 1 | -1) => {
  const { currency_code, value } = Money.written(minor, currency)
  return { currency_code, value: sign < 0 && minor !== 0 ? `-${value}` : value }
}

const rowOf = (
  order: Order,
  of: {
    readonly id: string
    readonly amountMinor: number
    readonly createdMillis: number
    readonly updatedMillis: number
  },
  more: {
    readonly code: string
    readonly sign: 1 | -1
    readonly status: string
    readonly feeMinor: number
    readonly above: string
    readonly aboveType: string
    readonly isOfBalance: boolean
    readonly invoiceId: string | null
    readonly customId: string | null
  }
): Row => ({
  atMillis: of.createdMillis,
  isOfBalance: more.isOfBalance,
  info: {
    paypal_account_id: order.payerId,
    transaction_id: of.id,
    paypal_reference_id: more.above,
    paypal_reference_id_type: more.aboveType,
    transaction_event_code: more.code,
    transaction_initiation_date: timeOf(of.createdMillis),
    transaction_updated_date: timeOf(of.updatedMillis),
    transaction_amount: signed(of.amountMinor, order.currency, more.sign),
    ...(more.feeMinor === 0 ? {} : { fee_amount: signed(more.feeMinor, order.currency, -1) }),
    transaction_status: more.status,
    ...(more.invoiceId === null ? {} : { invoice_id: more.invoiceId }),
    ...(more.customId === null ? {} : { custom_field: more.customId }),
    protection_eligibility: "02"
  }
})

const captureStatuses = {
  COMPLETED: "S",
  PARTIALLY_REFUNDED: "S",
  REFUNDED: "S",
  PENDING: "P",
  DECLINED: "D",
  FAILED: "D"
}

const captureRow = (order: Order, capture: Capture): Row => {
  const isTaken = captureStatuses[capture.status] === "S"
  const { authorizationId, invoiceId } = capture
  return rowOf(order, capture, {
    code: "T0006",
    sign: 1,
    status: capture.reason === "CHARGEBACK" ? "V" : captureStatuses[capture.status],
    feeMinor: isTaken ? Shapes.feeOf(capture, order) : 0,
    above: authorizationId ?? order.id,
    aboveType: authorizationId === null ? "ODR" : "TXN",
    isOfBalance: isTaken,
    invoiceId,
    customId: order.customId
  })
}

const refundStatuses = { COMPLETED: "S", PENDING: "P", FAILED: "D", CANCELLED: "V" }

const refundRow = (order: Order, refund: Refund): Row =>
  rowOf(order, refund, {
    code: refund.kind === "refund" ? "T1107" : "T1106",
    sign: -1,
    status: refundStatuses[refund.status],
    feeMinor: 0,
    above: refund.captureId,
    aboveType: "TXN",
    isOfBalance: refund.status === "COMPLETED",
    invoiceId: refund.invoiceId,
    customId: refund.customId ?? order.customId
  })

const authorizationRow = (order: Order, authorization: Authorization): Row =>
  rowOf(order, authorization, {
    code: "T1300",
    sign: 1,
    status: { CREATED: "P", PENDING: "P", PARTIALLY_CAPTURED: "P", CAPTURED: "S", DENIED: "D", VOIDED: "V" }[
      authorization.status
    ],
    feeMinor: 0,
    above: order.id,
    aboveType: "ODR",
    isOfBalance: false,
    invoiceId: order.invoiceId,
    customId: order.customId
  })

const rowsOf = ({ book }: Account): ReadonlyArray<Row> =>
  [...book.orders.values()]
    .flatMap((order) => [
      ...book.authorizationsOf(order).map((one) => authorizationRow(order, one)),
      ...book.capturesOf(order).map((one) => captureRow(order, one)),
      ...book.refundsOf(order).map((one) => refundRow(order, one))
    ])
    .sort((one, other) => one.atMillis - other.atMillis)

const wrong = (issue: string, field: string, value: string | null): Refusal =>
  new Refusal(issue, { field, location: "query", ...(value === null ? {} : { value }) })

const timeIn = (query: URLSearchParams, name: string): number => {
  const text = query.get(name)
  if (text === null) throw wrong("MISSING_REQUIRED_PARAMETER", name, null)
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/i.test(text)
  const millis = isTime ? Date.parse(text) : Number.NaN
  if (Number.isNaN(millis)) throw wrong("INVALID_PARAMETER_SYNTAX", name, text)
  return millis
}

const countIn = (query: URLSearchParams, name: string, otherwise: number, max: number): number => {
  const text = query.get(name)
  if (text === null) return otherwise
  if (!/^\d{1,10}$/.test(text) || Number(text) < 1 || Number(text) > max)
    throw wrong("INVALID_PARAMETER_VALUE", name, text)
  return Number(text)
}

const wordIn = (query: URLSearchParams, name: string, words: RegExp): string | null => {
  const text = query.get(name)
  if (text !== null && !words.test(text)) throw wrong("INVALID_PARAMETER_VALUE", name, text)
  return text
}

/** What a report is asked for. */
const askedIn = (query: URLSearchParams, now: number) => {
  const [start, end] = [timeIn(query, "start_date"), timeIn(query, "end_date")]
  if (end < start) throw wrong("INVALID_PARAMETER_VALUE", "end_date", query.get("end_date"))
  if (end - start > maxDays * dayMillis) throw wrong("INVALID_PARAMETER_VALUE", "end_date", query.get("end_date"))
  const refreshed = now - lateMillis
  // The vendor has nothing yet of what is that new, and nothing any more of what is that old.
  if (start > refreshed || start < now - maxPast)
    throw wrong("INVALID_PARAMETER_VALUE", "start_date", query.get("start_date"))
  return {
    start,
    end: Math.min(end, refreshed),
    refreshed,
    size: countIn(query, "page_size", 100, 500),
    page: countIn(query, "page", 1, 2_147_483_647),
    id: wordIn(query, "transaction_id", /^[A-Z0-9]{17,19}$/),
    status: wordIn(query, "transaction_status", /^[DPSV]$/),
    currency: wordIn(query, "transaction_currency", /^[A-Z]{3}$/),
    code: wordIn(query, "transaction_type", /^T\d{4}$/),
    isOfBalance: wordIn(query, "balance_affecting_records_only", /^[YN]$/) !== "N",
    fields: (query.get("fields") ?? "transaction_info").split(",")
  }
}

const currencyOf = ({ info }: Row): unknown =>
  (info["transaction_amount"] as { readonly currency_code: string }).currency_code

/** Answers `GET /v1/reporting/transactions`: what happened up to three hours ago, at most 31 days of it, in pages. */
export const answer = (account: Account, url: URL): Reply => {
  const asked = askedIn(url.searchParams, account.kit.clock.now())
  const rows = rowsOf(account)
    .filter(({ atMillis }) => atMillis >= asked.start && atMillis <= asked.end)
    .filter(({ isOfBalance }) => isOfBalance || !asked.isOfBalance)
    .filter(({ info }) => asked.id === null || info["transaction_id"] === asked.id)
    .filter(({ info }) => asked.status === null || info["transaction_status"] === asked.status)
    .filter(({ info }) => asked.code === null || info["transaction_event_code"] === asked.code)
    .filter((row) => asked.currency === null || currencyOf(row) === asked.currency)
  if (rows.length > maxItems) throw new Refusal("RESULTSET_TOO_LARGE")
  const first = (asked.page - 1) * asked.size
  const hasPayer = asked.fields.includes("all") || asked.fields.includes("payer_info")
  const pages = Math.ceil(rows.length / asked.size)
  const linkOf = (page: number, rel: string) => {
    const href = new URL(url.href)
    href.searchParams.set("page", String(page))
    return { href: href.href, rel, method: "GET" }
  }
  const body = {
    transaction_details: rows.slice(first, first + asked.size).map(({ info }) => ({
      transaction_info: info,
      ...(hasPayer ? { payer_info: { account_id: info["paypal_account_id"], payer_status: "Y" } } : {})
    })),
    account_number: account.merchantId,
    start_date: timeOf(asked.start),
    end_date: timeOf(asked.end),
    last_refreshed_datetime: timeOf(asked.refreshed),
    page: asked.page,
    total_items: rows.length,
    total_pages: pages,
    links: [linkOf(asked.page, "self"), ...(asked.page < pages ? [linkOf(asked.page + 1, "next")] : [])]
  }
  return json(200, body, "report", ["-"])
}
