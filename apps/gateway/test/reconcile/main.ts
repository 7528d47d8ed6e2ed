// A process of its own, so that its memory is the run's and that it can be killed: a day of many orders in the embedded database, with
// planted differences. A folder that is given is kept, and one that has orders is gone on with; a visit of K24 that is given is its end.
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Sqlite from "@payment-proxy/adapter-sqlite"
import { Changes, Reconcile } from "@payment-proxy/application"
import { CrashAt } from "@payment-proxy/configuration"
import { Money, OrderNo, type Payment, RefundMachine } from "@payment-proxy/domain"
import { type BillLine, type Change, Orders, Vendors } from "@payment-proxy/ports"
import * as FakeVendors from "@payment-proxy/testkit/FakeVendors"
import { aChange, aPayment } from "@payment-proxy/testkit/Samples"
import { Chunk, Console, Effect, Layer, Logger, LogLevel, Option, Schedule, Stream } from "effect"
import { announcer } from "../../src/Layers.ts"

const vendor = "platform"
const day = "2026-01-01"
const kept = process.argv[3]
const crashVisit = Number(process.argv[4] ?? 0)
const startMillis = Date.parse(`${day}T00:00:00Z`)
const count = Number(process.argv[2] ?? 50_000)
const stepMillis = Math.floor(80_000_000 / count)
const rate = { currency: "CNY", percent: "0.6", fixed: "0", toleranceMinor: 0 }

const atOf = (at: number): number => startMillis + 3_600_000 + at * stepMillis

const numberOf = (at: number): OrderNo.OrderNo => {
  const random = new Uint8Array(10)
  new DataView(random.buffer).setUint32(6, at)
  return OrderNo.make({ nowMillis: atOf(at), shard: at % OrderNo.shards, random })
}

/** What is planted at which orders: every kind, both ways. */
const plants = [
  ...Array<string>(6).fill("extra payment"),
  ...Array<string>(4).fill("desk refund"),
  ...Array<string>(6).fill("no line"),
  ...Array<string>(6).fill("other amount"),
  ...Array<string>(5).fill("unheard"),
  ...Array<string>(3).fill("pending there"),
  ...Array<string>(5).fill("other fee"),
  ...Array<string>(3).fill("line twice"),
  ...Array<string>(2).fill("second payment")
]
const planted = new Map(plants.map((plant, index) => [Math.floor(((index + 0.5) * count) / plants.length), plant]))

const kinds: { readonly [plant: string]: string } = {
  "extra payment": "MISSING_HERE",
  "desk refund": "MISSING_HERE",
  "no line": "MISSING_THERE",
  "other amount": "AMOUNT",
  unheard: "STATUS",
  "pending there": "STATUS",
  "other fee": "FEE",
  "line twice": "DUPLICATE",
  "second payment": "DUPLICATE"
}

const amountOf = (at: number) => Money.make(BigInt(1000 + (at % 9000)), "CNY")

const paymentOf = (at: number): Payment.Payment => {
  const amount = amountOf(at)
  const isUnheard = planted.get(at) === "unheard"
  return aPayment({
    payOrderNo: numberOf(at),
    vendor,
    app: `app-${at % 7}`,
    amount,
    createdAtMillis: atOf(at),
    transactionNo: `txn-${at}`,
    state: isUnheard ? "PENDING" : "SUCCEEDED",
    arrived: true,
    captured: isUnheard ? 0n : amount.amountMinor,
    paidAtMillis: isUnheard ? null : atOf(at)
  })
}

const isRefunded = (at: number): boolean => at % 50 === 1 && !planted.has(at)

const refundOf = (at: number): RefundMachine.Refund => ({
  ...RefundMachine.make({
    refundNo: OrderNo.refundNo(numberOf(at), 1),
    payOrderNo: numberOf(at),
    amount: Money.make(7n, "CNY"),
    reason: null,
    createdAtMillis: atOf(at),
    deadlineMillis: atOf(at)
  }),
  state: "SUCCEEDED",
  version: 1,
  vendorRefundNo: `rfd-${at}`,
  refundedAtMillis: atOf(at)
})

const changesOf = (at: number): ReadonlyArray<Change> => {
  const change = { ...aChange(paymentOf(at), 0), dueIn: null }
  if (!isRefunded(at)) return [change]
  const refund = refundOf(at)
  const placing = { idempotencyKey: null, fingerprint: "", sealedRequest: null }
  return [change, { ...change, refund, placing, entry: { ...change.entry, payOrderNo: refund.refundNo } }]
}

const feeOf = ({ amountMinor }: Money.Money): string =>
  Money.format(Money.make((amountMinor * 6n + 500n) / 1000n, "CNY"))

