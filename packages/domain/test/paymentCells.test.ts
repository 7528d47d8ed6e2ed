import { Evidence, Money, Payment, PaymentCommands, PaymentMachine, PaymentTable } from "@payment-proxy/domain"
import { Either } from "effect"
import { describe, expect, it } from "vitest"
import {
  cny,
  createdAtMillis,
  deadlineMillis,
  fresh,
  inState,
  late,
  paid,
  refunds,
  settings,
  settlingMillis,
  states,
  total
} from "./orders.ts"
import { differences, failures, written } from "./paymentPage.ts"

const soon = createdAtMillis + 1000
const absorb = (payment: Payment.Payment, evidence: Evidence.Evidence, nowMillis = soon) =>
  PaymentMachine.absorb(payment, evidence, nowMillis, settings)
const after = (payment: Payment.Payment, evidence: Evidence.Evidence, nowMillis = soon) =>
  absorb(payment, evidence, nowMillis).order
/** Asks at a time and absorbs the answer at the same time. */
const asked = (payment: Payment.Payment, column: PaymentTable.Column, nowMillis = soon) =>
  absorb(payment, fresh(payment, column, nowMillis), nowMillis)

const settled = ["SUCCEEDED", "LATE_PAID", "PARTIALLY_REFUNDED", "REFUNDED"] as const
const contradicting = written.filter(({ text }) => text.includes("‡"))

describe("the evidence table of a payment", () => {
  it("has 12 states and 11 columns, as the page", () => {
    expect(written).toHaveLength(12 * 11)
    expect([...new Set(written.map(({ state }) => state))].sort()).toEqual([...states].sort())
    expect([...new Set(written.map(({ column }) => column))]).toEqual([...PaymentTable.columns])
  })

  it("says in every cell what the page says", () => {
    expect(differences(PaymentTable.table)).toEqual([])
  })

  it.each(written)(
    "walks $state × $column as the page promises: fresh, late, before and past the deadline, told dead",
    (cell) => {
      expect(failures(cell)).toEqual([])
    }
  )

  it("gives each state the code of the page", () => {
    expect(Payment.states).toEqual({
      CREATED: 0,
      SUBMITTING: 10,
      PENDING: 20,
      AUTHORIZED: 21,
      SUCCEEDED: 30,
      PARTIALLY_REFUNDED: 31,
      REFUNDED: 32,
      FAILED: 40,
      CLOSING: 50,
      CLOSED: 51,
      LATE_PAID: 60,
      HELD: 61
    })
  })
})

describe("fresh and late", () => {
  const payment = inState("CLOSING", { version: 9, learntVersion: 8 })
  const answer = (source: Evidence.Evidence["source"], version: number) =>
    Evidence.make("closed", source, { asked: { version, atMillis: soon } })

  it("an answer to a query or close that was sent after we last learnt something is fresh", () => {
    expect(after(payment, answer("query", 8)).state).toBe("CLOSED")
    expect(after(payment, answer("close", 9)).state).toBe("CLOSED")
  })

  it("an answer to a query that was sent before we last learnt something is late", () => {
    expect(absorb(payment, answer("query", 7))).toEqual({ order: payment, urgent: true, owesQuery: true, alarms: [] })
  })

  it.each(["create", "operation", "notification", "bill"] as const)("what comes by %s is late", (source) => {
    expect(absorb(payment, answer(source, 9)).order).toBe(payment)
  })

  it("a command of ours in between makes no answer late", () => {
    const pending = inState("PENDING")
    const query = fresh(pending, "closed", soon)
    const closing = Either.getOrThrow(PaymentCommands.command(pending, { type: "close" })).order
    expect(after(closing, query).state).toBe("CLOSED")
  })
})

describe("what a vendor gives to be kept", () => {
  const given = (payment: Payment.Payment, ...texts: ReadonlyArray<string>) =>
    texts.reduce((known, keep) => after(known, Evidence.make("known", "notification", { word: "odd", keep })), payment)

  it("is there once each, the newest last, and nothing that says less takes it away", () => {
    const kept = given(inState("PENDING"), "capture:1", "capture:2", "capture:1")
    expect(kept.kept).toEqual(["capture:1", "capture:2"])
    expect(after(kept, late("paid")).kept).toEqual(["capture:1", "capture:2"])
  })

  it.each(["", "with a blank", "with\tone", "x".repeat(129)])(
    "is left out where the column could not hold it: %j",
    (text) => {
      expect(given(inState("PENDING"), text).kept).toEqual([])
    }
  )

  it("makes room for the newest where the column is full", () => {
    const [first, second, third] = ["a".repeat(128), "b".repeat(127), "c"]
    expect(given(inState("PENDING"), first, second).kept).toEqual([first, second])
    expect(given(inState("PENDING"), first, second, third).kept).toEqual([second, third])
  })

  it("by someone else's payment is not", () => {
    const foreign = Evidence.make("known", "query", { word: "odd", keep: "theirs", foreign: "MERCHANT_MISMATCH" })
    expect(after(inState("PENDING"), foreign)).toMatchObject({ state: "HELD", kept: [] })
  })
})

