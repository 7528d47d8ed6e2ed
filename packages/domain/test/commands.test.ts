import { Evidence, OrderNo, Payment, PaymentCommands, PaymentMachine } from "@payment-proxy/domain"
import { Either } from "effect"
import { describe, expect, it } from "vitest"
import {
  cny,
  createdAtMillis,
  deadlineMillis,
  expiresAtMillis,
  fresh,
  inState,
  late,
  paid,
  refunds,
  settings,
  states,
  total
} from "./orders.ts"

type Command = PaymentCommands.Command
const soon = createdAtMillis + 1000

const decided = (payment: Payment.Payment, command: Command) => PaymentCommands.command(payment, command)
const allowed = (payment: Payment.Payment, command: Command) => Either.getOrThrow(decided(payment, command)).order
const code = (payment: Payment.Payment, command: Command) =>
  Either.match(decided(payment, command), { onLeft: (refused) => refused.code, onRight: () => "allowed" })

const expire = (nowMillis: number): Command => ({ type: "expire", nowMillis, marginMillis: 60_000 })
const refund = (refundNo: string, amountMinor: bigint): Command => ({ type: "refund", refundNo, amountMinor })
const resolve = (state: Payment.State, acceptedMinor: bigint | null = null): Command => ({
  type: "resolve",
  state,
  acceptedMinor
})
const commands: { readonly [T in Command["type"]]: Command } = {
  submit: { type: "submit" },
  close: { type: "close" },
  expire: expire(expiresAtMillis),
  capture: { type: "capture", amountMinor: total },
  refund: refund("R1", 100n),
  accept: { type: "accept" },
  resolve: resolve("PENDING")
}
const types = Object.keys(commands) as ReadonlyArray<Command["type"]>

/** Design §5, Commands: where each leads from the states that allow it. */
const page: { readonly [T in Command["type"]]: { readonly [S in Payment.State]?: Payment.State } } = {
  submit: { CREATED: "SUBMITTING" },
  close: { CREATED: "CLOSED", SUBMITTING: "CLOSING", PENDING: "CLOSING", AUTHORIZED: "CLOSING" },
  expire: { CREATED: "CLOSED", SUBMITTING: "CLOSING", PENDING: "CLOSING", AUTHORIZED: "CLOSING" },
  capture: { AUTHORIZED: "AUTHORIZED" },
  refund: { SUCCEEDED: "SUCCEEDED", PARTIALLY_REFUNDED: "PARTIALLY_REFUNDED", LATE_PAID: "LATE_PAID" },
  accept: { LATE_PAID: "SUCCEEDED" },
  resolve: { HELD: "PENDING" }
}
const ready = (state: Payment.State) =>
  inState(state, state === "AUTHORIZED" ? { authorizedUntilMillis: expiresAtMillis } : {})

