import { describe, expect, it } from "vitest"
import { Checker } from "../src/index.ts"

type Sources = Checker.Sources

const amount = { value: "12.34", currency: "CNY" }
const placedMillis = 1000

const op = (number: string, key: string, overrides: Partial<Checker.ClientOp> = {}): Checker.ClientOp => ({
  app: "shop",
  idempotencyKey: key,
  bodyHash: `body-${key}`,
  amount,
  outcome: { type: "ok", status: 201, payOrderNo: number, amount },
  ...overrides
})

const answeredMillis = placedMillis + 150

/** Of a call through a proxied route, whose answer named this order. */
const proxiedOp = (payOrderNo: string | null, overrides: Partial<Checker.ClientOp> = {}) => ({
  proxied: { answeredMillis, payOrderNo },
  ...overrides
})

const order = (
  payOrderNo: string,
  key: string | null,
  overrides: Partial<Checker.OrderRow> = {}
): Checker.OrderRow => ({
  payOrderNo,
  merchantOrderNo: payOrderNo,
  app: "shop",
  idempotencyKey: key,
  state: "SUCCEEDED",
  version: 3,
  isInDoubt: false,
  amountMinor: 1234n,
  currency: "CNY",
  capturedMinor: 1234n,
  refundedMinor: 0n,
  transactionNo: `pay_${payOrderNo}`,
  dueMillis: null,
  leaseMillis: null,
  ...overrides
})

const states = ["SUBMITTING", "PENDING", "SUCCEEDED"] as const
const causes = ["submit", "create:open", "notification:paid"]

const historyOf = (payOrderNo: string): ReadonlyArray<Checker.HistoryRow> =>
  states.map((state, index) => ({
    payOrderNo,
    version: index + 1,
    state,
    cause: causes[index] ?? "",
    atMillis: placedMillis + index * 100
  }))

const deliveriesOf = (payOrderNo: string, endpoint: string): ReadonlyArray<Checker.DeliveryRow> =>
  [1, 2, 3].map((version) => ({
    eventId: `evt_${payOrderNo}_${version}`,
    payOrderNo,
    version,
    endpoint,
    state: "delivered",
    createdMillis: placedMillis + version * 100,
    dueMillis: null,
    leaseMillis: null
  }))

const receivedOf = (payOrderNo: string, endpoint: string): ReadonlyArray<Checker.Received> =>
  deliveriesOf(payOrderNo, endpoint).map(({ eventId, version, createdMillis }) => ({
    atMillis: createdMillis + 10,
    endpoint,
    eventId,
    isVerified: true,
    payOrderNo,
    version,
    body: `{"version":${version}}`,
    status: 204
  }))

const payment = (number: string, overrides: Partial<Checker.VendorPayment> = {}): Checker.VendorPayment => ({
  transactionNo: `pay_${number}`,
  number,
  isPaid: true,
  amountMinor: 1234n,
  currency: "CNY",
  refundedMinor: 0n,
  ...overrides
})

/**
 * Two orders of one shop and one of another, and a proxied one, which the vendor knows by the shop's own number: paid, told
 * and at rest; the first was asked for twice, once without an answer, as was the proxied one. Another proxied one was declined.
 */