describe("the footnotes", () => {
  it("¹ before the deadline SUBMITTING × notFound leaves the stored request to be sent again", () => {
    const step = asked(inState("SUBMITTING"), "notFound", deadlineMillis)
    expect(step).toEqual({ order: inState("SUBMITTING"), urgent: false, alarms: [] })
  })

  it("¹ it is the time of asking, not of the answer's arrival, that must be past the deadline", () => {
    const payment = inState("SUBMITTING")
    expect(after(payment, fresh(payment, "notFound", deadlineMillis), deadlineMillis + 60_000)).toBe(payment)
  })

  it("¹ an order that never arrived fails with a reason of its own", () => {
    const failed = asked(inState("SUBMITTING"), "notFound", deadlineMillis + 1).order
    expect([failed.state, failed.failure?.code, failed.toldDead]).toEqual(["FAILED", "NEVER_ARRIVED", true])
  })

  it("¹ before the deadline CLOSING asks to close again", () => {
    const step = asked(inState("CLOSING"), "open")
    expect([step.order.state, step.urgent]).toEqual(["CLOSING", false])
    expect(PaymentCommands.need(step.order, soon, 0)).toBe("close")
  })

  it("² with automatic capture the operation is committed, for the whole amount, and due at once", () => {
    const step = absorb(inState("PENDING", { capture: "automatic" }), late("authorized"))
    expect(step.order.operation).toEqual({
      no: `${step.order.payOrderNo}C1`,
      kind: "capture",
      amountMinor: total,
      unknownCalls: 0
    })
    expect(step.urgent).toBe(true)
    expect(PaymentCommands.need(step.order, soon, 0)).toBe("operate")
  })

  it("² with manual capture an authorization waits for a command", () => {
    const step = absorb(inState("PENDING", { capture: "manual" }), late("authorized"))
    expect([step.order.state, step.order.operation, step.urgent]).toEqual(["AUTHORIZED", null, false])
  })

  it("² where the payer approved, the call that takes the money is committed", () => {
    const step = absorb(inState("PENDING"), late("approved"))
    expect([step.order.state, step.order.operation?.kind, step.urgent]).toEqual(["PENDING", "complete", true])
  })

  it("² the operation that is open is kept with its number, however often it is called for", () => {
    const once = after(inState("PENDING"), late("approved"))
    expect(after(once, late("approved"))).toBe(once)
    expect(asked(once, "approved").order).toBe(once)
  })

  it.each(["SUBMITTING", "PENDING", "AUTHORIZED", "CLOSING"] as const)(
    "³ %s paid after the app was told dead is LATE_PAID, with an alarm",
    (state) => {
      const step = absorb(inState(state, { toldDead: true }), late("paid"))
      expect([step.order.state, step.alarms]).toEqual(["LATE_PAID", ["LATE_PAID"]])
    }
  )

  it("³ late money that was accepted once is SUCCEEDED", () => {
    expect(after(inState("CLOSING", { toldDead: true, lateAccepted: true }), late("paid")).state).toBe("SUCCEEDED")
  })

  it("⁴ PENDING × notFound is normal before and past the deadline", () => {
    expect(asked(inState("PENDING"), "notFound").order.state).toBe("PENDING")
    expect(asked(inState("PENDING"), "notFound", deadlineMillis + 1)).toMatchObject({
      order: { state: "PENDING" },
      urgent: false
    })
  })

  it("⁵ an authorization found while closing is voided and asked again: at once after late evidence, else on schedule", () => {
    expect(absorb(inState("CLOSING"), late("authorized"))).toMatchObject({
      order: { state: "CLOSING", authorized: total },
      urgent: true
    })
    expect(asked(inState("CLOSING"), "authorized")).toMatchObject({ order: { state: "CLOSING" }, urgent: false })
    expect(PaymentCommands.need(inState("CLOSING"), soon, 0)).toBe("close")
  })

  it("⁶ a dead order that is open there is closed again, before the deadline only; an authorization always", () => {
    for (const state of ["FAILED", "CLOSED"] as const) {
      expect(asked(inState(state), "open", deadlineMillis).order.state).toBe("CLOSING")
      expect(asked(inState(state), "open", deadlineMillis + 1).order.state).toBe(state)
      expect(asked(inState(state), "approved", deadlineMillis + 1).order.state).toBe(state)
      expect(asked(inState(state), "authorized", deadlineMillis + 1).order.state).toBe("CLOSING")
    }
  })

  it.each(settled)("⁷ %s × notFound is noted and clears no contradiction: vendors forget old orders", (state) => {
    const payment = inState(state, { contradiction: { column: "open", sinceMillis: soon } })
    expect(asked(payment, "notFound")).toEqual({ order: payment, urgent: false, alarms: [] })
  })

  it.each(contradicting)(
    "⁸ $state × $column is kept the first time, stays before the settling time and holds after it",
    ({ state, column }) => {
      const first = asked(inState(state), column, soon)
      expect(first.order.contradiction).toEqual({ column, sinceMillis: soon })
      expect([first.order.state, first.urgent, first.alarms]).toEqual([state, false, ["CONTRADICTION"]])
      const early = asked(first.order, column, soon + settlingMillis - 1)
      expect([early.order.state, early.order.contradiction]).toEqual([state, { column, sinceMillis: soon }])
      const held = asked(early.order, column, soon + settlingMillis)
      expect([held.order.state, held.order.heldReason]).toEqual(["HELD", `CONTRADICTED:${column}`])
      expect(held.alarms).toEqual([`HELD:CONTRADICTED:${column}`])
    }
  )

  it.each(contradicting)("⁸ late $column in $state never holds: it makes a query due", ({ state, column }) => {
    const first = asked(inState(state), column, soon).order
    expect(absorb(first, late(column), soon + 2 * settlingMillis)).toEqual({
      order: first,
      urgent: true,
      owesQuery: true,
      alarms: []
    })
  })

  it.each(settled)("⁸ a fresh answer that agrees clears it in %s; a late one does not", (state) => {
    const first = asked(inState(state), "open", soon).order
    const agreeing = state === "REFUNDED" ? "refundedAll" : state === "PARTIALLY_REFUNDED" ? "refundedPart" : "paid"
    expect(after(first, late(agreeing)).contradiction).not.toBeNull()
    expect(asked(first, agreeing).order.contradiction).toBeNull()
  })

  it("⁸ a fresh refund clears it, too, and moves", () => {
    const first = asked(inState("SUCCEEDED"), "open").order
    expect(asked(first, "refundedPart").order).toMatchObject({ state: "PARTIALLY_REFUNDED", contradiction: null })
  })

  it("⁸ another kind starts its own count", () => {
    const first = asked(inState("SUCCEEDED"), "open", soon).order
    const other = asked(first, "failed", soon + settlingMillis).order
    expect([other.state, other.contradiction]).toEqual([
      "SUCCEEDED",
      { column: "failed", sinceMillis: soon + settlingMillis }
    ])
  })

  it("⁸ an answer that was long on its way speaks of the moment it was asked for", () => {
    const first = asked(inState("SUCCEEDED"), "open", soon).order
    const slow = fresh(first, "open", soon + 1)
    expect(after(first, slow, soon + 2 * settlingMillis)).toBe(first)
  })

  it.each(["PARTIALLY_REFUNDED", "REFUNDED"] as const)(
    "⁸ in %s a fresh total lower than known is a contradiction, whatever it leaves",
    (state) => {
      const answer = (payment: Payment.Payment, stated: bigint, atMillis: number) =>
        absorb(
          payment,
          refunds({ total: stated }, { source: "query", asked: { version: payment.version, atMillis } }),
          atMillis
        )
      for (const stated of [0n, 299n]) {
        const first = answer(inState(state), stated, soon).order
        expect([first.state, first.contradiction?.column]).toEqual([state, "refundsLower"])
        expect(answer(first, stated, soon + settlingMillis).order.heldReason).toBe("CONTRADICTED:refundsLower")
        expect(answer(first, total, soon + settlingMillis).order).toMatchObject({
          state: "REFUNDED",
          contradiction: null
        })
      }
    }
  )

  it("⁸ when more went back meanwhile, a lower total counts anew: it contradicted what was known before", () => {
    const lower = (payment: Payment.Payment, stated: bigint, atMillis: number) =>
      absorb(
        payment,
        refunds({ total: stated }, { source: "query", asked: { version: payment.version, atMillis } }),
        atMillis
      ).order
    const first = lower(inState("PARTIALLY_REFUNDED"), 0n, soon)
    const more = after(first, refunds({ total: 900n }), soon + settlingMillis - 1)
    expect(more.contradiction).toBeNull()
    const lagging = lower(more, 300n, soon + settlingMillis)
    expect(lagging).toMatchObject({
      state: "PARTIALLY_REFUNDED",
      contradiction: { sinceMillis: soon + settlingMillis }
    })
    const own = { ...first, ownRefunds: [{ refundNo: "R1", amountMinor: 500n, state: "open" as const }] }
    expect(PaymentMachine.refundDecided(own, "R1", "succeeded").order.contradiction).toBeNull()
  })

  it("⁸ a lower total that is late, or a list without a total, contradicts nothing", () => {
    const payment = inState("PARTIALLY_REFUNDED", { transactionNo: "T1" })
    expect(absorb(payment, refunds({ total: 100n }))).toEqual({ order: payment, urgent: false, alarms: [] })
    const listed = refunds({ items: [] }, { source: "query", asked: { version: 7, atMillis: soon } })
    expect(after(payment, listed)).toBe(payment)
  })

  it.each(settled)("⁹ another payment of an order in %s: HELD, SECOND_PAYMENT", (state) => {
    const payment = inState(state, { transactionNo: "T1" })
    const step = absorb(payment, paid(null, { transactionNo: "T2" }))
    expect([step.order.state, step.order.heldReason, step.alarms]).toEqual([
      "HELD",
      "SECOND_PAYMENT",
      ["HELD:SECOND_PAYMENT"]
    ])
    expect(step.order.secondPayments).toEqual([{ transactionNo: "T2", amountMinor: total }])
    expect(step.order.captured).toBe(total)
    expect(after(step.order, paid(null, { transactionNo: "T2" }))).toBe(step.order)
  })

  it.each(settled)("⁹ captured more than the order in %s: HELD, SECOND_PAYMENT", (state) => {
    const step = absorb(inState(state), paid(cny(2n * total)))
    expect([step.order.state, step.order.heldReason, step.order.captured]).toEqual([
      "HELD",
      "SECOND_PAYMENT",
      2n * total
    ])
  })

  it("⁹ the same payment again, under its own number or none, is no second one", () => {
    const payment = inState("SUCCEEDED", { transactionNo: "T1" })
    expect(after(payment, paid(cny(total), { transactionNo: "T1" }))).toBe(payment)
    expect(after(payment, paid(null))).toBe(payment)
  })
})