describe("a command", () => {
  it.each(types.flatMap((type) => states.map((state) => [type, state] as const)))(
    "%s in %s goes where the page says, or is refused with a code",
    (type, state) => {
      const target = page[type][state]
      const step = decided(ready(state), commands[type])
      if (target === undefined) return expect(code(ready(state), commands[type])).toBe("NOT_ALLOWED")
      expect(step).toMatchObject({
        _tag: "Right",
        right: { order: { state: target, version: ready(state).version + 1 }, urgent: true }
      })
    }
  )

  it.each(states)("is legal in %s where it is not refused", (state) => {
    const open = types.filter((type) => page[type][state] !== undefined)
    expect(PaymentCommands.legal(ready(state))).toEqual(open)
  })

  it("is not legal while its guard refuses it", () => {
    const operation = { no: "C1", kind: "capture", amountMinor: total, unknownCalls: 0 } as const
    expect(PaymentCommands.legal(inState("AUTHORIZED", { operation }))).toEqual(["close", "expire"])
    const disputes = [{ disputeNo: "D1", amountMinor: total, state: "open" as const }]
    expect(PaymentCommands.legal(inState("SUCCEEDED", { disputes }))).toEqual([])
    const late = allowed(inState("LATE_PAID"), refund("R1", 100n))
    expect(PaymentCommands.legal(late)).toEqual(["refund"])
  })

  it("learns nothing: an answer on its way stays as fresh as it was", () => {
    expect(allowed(inState("PENDING"), commands.close).learntVersion).toBe(inState("PENDING").learntVersion)
  })

  it("submit counts the create that is about to go out", () => {
    expect(allowed(inState("CREATED"), commands.submit).unknownCalls).toBe(1)
  })

  it("close of an order that was never sent tells the app that it is dead", () => {
    expect(allowed(inState("CREATED"), commands.close)).toMatchObject({ state: "CLOSED", toldDead: true })
    expect(allowed(inState("PENDING"), commands.close).toldDead).toBe(false)
  })

  it.each(["CREATED", "SUBMITTING", "PENDING"] as const)("expire waits in %s for the order's expiry", (state) => {
    expect(code(inState(state), expire(expiresAtMillis - 1))).toBe("NOT_EXPIRED")
    expect(code(inState(state), expire(expiresAtMillis))).toBe("allowed")
  })

  it("expire releases an authorization a margin before its own end", () => {
    const until = inState("AUTHORIZED", { authorizedUntilMillis: expiresAtMillis + 600_000 })
    expect(code(until, expire(expiresAtMillis + 539_999))).toBe("NOT_EXPIRED")
    expect(code(until, expire(expiresAtMillis + 540_000))).toBe("allowed")
  })

  it("an authorization without an end is its app's for ever; what we take goes on, and ends with the deadline once it was declined", () => {
    const held = inState("AUTHORIZED")
    const ours = { ...held, capture: "automatic" as const }
    const operation = { no: "C1", kind: "capture", amountMinor: total, unknownCalls: 0 } as const
    const declined = { ...ours, operationCount: 1 }
    expect(code({ ...held, capture: "manual" }, expire(deadlineMillis * 2))).toBe("NOT_EXPIRED")
    expect(code(ours, expire(deadlineMillis * 2)), "a person named this state: nothing was tried").toBe("NOT_EXPIRED")
    expect(PaymentCommands.need(ours, deadlineMillis * 2, 60_000)).toBe("query")
    expect(PaymentCommands.need({ ...declined, operation }, deadlineMillis * 2, 60_000)).toBe("operate")
    expect(code(declined, expire(deadlineMillis - 1))).toBe("NOT_EXPIRED")
    expect(code(declined, expire(deadlineMillis))).toBe("allowed")
    expect(PaymentCommands.need(declined, deadlineMillis, 60_000)).toBe("expire")
  })

  it("accept waits for open refunds, keeps what went back and is remembered", () => {
    const open = allowed(inState("LATE_PAID"), refund("R1", 100n))
    expect(code(open, commands.accept)).toBe("REFUND_OPEN")
    const failed = PaymentMachine.refundDecided(open, "R1", "failed").order
    expect(allowed(failed, commands.accept)).toMatchObject({ state: "SUCCEEDED", lateAccepted: true, toldDead: true })
    const back = PaymentMachine.refundDecided(open, "R1", "succeeded").order
    expect(allowed(back, commands.accept)).toMatchObject({ state: "PARTIALLY_REFUNDED", lateAccepted: true })
  })
})

