import { describe, expect, it } from "vitest"
import { Checker } from "../src/index.ts"

type Sources = Checker.Sources
const due = { dueMillis: null, leaseMillis: null }

const refund: Checker.RefundRow = {
  ...due,
  refundNo: "AR1",
  payOrderNo: "A",
  app: "shop",
  state: "SUCCEEDED",
  version: 2,
  amountMinor: 234n
}

const row = (
  payOrderNo: string,
  version: number,
  state: Checker.HistoryRow["state"],
  cause: string,
  atMillis: number
) => ({
  payOrderNo,
  version,
  state,
  cause,
  detail: cause === "capture" ? "AC1" : null,
  atMillis
})

/** An order whose held money was captured and of which a part went back, at rest. */
const right: Sources = {
  client: [],
  told: [],
  sink: [],
  ledger: {
    notifications: [],
    requests: [
      { atMillis: 1010, call: "create", number: "A", bodyHash: "bytes" },
      { atMillis: 1310, call: "capture", number: "A", bodyHash: "", operationNo: "AC1" },
      { atMillis: 1510, call: "refund", number: "A", bodyHash: "", operationNo: "AR1" }
    ],
    payments: [
      {
        transactionNo: "pay_A",
        number: "A",
        isPaid: true,
        amountMinor: 1234n,
        currency: "CNY",
        refundedMinor: 234n,
        refunds: [{ refundNo: "AR1", amountMinor: 234n, state: "succeeded" }]
      }
    ]
  },
  dump: {
    nowMillis: 10_000,
    orders: [
      {
        ...due,
        payOrderNo: "A",
        merchantOrderNo: "A",
        app: "shop",
        idempotencyKey: "a",
        state: "PARTIALLY_REFUNDED",
        version: 6,
        isInDoubt: false,
        amountMinor: 1234n,
        currency: "CNY",
        capturedMinor: 1234n,
        refundedMinor: 234n,
        transactionNo: "pay_A"
      }
    ],
    refunds: [refund],
    history: [
      row("A", 1, "SUBMITTING", "submit", 1000),
      row("A", 2, "AUTHORIZED", "query:authorized", 1200),
      row("A", 3, "AUTHORIZED", "capture", 1300),
      row("A", 4, "SUCCEEDED", "operation:paid", 1400),
      row("A", 5, "SUCCEEDED", "refund", 1500),
      row("A", 6, "PARTIALLY_REFUNDED", "refund:succeeded", 1600),
      row("AR1", 1, "SUBMITTING", "submit", 1500),
      row("AR1", 2, "SUCCEEDED", "operation:succeeded", 1600)
    ],
    inbox: [],
    deliveries: [],
    endpoints: []
  }
}

const dumped = (more: Partial<Checker.Dump>): Sources => ({ ...right, dump: { ...right.dump, ...more } })
const ofRefund = (more: Partial<Checker.RefundRow>) => dumped({ refunds: [{ ...refund, ...more }] })
const without = (isGone: (row: Checker.HistoryRow) => boolean) =>
  dumped({ history: right.dump.history.filter((one) => !isGone(one)) })
const vendorHas = (refunds: NonNullable<Checker.VendorPayment["refunds"]>): Sources => ({
  ...right,
  ledger: { ...right.ledger, payments: right.ledger.payments.map((one) => ({ ...one, refunds })) }
})
const succeeded = { refundNo: "AR1", amountMinor: 234n, state: "succeeded" } as const

const amount = { value: "2.34", currency: "CNY" }
const ok = { type: "ok", status: 201, refundNo: "AR1", amount } as const
const refusal = { type: "fail", status: 422, code: "NOTHING_REFUNDABLE" } as const
const told201: Checker.RefundOp = { app: "shop", payOrderNo: "A", idempotencyKey: "r", amount, outcome: ok }
/** A client's call of the refund, and the same call once more with `again`. */
const told = (op: Checker.RefundOp, again?: Partial<Checker.RefundOp>): Sources => ({
  ...ofRefund({ isAsked: true }),
  refunding: again === undefined ? [op] : [op, { ...op, ...again }]
})
const unread = (sources: Sources): Sources => ({
  ...sources,
  ledger: {
    ...sources.ledger,
    requests: sources.ledger.requests.map(({ operationNo, ...one }) =>
      one.call === "refund" || operationNo === undefined ? one : { ...one, operationNo }
    )
  }
})

const planted: ReadonlyArray<readonly [Checker.Invariant, string, Sources]> = [
  ["I1", "a refund that was sent before its row", without(({ payOrderNo }) => payOrderNo === "AR1")],
  ["I1", "a capture that was sent before its row", without(({ cause }) => cause === "capture")],
  ["I2", "two refunds of one number", vendorHas([succeeded, succeeded])],
  ["I5", "a refund that only the vendor knows", dumped({ refunds: [] })],
  ["I5", "one that only we take to have succeeded", vendorHas([])],
  ["I5", "one that succeeded there and failed here", ofRefund({ state: "FAILED" })],
  ["I5", "one of another amount", vendorHas([{ ...succeeded, amountMinor: 233n }])],
  [
    "I6",
    "more asked back than came",
    dumped({ refunds: [refund, { ...refund, refundNo: "AR2", state: "PENDING", amountMinor: 1001n }] })
  ],
  [
    "I7",
    "a refund whose history has a gap",
    without(({ payOrderNo, version }) => payOrderNo === "AR1" && version === 1)
  ],
  ["I10", "a refund that is overdue", ofRefund({ dueMillis: 1 })],
  [
    "I3",
    "a refund that a client was told of and that is not there",
    told(told201, { outcome: { ...ok, refundNo: "AR2" } })
  ],
  [
    "I3",
    "a refund of another amount than was asked for",
    told(told201, { amount: { value: "2.35", currency: "CNY" } })
  ],
  ["I3", "a refund that a client was refused", told({ ...told201, outcome: refusal })],
  ["I14", "two refunds for one key", told(told201, { outcome: { ...ok, refundNo: "AR2" } })],
  ["I14", "a refund that was placed twice", told(told201, {})],
  [
    "I1",
    "a refund whose number the vendor did not read, sent before its row",
    unread(without(({ payOrderNo }) => payOrderNo === "AR1"))
  ],
  ["I10", "a refund in doubt", ofRefund({ state: "SUBMITTING" })]
]

describe("refunds and operations under the checker", () => {
  it("finds nothing where nothing is wrong", () => {
    expect(Checker.check(right).violations).toEqual([])
    expect(Checker.check(told(told201, { outcome: { ...ok, status: 200 } })).violations).toEqual([])
    expect(Checker.check(unread(right)).violations).toEqual([])
  })

  it.each(planted)("finds what was planted, %s: %s", (invariant, _, sources) => {
    expect(Checker.check(sources).violations.map((violation) => violation.invariant)).toContain(invariant)
  })
})