describe("beside the table", () => {
  it.each(states)("an unknown word in %s raises an alarm and moves nothing that is established", (state) => {
    const step = asked(inState(state), "known")
    expect(step.alarms).toEqual(state === "HELD" ? [] : ["UNKNOWN_STATUS"])
    expect(step.order.state).toBe(state === "SUBMITTING" ? "PENDING" : state)
  })

  it.each(states)("a dispute in %s is a fact; the state stays", (state) => {
    const once = after(inState(state), late("disputed"))
    expect([once.state, once.disputes]).toEqual([state, [{ disputeNo: "D1", amountMinor: 100n, state: "open" }]])
    expect(after(once, late("disputed"))).toBe(once)
  })

  it("a dispute that was decided stays decided, and one that grows grows", () => {
    const dispute = (state: "open" | "won" | "lost", disputedMinor: bigint) =>
      Evidence.make("disputed", "notification", { disputeNo: "D1", disputedMinor, state })
    const open = after(inState("SUCCEEDED"), dispute("open", 100n))
    const grown = after(open, dispute("open", 200n))
    expect(Payment.refundable(grown)).toBe(total - 200n)
    const won = after(grown, dispute("won", 200n))
    expect(Payment.refundable(won)).toBe(total)
    expect(after(won, dispute("open", 200n))).toBe(won)
  })

  const mismatches = [
    ["AMOUNT_MISMATCH", { amount: cny(total + 1n) }],
    ["CURRENCY_MISMATCH", { amount: Money.make(total, "USD") }],
    ["MERCHANT_MISMATCH", { foreign: "MERCHANT_MISMATCH" }],
    ["NUMBER_MISMATCH", { foreign: "NUMBER_MISMATCH" }]
  ] as const
  const everywhere = states
    .filter((state) => state !== "HELD")
    .flatMap((state) => mismatches.map((m) => [state, ...m] as const))

  it.each(everywhere)(
    "%s is held at once by %s, whatever the vendor says and however late",
    (state, reason, common) => {
      for (const column of PaymentTable.columns)
        for (const evidence of [late(column, common), fresh(inState(state), column, soon, common)]) {
          const step = absorb(inState(state), evidence)
          expect([column, step.order.state, step.order.heldReason]).toEqual([column, "HELD", reason])
          expect([step.alarms, step.urgent]).toEqual([[`HELD:${reason}`], false])
        }
    }
  )

  it("evidence about someone else's payment leaves no fact behind", () => {
    const held = after(inState("PENDING"), paid(cny(total), { foreign: "MERCHANT_MISMATCH", transactionNo: "T9" }))
    expect([held.captured, held.transactionNo]).toEqual([0n, null])
  })

  it("money that does not fit is recorded as the vendor states it, for the person who decides", () => {
    expect(after(inState("PENDING"), paid(cny(999n))).captured).toBe(999n)
    expect(after(inState("PENDING"), paid(null, { amount: cny(999n) })).captured).toBe(999n)
    expect(after(inState("PENDING"), paid(null, { amount: Money.make(total, "USD") })).captured).toBe(0n)
    expect(after(inState("PENDING"), paid(Money.make(total, "USD")))).toMatchObject({
      heldReason: "CURRENCY_MISMATCH",
      captured: 0n
    })
  })

  it("`paid` is compared with what we captured, where we captured less than the order", () => {
    const payment = inState("AUTHORIZED", { captureAsked: 1000n })
    expect(after(payment, paid(cny(1000n)))).toMatchObject({ state: "SUCCEEDED", captured: 1000n })
    expect(after(payment, paid(null, { amount: cny(total) }))).toMatchObject({ state: "SUCCEEDED", captured: 1000n })
    expect(after(payment, paid(cny(total)))).toMatchObject({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
    const whole = after(after(payment, paid(cny(1000n))), refunds({ total: 1000n }))
    expect(whole.state).toBe("REFUNDED")
  })

  it("evidence of money for an order that was never sent holds it", () => {
    expect(after(inState("CREATED"), late("paid"))).toMatchObject({
      state: "HELD",
      heldReason: "NEVER_SENT",
      captured: total
    })
  })

  it("HELD records facts and moves nothing", () => {
    const held = after(after(inState("HELD"), late("paid")), late("refundedPart"))
    expect([held.state, held.captured, Payment.refunded(held)]).toEqual(["HELD", total, 400n])
    expect(after(held, late("refundedAll")).state).toBe("HELD")
  })

  it("the sum of refunds rises where the state stays, and all of it is REFUNDED", () => {
    for (const state of ["LATE_PAID", "PARTIALLY_REFUNDED"] as const) {
      const more = after(inState(state), refunds({ total: 900n }))
      expect([more.state, Payment.refunded(more)]).toEqual([state, 900n])
      expect(after(more, refunds({ total })).state).toBe("REFUNDED")
    }
  })

  it("two lists that together come to all are REFUNDED, whichever came first", () => {
    const item = (vendorRefundNo: string, amountMinor: bigint) =>
      refunds({ items: [{ vendorRefundNo, ourNo: null, amountMinor, state: "succeeded" as const }] })
    const lists = [item("V1", 234n), item("V2", 1000n)]
    for (const order of [lists, lists.toReversed()])
      expect(order.reduce((payment, evidence) => after(payment, evidence), inState("SUCCEEDED")).state).toBe("REFUNDED")
  })

  it("a list of pending refunds is a payment that is paid", () => {
    const pending = refunds({ items: [{ vendorRefundNo: "V1", ourNo: null, amountMinor: total, state: "pending" }] })
    expect(after(inState("PENDING"), pending).state).toBe("SUCCEEDED")
  })

  it("a paid order forgets its open operation, and keeps the vendor's number and time of the payment", () => {
    const operating = after(inState("PENDING"), late("approved"))
    const evidence = Evidence.make("paid", "query", { captured: cny(total), paidAtMillis: 5, transactionNo: "T1" })
    expect(after(operating, evidence)).toMatchObject({ operation: null, transactionNo: "T1", paidAtMillis: 5 })
  })

  it("every change rises by one version, and only evidence counts as learnt", () => {
    const payment = inState("PENDING", { version: 9, learntVersion: 2 })
    expect(after(payment, late("paid"))).toMatchObject({ version: 10, learntVersion: 10 })
    expect(PaymentMachine.sending(payment, "create")).toMatchObject({ version: 10, learntVersion: 2 })
  })
})
