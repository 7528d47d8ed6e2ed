import { Money, OrderNo, type Payment, RefundMachine } from "@payment-proxy/domain"
import { type BillLine, type CallFailure, Orders, Reconciliations, Throttled, Vendors } from "@payment-proxy/ports"
import { aChange, aPayment, fresh, freshNo } from "@payment-proxy/testkit"
import { Chunk, Context, Effect, Layer, Option, Stream } from "effect"
import * as Reconcile from "../src/Reconcile.ts"
import { faked } from "./harness.ts"

export const vendor = "platform"

/** The day that is reconciled, and the one after it, in UTC. */
export const day = "2026-01-01"
export const nextDay = "2026-01-02"
export const startMillis = Date.parse(`${day}T00:00:00Z`)
export const hourMillis = 3_600_000
export const noonMillis = startMillis + 12 * hourMillis

type Lines = Stream.Stream<BillLine, CallFailure>

/** What the vendor's bills say, by day; a day that nobody wrote is not ready. */
export class Bills extends Effect.Tag("test/Bills")<
  Bills,
  { readonly write: (day: string, lines: Lines) => Effect.Effect<void> }
>() {}

const billed = Layer.effectContext(
  Effect.gen(function* () {
    const bills = new Map<string, Lines>()
    const vendors = yield* Vendors
    const withBills = Vendors.of({
      ...vendors,
      get: (name) =>
        Option.map(vendors.get(name), (one) => ({ ...one, abilities: [...one.abilities, "bill" as const] })),
      bill: (_, bill) =>
        bills.get(bill.day) ?? Stream.fail(new Throttled({ retryAfterMillis: null, detail: "It is not ready." }))
    })
    const write = (of: string, lines: Lines) => Effect.sync(() => void bills.set(of, lines))
    return Context.make(Vendors, withBills).pipe(Context.add(Bills, { write }))
  })
)

/** Every port faked, and a vendor with bills. */
export const world = Layer.provideMerge(billed, faked)

const amount = Money.make(1234n, "CNY")

/** An order on disk as it is said to be. */
export const stored = (overrides: Partial<Payment.Payment> = {}) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const payOrderNo = freshNo()
    const payment = aPayment({ payOrderNo, vendor, createdAtMillis: startMillis, ...overrides })
    yield* orders.commit([aChange(payment, 0)])
    return { ...payment, version: 1 }
  })

/** An order that was paid, at noon of the day unless said otherwise. */
export const paid = (overrides: Partial<Payment.Payment> = {}) =>
  stored({
    state: "SUCCEEDED",
    arrived: true,
    captured: 1234n,
    authorized: 1234n,
    paidAtMillis: noonMillis,
    transactionNo: fresh("txn"),
    ...overrides
  })

/** A refund of ours of 0.34, succeeded at noon unless said otherwise. */
export const refunded = (payment: Payment.Payment, overrides: Partial<RefundMachine.Refund> = {}) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const made = RefundMachine.make({
      refundNo: OrderNo.refundNo(payment.payOrderNo, 1),
      payOrderNo: payment.payOrderNo,
      amount: Money.make(34n, "CNY"),
      reason: null,
      createdAtMillis: noonMillis,
      deadlineMillis: noonMillis
    })
    const refund: RefundMachine.Refund = {
      ...made,
      state: "SUCCEEDED",
      version: 1,
      vendorRefundNo: fresh("rfd"),
      refundedAtMillis: noonMillis,
      ...overrides
    }
    const change = aChange(payment, 0)
    yield* orders.commit([{ ...change, refund, entry: { ...change.entry, payOrderNo: refund.refundNo } }])
    return refund
  })

/** The line of a payment, as it should be unless said otherwise. */
export const lineOf = (payment: Payment.Payment, overrides: Partial<BillLine> = {}): BillLine => ({
  kind: "payment",
  merchantOrderNo: payment.merchantOrderNo,
  transactionNo: payment.transactionNo,
  refundNo: null,
  vendorRefundNo: null,
  amount: payment.amount,
  direction: "in",
  fee: "0.07",
  state: "succeeded",
  atMillis: payment.paidAtMillis ?? noonMillis,
  ...overrides
})

/** The line of a refund. */
export const refundLineOf = (
  payment: Payment.Payment,
  refund: Pick<RefundMachine.Refund, "refundNo" | "vendorRefundNo" | "amount"> | null,
  overrides: Partial<BillLine> = {}
): BillLine => ({
  ...lineOf(payment),
  kind: "refund",
  direction: "out",
  refundNo: refund?.refundNo ?? null,
  vendorRefundNo: refund?.vendorRefundNo ?? fresh("desk"),
  amount: refund?.amount ?? amount,
  fee: null,
  ...overrides
})

/** The vendor's bill of a day. */
export const bill = (of: string, ...lines: ReadonlyArray<BillLine>) => Bills.write(of, Stream.fromIterable(lines))

/** Who runs days by hand. */
export const ann = { name: "ann", role: "operator" as const }

/** Runs a day, and answers what is different: by kind, with what became of it. */
export const run = (of = day) =>
  Effect.gen(function* () {
    const report = yield* Reconcile.run(vendor, of, ann)
    const differences = Chunk.toReadonlyArray(yield* Stream.runCollect(report.differences))
    return { ...report, differences }
  })

/** What of a day is different, without a run. */
export const found = (of = day) =>
  Effect.flatMap(Reconciliations, (store) =>
    store.differences({ vendor, day: of, statuses: null, after: null, limit: 1000 })
  )
