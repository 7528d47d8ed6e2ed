import {
  Evidence,
  Money,
  Payment,
  PaymentCommands,
  PaymentMachine,
  PaymentTable,
  RefundMachine
} from "@payment-proxy/domain"
import { Either } from "effect"
import * as FastCheck from "effect/FastCheck"
import { describe, expect, it } from "vitest"
import { createdAtMillis, deadlineMillis, fresh, inState, late, settings, settlingMillis, states } from "./orders.ts"
import { deadlineMillis as refundDeadlineMillis, inState as refundIn } from "./refundPage.ts"
import { end, type Life, life, live, notifications, schedule, submitted } from "./vendorLives.ts"

const numRuns = 2000
const holds = <Ts extends [unknown, ...Array<unknown>]>(property: FastCheck.IPropertyWithHooks<Ts>) =>
  FastCheck.assert(property, { numRuns })

const sum = (amounts: ReadonlyArray<bigint>): bigint => amounts.reduce((a, b) => a + b, 0n)

/** What a life comes to: the money facts that everybody must end with. */
const money = (life: Life) => {
  const { word, back } = end(life)
  return { captured: word === "paid" ? life.capturedMinor : 0n, refunded: sum(back) }
}
const known = (order: Payment.Payment) => ({ captured: order.captured, refunded: Payment.refunded(order) })

/** What is left with us after the policy gave back money that came late. */
const net = (order: Payment.Payment): bigint =>
  order.state === "LATE_PAID" ? 0n : order.captured - Payment.refunded(order)

