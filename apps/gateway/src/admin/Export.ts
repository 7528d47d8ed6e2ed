import { type EventLoopUtilization, performance } from "node:perf_hooks"
import { Order } from "@payment-proxy/api"
import { Report } from "@payment-proxy/application"
import { Money, Payment } from "@payment-proxy/domain"
import { type OrderFilter, Orders, type StoreUnavailable } from "@payment-proxy/ports"
import { Chunk, Duration, Effect, Option, Stream } from "effect"

/** So few that to read and write them takes no more than a few milliseconds: nothing else of this process goes on meanwhile. */
const page = 200

/**
 * How many parts of its time an export leaves to the orders that come in meanwhile, for each part that it takes: more, the less time
 * this process has left; `share` is how much of it was busy, 0 to 1.
 */
export const restOf = (share: number): number => Math.min(Math.max(1 / (1 - share), 2), 8)

/** How much of the time since the last question, or its start, this process was busy, 0 to 1. */
export type Busy = () => number

const ofThisProcess = (): Busy => {
  let last: EventLoopUtilization = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

const columns = [
  "payOrderNo",
  "status",
  "inDoubt",
  "vendor",
  "app",
  "businessNo",
  "merchantOrderNo",
  "transactionNo",
  "amount",
  "currency",
  "captured",
  "refunded",
  "disputed",
  "method",
  "source",
  "createdAt",
  "paidAt",
  "expiresAt",
  "failureCode",
  "failureDetail",
  "heldReason"
] as const

const cells = (payment: Payment.Payment): ReadonlyArray<string | null> => {
  const { amount } = payment
  const major = (amountMinor: bigint): string => Money.format(Money.make(amountMinor, amount.currency))
  return [
    payment.payOrderNo,
    payment.state,
    String(Payment.inDoubt(payment)),
    payment.vendor,
    payment.app,
    payment.businessNo,
    payment.merchantOrderNo,
    payment.transactionNo,
    Money.format(amount),
    amount.currency,
    major(payment.captured),
    major(Payment.refunded(payment)),
    major(Payment.disputed(payment)),
    payment.method,
    payment.source,
    Order.timeOf(payment.createdAtMillis),
    payment.paidAtMillis === null ? null : Order.timeOf(payment.paidAtMillis),
    Order.timeOf(payment.expiresAtMillis),
    payment.failure?.code ?? null,
    payment.failure?.detail ?? null,
    payment.heldReason
  ]
}

const line = (texts: ReadonlyArray<string | null>): string => `${texts.map(Report.cell).join(",")}\r\n`

/** Orders as CSV with a header (RFC 4180), page by page, newest first; no cell is taken for a formula. It makes way for what else is asked. */
export const csv = (
  filter: OrderFilter,
  busy: Busy = ofThisProcess()
): Stream.Stream<string, StoreUnavailable, Orders> => {
  const pages = Stream.paginateChunkEffect<string | null, string, StoreUnavailable, Orders>(null, (after) =>
    Effect.flatMap(Orders, (orders) => orders.search({ ...filter, after, limit: page })).pipe(
      Effect.timed,
      Effect.tap(([took, found]) =>
        found.length < page ? Effect.void : Effect.sleep(Duration.times(took, restOf(busy())))
      ),
      Effect.map(([, found]) => [
        found.length === 0 ? Chunk.empty() : Chunk.of(found.map((one) => line(cells(one))).join("")),
        found.length < page ? Option.none() : Option.fromNullable(found.at(-1)?.payOrderNo)
      ])
    )
  )
  return Stream.concat(Stream.make(line(columns)), pages)
}