describe("capture and the operations", () => {
  it("an open operation goes on past the expiry to the deadline, or to the end of what is held, and then the order is closed", () => {
    const operation = { no: "C1", kind: "complete", amountMinor: total, unknownCalls: 1 } as const
    const pending = inState("PENDING", { operation })
    expect(PaymentCommands.need(pending, deadlineMillis - 1, 60_000)).toBe("operate")
    expect(PaymentCommands.need(pending, deadlineMillis, 60_000)).toBe("expire")
    const held = inState("AUTHORIZED", { operation, authorizedUntilMillis: expiresAtMillis })
    expect(PaymentCommands.need(held, expiresAtMillis - 1, 60_000)).toBe("operate")
    expect(PaymentCommands.need(held, expiresAtMillis, 60_000)).toBe("expire")
    expect(PaymentCommands.need({ ...held, operation: null }, expiresAtMillis - 60_000, 60_000)).toBe("expire")
    expect(PaymentCommands.need({ ...held, authorizedUntilMillis: null }, deadlineMillis * 2, 60_000)).toBe("operate")
  })

  const capture = (amountMinor: bigint): Command => ({ type: "capture", amountMinor })
  const rejected: Evidence.Answer = { _tag: "Rejected", code: "DECLINED", detail: "" }
  const inDoubt: Evidence.Answer = { _tag: "InDoubt", detail: "" }
  const answered = (payment: Payment.Payment, answer: Evidence.Answer) =>
    PaymentMachine.answered(payment, "operation", answer)

  it.each([0n, -1n, total + 1n])("capture of %s is refused", (amountMinor) => {
    expect(code(inState("AUTHORIZED"), capture(amountMinor))).toBe("AMOUNT_INVALID")
  })

  it("capture of a part commits an operation of that amount, and that is what `paid` must come to", () => {
    const operating = allowed(inState("AUTHORIZED"), capture(1000n))
    expect(operating.operation).toMatchObject({ no: `${operating.payOrderNo}C1`, kind: "capture", amountMinor: 1000n })
    expect(Payment.expectedCapture(operating)).toBe(1000n)
  })

  it("one operation is open at a time", () => {
    expect(code(allowed(inState("AUTHORIZED"), capture(1000n)), capture(1000n))).toBe("OPERATION_OPEN")
  })

  it("the number stays the same through all repeats; a new one only after a definite decline", () => {
    const first = allowed(inState("AUTHORIZED"), capture(total))
    const sent = PaymentMachine.sending(first, "operation")
    const unknown = answered(sent, inDoubt).order
    expect(unknown).toBe(sent)
    const again = PaymentMachine.sending(unknown, "operation")
    expect(again.operation).toMatchObject({ no: first.operation?.no, unknownCalls: 2 })
    const undecided = answered(again, rejected)
    expect(undecided).toMatchObject({
      urgent: false,
      alarms: [],
      order: { operation: { no: first.operation?.no, unknownCalls: 1 } }
    })
    const declined = answered(undecided.order, rejected)
    expect(declined).toMatchObject({ urgent: false, alarms: ["OPERATION_DECLINED"], order: { operation: null } })
    expect(allowed(declined.order, capture(total)).operation?.no).toBe(`${first.payOrderNo}C2`)
  })

  it.each([
    { _tag: "Throttled", retryAfterMillis: 1000, detail: "" },
    { _tag: "Unreachable", detail: "" }
  ] as const)("$_tag: that call did not arrive; the operation stays open under its number", (answer) => {
    const sent = PaymentMachine.sending(allowed(inState("AUTHORIZED"), capture(total)), "operation")
    expect(answered(sent, answer)).toMatchObject({
      urgent: false,
      order: { operation: { no: sent.operation?.no, unknownCalls: 0 } }
    })
  })

  it("an answer or a call where no operation is open changes nothing", () => {
    const payment = inState("SUCCEEDED")
    expect(answered(payment, rejected).order).toBe(payment)
    expect(PaymentMachine.sending(payment, "operation")).toBe(payment)
  })

  it("an order whose operation may have arrived is in doubt until it is dead or paid", () => {
    const sent = PaymentMachine.sending(allowed(inState("AUTHORIZED"), capture(total)), "operation")
    expect(Payment.inDoubt(sent)).toBe(true)
    const query = fresh(sent, "closed", soon)
    expect(Payment.inDoubt(PaymentMachine.absorb(sent, query, soon, settings).order)).toBe(false)
    expect(Payment.inDoubt(PaymentMachine.absorb(sent, late("paid"), soon, settings).order)).toBe(false)
  })
})