const right: Sources = {
  client: [
    op("A", "a", { outcome: { type: "info" } }),
    op("A", "a"),
    op("A", "a", { outcome: { type: "ok", status: 200, payOrderNo: "A", amount } }),
    op("A", "a", { bodyHash: "other", outcome: { type: "fail", status: 422, code: "IDEMPOTENCY_KEY_REUSED" } }),
    op("B", "b"),
    op("C", "a", { app: "other" }),
    op("P", "shop-1", proxiedOp("P", { outcome: { type: "info" } })),
    op("P", "shop-1", proxiedOp("P")),
    op("Q", "shop-2", proxiedOp("Q", { outcome: { type: "fail", status: 422, code: "declined" } })),
    op("-", "shop-3", proxiedOp(null, { outcome: { type: "fail", status: 422, code: "BODY_INVALID" } })),
    op("-", "refused", { outcome: { type: "fail", status: 422, code: "BODY_INVALID" } })
  ],
  told: [
    { app: "shop", number: "shop-1", orders: [{ payOrderNo: "P", state: "SUCCEEDED" }], saysPaid: true },
    { app: "shop", number: "shop-1", orders: [{ payOrderNo: "P", state: null }], saysPaid: true },
    { app: "shop", number: "shop-2", orders: [{ payOrderNo: "Q", state: "FAILED" }], saysPaid: false },
    { app: "other", number: "shop-1", orders: [], saysPaid: false }
  ],
  ledger: {
    requests: [
      { atMillis: 1050, call: "create", number: "A", bodyHash: "bytes-A", isAccepted: true },
      { atMillis: 1090, call: "create", number: "A", bodyHash: "bytes-A" },
      { atMillis: 1050, call: "create", number: "B", bodyHash: "bytes-B" },
      { atMillis: 1050, call: "create", number: "C", bodyHash: "bytes-C" },
      { atMillis: 1050, call: "create", number: "shop-1", bodyHash: "bytes-P", isAccepted: true },
      { atMillis: 1055, call: "create", number: "shop-1", bodyHash: "bytes-P", isAccepted: false },
      { atMillis: 1050, call: "create", number: "shop-2", bodyHash: "bytes-Q", isAccepted: false },
      { atMillis: 1080, call: "query", number: "A", bodyHash: "" }
    ],
    notifications: [
      { number: "A", bodySha256: "paid-A", isGenuine: true, saysPaid: true, isTaken: true },
      { number: "A", bodySha256: "paid-A", isGenuine: true, saysPaid: true, isTaken: true },
      { number: "A", bodySha256: "paid-A", isGenuine: false, saysPaid: true, isTaken: false },
      { number: "B", bodySha256: "forged-B", isGenuine: false, saysPaid: true, isTaken: false },
      { number: "B", bodySha256: "paid-B", isGenuine: true, saysPaid: true, isTaken: false },
      { number: "shop-1", bodySha256: "paid-P", isGenuine: true, saysPaid: true, isTaken: true }
    ],
    payments: [payment("A"), payment("B"), payment("C"), payment("shop-1")]
  },
  dump: {
    nowMillis: 100_000,
    orders: [
      order("A", "a"),
      order("B", "b"),
      order("C", "a", { app: "other" }),
      order("P", null, { merchantOrderNo: "shop-1" }),
      order("Q", null, { merchantOrderNo: "shop-2", state: "FAILED", version: 2, capturedMinor: 0n })
    ],
    history: [
      ...["A", "B", "C", "P"].flatMap(historyOf),
      { payOrderNo: "Q", version: 1, state: "SUBMITTING", cause: "submit", atMillis: placedMillis },
      { payOrderNo: "Q", version: 2, state: "FAILED", cause: "create:rejected", atMillis: placedMillis + 100 }
    ],
    inbox: [
      { number: "A", sha256: "paid-A", dueMillis: null, leaseMillis: null },
      { number: "shop-1", sha256: "paid-P", dueMillis: null, leaseMillis: null }
    ],
    deliveries: [
      ...deliveriesOf("Q", "hook").slice(0, 2),
      ...["A", "B", "P"].flatMap((payOrderNo) => deliveriesOf(payOrderNo, "hook")),
      ...deliveriesOf("C", "other-hook")
    ],
    endpoints: [
      { app: "shop", endpoint: "hook" },
      { app: "other", endpoint: "other-hook" }
    ]
  },
  sink: [
    ...["A", "B", "P"].flatMap((payOrderNo) => receivedOf(payOrderNo, "hook")),
    ...receivedOf("Q", "hook").slice(0, 2),
    ...receivedOf("C", "other-hook")
  ]
}

