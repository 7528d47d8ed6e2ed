import { type Evidence, Money, RefundMachine } from "@payment-proxy/domain"
import { Either, FastCheck } from "effect"
import { describe, expect, it } from "vitest"
import { createdAtMillis, settings, settlingMillis } from "./orders.ts"
import { deadlineMillis, differences, failures, fresh, inState, late, written } from "./refundPage.ts"

type Refund = RefundMachine.Refund
const soon = deadlineMillis - 1000
const states = Object.keys(RefundMachine.states) as ReadonlyArray<RefundMachine.State>
const absorb = (refund: Refund, evidence: Evidence.RefundEvidence, nowMillis = soon) =>
  RefundMachine.absorb(refund, evidence, nowMillis, settings)
const asked = (refund: Refund, kind: RefundMachine.Column, nowMillis = soon) =>
  absorb(refund, fresh(refund, kind, nowMillis), nowMillis)
const contradicting = written.filter(({ text }) => text.includes("‡"))

describe("the evidence table of a refund", () => {
  it("has 6 states and 5 columns, and the codes of the page", () => {
    expect(written).toHaveLength(6 * 5)
    expect([...new Set(written.map(({ column }) => column))]).toEqual([...RefundMachine.columns])
    expect(RefundMachine.states).toEqual({
      CREATED: 0,
      SUBMITTING: 10,
      PENDING: 20,
      SUCCEEDED: 30,
      FAILED: 40,
      HELD: 61
    })
  })

  it("says in every cell what the page says", () => {
    expect(differences(RefundMachine.table)).toEqual([])
  })

  it.each(written)(
    "walks $state × $column as the page promises: fresh, late, before and past the settling time",
    (cell) => {
      expect(failures(cell)).toEqual([])
    }
  )

  it.each(contradicting)(
    "⁸ $state × $column is kept, stays before the settling time and holds after it",
    ({ state, column }) => {
      const first = asked(inState(state), column, soon).order
      expect(first).toMatchObject({ state, contradiction: { column, sinceMillis: soon } })
      expect(asked(first, column, soon + settlingMillis - 1).order).toBe(first)
      const held = asked(first, column, soon + settlingMillis)
      expect(held.order).toMatchObject({ state: "HELD", heldReason: `CONTRADICTED:${column}` })
      expect(held.alarms).toEqual([`HELD:CONTRADICTED:${column}`])
      expect(absorb(first, fresh(first, column, soon + 1), soon + 2 * settlingMillis).order).toBe(first)
    }
  )

  it("⁸ a fresh answer that agrees clears it; a late one, or one that says less, does not", () => {
    const first = asked(inState("SUCCEEDED"), "failed").order
    expect(absorb(first, late("succeeded")).order).toBe(first)
    expect(asked(first, "pending").order).toBe(first)
    expect(asked(first, "notFound").order).toBe(first)
    expect(asked(first, "succeeded").order.contradiction).toBeNull()
    expect(asked(first, "abnormal").order.contradiction?.column).toBe("abnormal")
  })

  it("⁸ late contradictions never hold: they make a query due", () => {
    const first = asked(inState("SUCCEEDED"), "failed").order
    expect(absorb(first, late("failed"), soon + 2 * settlingMillis)).toMatchObject({ urgent: true, order: first })
  })

  it("a success after FAILED is held, with an alarm", () => {
    const step = absorb(inState("FAILED"), late("succeeded"))
    expect(step.order).toMatchObject({ state: "HELD", heldReason: "SUCCEEDED_AFTER_FAILED" })
    expect(step.alarms).toEqual(["HELD:SUCCEEDED_AFTER_FAILED"])
  })

  it("HELD ends by what the vendor says: succeeded, or failed by fresh evidence", () => {
    expect(absorb(inState("HELD"), late("succeeded")).order).toMatchObject({ state: "SUCCEEDED", heldReason: null })
    expect(asked(inState("HELD"), "failed").order).toMatchObject({ state: "FAILED", heldReason: null })
  })

  it.each(["SUCCEEDED_AFTER_FAILED", "NEVER_SENT"])(
    "the success that it is held for (%s) does not end the hold when it is repeated: a person decides",
    (heldReason) => {
      const held = inState("HELD", { heldReason })
      expect(absorb(held, late("succeeded")).order).toBe(held)
      expect(asked(held, "succeeded").order).toBe(held)
    }
  )

  it("a refund that fails keeps what the vendor said", () => {
    const failed = absorb(inState("PENDING"), fresh(inState("PENDING"), "failed", soon, { detail: "card gone" }))
    expect(failed.order.failure).toEqual({ code: "REFUND_FAILED", detail: "card gone" })
  })

  it.each([
    ["CREATED", "NEVER_SENT"],
    ["SUBMITTING", "VENDOR_ABNORMAL"],
    ["PENDING", "VENDOR_ABNORMAL"]
  ] as const)("%s × abnormal is held because of %s", (state, reason) => {
    expect(absorb(inState(state), late("abnormal"))).toMatchObject({
      order: { heldReason: reason },
      alarms: [`HELD:${reason}`]
    })
  })

  it.each(states.filter((state) => state !== "HELD"))(
    "another amount or currency holds %s at once, however late",
    (state) => {
      for (const kind of RefundMachine.columns)
        for (const amount of [Money.make(501n, "CNY"), Money.make(500n, "USD")]) {
          const step = absorb(inState(state), late(kind, { amount }))
          expect(step).toMatchObject({
            order: { state: "HELD", heldReason: "AMOUNT_MISMATCH" },
            alarms: ["HELD:AMOUNT_MISMATCH"]
          })
        }
    }
  )

  it("the same evidence twice is a no-op in every cell", () => {
    for (const { state, column } of written)
      for (const evidence of [late(column, { vendorRefundNo: "V1" }), fresh(inState(state), column, soon)]) {
        const once = absorb(inState(state), evidence).order
        expect(absorb(once, evidence).order).toBe(once)
      }
  })

  it("evidence counts as learnt, and the vendor's number is kept", () => {
    const pending = absorb(inState("SUBMITTING"), late("pending", { vendorRefundNo: "V1" })).order
    expect(pending).toMatchObject({ version: 8, learntVersion: 8, vendorRefundNo: "V1" })
    expect(absorb(pending, late("pending", { vendorRefundNo: "V2" })).order).toBe(pending)
  })
})