describe("the answers to the calls of a create", () => {
  const answers = {
    reject: { _tag: "Rejected", code: "BAD_AMOUNT", detail: "too odd" },
    throttle: { _tag: "Throttled", retryAfterMillis: null, detail: "" },
    unreachable: { _tag: "Unreachable", detail: "" },
    drop: { _tag: "InDoubt", detail: "" }
  } as const satisfies Record<string, Evidence.Answer>
  type Word = keyof typeof answers

  /** Calls one after another, as the worker sends them: the next goes out when the one before was answered. */
  const called = (from: Payment.Payment, ...words: ReadonlyArray<Word>): Payment.Payment =>
    words.reduce((payment, word, index) => {
      const sent = index === 0 ? payment : PaymentMachine.sending(payment, "create")
      return PaymentMachine.answered(sent, "create", answers[word]).order
    }, from)
  const submitted = allowed(inState("CREATED"), commands.submit)

  it.each([
    [["reject"], "FAILED"],
    [["drop"], "SUBMITTING"],
    [["throttle"], "SUBMITTING"],
    [["unreachable"], "SUBMITTING"],
    [["throttle", "reject"], "FAILED"],
    [["unreachable", "unreachable", "throttle", "reject"], "FAILED"],
    [["drop", "reject"], "SUBMITTING"],
    [["drop", "reject", "reject", "reject"], "SUBMITTING"],
    [["throttle", "drop", "throttle", "reject"], "SUBMITTING"]
  ] as const)("%j leaves %s", (words, state) => {
    expect(called(submitted, ...words).state).toBe(state)
  })

  it("two in the air, the reject answered first, then the drop: undecided, as either may have arrived", () => {
    const two = PaymentMachine.sending(submitted, "create")
    const rejected = PaymentMachine.answered(two, "create", answers.reject)
    expect([rejected.order.state, rejected.urgent], "asked on the schedule").toEqual(["SUBMITTING", false])
    const dropped = PaymentMachine.answered(rejected.order, "create", answers.drop).order
    expect([dropped.state, Payment.inDoubt(dropped)]).toEqual(["SUBMITTING", true])
  })

  it("a rejection keeps its reason and tells the app", () => {
    expect(called(submitted, "reject")).toMatchObject({
      failure: { code: "BAD_AMOUNT", detail: "too odd" },
      toldDead: true
    })
  })

  it("only a query decides what was dropped", () => {
    const doubt = called(submitted, "drop", "reject")
    const failed = PaymentMachine.absorb(
      doubt,
      fresh(doubt, "notFound", deadlineMillis + 1),
      deadlineMillis + 1,
      settings
    )
    expect(failed.order.state).toBe("FAILED")
    expect(PaymentMachine.absorb(doubt, late("paid"), soon, settings).order.state).toBe("SUCCEEDED")
  })

  it("an order that was seen there is not ended by a rejection", () => {
    const arrived = PaymentMachine.absorb(submitted, late("disputed"), soon, settings).order
    expect(called(arrived, "reject").state).toBe("SUBMITTING")
    expect(called(inState("PENDING"), "reject").state).toBe("PENDING")
  })

  it.each(["reject", "throttle", "unreachable"] as const)(
    "closing, with nothing that may have arrived: %s closes",
    (word) => {
      const closing = allowed(submitted, commands.close)
      expect(called(closing, word)).toMatchObject({ state: "CLOSED", toldDead: true })
    }
  )

  it("closing, with something that may have arrived: the vendor is asked, on the schedule", () => {
    const closing = allowed(called(submitted, "drop"), commands.close)
    expect(PaymentMachine.answered(PaymentMachine.sending(closing, "create"), "create", answers.reject)).toMatchObject({
      urgent: false,
      order: { state: "CLOSING" }
    })
  })

  it("what was not accepted is sent again, what may have been is asked for", () => {
    expect(PaymentCommands.need(called(submitted, "throttle"), soon, 0)).toBe("send")
    expect(PaymentCommands.need(called(submitted, "drop"), soon, 0)).toBe("query")
    expect(PaymentCommands.need(called(submitted, "throttle"), expiresAtMillis, 0)).toBe("expire")
  })

  it("evidence that answers a create settles that call; once the order is known to be there, a further call adds nothing", () => {
    const open = Evidence.make("open", "create", { next: { type: "none" } })
    const pending = PaymentMachine.created(submitted, open, soon, settings).order
    expect(pending).toMatchObject({ state: "PENDING", unknownCalls: 0, arrived: true, next: { type: "none" } })
    const resent = PaymentMachine.sending(pending, "create")
    expect(PaymentMachine.created(resent, open, soon, settings).order).toBe(resent)
    for (const word of ["reject", "throttle", "unreachable", "drop"] as const)
      expect(PaymentMachine.answered(resent, "create", answers[word])).toMatchObject({ order: resent, urgent: false })
  })

  it("a paid order needs no `next` any more: the create's late answer changes nothing", () => {
    const paid = PaymentMachine.absorb(submitted, { ...late("paid"), transactionNo: "T-1" }, soon, settings).order
    const open = Evidence.make("open", "create", { next: { type: "none" }, transactionNo: "T-1" })
    expect(PaymentMachine.created(paid, open, soon, settings).order).toBe(paid)
  })

  it("doubt ends with the `next` of a pending order", () => {
    expect(Payment.inDoubt(inState("PENDING"))).toBe(true)
    expect(Payment.inDoubt(inState("PENDING", { next: { type: "none" } }))).toBe(false)
  })
})

