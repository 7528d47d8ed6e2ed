import { Money } from "@payment-proxy/domain"
import type { Bill, BillLine } from "@payment-proxy/ports"
import { InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { Chunk, Clock, Effect, Either, Option, Schema, Stream } from "effect"
import type { Failure } from "../Vendor.ts"
import * as Amounts from "./amounts.ts"
import * as Answers from "./answers.ts"
import { timeOf } from "./evidence.ts"
import { type Desk, heard, sent } from "./operations.ts"
import * as Requests from "./requests.ts"
import { Report, type Transaction } from "./wire.ts"

const pageSize = 500
/** PayPal answers no more than 10,000 rows to one question. */
const maxPages = 20
const limitMillis = 30_000
const dayMillis = 86_400_000
/** How late rows may appear (vendors' reference §4d). */
const lateMillis = 3 * 3_600_000

/** `V` is money that came, and went back by a row of its own. */
const states: ReadonlyMap<string, BillLine["state"]> = new Map([
  ["S", "succeeded"],
  ["P", "pending"],
  ["D", "failed"],
  ["V", "succeeded"]
])

/** Payments have codes T00xx, refunds and reversals T11xx. */
const kindOf = (code: string, direction: BillLine["direction"]): BillLine["kind"] => {
  if (/^T00\d\d$/.test(code) && direction === "in") return "payment"
  return /^T11\d\d$/.test(code) && direction === "out" ? "refund" : "other"
}

const signed = ({ currency_code, value }: Amounts.Written) => {
  const isOut = value.startsWith("-")
  return Either.map(Amounts.read({ currency_code, value: isOut ? value.slice(1) : value }), (amount) => ({
    amount,
    direction: isOut ? ("out" as const) : ("in" as const)
  }))
}

const feeOf = (fee: Amounts.Written | undefined): string | null => {
  const text = fee?.value.replace(/^-/, "")
  return text !== undefined && /^\d{1,18}(?:\.\d{1,8})?$/.test(text) ? text : null
}

const numbersOf = (row: Transaction, kind: BillLine["kind"]) => {
  const { transaction_id, custom_field = null, invoice_id = null, paypal_reference_id = null } = row
  const isOrder = row.paypal_reference_id_type === "ODR"
  const transactionNo = isOrder ? paypal_reference_id : null
  if (kind === "refund")
    return {
      merchantOrderNo: invoice_id,
      transactionNo,
      // A number that is the payment's own was taken over from it: the refund is not ours.
      refundNo: custom_field === invoice_id ? null : custom_field,
      vendorRefundNo: transaction_id
    }
  return {
    merchantOrderNo: kind === "payment" ? (custom_field ?? invoice_id) : null,
    transactionNo,
    refundNo: null,
    vendorRefundNo: null
  }
}

/** A row as a line; a left where its amount or status is not understood. */
export const lineOf = (row: Transaction): Either.Either<BillLine, string> => {
  const moved = signed(row.transaction_amount)
  if (Either.isLeft(moved)) return Either.left(moved.left)
  const state = states.get(row.transaction_status)
  if (state === undefined) return Either.left("A row's status is not understood.")
  const { amount, direction } = moved.right
  const kind = kindOf(row.transaction_event_code, direction)
  return Either.right({
    kind,
    ...numbersOf(row, kind),
    amount: Money.make(amount.amountMinor, amount.currency),
    direction,
    fee: feeOf(row.fee_amount),
    state,
    atMillis: timeOf(row.transaction_initiation_date)
  })
}

const reportOf = Schema.decodeUnknownEither(Schema.parseJson(Report))

const notReady = new Throttled({
  retryAfterMillis: null,
  detail: "PayPal's report of the day is not whole yet: rows appear up to 3 hours late."
})

/** Whether the report has all of the day: by what PayPal says of its freshness, else by the clock. */
const isWhole = ({ last_refreshed_datetime }: Report, endMillis: number, nowMillis: number): boolean => {
  const refreshedMillis = timeOf(last_refreshed_datetime)
  return refreshedMillis === null ? nowMillis >= endMillis + lateMillis : refreshedMillis >= endMillis
}

const callOf = ({ config }: Desk, day: string, page: number) => {
  const query = new URLSearchParams({
    start_date: `${day}T00:00:00Z`,
    end_date: `${day}T23:59:59Z`,
    fields: "transaction_info",
    page_size: String(pageSize),
    page: String(page)
  })
  return Requests.get(config, `/v1/reporting/transactions?${query.toString()}`)
}

const pageOf = (desk: Desk, day: string, page: number, endMillis: number): Effect.Effect<Report, Failure> =>
  Effect.gen(function* () {
    const limit = { millis: limitMillis, untilMillis: Number.POSITIVE_INFINITY }
    const answer = yield* sent(desk, callOf(desk, day, page), limit, "bill", "")
    const read = Answers.isSuccess(answer)
      ? Either.mapLeft(reportOf(answer.text), () => new InDoubt({ detail: "The answer is not a report." }))
      : Either.left(Answers.unread(answer))
    const report = yield* heard(desk, answer, "bill", "", read)
    const isReady = isWhole(report, endMillis, yield* Clock.currentTimeMillis)
    return isReady ? report : yield* notReady
  })

/** The rows of a page that no page before it had: one is known by its number and event code. */
const linesOf = (report: Report, seen: Set<string>): Either.Either<Chunk.Chunk<BillLine>, InDoubt> => {
  const lines: Array<BillLine> = []
  for (const { transaction_info: row } of report.transaction_details ?? []) {
    const key = `${row.transaction_id} ${row.transaction_event_code}`
    if (seen.has(key)) continue
    seen.add(key)
    const line = lineOf(row)
    if (Either.isLeft(line)) return Either.left(new InDoubt({ detail: line.left }))
    lines.push(line.right)
  }
  return Either.right(Chunk.unsafeFromArray(lines))
}

/** The lines of a UTC day, a page at a time; trades and funds are one report. */
export const lines = (desk: Desk, { day }: Bill): Stream.Stream<BillLine, Failure> => {
  const startMillis = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(startMillis) || !new Date(startMillis).toISOString().startsWith(day))
    return Stream.fail(new Rejected({ code: "DAY_INVALID", detail: "A day is yyyy-MM-dd." }))
  const endMillis = startMillis + dayMillis
  return Stream.suspend(() => {
    const seen = new Set<string>()
    return Stream.paginateChunkEffect(1, (page) =>
      Effect.flatMap(pageOf(desk, day, page, endMillis), (report) => {
        const { total_pages: pages, transaction_details: rows = [] } = report
        const isLast = pages === undefined ? rows.length < pageSize : page >= pages
        if (!isLast && page >= maxPages)
          return new InDoubt({ detail: `The day has more than ${maxPages * pageSize} rows: PayPal shows no more.` })
        const next = isLast ? Option.none<number>() : Option.some(page + 1)
        return Either.map(linesOf(report, seen), (chunk) => [chunk, next] as const)
      })
    )
  })
}
