import type { Answer } from "../../src/Admin.ts"
import { fault, type Handlers } from "./Fake.ts"
import { scenario } from "./scenario.ts"
import { ago, who } from "./who.ts"

type Day = Answer<"reconciliation.days">[number]
type Difference = Answer<"reconciliation.differences">["items"][number]

const dayMillis = 86_400_000
const dayBefore = (count: number): string => new Date(Date.now() - count * dayMillis).toISOString().slice(0, 10)
const vendors = ["alipay", "paypal-eu-for-the-subsidiary-in-the-netherlands", "wechatpay"] as const

const day = (vendor: string, back: number): Day => {
  const base: Day = {
    vendor,
    day: dayBefore(back),
    run: 1,
    startedAt: ago((back - 1) * 86_400 + 3000),
    finishedAt: ago((back - 1) * 86_400 + 2800),
    fault: null,
    dueAt: null,
    lines: 18_000 + ((back * 7919) % 9000),
    matched: 18_000 + ((back * 7919) % 9000),
    totals: [
      { currency: "CNY", in: "4812345.67", out: "-88210.00", fee: "28871.4321" },
      ...(vendor === "wechatpay" ? [] : [{ currency: "JPY", in: "1203400", out: "0", fee: "3610" }])
    ],
    differences: []
  }
  if (back === 1 && vendor === "alipay")
    return {
      ...base,
      run: 4,
      finishedAt: null,
      fault: "The bill could not be had: alipay answered isp.bill_not_exist; it is asked again at 14:00 (try 4 of 6).",
      dueAt: ago(-5400),
      lines: null,
      matched: null,
      totals: []
    }
  if (back === 1 && vendor === "wechatpay")
    return { ...base, startedAt: ago(40), finishedAt: null, lines: null, matched: null, totals: [] }
  if (back === 1)
    return {
      ...base,
      run: 0,
      startedAt: null,
      finishedAt: null,
      dueAt: ago(-7200),
      lines: null,
      matched: null,
      totals: []
    }
  if (back === 2 && vendor === "wechatpay")
    return {
      ...base,
      run: 2,
      matched: (base.lines ?? 0) - 6,
      differences: [
        { kind: "MISSING_HERE", status: "open", count: 1 },
        { kind: "MISSING_THERE", status: "awaited", count: 1 },
        { kind: "AMOUNT", status: "open", count: 1 },
        { kind: "STATUS", status: "resolved", count: 1 },
        { kind: "FEE", status: "open", count: 1 },
        { kind: "DUPLICATE", status: "open", count: 1 },
        { kind: "MISSING_THERE", status: "resolved", count: 1 }
      ]
    }
  if (back % 13 === 5) return { ...base, differences: [{ kind: "FEE", status: "open", count: 1200 + back }] }
  if (back % 11 === 3) return { ...base, differences: [{ kind: "MISSING_THERE", status: "awaited", count: 3 }] }
  return base
}

let kept: ReadonlyArray<Day> = vendors.flatMap((vendor) =>
  Array.from({ length: 58 }, (_, at) => day(vendor, at + 1)).filter(
    ({ day: one }) => !(vendor !== "wechatpay" && one < dayBefore(30))
  )
)

const none = {
  payOrderNo: null,
  refundNo: null,
  merchantOrderNo: null,
  transactionNo: null,
  ours: null,
  theirs: null,
  note: null,
  resolvedAt: null,
  resolvedBy: null,
  action: "none"
} as const
const cny = (value: string) => ({ value, currency: "CNY" })