it("finds nothing wrong where nothing is", () => {
  expect(Checker.check(right)).toEqual({
    violations: [],
    totals: {
      operations: 11,
      proxied: 4,
      unanswered: 2,
      told: 4,
      orders: 5,
      states: { FAILED: 1, SUCCEEDED: 4 },
      vendorRequests: 8,
      vendorPayments: 4,
      paid: 4,
      refunds: 0,
      refundStates: {},
      notificationsTaken: 3,
      webhooks: 14
    }
  })
})

const ledger = (change: Partial<Checker.Ledger>): Sources => ({ ...right, ledger: { ...right.ledger, ...change } })
const dump = (change: Partial<Checker.Dump>): Sources => ({ ...right, dump: { ...right.dump, ...change } })
const client = (...ops: ReadonlyArray<Checker.ClientOp>): Sources => ({ ...right, client: [...right.client, ...ops] })
const told = (change: Partial<Checker.Told>): Sources => ({
  ...right,
  told: [...right.told, ...right.told.slice(0, 1).map((one) => ({ ...one, ...change }))]
})
/** As it is where the clock that histories go by is another than the vendor's and the clients', and a little ahead. */
const ahead = (byMillis: number): Sources => ({
  ...dump({ history: right.dump.history.map((row) => ({ ...row, atMillis: row.atMillis + byMillis })) }),
  clocksApartMillis: 60
})

it("finds nothing wrong where clocks are only as far apart as they may be", () => {
  expect(Checker.check(ahead(60)).violations).toEqual([])
})

const unanswered = { outcome: { type: "info" } } as const
const orderQ = [{ payOrderNo: "Q", state: "FAILED" }]
const orderWith =
  (no: string) =>
  (overrides: Partial<Checker.OrderRow>): Sources =>
    dump({ orders: right.dump.orders.map((one) => (one.payOrderNo === no ? { ...one, ...overrides } : one)) })
const orderA = orderWith("A")
const proxied = orderWith("P")
const paymentA = (overrides: Partial<Checker.VendorPayment>): Sources =>
  ledger({ payments: right.ledger.payments.map((one) => (one.number === "A" ? { ...one, ...overrides } : one)) })
const requests = (...more: ReadonlyArray<Checker.VendorRequest>) =>
  ledger({ requests: [...right.ledger.requests, ...more] })
const notifications = (...more: ReadonlyArray<Checker.VendorNotification>) =>
  ledger({ notifications: [...right.ledger.notifications, ...more] })
const taken: Checker.VendorNotification = {
  number: "B",
  bodySha256: "paid-B",
  isGenuine: true,
  saysPaid: true,
  isTaken: true
}
const historyWithout = (version: number) =>
  dump({ history: right.dump.history.filter((row) => row.payOrderNo !== "A" || row.version !== version) })
const deliveryA = (version: number, overrides: Partial<Checker.DeliveryRow>) =>
  dump({
    deliveries: right.dump.deliveries.map((row) =>
      row.payOrderNo === "A" && row.version === version ? { ...row, ...overrides } : row
    )
  })
const sinkA = (version: number, overrides: Partial<Checker.Received>): Sources => ({
  ...right,
  sink: right.sink.map((got) => (got.payOrderNo === "A" && got.version === version ? { ...got, ...overrides } : got))
})
const again = (overrides: Partial<Checker.Received>): Sources => ({
  ...right,
  sink: [...right.sink, ...right.sink.slice(0, 1).map((got) => ({ ...got, ...overrides }))]
})

