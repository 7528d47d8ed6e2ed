import { expect, it } from "@effect/vitest"
import { Money } from "@payment-proxy/domain"
import type { Difference } from "@payment-proxy/ports"
import { Chunk, Effect, Stream } from "effect"
import * as Day from "../src/bills/Day.ts"
import * as Fee from "../src/bills/Fee.ts"
import { Seen } from "../src/bills/Seen.ts"
import * as Report from "../src/Report.ts"

it("a day begins and ends in its own zone, and is shorter or longer where clocks are changed", () => {
  const hours = ({ startMillis, endMillis }: Day.Window) => (endMillis - startMillis) / 3_600_000
  const beijing = Day.window("2026-11-26", "Asia/Shanghai")
  expect(new Date(beijing.startMillis).toISOString()).toBe("2026-11-25T16:00:00.000Z")
  expect(hours(beijing)).toBe(24)
  expect(hours(Day.window("2026-03-29", "Europe/Berlin"))).toBe(23)
  expect(hours(Day.window("2026-10-25", "Europe/Berlin"))).toBe(25)
  expect(Day.of(Date.parse("2026-11-25T16:00:00Z"), "Asia/Shanghai")).toBe("2026-11-26")
  expect(Day.of(Date.parse("2026-11-25T15:59:59Z"), "Asia/Shanghai")).toBe("2026-11-25")
  expect([Day.after("2026-02-28", 1), Day.after("2026-01-01", -1)]).toEqual(["2026-03-01", "2025-12-31"])
  expect([Day.is("2026-02-29"), Day.is("2024-02-29"), Day.is("2026-1-1")]).toEqual([false, true, false])
  expect([Day.isZone("Asia/Shanghai"), Day.isZone("Mars/Base")]).toEqual([true, false])
})

it("a fee is the part and the fixed sum together, rounded once, half away from zero", () => {
  const rate = { currency: null, percent: "2.9", fixed: "0.30", toleranceMinor: 0 }
  const agreed = (minor: bigint, currency: Money.Money["currency"]) =>
    Fee.agreedMinor([rate], Money.make(minor, currency))
  expect(agreed(10_000n, "USD"), "2.90 + 0.30").toBe(320n)
  expect(agreed(1234n, "USD"), "0.35786 + 0.30").toBe(66n)
  expect(agreed(50n, "USD"), "0.0145 + 0.30").toBe(31n)
  const half = { ...rate, percent: "0.5", fixed: "0" }
  expect(Fee.agreedMinor([half], Money.make(100n, "CNY")), "half a fen").toBe(1n)
  expect(Fee.agreedMinor([half], Money.make(99n, "CNY"))).toBe(0n)
  expect(Fee.agreedMinor([{ ...half, currency: "JPY" }], Money.make(100n, "CNY")), "of another currency").toBeNull()
  const own = { ...half, currency: "CNY", percent: "1" }
  expect(Fee.agreedMinor([half, own], Money.make(1000n, "CNY")), "a currency's own goes first").toBe(10n)
})

it("a fee differs by what it is rounded to, beyond the tolerance", () => {
  const rate = { currency: "CNY", percent: "0.6", fixed: "0", toleranceMinor: 0 }
  const amount = Money.make(1234n, "CNY")
  const of = (stated: string | null, toleranceMinor = 0) => Fee.differing([{ ...rate, toleranceMinor }], amount, stated)
  expect([of("0.07"), of("0.07404"), of("0.0749"), of(null), of("not a fee")]).toEqual([null, null, null, null, null])
  expect([of("0.075"), of("0.06"), of("-0.07")]).toEqual(["0.07", "0.07", "0.07"])
  expect([of("0.08", 1), of("0.09", 1)]).toEqual([null, "0.07"])
})

it("what was seen is known, and nothing else, through every growth of the table", () => {
  const seen = new Seen(42)
  const texts = Array.from({ length: 200_000 }, (_, at) => `payment ${at}`)
  expect(texts.filter((text) => !seen.add(text))).toEqual([])
  expect(seen.size).toBe(texts.length)
  expect(texts.filter((text) => !seen.has(text) || seen.has(`refund ${text}`))).toEqual([])
  expect(seen.add("payment 5")).toBe(false)
  expect(seen.size).toBe(texts.length)
})

