import { Money } from "@payment-proxy/domain"
import type { Counted, Day, Difference, DifferenceCount, Side, Total } from "@payment-proxy/ports"
import { Chunk, Stream } from "effect"

/** What is known of a vendor's day; `zone` is that of its days. */
export interface Report<E = never, R = never> {
  readonly day: Day
  readonly zone: string
  readonly counts: ReadonlyArray<DifferenceCount>
  readonly differences: Stream.Stream<Difference, E, R>
}

const timeOf = (millis: number | null): string | null => (millis === null ? null : new Date(millis).toISOString())

const moneyOf = (amount: Money.Money) => ({ value: Money.format(amount), currency: amount.currency })

const shownSide = (side: Side | null) =>
  side === null ? null : { amount: moneyOf(side.amount), state: side.state, fee: side.fee, at: timeOf(side.atMillis) }

const shownTotal = ({ in: came, out: went, fee }: Total) => ({
  currency: came.currency,
  in: Money.format(came),
  out: Money.format(went),
  fee
})

const shownCounted = (counted: Counted | null) =>
  counted === null
    ? null
    : {
        lines: counted.lines,
        others: counted.others,
        matched: counted.matched,
        totals: counted.totals.map(shownTotal),
        disputes: counted.disputes.map(({ amount, ...dispute }) => ({ ...dispute, amount: moneyOf(amount) }))
      }

/** A day in short, as JSON has it: what was counted, and how many differences of each kind stand how. */
export const summary = ({ day, zone, counts }: Omit<Report, "differences">) => ({
  vendor: day.vendor,
  day: day.day,
  zone,
  run: day.run,
  startedAt: timeOf(day.startedAtMillis),
  finishedAt: timeOf(day.finishedAtMillis),
  fault: day.fault,
  dueAt: timeOf(day.dueAtMillis),
  counted: shownCounted(day.counted),
  differences: counts
})

/** A difference, as JSON has it. */
export const difference = (one: Difference) => ({
  id: one.id,
  kind: one.kind,
  of: one.of,
  status: one.status,
  action: one.action,
  payOrderNo: one.payOrderNo,
  refundNo: one.refundNo,
  merchantOrderNo: one.merchantOrderNo,
  transactionNo: one.transactionNo,
  merchantRefundNo: one.merchantRefundNo,
  vendorRefundNo: one.vendorRefundNo,
  ours: shownSide(one.ours),
  theirs: shownSide(one.theirs),
  note: one.note,
  foundAt: timeOf(one.foundAtMillis),
  resolvedAt: timeOf(one.resolvedAtMillis),
  resolvedBy: one.resolvedBy
})

/** A report as JSON, piece by piece: `{ "summary": …, "differences": […] }`. */
export const json = <E, R>(report: Report<E, R>): Stream.Stream<string, E, R> =>
  Stream.concat(
    Stream.make(`{"summary":${JSON.stringify(summary(report))},"differences":[`),
    report.differences.pipe(
      Stream.mapAccum("\n", (before, one) => [",\n", `${before}${JSON.stringify(difference(one))}`]),
      Stream.concat(Stream.make("\n]}\n"))
    )
  )

const columns = [
  "kind",
  "of",
  "status",
  "action",
  "payOrderNo",
  "refundNo",
  "merchantOrderNo",
  "transactionNo",
  "merchantRefundNo",
  "vendorRefundNo",
  "oursAmount",
  "oursCurrency",
  "oursState",
  "oursFee",
  "oursAt",
  "theirsAmount",
  "theirsCurrency",
  "theirsState",
  "theirsFee",
  "theirsAt",
  "note",
  "foundAt",
  "resolvedAt",
  "resolvedBy",
  "id"
] as const

/**
 * A cell of CSV (RFC 4180): in quotes where it has a comma, a quote or a line's end. A spreadsheet takes what begins with = + - @, also where
 * they are as wide as Chinese letters, a tab or a line's end for a formula: such a cell has an apostrophe before it. So has what follows a
 * semicolon or a tab within it, where many countries' spreadsheets begin the next cell.
 */
export const cell = (text: string | null): string => {
  const begun = /^[=+\-@\t\r\n＝＋－＠]/.test(text ?? "") ? `'${text}` : (text ?? "")
  const harmless = begun.replaceAll(/([;\t])(?=\s*[=+\-@＝＋－＠])/g, "$1'")
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

const sideCells = (side: Side | null): ReadonlyArray<string | null> =>
  side === null
    ? [null, null, null, null, null]
    : [Money.format(side.amount), side.amount.currency, side.state, side.fee, timeOf(side.atMillis)]

const rowOf = (one: Difference): ReadonlyArray<string | null> => [
  one.kind,
  one.of,
  one.status,
  one.action,
  one.payOrderNo,
  one.refundNo,
  one.merchantOrderNo,
  one.transactionNo,
  one.merchantRefundNo,
  one.vendorRefundNo,
  ...sideCells(one.ours),
  ...sideCells(one.theirs),
  one.note,
  timeOf(one.foundAtMillis),
  timeOf(one.resolvedAtMillis),
  one.resolvedBy,
  one.id
]

/** A fee may be below zero: what is a number is no formula. */
const isFee = (text: string | null, at: number): text is string =>
  (columns[at] === "oursFee" || columns[at] === "theirsFee") && /^-?\d+(?:\.\d+)?$/.test(text ?? "")

const lineOf = (cells: ReadonlyArray<string | null>): string =>
  `${cells.map((text, at) => (isFee(text, at) ? text : cell(text))).join(",")}\r\n`

/** A report's differences as CSV with a header, piece by piece (RFC 4180). */
export const csv = <E, R>(report: Report<E, R>): Stream.Stream<string, E, R> =>
  Stream.concat(
    Stream.make(lineOf(columns)),
    Stream.mapChunks(report.differences, (some) => Chunk.map(some, (one) => lineOf(rowOf(one))))
  )