describe("the calls and commands of a refund", () => {
  const answers = {
    reject: { _tag: "Rejected", code: "NO_BALANCE", detail: "" },
    throttle: { _tag: "Throttled", retryAfterMillis: null, detail: "" },
    unreachable: { _tag: "Unreachable", detail: "" },
    drop: { _tag: "InDoubt", detail: "" }
  } as const satisfies Record<string, Evidence.Answer>
  const command = (refund: Refund, wanted: RefundMachine.Command) => RefundMachine.command(refund, wanted)
  const submitted = Either.getOrThrow(command(inState("CREATED"), { type: "submit" })).order
  const called = (...words: ReadonlyArray<keyof typeof answers>): Refund =>
    words.reduce(
      (refund, word, index) =>
        RefundMachine.answered(index === 0 ? refund : RefundMachine.sending(refund, deadlineMillis), answers[word])
          .order,
      submitted
    )

  it.each([
    [["reject"], "FAILED"],
    [["drop"], "SUBMITTING"],
    [["throttle"], "SUBMITTING"],
    [["throttle", "unreachable", "reject"], "FAILED"],
    [["drop", "reject"], "SUBMITTING"],
    [["drop", "reject", "reject"], "SUBMITTING"]
  ] as const)("%j leaves %s", (words, state) => {
    expect(called(...words).state).toBe(state)
  })

  it("a rejection that ends nothing makes a query due, one that ends keeps its reason", () => {
    const two = RefundMachine.sending(submitted, deadlineMillis)
    expect(RefundMachine.answered(two, answers.reject)).toMatchObject({
      urgent: true,
      order: { state: "SUBMITTING", unknownCalls: 1 }
    })
    expect(called("reject").failure).toEqual({ code: "NO_BALANCE", detail: "" })
    expect(RefundMachine.answered(inState("PENDING"), answers.reject).order.state).toBe("PENDING")
  })

  const doubted = called("drop", "reject")
  const settled = deadlineMillis + settlingMillis

  it("refused while an earlier call is in doubt, it is not sent again; not to be found past the settling time, it has FAILED, for the reason of the refusal", () => {
    expect(doubted).toMatchObject({ state: "SUBMITTING", unknownCalls: 1, failure: { code: "NO_BALANCE" } })
    expect(asked(doubted, "notFound", settled)).toMatchObject({ order: { state: "SUBMITTING" }, resend: false })
    expect(absorb(doubted, late("notFound"), settled + 1)).toMatchObject({ order: doubted, resend: false })
    expect(asked(doubted, "notFound", settled + 1)).toMatchObject({
      order: { state: "FAILED", failure: { code: "NO_BALANCE" } },
      resend: false
    })
  })

  it("each call moves the deadline, so that a refund fails only once the last of them is over", () => {
    const later = RefundMachine.sending(doubted, deadlineMillis + 60_000)
    expect(later.deadlineMillis).toBe(deadlineMillis + 60_000)
    expect(RefundMachine.sending(later, deadlineMillis).deadlineMillis).toBe(deadlineMillis + 60_000)
    expect(asked(later, "notFound", settled + 60_000).order.state).toBe("SUBMITTING")
    expect(asked(later, "notFound", settled + 60_001).order.state).toBe("FAILED")
  })

  it("one that the vendor was seen to have, then refuses and does not know, is left to a person", () => {
    const lost = RefundMachine.answered(RefundMachine.sending(inState("PENDING"), deadlineMillis), answers.reject).order
    expect(lost).toMatchObject({ state: "PENDING", failure: { code: "NO_BALANCE" } })
    const step = asked(lost, "notFound", settled + 1)
    expect(step).toMatchObject({ order: { state: "HELD", heldReason: "REFUSED" }, alarms: ["HELD:REFUSED"] })
  })

  it.each(["pending", "succeeded"] as const)("a refusal is forgotten when the vendor has it after all: %s", (kind) => {
    expect(asked(doubted, kind, soon).order).toMatchObject({ state: kind.toUpperCase(), failure: null })
  })

  it("is never FAILED while a call of it may still arrive, whatever is refused and asked meanwhile", () => {
    const word = FastCheck.record({
      isSent: FastCheck.boolean(),
      outcome: FastCheck.constantFrom<keyof typeof answers>("reject", "throttle", "unreachable", "drop"),
      waitMillis: FastCheck.integer({ min: 1, max: 2 * settlingMillis }),
      arrivesMillis: FastCheck.option(FastCheck.integer({ min: 0, max: 10_000 + settlingMillis }))
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(word, { minLength: 1, maxLength: 15 }), (words) => {
        let atMillis = createdAtMillis
        let refund: Refund = { ...submitted, deadlineMillis: atMillis + 10_000 }
        let seenFrom = Number.POSITIVE_INFINITY
        words.forEach(({ isSent, outcome, waitMillis, arrivesMillis }, index) => {
          const isCall = index === 0 || (isSent && refund.state === "SUBMITTING")
          if (isCall) {
            if (index > 0) refund = RefundMachine.sending(refund, atMillis + 10_000)
            if (outcome === "drop" && arrivesMillis !== null) seenFrom = Math.min(seenFrom, atMillis + arrivesMillis)
            refund = RefundMachine.answered(refund, answers[outcome]).order
          }
          atMillis += waitMillis
          const kind = atMillis >= seenFrom ? "succeeded" : "notFound"
          refund = absorb(refund, fresh(refund, kind, atMillis), atMillis).order
          if (refund.state === "FAILED") expect(seenFrom).toBe(Number.POSITIVE_INFINITY)
        })
      }),
      { numRuns: 2000 }
    )
  })

  it("what is in doubt changes nothing", () => {
    expect(RefundMachine.answered(submitted, answers.drop).order).toBe(submitted)
  })

  it.each(states)("%s allows submit from CREATED and resolve from HELD, and refuses the rest", (state) => {
    const open = state === "CREATED" ? ["submit"] : state === "HELD" ? ["resolve"] : []
    expect(RefundMachine.legal(inState(state))).toEqual(open)
    for (const wanted of [{ type: "submit" }, { type: "resolve", state: "FAILED" }] as const)
      expect(Either.isRight(command(inState(state), wanted))).toBe(open.includes(wanted.type))
    const refused = command(inState(state), { type: state === "CREATED" ? "resolve" : "submit", state: "FAILED" })
    expect(refused).toMatchObject({ left: { _tag: "Refused", code: "NOT_ALLOWED" } })
  })

  it.each(["PENDING", "SUCCEEDED", "FAILED"] as const)("resolve goes on in %s, and asks the vendor now", (state) => {
    expect(command(inState("HELD"), { type: "resolve", state })).toMatchObject({
      right: { urgent: true, order: { state, heldReason: null } }
    })
  })
})