describe("the guard of refunds", () => {
  const item = (amountMinor: bigint, ourNo: string | null, state: Evidence.RefundItem["state"] = "succeeded") => ({
    vendorRefundNo: `V${amountMinor}`,
    ourNo,
    amountMinor,
    state
  })
  const own = (amountMinor: bigint, state: Payment.OwnRefund["state"], refundNo = "R1") => ({
    refundNo,
    amountMinor,
    state
  })

  it.each([
    ["nothing went back", {}, total],
    ["ours open", { ownRefunds: [own(200n, "open")] }, 1034n],
    [
      "ours open and listed as succeeded counts once",
      { ownRefunds: [own(200n, "open")], refundItems: [item(200n, "R1")] },
      1034n
    ],
    [
      "ours open and listed as pending stays reserved beside the desk's",
      { ownRefunds: [own(200n, "open")], refundItems: [item(1000n, null), item(200n, "R1", "pending")] },
      34n
    ],
    ["ours succeeded", { ownRefunds: [own(200n, "succeeded")] }, 1034n],
    ["ours failed", { ownRefunds: [own(200n, "failed")] }, total],
    ["the desk's, by its total", { refundTotal: 500n }, 734n],
    ["the desk's, by its items", { refundItems: [item(300n, null), item(200n, null)] }, 734n],
    ["a failed item is none", { refundItems: [item(300n, null, "failed")] }, total],
    ["the desk's and an open one of ours", { refundTotal: 500n, ownRefunds: [own(200n, "open")] }, 534n],
    ["the total includes our succeeded one", { refundTotal: 500n, ownRefunds: [own(200n, "succeeded")] }, 734n],
    ["one of ours open, one succeeded", { ownRefunds: [own(200n, "open"), own(300n, "succeeded", "R2")] }, 734n],
    ["the desk gave back more than is left", { refundTotal: 1200n, ownRefunds: [own(200n, "open")] }, 0n],
    ["a dispute", { disputes: [{ disputeNo: "D1", amountMinor: 1000n, state: "open" }] }, 234n],
    ["a dispute lost", { disputes: [{ disputeNo: "D1", amountMinor: 1000n, state: "lost" }] }, 234n],
    ["a dispute won", { disputes: [{ disputeNo: "D1", amountMinor: 1000n, state: "won" }] }, total]
  ] as const)("%s", (_, facts, left) => {
    const payment = inState("SUCCEEDED", facts)
    expect(Payment.refundable(payment)).toBe(left)
    expect(code(payment, refund("NEW", left + 1n))).toBe(left === 0n ? "NOTHING_REFUNDABLE" : "AMOUNT_INVALID")
    if (left > 0n) expect(Payment.refundable(allowed(payment, refund("NEW", left)))).toBe(0n)
  })

  it.each([0n, -1n])("a refund of %s is refused", (amountMinor) => {
    expect(code(inState("SUCCEEDED"), refund("R1", amountMinor))).toBe("AMOUNT_INVALID")
  })

  it("a refund number is used once", () => {
    expect(code(allowed(inState("SUCCEEDED"), refund("R1", 1n)), refund("R1", 1n))).toBe("REFUND_KNOWN")
  })

  it("refunds at the desk that exceed what is left are an alarm, once, and not HELD", () => {
    const open = allowed(inState("SUCCEEDED"), refund("R1", 1000n))
    const step = PaymentMachine.absorb(open, refunds({ total: 500n }), soon, settings)
    expect([step.order.state, step.alarms]).toEqual(["PARTIALLY_REFUNDED", ["REFUNDS_EXCEED"]])
    expect(PaymentMachine.absorb(step.order, refunds({ total: 501n }), soon, settings).alarms).toEqual([])
    const over = PaymentMachine.absorb(inState("SUCCEEDED"), refunds({ total: total + 1n }), soon, settings)
    expect([over.order.state, over.alarms]).toEqual(["REFUNDED", ["REFUNDS_EXCEED"]])
  })

  it("a decided refund moves its payment: a part, then all, then nothing more", () => {
    const both = allowed(allowed(inState("SUCCEEDED"), refund("R1", 1000n)), refund("R2", 234n))
    const one = PaymentMachine.refundDecided(both, "R1", "succeeded").order
    expect(one).toMatchObject({ state: "PARTIALLY_REFUNDED", version: both.version + 1 })
    expect(PaymentMachine.refundDecided(one, "R1", "succeeded").order).toBe(one)
    expect(PaymentMachine.refundDecided(one, "R1", "failed").order).toBe(one)
    expect(PaymentMachine.refundDecided(one, "R2", "succeeded").order.state).toBe("REFUNDED")
    expect(PaymentMachine.refundDecided(one, "R2", "failed").order.state).toBe("PARTIALLY_REFUNDED")
    expect(PaymentMachine.refundDecided(one, "R9", "succeeded").order).toBe(one)
  })

  it("a refund that failed and is held counts again, as it may have gone back; what went back does not come back", () => {
    const own = (state: Payment.OwnRefund["state"]) => [{ refundNo: "R1", amountMinor: 1000n, state }]
    const failed = inState("SUCCEEDED", { ownRefunds: own("failed") })
    const again = PaymentMachine.refundDecided(failed, "R1", "open").order
    expect(again).toMatchObject({ state: "SUCCEEDED", version: failed.version + 1, ownRefunds: [{ state: "open" }] })
    expect(Payment.refundable(again)).toBe(234n)
    expect(PaymentMachine.refundDecided(again, "R1", "succeeded").order.state).toBe("PARTIALLY_REFUNDED")
    const gone = inState("PARTIALLY_REFUNDED", { ownRefunds: own("succeeded") })
    expect(PaymentMachine.refundDecided(gone, "R1", "open").order).toBe(gone)
    expect(PaymentMachine.refundDecided(again, "R1", "open").order).toBe(again)
  })

  it("there are as many refunds as there are numbers for them, and not one that nobody would find", () => {
    const ownRefunds = Array.from({ length: OrderNo.maxRefunds }, (_, at) => ({
      refundNo: OrderNo.refundNo("P", at + 1),
      amountMinor: 1n,
      state: "failed" as const
    }))
    expect(code(inState("SUCCEEDED", { ownRefunds }), refund("NEW", 1n))).toBe("REFUNDS_TOO_MANY")
    const no = OrderNo.make({ nowMillis: createdAtMillis, shard: 1, random: new Uint8Array(10) })
    expect(OrderNo.paymentOf(OrderNo.refundNo(no, OrderNo.maxRefunds))).toBe(no)
    expect(OrderNo.paymentOf(OrderNo.refundNo(no, OrderNo.maxRefunds + 1))).toBeNull()
    expect(code(inState("SUCCEEDED", { ownRefunds: ownRefunds.slice(1) }), refund("NEW", 1n))).toBe("allowed")
  })

  it("LATE_PAID stays until all of it went back", () => {
    const open = allowed(inState("LATE_PAID"), refund("R1", total))
    expect(PaymentCommands.need(inState("LATE_PAID"), soon, 0)).toBe("refund")
    expect(PaymentCommands.need(open, soon, 0)).toBe("query")
    expect(PaymentMachine.refundDecided(open, "R1", "succeeded").order.state).toBe("REFUNDED")
  })

  it("a pending contradiction stops the policy's refund until it is cleared", () => {
    const doubted = inState("LATE_PAID", { contradiction: { column: "open", sinceMillis: soon } })
    expect(PaymentCommands.need(doubted, soon, 0)).toBe("query")
  })
})