const shuffled = <T>(items: ReadonlyArray<T>, keys: ReadonlyArray<number>): ReadonlyArray<T> =>
  items
    .map((item, index) => [keys[index % keys.length] ?? 0, item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)

describe("rule 1: order does not matter", { timeout: 60_000 }, () => {
  it("every permutation and repetition of a life's notifications that includes its last word ends with the same money", () => {
    const keys = FastCheck.array(FastCheck.nat(), { minLength: 16, maxLength: 16 })
    const copies = FastCheck.array(FastCheck.nat(3), { minLength: 16, maxLength: 16 })
    holds(
      FastCheck.property(life, keys, copies, (life, keys, copies) => {
        const said = notifications(life)
        const heard = said.flatMap((evidence, index) => {
          const times = index === said.length - 1 ? 1 + (copies[index] ?? 0) : (copies[index] ?? 0)
          return Array.from({ length: times }, () => evidence)
        })
        const order = shuffled(heard, keys).reduce(
          (payment, evidence, index) =>
            PaymentMachine.absorb(payment, evidence, createdAtMillis + index, settings).order,
          submitted(life)
        )
        expect(order.state).not.toBe("HELD")
        expect(known(order)).toEqual(money(life))
        expect(net(order)).toBe(order.toldDead ? 0n : money(life).captured - money(life).refunded)
      })
    )
  })

  it("a life with notifications, answers that overtake each other, lagging replicas and our own commands ends with the money of its last word, and never HELD", () => {
    const seen = new Set<string>()
    holds(
      FastCheck.property(life, schedule, (life, schedule) => {
        const { order, lived, isDrained } = live(life, schedule)
        expect(isDrained).toBe(true)
        expect(lived.filter(({ after }) => after.state === "HELD")).toEqual([])
        expect(known(order)).toEqual(money(life))
        expect(net(order)).toBe(order.toldDead ? 0n : money(life).captured - money(life).refunded)
        expect(order.contradiction).toBeNull()
        for (const { after } of lived) seen.add(after.state).add(after.contradiction === null ? "calm" : "contradicted")
        if (lived.some(({ evidence, isFresh }) => evidence.asked !== null && !isFresh)) seen.add("overtaken")
      })
    )
    const reached = [...states.filter((state) => state !== "CREATED" && state !== "HELD"), "contradicted", "overtaken"]
    expect([...seen]).toEqual(expect.arrayContaining(reached))
  })

  it("an order that was paid in time is never told dead, whatever went missing and whatever we did in between", () => {
    holds(
      FastCheck.property(life, schedule, (life, schedule) => {
        if (end(life).word === "paid" && !life.isLatePayer) expect(live(life, schedule).order.toldDead).toBe(false)
      })
    )
  })

  it("two schedules of one life that told the app the same end with the same money and the same net", () => {
    holds(
      FastCheck.property(life, schedule, schedule, (life, one, two) => {
        const [a, b] = [live(life, one).order, live(life, two).order]
        expect(known(a)).toEqual(known(b))
        if (a.toldDead === b.toldDead) expect(net(a)).toBe(net(b))
      })
    )
  })
})

describe("rule 2: known stays known", { timeout: 60_000 }, () => {
  it("what was captured, refunded, authorized and seen to arrive never decreases", () => {
    holds(
      FastCheck.property(life, schedule, (life, schedule) => {
        for (const { before, after } of live(life, schedule).lived) {
          expect(after.captured >= before.captured).toBe(true)
          expect(Payment.refunded(after) >= Payment.refunded(before)).toBe(true)
          expect(after.authorized >= before.authorized).toBe(true)
          expect(Number(after.arrived)).toBeGreaterThanOrEqual(Number(before.arrived))
          expect(Number(after.toldDead)).toBeGreaterThanOrEqual(Number(before.toldDead))
          expect(after.transactionNo).toBe(before.transactionNo ?? after.transactionNo)
        }
      })
    )
  })

  it("no late evidence undoes a payment, and only money moves what is settled", () => {
    const settledRank = { SUCCEEDED: 0, LATE_PAID: 0, PARTIALLY_REFUNDED: 1, REFUNDED: 2 } as Record<string, number>
    holds(
      FastCheck.property(life, schedule, (life, schedule) => {
        for (const { before, evidence, after, isFresh } of live(life, schedule).lived) {
          if (!Payment.isSettled(before.state)) continue
          expect(settledRank[after.state]).toBeGreaterThanOrEqual(settledRank[before.state] ?? 0)
          if (!isFresh && evidence.kind !== "refunds") expect(after.state).toBe(before.state)
        }
      })
    )
  })
})

const amountOf = FastCheck.oneof(
  FastCheck.constant(null),
  FastCheck.record({
    amountMinor: FastCheck.bigInt({ min: -2n, max: 3000n }),
    currency: FastCheck.constantFrom("CNY" as const, "USD" as const)
  }).map(({ amountMinor, currency }) => Money.make(amountMinor, currency)),
  FastCheck.constant(Money.make(1234n, "CNY"))
)
const item = FastCheck.record({
  vendorRefundNo: FastCheck.constantFrom("V1", "V2", "V3"),
  ourNo: FastCheck.constantFrom(null, "R1"),
  amountMinor: FastCheck.bigInt({ min: 0n, max: 1500n }),
  state: FastCheck.constantFrom("pending" as const, "succeeded" as const, "failed" as const)
})
const nullOr = <T>(some: FastCheck.Arbitrary<T>) => FastCheck.oneof(FastCheck.constant(null), some)

/** Any words of any vendor, sensible or not, about an order of version 7 or less. */
const anything: FastCheck.Arbitrary<Evidence.Evidence> = FastCheck.record({
  common: FastCheck.record({
    source: FastCheck.constantFrom("create", "query", "close", "operation", "notification", "bill"),
    asked: nullOr(
      FastCheck.record({ version: FastCheck.nat(7), atMillis: FastCheck.integer({ min: 0, max: 2 * deadlineMillis }) })
    ),
    transactionNo: FastCheck.constantFrom(null, "T1", "T2"),
    amount: amountOf,
    foreign: FastCheck.oneof(
      { weight: 9, arbitrary: FastCheck.constant(null) },
      { weight: 1, arbitrary: FastCheck.constant("NUMBER_MISMATCH" as const) }
    )
  }),
  captured: amountOf,
  total: nullOr(FastCheck.bigInt({ min: 0n, max: 2000n })),
  items: FastCheck.array(item, { maxLength: 3 }),
  url: nullOr(FastCheck.constantFrom("https://a.example", "https://b.example")),
  disputed: FastCheck.bigInt({ min: 0n, max: 2000n }),
  disputeState: FastCheck.constantFrom("open" as const, "won" as const, "lost" as const),
  kind: FastCheck.constantFrom(
    "notFound",
    "known",
    "open",
    "approved",
    "authorized",
    "paid",
    "refunds",
    "failed",
    "closed",
    "disputed"
  )
}).map(({ common, kind, captured, total, items, url, disputed, disputeState }) => {
  const source = common.source as Evidence.Evidence["source"]
  const by = { ...common, source }
  switch (kind as Evidence.Kind) {
    case "known":
      return Evidence.make("known", source, { word: "?", ...by })
    case "open":
      return Evidence.make("open", source, { next: url === null ? null : { type: "redirect", url }, ...by })
    case "authorized":
      return Evidence.make("authorized", source, { untilMillis: url === null ? null : 5, ...by })
    case "paid":
      return Evidence.make("paid", source, { captured, paidAtMillis: null, ...by })
    case "refunds":
      return Evidence.make("refunds", source, { captured, total, items, ...by })
    case "failed":
      return Evidence.make("failed", source, { code: "F", detail: "", ...by })
    case "disputed":
      return Evidence.make("disputed", source, { disputeNo: "D1", disputedMinor: disputed, state: disputeState, ...by })
    default:
      return Evidence.make(kind as "closed", source, by)
  }
})

/** An order in any state, with any of the facts that change what evidence does. */
const anyOrder: FastCheck.Arbitrary<Payment.Payment> = FastCheck.record({
  state: FastCheck.constantFrom(...states),
  capture: FastCheck.constantFrom("automatic" as const, "manual" as const),
  toldDead: FastCheck.boolean(),
  transactionNo: FastCheck.constantFrom(null, "T1"),
  column: FastCheck.constantFrom(null, "open", "failed", "refundsLower"),
  sinceMillis: FastCheck.integer({ min: 0, max: deadlineMillis }),
  hasRefund: FastCheck.boolean()
}).map(({ state, column, sinceMillis, hasRefund, ...more }) =>
  inState(state, {
    ...more,
    toldDead: more.toldDead || inState(state).toldDead,
    contradiction: column === null || !Payment.isSettled(state) ? null : { column, sinceMillis },
    ownRefunds: hasRefund ? [{ refundNo: "R1", amountMinor: 100n, state: "open" }] : []
  })
)
const anyTime = FastCheck.integer({ min: 0, max: 2 * deadlineMillis })

describe("rule 3: the same evidence twice is a no-op", { timeout: 60_000 }, () => {
  it("in the course of a life", () => {
    holds(
      FastCheck.property(life, schedule, (life, schedule) => {
        for (const { evidence, after, nowMillis } of live(life, schedule).lived)
          expect(PaymentMachine.absorb(after, evidence, nowMillis + settlingMillis, settings).order).toBe(after)
      })
    )
  })

  it("whatever is said in whatever state", () => {
    holds(
      FastCheck.property(anyOrder, anything, anyTime, (order, evidence, nowMillis) => {
        const once = PaymentMachine.absorb(order, evidence, nowMillis, settings).order
        const twice = PaymentMachine.absorb(once, evidence, nowMillis + settlingMillis, settings)
        expect(twice.order).toBe(once)
        expect(twice.alarms.filter((alarm) => alarm !== "UNKNOWN_STATUS")).toEqual([])
      })
    )
  })
})

describe("rule 4: total", { timeout: 60_000 }, () => {
  it("every state has a cell for every column", () => {
    for (const state of states) expect(Object.keys(PaymentTable.table[state])).toEqual([...PaymentTable.columns])
  })

  it("whatever is said in whatever state is answered with an order that knows what it needs", () => {
    holds(
      FastCheck.property(anyOrder, anything, anyTime, (order, evidence, nowMillis) => {
        const { order: next, alarms } = PaymentMachine.absorb(Object.freeze(order), evidence, nowMillis, settings)
        expect(states).toContain(next.state)
        expect(next.version).toBe(next === order ? order.version : order.version + 1)
        expect(next.captured >= order.captured && Payment.refunded(next) >= Payment.refunded(order)).toBe(true)
        expect(Payment.refundable(next) >= 0n).toBe(true)
        expect(PaymentCommands.legal(next)).toBeInstanceOf(Array)
        if (next.state !== "CREATED") expect(PaymentCommands.need(next, nowMillis, 60_000)).not.toBe("none")
        expect(next.state === "HELD" && order.state !== "HELD").toBe(alarms.some((alarm) => alarm.startsWith("HELD:")))
        expect(next.state === "HELD").toBe(next.heldReason !== null)
      })
    )
  })
})

const refundWords = FastCheck.constantFrom(
  ["pending", "succeeded"],
  ["succeeded"],
  ["pending", "failed"],
  ["failed"],
  ["pending", "abnormal", "succeeded"]
) as FastCheck.Arbitrary<ReadonlyArray<RefundMachine.Column>>
const refundSaid = (kind: RefundMachine.Column, by: Partial<Evidence.RefundEvidence>): Evidence.RefundEvidence => ({
  kind,
  source: "notification",
  asked: null,
  vendorRefundNo: "V1",
  amount: null,
  detail: null,
  ...by
})

describe("the rules for the life of a refund", { timeout: 60_000 }, () => {
  const hints = FastCheck.array(FastCheck.record({ pick: FastCheck.nat(5), isLate: FastCheck.boolean() }), {
    maxLength: 12
  })
  const lived = (
    words: ReadonlyArray<RefundMachine.Column>,
    hints: ReadonlyArray<{ pick: number; isLate: boolean }>
  ) => {
    let refund = refundIn("SUBMITTING")
    let query: Evidence.RefundEvidence | null = null
    let atMillis = refundDeadlineMillis
    const steps: Array<{
      before: RefundMachine.Refund
      evidence: Evidence.RefundEvidence
      after: RefundMachine.Refund
    }> = []
    const absorb = (evidence: Evidence.RefundEvidence) => {
      const before = refund
      refund = RefundMachine.absorb(refund, evidence, atMillis, settings).order
      steps.push({ before, evidence, after: refund })
    }
    for (const { pick, isLate } of hints) {
      const kind = words[pick % words.length] ?? "pending"
      atMillis += 1000
      if (isLate) absorb(refundSaid(kind, {}))
      else {
        if (query !== null) absorb(query)
        const asked = { version: refund.version, atMillis }
        query = refundSaid(pick === 5 ? "notFound" : kind, { source: "query", asked })
      }
    }
    atMillis += settlingMillis
    absorb(refundSaid(words.at(-1) ?? "pending", { source: "query", asked: { version: refund.version, atMillis } }))
    return { refund, steps }
  }

  it("ends as its last word says, whatever was repeated, overtaken or lost", () => {
    holds(
      FastCheck.property(refundWords, hints, (words, hints) => {
        expect(lived(words, hints).refund.state).toBe(words.at(-1)?.toUpperCase())
      })
    )
  })

  it("a success is never undone, and the same evidence twice is a no-op", () => {
    holds(
      FastCheck.property(refundWords, hints, (words, hints) => {
        for (const { before, evidence, after } of lived(words, hints).steps) {
          if (before.state === "SUCCEEDED") expect(after.state).toBe("SUCCEEDED")
          expect(RefundMachine.absorb(after, evidence, refundDeadlineMillis + settlingMillis, settings).order).toBe(
            after
          )
        }
      })
    )
  })
})

describe("the faults of faults.md that the machine alone decides", () => {
  const heard = (order: Payment.Payment, column: PaymentTable.Column, atMillis: number) =>
    PaymentMachine.absorb(order, fresh(order, column, atMillis), atMillis, settings).order

  it("F36: a vendor that says paid, then pending, then failed leaves it paid, and refunded where it was", () => {
    for (const state of ["SUCCEEDED", "PARTIALLY_REFUNDED", "REFUNDED"] as const) {
      const open = heard(inState(state), "open", createdAtMillis)
      const failed = heard(open, "failed", createdAtMillis + 1000)
      expect([failed.state, known(failed)]).toEqual([state, known(inState(state))])
      expect(PaymentMachine.absorb(failed, late("failed"), createdAtMillis + 2000, settings).order).toBe(failed)
    }
  })

  it("F37: a vendor that is dark for a day and then says paid: in doubt until then, then SUCCEEDED", () => {
    const dark = inState("SUBMITTING")
    expect(Payment.inDoubt(dark)).toBe(true)
    expect(PaymentCommands.need(dark, createdAtMillis + 86_400_000, 0)).toBe("expire")
    const expired = { type: "expire", nowMillis: createdAtMillis + 86_400_000, marginMillis: 0 } as const
    const closing = Either.getOrThrow(PaymentCommands.command(dark, expired)).order
    expect(Payment.inDoubt(closing)).toBe(true)
    expect(heard(closing, "paid", createdAtMillis + 86_400_001)).toMatchObject({ state: "SUCCEEDED", toldDead: false })
  })

  it("F38: the payer pays while we close: SUCCEEDED, or CLOSED and then LATE_PAID with its refund due; in both orders", () => {
    const closing = Either.getOrThrow(PaymentCommands.command(inState("PENDING"), { type: "close" })).order
    const paidFirst = PaymentMachine.absorb(closing, late("paid"), createdAtMillis, settings).order
    expect(paidFirst.state).toBe("SUCCEEDED")
    expect(PaymentMachine.absorb(paidFirst, late("closed"), createdAtMillis, settings).order).toBe(paidFirst)
    const closedFirst = heard(closing, "closed", createdAtMillis)
    const latePaid = PaymentMachine.absorb(closedFirst, late("paid"), createdAtMillis, settings).order
    expect([closedFirst.state, latePaid.state]).toEqual(["CLOSED", "LATE_PAID"])
    expect(PaymentCommands.need(latePaid, createdAtMillis, 0)).toBe("refund")
    expect(Payment.refundable(latePaid)).toBe(latePaid.captured)
  })
})