let differences: ReadonlyArray<Difference> = [
  {
    ...none,
    id: "MISSING_HERE-1",
    kind: "MISSING_HERE",
    of: "payment",
    status: "open",
    merchantOrderNo: "LEGACY-2019-0042-<b>x</b>",
    transactionNo: "4200002211202611259876543210",
    theirs: { amount: cny("1299.00"), state: "succeeded", fee: "7.79", at: ago(2.2 * 86_400) },
    foundAt: ago(90_000)
  },
  {
    ...none,
    id: "AMOUNT-1",
    kind: "AMOUNT",
    of: "payment",
    status: "open",
    action: "held",
    payOrderNo: "01K9V2H1Q800C4WN7RXA2D6ZEM5BTY",
    merchantOrderNo: "01K9V2H1Q800C4WN7RXA2D6ZEM5BTY",
    transactionNo: "4200002211202611251234567890",
    ours: { amount: cny("199.00"), state: "SUCCEEDED", fee: "1.19", at: ago(2.1 * 86_400) },
    theirs: { amount: cny("188.00"), state: "succeeded", fee: "1.13", at: ago(2.1 * 86_400 - 2) },
    note: "The vendor says 188.00 CNY were paid; the order is over 199.00 CNY.",
    foundAt: ago(90_000)
  },
  {
    ...none,
    id: "FEE-1",
    kind: "FEE",
    of: "payment",
    status: "open",
    payOrderNo: "01K9XW90J700C4WN7RXA2D6ZEM8CVZ",
    merchantOrderNo: "01K9XW90J700C4WN7RXA2D6ZEM8CVZ",
    transactionNo: "4200002211202611250001112223",
    ours: { amount: cny("128000000.00"), state: "SUCCEEDED", fee: "768000.00", at: ago(2.3 * 86_400) },
    theirs: { amount: cny("128000000.00"), state: "succeeded", fee: "1280000.00", at: ago(2.3 * 86_400) },
    note: "渠道按 1% 收取，约定费率为 0.6%。",
    foundAt: ago(90_000)
  },
  {
    ...none,
    id: "DUPLICATE-1",
    kind: "DUPLICATE",
    of: "payment",
    status: "open",
    action: "held",
    payOrderNo: "01K9ZG3KTP00C4WN7RXA2D6ZEMAE10",
    merchantOrderNo: "01K9ZG3KTP00C4WN7RXA2D6ZEMAE10",
    transactionNo: "4200002211202611254445556667",
    ours: { amount: cny("59.90"), state: "HELD", fee: null, at: ago(2 * 86_400) },
    theirs: { amount: cny("59.90"), state: "succeeded", fee: "0.36", at: ago(2 * 86_400 - 30) },
    foundAt: ago(90_000)
  },
  {
    ...none,
    id: "MISSING_THERE-1",
    kind: "MISSING_THERE",
    of: "payment",
    status: "awaited",
    action: "asked",
    payOrderNo: "01K9ZQ77DN00A7T1M3BXE9H5PGQ2SR",
    merchantOrderNo: "01K9ZQ77DN00A7T1M3BXE9H5PGQ2SR",
    ours: { amount: cny("20.00"), state: "SUCCEEDED", fee: null, at: ago(1.99 * 86_400) },
    note: "Paid 3 minutes before midnight: the next day's bill may have it.",
    foundAt: ago(90_000)
  },
  {
    ...none,
    id: "STATUS-1",
    kind: "STATUS",
    of: "refund",
    status: "resolved",
    action: "evidence",
    payOrderNo: "01K9ZPC2YX0035QH8WZC4N2RVX7KE",
    refundNo: "01K9ZPC2YX0035QH8WZC4N2RVX7KER1",
    merchantOrderNo: "01K9ZPC2YX0035QH8WZC4N2RVX7KE",
    ours: { amount: cny("35.00"), state: "PENDING", fee: null, at: ago(2 * 86_400) },
    theirs: { amount: cny("35.00"), state: "succeeded", fee: null, at: null },
    foundAt: ago(90_000),
    resolvedAt: ago(89_990),
    resolvedBy: "evidence"
  },
  {
    ...none,
    id: "MISSING_THERE-2",
    kind: "MISSING_THERE",
    of: "refund",
    status: "resolved",
    payOrderNo: "01K9ZQCM4E00A7T1M3BXE9H5PGR4TW",
    refundNo: "01K9ZQCM4E00A7T1M3BXE9H5PGR4TWR1",
    ours: { amount: cny("12.50"), state: "SUCCEEDED", fee: null, at: ago(2 * 86_400) },
    note: "Seen at the vendor's desk: booked by hand on the next banking day. 🏦",
    foundAt: ago(90_000),
    resolvedAt: ago(4000),
    resolvedBy: "maria.keller"
  }
]

const edit = (vendor: string, date: string, change: (day: Day) => Day): void => {
  kept = kept.map((one) => (one.vendor === vendor && one.day === date ? change(one) : one))
}

/** A run takes eight seconds. */
const run = (vendor: string, date: string): void => {
  if (!kept.some((one) => one.vendor === vendor && one.day === date))
    kept = [...kept, { ...day(vendor, 9), vendor, day: date, run: 0, differences: [] }].sort((a, b) =>
      a.day < b.day ? 1 : -1
    )
  edit(vendor, date, (one) => ({ ...one, run: one.run + 1, startedAt: ago(0), fault: null, dueAt: null }))
  setTimeout(
    () =>
      edit(vendor, date, (one) => ({
        ...one,
        finishedAt: ago(-1),
        lines: one.lines ?? 20_113,
        matched: one.matched ?? 20_113
      })),
    8000
  )
}

const pageSize = 4

/** Vendors' bills against our orders. */
export const reconciliation: Handlers = {
  "reconciliation.days": ({ query }) => {
    const { of } = scenario()
    if (of === "empty") return []
    const all =
      of === "calm" ? kept.filter((one) => one.finishedAt !== null).map((one) => ({ ...one, differences: [] })) : kept
    return all
      .filter((one) => query["vendor"] === undefined || one.vendor === query["vendor"])
      .sort((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0))
  },
  "reconciliation.differences": ({ path, query }) => {
    if (!kept.some((one) => one.vendor === path.vendor && one.day === path.day))
      return fault("DAY_UNKNOWN", "This day was not reconciled yet: run it.")
    const isThere = scenario().of === "busy" && path.vendor === "wechatpay" && path.day === dayBefore(2)
    const items = isThere
      ? differences.filter((one) => query["status"] === undefined || one.status === query["status"])
      : []
    const from = Number(query["cursor"] ?? 0)
    return {
      items: items.slice(from, from + pageSize),
      next: from + pageSize < items.length ? String(from + pageSize) : null
    }
  },
  "reconciliation.report": () => "kind,of,status,payOrderNo\r\nFEE,payment,open,01K9XW90J700C4WN7RXA2D6ZEM8CVZ\r\n",
  "reconciliation.run": ({ path }) => {
    if (path.day >= dayBefore(0)) return fault("DAY_INVALID", "Name a day that is over, like 2026-11-26.")
    run(path.vendor, path.day)
    return undefined
  },
  "reconciliation.settle": ({ path, body }) => {
    const one = differences.find(({ id }) => id === path.id)
    if (one === undefined || one.status === "resolved")
      return fault("DIFFERENCE_UNKNOWN", "There is no such difference, or it is resolved already.")
    differences = differences.map((other) =>
      other.id === path.id
        ? { ...other, status: "resolved", resolvedAt: ago(0), resolvedBy: who(), note: body.reason }
        : other
    )
    edit(path.vendor, path.day, (of) => ({
      ...of,
      differences: of.differences
        .map((count) =>
          count.kind === one.kind && count.status === one.status ? { ...count, count: count.count - 1 } : count
        )
        .concat({ kind: one.kind, status: "resolved", count: 1 })
    }))
    return undefined
  }
}
