import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import { Chunk, Effect, Either, FastCheck as fc, Stream, TestClock } from "effect"
import { describe } from "vitest"
import { lineOf } from "../../src/paypal/bill.ts"
import { type Answer, json } from "../platform.ts"
import { captureId, orderId, paths, payment, problem, refundId, refundNo, usd, using } from "./desk.ts"

const day = "2026-01-01"
const later = Date.UTC(2026, 0, 2, 3)

const row = (more: object = {}) => ({
  transaction_id: captureId,
  paypal_reference_id: orderId,
  paypal_reference_id_type: "ODR",
  transaction_event_code: "T0006",
  transaction_initiation_date: "2026-01-01T08:00:00+0800",
  transaction_updated_date: "2026-01-01T08:00:00+0800",
  transaction_amount: usd("12.34"),
  fee_amount: usd("-0.73"),
  transaction_status: "S",
  invoice_id: payment.merchantOrderNo,
  custom_field: payment.merchantOrderNo,
  ...more
})

const report = (rows: ReadonlyArray<object>, more: object = {}): Answer =>
  json(200, { transaction_details: rows.map((transaction_info) => ({ transaction_info })), total_pages: 1, ...more })

const lines = (answer: Answer | ReadonlyArray<Answer>, nowMillis = later, of = day) =>
  Effect.zipRight(
    TestClock.setTime(nowMillis),
    using({ [paths.report]: answer }, (vendors) =>
      Effect.map(Stream.runCollect(vendors.bill("paypal", { day: of, of: "trades" })), Chunk.toReadonlyArray)
    )
  )

const tag = (outcome: Either.Either<unknown, { readonly _tag: string }>) =>
  Either.match(outcome, { onLeft: ({ _tag }) => _tag, onRight: () => "lines" })

describe("a line", () => {
  const line = (more: object) => Either.getOrThrow(lineOf(row(more)))

  it("of a payment has our number and PayPal's number of the order", () => {
    expect(line({})).toEqual({
      kind: "payment",
      merchantOrderNo: payment.merchantOrderNo,
      transactionNo: orderId,
      refundNo: null,
      vendorRefundNo: null,
      amount: Money.make(1234n, "USD"),
      direction: "in",
      fee: "0.73",
      state: "succeeded",
      atMillis: Date.UTC(2026, 0, 1)
    })
    expect(line({ paypal_reference_id_type: "TXN" }).transactionNo).toBe(null)
    expect(line({ custom_field: undefined }).merchantOrderNo).toBe(payment.merchantOrderNo)
  })

  it("of a refund has both numbers of the refund, and goes out", () => {
    const refund = {
      transaction_id: refundId,
      transaction_event_code: "T1107",
      transaction_amount: usd("-5.00"),
      paypal_reference_id: captureId,
      paypal_reference_id_type: "TXN",
      custom_field: refundNo
    }
    expect(line(refund)).toMatchObject({
      kind: "refund",
      merchantOrderNo: payment.merchantOrderNo,
      transactionNo: null,
      refundNo,
      vendorRefundNo: refundId,
      amount: Money.make(500n, "USD"),
      direction: "out"
    })
    expect(line({ ...refund, custom_field: payment.merchantOrderNo }).refundNo).toBe(null)
  })

  it.each([
    ["T0000", "12.34", "payment"],
    ["T0006", "12.34", "payment"],
    ["T0006", "-12.34", "other"],
    ["T1106", "-12.34", "refund"],
    ["T1107", "-12.34", "refund"],
    ["T1107", "12.34", "other"],
    ["T0400", "-12.34", "other"],
    ["T0106", "-0.73", "other"],
    ["nonsense", "12.34", "other"]
  ])("with code %s of %s is a %s", (transaction_event_code, value, kind) =>
    expect(line({ transaction_event_code, transaction_amount: usd(value) }).kind).toBe(kind)
  )

  it.each([
    ["S", "succeeded"],
    ["P", "pending"],
    ["D", "failed"],
    ["V", "succeeded"]
  ])("in state %s is %s", (transaction_status, state) => expect(line({ transaction_status }).state).toBe(state))

  it("that is not understood is none", () => {
    expect(Either.isLeft(lineOf(row({ transaction_status: "X" })))).toBe(true)
    expect(Either.isLeft(lineOf(row({ transaction_amount: usd("--1.00") })))).toBe(true)
    expect(line({ fee_amount: usd("free") }).fee).toBe(null)
    expect(line({ fee_amount: undefined }).fee).toBe(null)
    expect(line({ transaction_initiation_date: "yesterday" }).atMillis).toBe(null)
  })

  it("whatever is in it, its amount is never below zero", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^-?\d{1,9}(\.\d{1,3})?$/)), (value) => {
        const read = lineOf(row({ transaction_amount: usd(value) }))
        if (Either.isRight(read)) expect(read.right.amount.amountMinor >= 0n).toBe(true)
      })
    )
  })
})