const linesOf = (at: number): ReadonlyArray<BillLine> => {
  const amount = amountOf(at)
  const line: BillLine = {
    kind: "payment",
    merchantOrderNo: numberOf(at),
    transactionNo: `txn-${at}`,
    refundNo: null,
    vendorRefundNo: null,
    amount,
    direction: "in",
    fee: feeOf(amount),
    state: "succeeded",
    atMillis: atOf(at)
  }
  const refund: BillLine = { ...line, kind: "refund", direction: "out", fee: null }
  switch (planted.get(at)) {
    case "extra payment":
      return [line, { ...line, merchantOrderNo: `GHOST-${at}`, transactionNo: `ghost-${at}` }]
    case "desk refund":
      return [line, { ...refund, amount: Money.make(3n, "CNY"), vendorRefundNo: `desk-${at}` }]
    case "no line":
      return []
    case "other amount":
      return [{ ...line, amount: Money.make(amount.amountMinor + 1n, "CNY"), fee: null }]
    case "pending there":
      return [{ ...line, state: "pending" }]
    case "other fee":
      return [{ ...line, fee: "9.99" }]
    case "line twice":
      return [line, line]
    case "second payment":
      return [line, { ...line, transactionNo: `second-${at}` }]
    default:
      return isRefunded(at)
        ? [
            line,
            { ...refund, amount: Money.make(7n, "CNY"), refundNo: refundOf(at).refundNo, vendorRefundNo: `rfd-${at}` }
          ]
        : [line]
  }
}

const vendors = Layer.effect(
  Vendors,
  Effect.map(Vendors, (fake) =>
    Vendors.of({
      ...fake,
      get: (name) => Option.map(fake.get(name), (one) => ({ ...one, abilities: ["query", "bill"] as const })),
      bill: () => Stream.flatMap(Stream.range(0, count - 1), (at) => Stream.fromIterable(linesOf(at)))
    })
  )
).pipe(Layer.provide(FakeVendors.layer({ names: [vendor] })))

const reconciling = Layer.effect(
  Reconcile.Reconciling,
  Effect.map(Reconcile.Reconciling, (usual) => ({ ...usual, vendors: { [vendor]: { zone: "UTC", rates: [rate] } } }))
)

const seeded = Effect.flatMap(Orders, (orders) =>
  Effect.forEach(
    Array.from({ length: Math.ceil(count / 500) }, (_, page) => page * 500),
    (from) =>
      orders.commit(Array.from({ length: Math.min(500, count - from) }, (_, at) => changesOf(from + at)).flat()),
    { discard: true }
  )
)

const rssMb = (): number => process.memoryUsage().rss / 2 ** 20

/** A run, what it found beside what was planted and the other way round, and what it took. */
const run = Effect.gen(function* () {
  const [beforeMb, startedMillis] = [rssMb(), performance.now()]
  let peakMb = beforeMb
  const report = yield* Reconcile.run(vendor, day, { name: "ann", role: "operator" }, () =>
    Effect.sync(() => {
      peakMb = Math.max(peakMb, rssMb())
    })
  ).pipe(
    // Who was killed has the day until his lease ends.
    Effect.retry({ while: ({ _tag }) => _tag === "DayBusy", schedule: Schedule.spaced("250 millis"), times: 100 })
  )
  const seconds = (performance.now() - startedMillis) / 1000
  const found = Chunk.toReadonlyArray(yield* Stream.runCollect(report.differences)).map(
    ({ kind, payOrderNo, merchantOrderNo, status, action }) => ({
      what: `${kind} ${payOrderNo ?? merchantOrderNo}`,
      became: `${kind} ${status} ${action}`
    })
  )
  const expected = [...planted].map(
    ([at, plant]) => `${kinds[plant]} ${plant === "extra payment" ? `GHOST-${at}` : numberOf(at)}`
  )
  const whats = found.map(({ what }) => what)
  const became = Object.fromEntries(
    [...new Set(found.map((one) => one.became))]
      .sort()
      .map((one) => [one, found.filter((f) => f.became === one).length])
  )
  return {
    found: found.length,
    lacking: expected.filter((what) => !whats.includes(what)),
    beside: whats.filter((what) => !expected.includes(what)),
    became,
    run: report.day.run,
    lines: report.day.counted?.lines,
    matched: report.day.counted?.matched,
    seconds,
    beforeMb,
    peakMb
  }
})

const folder = kept ?? mkdtempSync(join(tmpdir(), "payment-proxy-reconcile-"))
const isSeeded = existsSync(join(folder, "orders.db"))
const crash = crashVisit > 0 ? CrashAt.layer({ point: "K24", visit: crashVisit, signal: "SIGKILL" }) : Layer.empty
const ports = Layer.mergeAll(Sqlite.layer({ filename: join(folder, "orders.db") }), vendors, announcer, reconciling)

Effect.runPromise(
  Effect.gen(function* () {
    const startedMillis = performance.now()
    if (!isSeeded) yield* seeded
    const seedSeconds = (performance.now() - startedMillis) / 1000
    const first = yield* run
    const again = yield* run
    yield* Console.log(JSON.stringify({ seedSeconds, first, again }))
  }).pipe(
    Effect.provide(Layer.merge(Layer.provideMerge(Changes.layer, ports), crash)),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.ensuring(
      Effect.sync(() => {
        if (kept === undefined) rmSync(folder, { recursive: true, force: true })
      })
    )
  )
)