const planted: ReadonlyArray<readonly [Checker.Invariant, string, Sources]> = [
  ["I1", "a create of an order that is nowhere", requests({ atMillis: 1, call: "create", number: "Z", bodyHash: "z" })],
  ["I1", "a create before its intent", requests({ atMillis: 999, call: "create", number: "A", bodyHash: "bytes-A" })],
  ["I1", "a close without an intent", requests({ atMillis: 2000, call: "close", number: "A", bodyHash: "" })],
  [
    "I1",
    "a proxied create before its intent",
    requests({ atMillis: 1, call: "create", number: "shop-1", bodyHash: "" })
  ],
  [
    "I2",
    "one number accepted twice",
    requests({ atMillis: 1060, call: "create", number: "shop-1", bodyHash: "bytes-P", isAccepted: true })
  ],
  [
    "I2",
    "other bytes under a caller's own number",
    requests({ atMillis: 1060, call: "create", number: "shop-1", bodyHash: "x" })
  ],
  ["I2", "two orders of one number at the vendor", dump({ orders: [...right.dump.orders, order("shop-1", "d")] })],
  ["I2", "two payments of one number", ledger({ payments: [...right.ledger.payments, payment("A")] })],
  ["I2", "other bytes under one number", requests({ atMillis: 1099, call: "create", number: "A", bodyHash: "x" })],
  ["I2", "two orders of one key", dump({ orders: [...right.dump.orders, order("D", "a")] })],
  ["I2", "one key paid twice under two numbers", client(op("B", "a"))],
  ["I3", "an order that a client was told of and that is not there", client(op("Z", "z"))],
  ["I3", "an order of another amount", client(op("B", "b", { amount: { value: "99.00", currency: "CNY" } }))],
  ["I3", "an order of another currency", orderA({ currency: "JPY" })],
  ["I3", "an order of another app", client(op("B", "b", { app: "other" }))],
  ["I3", "an order of a request that was refused", dump({ orders: [...right.dump.orders, order("D", "refused")] })],
  [
    "I3",
    "an order of a proxied request that was refused",
    dump({ orders: [...right.dump.orders, order("D", null, { merchantOrderNo: "shop-3" })] })
  ],
  ["I3", "an answer that names an order that is not there", client(op("Z", "shop-9", proxiedOp("Z", unanswered)))],
  ["I3", "an answer that names another number's order", client(op("P", "shop-2", proxiedOp("P", unanswered)))],
  [
    "I3",
    "an answer that names another app's order",
    client(op("P", "shop-1", proxiedOp("P", { ...unanswered, app: "other" })))
  ],
  [
    "I3",
    "a vendor's answer that its caller had before the disk",
    client(op("P", "shop-1", { proxied: { payOrderNo: "P", answeredMillis: placedMillis + 50 } }))
  ],
  ["I1", "a call before its intent, farther than the clocks may be apart", ahead(111)],
  ["I3", "an answer before the disk, farther than the clocks may be apart", ahead(111)],
  ["I3", "a number whose order its app was not told of", told({ orders: [] })],
  ["I3", "a number whose order another app was told of", told({ app: "other" })],
  ["I3", "a state that the order never had", told({ orders: [{ payOrderNo: "P", state: "CLOSED" }] })],
  [
    "I3",
    "a caller told paid of an order that knows nothing",
    told({ number: "shop-2", orders: orderQ, saysPaid: true })
  ],
  ["I4", "FAILED and paid", orderA({ state: "FAILED" })],
  ["I4", "CLOSED and paid", orderA({ state: "CLOSED" })],
  ["I4", "a proxied one, CLOSED and paid", proxied({ state: "CLOSED" })],
  ["I5", "paid there, unknown here", orderA({ capturedMinor: 0n })],
  ["I5", "paid here, unknown there", paymentA({ isPaid: false })],
  ["I5", "paid there, unknown here, of a proxied one", proxied({ capturedMinor: 0n })],
  ["I5", "another sum", paymentA({ amountMinor: 1235n })],
  ["I5", "refunded there, unknown here", paymentA({ refundedMinor: 1n })],
  ["I5", "a payment without any order", ledger({ payments: [...right.ledger.payments, payment("Z")] })],
  ["I6", "more refunded than paid", orderA({ refundedMinor: 1235n })],
  ["I6", "more sent back by the vendor than it got", paymentA({ refundedMinor: 1235n })],
  ["I7", "a gap in the history", historyWithout(2)],
  ["I7", "a history that ends before the order", historyWithout(3)],
  ["I7", "an order without a history", dump({ orders: [...right.dump.orders, order("D", "d")] })],
  [
    "I7",
    "a step that the table does not have",
    dump({
      history: right.dump.history.map((row) =>
        row.payOrderNo === "A" && row.version === 2 ? { ...row, state: "REFUNDED" as const } : row
      )
    })
  ],
  ["I7", "a version nobody is told of", dump({ deliveries: right.dump.deliveries.slice(1) })],
  ["I7", "a version told twice", dump({ deliveries: [...right.dump.deliveries, ...deliveriesOf("A", "hook")] })],
  ["I8", "delivered and never got", { ...right, sink: right.sink.slice(1) }],
  ["I8", "delivered and never taken", sinkA(3, { status: 500 })],
  ["I8", "a wrong signature", sinkA(1, { isVerified: false })],
  ["I8", "another body on the repeat", again({ atMillis: 5000, body: "{}" })],
  ["I8", "an event that is nobody's", again({ eventId: "evt_unknown" })],
  ["I8", "an event of another version", sinkA(2, { version: 7 })],
  ["I8", "another app's event", again({ endpoint: "other-hook" })],
  ["I8", "an event before the one before it", sinkA(2, { atMillis: 1000 })],
  ["I9", "taken and not kept", notifications(taken)],
  ["I9", "forged and taken", notifications({ ...taken, isGenuine: false, bodySha256: "forged" })],
  [
    "I9",
    "forged and kept",
    dump({ inbox: [...right.dump.inbox, { number: "B", sha256: "forged-B", dueMillis: null, leaseMillis: null }] })
  ],
  ["I9", "paid by a taken notification and not known", orderA({ capturedMinor: 0n })],
  ["I9", "paid by a taken notification of a proxied one and not known", proxied({ capturedMinor: 0n })],
  ["I10", "an order that is overdue", orderA({ dueMillis: 90_000 })],
  ["I10", "a lease that nobody gave back", orderA({ leaseMillis: 90_000 })],
  ["I10", "an order in doubt", orderA({ isInDoubt: true })],
  ["I10", "an order that is still being closed", orderA({ state: "CLOSING" })],
  ["I10", "a proxied one that is still being closed", proxied({ state: "CLOSING" })],
  ["I10", "an event that still waits", deliveryA(3, { state: "waiting" })],
  ["I10", "a notification that is overdue", dump({ inbox: right.dump.inbox.map((row) => ({ ...row, dueMillis: 1 })) })],
  ["I14", "two orders for one key", client(op("B", "a"))],
  ["I14", "another body answered", client(op("A", "a", { bodyHash: "other" }))],
  ["I14", "created twice", client(op("A", "a"))]
]

describe("finds what was planted", () => {
  it.each(planted)("%s: %s", (invariant, _, sources) => {
    expect(Checker.check(sources).violations.map((violation) => violation.invariant)).toContain(invariant)
  })

  it("of every invariant that it checks", () => {
    expect([...new Set(planted.map(([invariant]) => invariant))]).toEqual([
      "I1",
      "I2",
      "I3",
      "I4",
      "I5",
      "I6",
      "I7",
      "I8",
      "I9",
      "I10",
      "I14"
    ])
  })

  it("but takes an event that waited ten minutes for the one before it", () => {
    const late = deliveryA(1, { state: "waiting", createdMillis: 0 })
    const sink = right.sink
      .filter(({ payOrderNo, version }) => payOrderNo !== "A" || version !== 1)
      .map((got) => (got.payOrderNo === "A" ? { ...got, atMillis: 700_000 } : got))
    const found = Checker.check({ ...late, sink }).violations.map(({ invariant }) => invariant)
    expect(found).not.toContain("I8")
  })
})