describe("the bill of a day", () => {
  it.effect("is the report of the UTC day, page by page, each row once", () =>
    Effect.gen(function* () {
      const second = row({ transaction_id: "T2" })
      const pages = [
        report([row(), second], { total_pages: 3 }),
        report([second, row({ transaction_event_code: "T0106", transaction_amount: usd("-1.00") })], {
          total_pages: 3
        }),
        report([row({ transaction_id: "T3" })], { total_pages: 3 })
      ]
      const { outcome, seen } = yield* lines(pages)
      expect(Either.getOrThrow(outcome).length).toBe(4)
      const queries = seen.map(({ url }) => Object.fromEntries(new URL(url ?? "", "http://x").searchParams))
      expect(queries).toEqual(
        [1, 2, 3].map((page) => ({
          start_date: "2026-01-01T00:00:00Z",
          end_date: "2026-01-01T23:59:59Z",
          fields: "transaction_info",
          page_size: "500",
          page: String(page)
        }))
      )
    })
  )

  it.effect("asks for a page when its lines are wanted", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(later)
      const { outcome, seen } = yield* using({ [paths.report]: report([row()], { total_pages: 9 }) }, (vendors) =>
        Stream.runCollect(Stream.take(vendors.bill("paypal", { day, of: "funds" }), 1))
      )
      expect(Chunk.size(Either.getOrThrow(outcome))).toBe(1)
      expect(seen.length).toBe(1)
    })
  )

  it.effect("goes on behind a full page that does not say how many there are", () =>
    Effect.gen(function* () {
      const full = Array.from({ length: 500 }, (_, index) => row({ transaction_id: `T${index}` }))
      const uncounted = { total_pages: undefined }
      const { outcome, seen } = yield* lines([report(full, uncounted), report([row()], uncounted)])
      expect(Either.getOrThrow(outcome).length).toBe(501)
      expect(seen.length).toBe(2)
    })
  )

  it.effect("without business is empty", () =>
    Effect.gen(function* () {
      for (const empty of [
        json(200, { total_pages: 0, transaction_details: [] }),
        json(200, { total_items: 0 })
      ] as const)
        expect(Either.getOrThrow((yield* lines(empty)).outcome)).toEqual([])
    })
  )

  it.effect("is not ready before the day is over, nor until its last rows have appeared", () =>
    Effect.gen(function* () {
      const early = yield* lines(report([row()]), Date.UTC(2026, 0, 1, 23, 59, 59))
      expect(tag(early.outcome)).toBe("Throttled")
      expect(tag((yield* lines(report([row()]), later - 1)).outcome)).toBe("Throttled")
      expect(tag((yield* lines(report([row()]), later)).outcome)).toBe("lines")
      const fresh = { last_refreshed_datetime: "2026-01-02T00:30:00+0000" }
      expect(tag((yield* lines(report([row()], fresh), Date.UTC(2026, 0, 2, 1))).outcome)).toBe("lines")
      const stale = { last_refreshed_datetime: "2026-01-01T23:30:00+0000" }
      expect(tag((yield* lines(report([row()], stale))).outcome)).toBe("Throttled")
    })
  )

  it.effect.each<readonly [string, Answer | ReadonlyArray<Answer>, string]>([
    ["no report", json(200, { transaction_details: "none" }), "InDoubt"],
    ["a row that is not understood", report([row({ transaction_status: "X" })]), "InDoubt"],
    ["a second page that is not had", [report([row()], { total_pages: 2 }), json(500, {})], "InDoubt"],
    ["too many pages", report([row()], { total_pages: 21 }), "InDoubt"],
    ["a bad request", json(400, problem("INVALID_REQUEST", "INVALID_PARAMETER_VALUE")), "InDoubt"],
    ["no permission", json(403, problem("NOT_AUTHORIZED", "PERMISSION_DENIED")), "Throttled"],
    ["too many calls", json(429, problem("RATE_LIMIT_REACHED")), "Throttled"]
  ])("answered with %s is %s", ([_, answer, expected]) =>
    Effect.gen(function* () {
      expect(tag((yield* lines(answer)).outcome)).toBe(expected)
    })
  )

  it.effect("of no day is refused", () =>
    Effect.gen(function* () {
      for (const of of ["2026-13-01", "2026-02-30", "yesterday", "2026-01-01T00:00:00Z"])
        expect(tag((yield* lines(report([]), later, of)).outcome)).toBe("Rejected")
    })
  )
})
