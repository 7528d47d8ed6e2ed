// A process of its own, so that its memory is the run's: a day of a million lines, generated as they are read.
import { Money, type Payment } from "@payment-proxy/domain"
import { Announcer, type BillLine, type Booked, Reconciliations, Vendors } from "@payment-proxy/ports"
import * as FakeVendors from "@payment-proxy/testkit/FakeVendors"
import * as Memory from "@payment-proxy/testkit/Memory"
import { aPayment } from "@payment-proxy/testkit/Samples"
import { Console, Effect, Layer, Logger, LogLevel, Option, Stream } from "effect"
import * as Changes from "../../src/Changes.ts"
import * as Reconcile from "../../src/Reconcile.ts"

const vendor = "platform"
const day = "2026-01-01"
const startMillis = Date.parse(`${day}T00:00:00Z`)
const amount = Money.make(1234n, "CNY")
const stepMillis = 80

const numberOf = (at: number): string => `M${String(at).padStart(28, "0")}`
const atOf = (at: number): number => startMillis + at * stepMillis
const indexOf = (no: string): number => Number(no.slice(1))

const lineOf = (at: number): BillLine => ({
  kind: "payment",
  merchantOrderNo: numberOf(at),
  transactionNo: `txn-${at}`,
  refundNo: null,
  vendorRefundNo: null,
  amount,
  direction: "in",
  fee: "0.07",
  state: "succeeded",
  atMillis: atOf(at)
})

const template: Payment.Payment = aPayment({ vendor, state: "SUCCEEDED", captured: 1234n })
const paymentOf = (no: string): Payment.Payment => {
  const at = indexOf(no)
  return { ...template, payOrderNo: no, merchantOrderNo: no, transactionNo: `txn-${at}`, paidAtMillis: atOf(at) }
}

const bookedOf = (at: number): Booked => ({
  no: numberOf(at),
  of: "payment",
  payOrderNo: numberOf(at),
  merchantOrderNo: numberOf(at),
  vendorNo: `txn-${at}`,
  amount,
  state: "SUCCEEDED",
  atMillis: atOf(at)
})

/** A store that has as many orders as there are lines, and one more. */
const stores = (count: number) =>
  Layer.effect(
    Reconciliations,
    Effect.map(Reconciliations, (store) =>
      Reconciliations.of({
        ...store,
        counterparts: (_, { given }) => Effect.sync(() => ({ payments: given.map(paymentOf), refunds: [] })),
        moved: ({ after, limit }) =>
          Effect.sync(() => {
            const from = after === null ? 0 : indexOf(after.no) + 1
            return Array.from({ length: Math.min(limit, count + 1 - from) }, (_, at) => bookedOf(from + at))
          })
      })
    )
  )

const vendors = (count: number) =>
  Layer.effect(
    Vendors,
    Effect.map(Vendors, (fake) =>
      Vendors.of({
        ...fake,
        get: (name) => Option.map(fake.get(name), (one) => ({ ...one, abilities: ["bill"] as const })),
        bill: () => Stream.map(Stream.range(0, count - 1), lineOf)
      })
    )
  )

const nobody = { type: "order.none", body: "{}" }
const announcer = Layer.succeed(Announcer, Announcer.of({ event: () => nobody, refundEvent: () => nobody }))
const ports = Layer.provideMerge(
  Changes.layer,
  Layer.mergeAll(Memory.layer, FakeVendors.layer({ names: [vendor] }), announcer)
)

const rssMb = (): number => process.memoryUsage().rss / 2 ** 20

const run = (count: number) =>
  Effect.gen(function* () {
    const before = rssMb()
    let peak = before
    const report = yield* Reconcile.run(vendor, day, { name: "ann", role: "operator" }, () =>
      Effect.sync(() => {
        peak = Math.max(peak, rssMb())
      })
    )
    return {
      lines: report.day.counted?.lines,
      matched: report.day.counted?.matched,
      counts: report.counts,
      before,
      peak
    }
  }).pipe(
    Effect.provide(Layer.mergeAll(stores(count), vendors(count)).pipe(Layer.provideMerge(ports))),
    Logger.withMinimumLogLevel(LogLevel.None)
  )

const count = Number(process.argv[2] ?? 1_000_000)

Effect.runPromise(
  Effect.gen(function* () {
    // What a small day needs is there already.
    yield* run(20_000)
    const startedMillis = performance.now()
    const { before, peak, ...came } = yield* run(count)
    const seconds = (performance.now() - startedMillis) / 1000
    yield* Console.log(JSON.stringify({ ...came, seconds, beforeMb: before, peakMb: peak, growthMb: peak - before }))
  })
)