describe("a capture after a person accepted another amount", () => {
  const accepted = inState("AUTHORIZED", { acceptedMinor: 999n })
  it("takes that amount; another one is refused, not taken for it", () => {
    expect(allowed(accepted, { type: "capture", amountMinor: 999n }).operation?.amountMinor).toBe(999n)
    for (const amountMinor of [500n, 1000n, total])
      expect(code(accepted, { type: "capture", amountMinor })).toBe("AMOUNT_INVALID")
  })
})

describe("resolve", () => {
  const absorbed = (payment: Payment.Payment, ...said: ReadonlyArray<Evidence.Evidence>) =>
    said.reduce((order, evidence) => PaymentMachine.absorb(order, evidence, soon, settings).order, payment)
  const held = inState("HELD")

  it("goes on from the state that a person names, and asks the vendor now", () => {
    const step = Either.getOrThrow(decided(held, resolve("PENDING")))
    expect(step).toMatchObject({ urgent: true, owesQuery: true, order: { state: "PENDING", heldReason: null } })
  })

  it.each(["HELD", "CREATED"] as const)("cannot name %s", (state) => {
    expect(code(held, resolve(state))).toBe("STATE_INVALID")
  })

  it.each(["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED", "LATE_PAID"] as const)(
    "cannot name %s where no evidence says that money came",
    (state) => {
      expect(code(held, resolve(state))).toBe("NOTHING_CAPTURED")
    }
  )

  it("applies the facts that were recorded meanwhile", () => {
    expect(allowed(absorbed(held, late("paid")), resolve("PENDING")).state).toBe("SUCCEEDED")
    expect(allowed(absorbed(held, late("refundedPart")), resolve("SUCCEEDED")).state).toBe("PARTIALLY_REFUNDED")
    expect(allowed(absorbed(held, late("refundedAll")), resolve("SUCCEEDED")).state).toBe("REFUNDED")
  })

  it("money for an app that was told dead stays late, unless the person names SUCCEEDED", () => {
    const told = absorbed(inState("HELD", { toldDead: true }), late("paid"))
    expect(allowed(told, resolve("CLOSED")).state).toBe("LATE_PAID")
    expect(allowed(told, resolve("SUCCEEDED"))).toMatchObject({ state: "SUCCEEDED", lateAccepted: true })
  })

  it("naming an end without money tells the app", () => {
    expect(allowed(held, resolve("CLOSED"))).toMatchObject({ state: "CLOSED", toldDead: true })
  })

  it("a deviation has to be accepted, and is the order's amount from then on", () => {
    const deviating = absorbed(inState("PENDING"), paid(cny(999n)))
    expect(deviating).toMatchObject({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
    expect(code(deviating, resolve("SUCCEEDED"))).toBe("DEVIATION_OPEN")
    expect(code(deviating, resolve("SUCCEEDED", 998n))).toBe("DEVIATION_OPEN")
    const accepted = allowed(deviating, resolve("SUCCEEDED", 999n))
    expect(accepted).toMatchObject({ state: "SUCCEEDED", acceptedMinor: 999n })
    expect(absorbed(accepted, paid(cny(999n)))).toBe(accepted)
    expect(Payment.refundable(accepted)).toBe(999n)
  })

  it("money of an amount that was named for the whole order is a deviation, too", () => {
    const deviating = absorbed(inState("PENDING"), paid(null, { amount: cny(999n) }))
    expect(code(deviating, resolve("SUCCEEDED"))).toBe("DEVIATION_OPEN")
  })
})