const difference: Difference = {
  vendor: "platform",
  day: "2026-11-26",
  id: "AMOUNT-1",
  kind: "AMOUNT",
  of: "payment",
  payOrderNo: "01J",
  refundNo: null,
  merchantOrderNo: "=1+1",
  transactionNo: '4"2',
  merchantRefundNo: null,
  vendorRefundNo: null,
  ours: { amount: Money.make(1234n, "CNY"), state: "HELD", fee: null, atMillis: 0 },
  theirs: { amount: Money.make(1235n, "CNY"), state: "succeeded", fee: "0.07", atMillis: null },
  status: "open",
  action: "held",
  note: "Held, for a person.",
  run: 1,
  foundAtMillis: 1,
  resolvedAtMillis: null,
  resolvedBy: null
}

const report = (count: number) => ({
  day: {
    vendor: "platform",
    day: "2026-11-26",
    run: 2,
    startedAtMillis: 0,
    finishedAtMillis: 1000,
    fault: null,
    counted: {
      lines: 3,
      others: 0,
      matched: 2,
      totals: [{ in: Money.make(1234n, "CNY"), out: Money.make(0n, "CNY"), fee: "0.07" }],
      disputes: []
    },
    dueAtMillis: null
  },
  zone: "Asia/Shanghai",
  counts: [{ kind: "AMOUNT", status: "open", count }] as const,
  differences: Stream.fromIterable(Array.from({ length: count }, () => difference))
})

const text = (pieces: Stream.Stream<string>) =>
  Effect.map(Stream.runCollect(pieces), (all) => Chunk.toReadonlyArray(all).join(""))

it.effect("a report is JSON, piece by piece, with the day in short before its differences", () =>
  Effect.gen(function* () {
    for (const count of [0, 1, 3]) {
      const read = JSON.parse(yield* text(Report.json(report(count))))
      expect(read.summary).toMatchObject({
        vendor: "platform",
        zone: "Asia/Shanghai",
        finishedAt: "1970-01-01T00:00:01.000Z",
        counted: { matched: 2, totals: [{ currency: "CNY", in: "12.34", out: "0.00", fee: "0.07" }] }
      })
      expect(read.differences).toHaveLength(count)
    }
    const { differences } = JSON.parse(yield* text(Report.json(report(1))))
    expect(differences[0]).toMatchObject({
      merchantOrderNo: "=1+1",
      ours: { amount: { value: "12.34", currency: "CNY" }, state: "HELD" },
      theirs: { amount: { value: "12.35", currency: "CNY" }, fee: "0.07", at: null }
    })
  })
)

it.effect("a report is CSV of RFC 4180, in which no cell is a formula", () =>
  Effect.gen(function* () {
    const rows = (yield* text(Report.csv(report(2)))).split("\r\n")
    expect(rows).toHaveLength(4)
    expect(rows[0]?.split(",")).toHaveLength(25)
    expect(rows[1]).toBe(
      `AMOUNT,payment,open,held,01J,,'=1+1,"4""2",,,12.34,CNY,HELD,,1970-01-01T00:00:00.000Z,12.35,CNY,succeeded,0.07,,"Held, for a person.",1970-01-01T00:00:00.001Z,,,AMOUNT-1`
    )
    const stated = (fee: string) => {
      const theirs = { amount: Money.make(34n, "CNY"), state: "succeeded", fee, atMillis: null }
      const one: Difference = { ...difference, theirs }
      const csv = Report.csv({ ...report(0), differences: Stream.make(one) })
      return Effect.map(text(csv), (lines) => lines.split("\r\n")[1]?.split(",")[18])
    }
    expect(yield* stated("-0.01"), "a fee that came back is a number").toBe("-0.01")
    expect(yield* stated("-1+1")).toBe("'-1+1")
    expect(["=1", "+1", "-1", "@a", "\ta", "a=1", "a\nb", "a;=1", null].map(Report.cell)).toEqual([
      "'=1",
      "'+1",
      "'-1",
      "'@a",
      "'\ta",
      "a=1",
      '"a\nb"',
      "a;'=1",
      ""
    ])
  })
)
