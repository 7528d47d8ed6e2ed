import { expect } from "@effect/vitest"
import { Evidence, Money, OrderNo, RefundMachine } from "@payment-proxy/domain"
import { DueWork, Orders, Proposals, StoreUnavailable } from "@payment-proxy/ports"
import { aChange, aPayment, FakeVendors, freshNo } from "@payment-proxy/testkit"
import { Clock, Duration, Effect, Either, Option, TestClock } from "effect"
import * as Operators from "../src/Operators.ts"
import { takeIn } from "../src/TakeIn.ts"
import { causes, it, now, placed, states, worked } from "./harness.ts"

const vendor = FakeVendors.FakeVendor

/** A payment that is held, because the vendor says 12.35 where the order says 12.34. */
const held = Effect.gen(function* () {
  const { pay, script } = yield* vendor
  const { payOrderNo } = yield* placed()
  yield* pay(payOrderNo)
  yield* script("query", "wrongAmount")
  yield* TestClock.adjust(Duration.seconds(5))
  yield* worked
  const payment = yield* now(payOrderNo)
  expect(payment).toMatchObject({ state: "HELD", heldReason: "AMOUNT_MISMATCH" })
  return payment
})

const asPaid = ({ payOrderNo, captured }: { readonly payOrderNo: string; readonly captured: bigint }) => ({
  payOrderNo,
  state: "SUCCEEDED" as const,
  acceptedMinor: captured,
  note: "The bank confirmed 12.35."
})

const as = (name: string) => ({ name, role: "operator" as const })

const failure = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.either(effect), (done) => (Either.isLeft(done) ? done.left : expect.fail("It was not refused.")))

const stateOf = (id: string) =>
  Effect.flatMap(Proposals, ({ byId }) => Effect.map(byId(id), (found) => Option.getOrThrow(found).state))

it.world(
  "two persons let a held order go on: both names and the note are in its history, and the vendor is asked at once",
  () =>
    Effect.gen(function* () {
      const payment = yield* held
      const proposal = yield* Operators.propose(asPaid(payment), as(" alice "))
      expect(yield* states(payment.payOrderNo), "nothing moves yet").toEqual(["SUBMITTING", "PENDING", "HELD"])
      const resolved = yield* Operators.approve(proposal.id, as("bob"), "Seen the statement.")
      expect(resolved.payment?.state).toBe("SUCCEEDED")
      const history = yield* Effect.flatMap(Orders, ({ history }) => history(payment.payOrderNo))
      expect(history.at(-1)).toMatchObject({
        state: "SUCCEEDED",
        cause: "resolve",
        detail: `Proposed by "alice", approved by "bob" (${proposal.id}): "The bank confirmed 12.35." "Seen the statement."`
      })
      expect(yield* stateOf(proposal.id)).toBe("approved")
      const due = yield* Effect.flatMap(DueWork, ({ claim }) => claim("orders", 10, Duration.seconds(1)))
      expect(due.map(({ id }) => id)).toEqual([payment.payOrderNo])
    })
)

it.world("nobody approves his own proposal, however he writes his name", () =>
  Effect.gen(function* () {
    const payment = yield* held
    const { id } = yield* Operators.propose(asPaid(payment), as("Alice B"))
    for (const name of ["Alice B", "alice b", " ALICE B ", "\uff21lice B", "Alice  B", "Alice\u00a0\u3000B"])
      expect(yield* failure(Operators.approve(id, as(name)))).toMatchObject({
        _tag: "SecondPersonNeeded",
        proposedBy: "Alice B"
      })
    expect((yield* now(payment.payOrderNo)).state).toBe("HELD")
    expect(yield* stateOf(id)).toBe("open")
  })
)

it.world("names and notes that are empty, long or hide something are refused by their place, and nothing is kept", () =>
  Effect.gen(function* () {
    const payment = yield* held
    const wanted = asPaid(payment)
    for (const name of ["", "  ", "x".repeat(65), "ali\u0000ce", "ali\u200bce", "alice\nbob"])
      expect(yield* failure(Operators.propose(wanted, as(name)))).toMatchObject({
        _tag: "OperatorInvalid",
        field: "operator"
      })
    for (const note of ["", "x".repeat(501), "a\r\nb", "\u202eabc"])
      expect(yield* failure(Operators.propose({ ...wanted, note }, as("alice")))).toMatchObject({
        _tag: "OperatorInvalid",
        field: "note"
      })
    for (const acceptedMinor of [0n, -1n])
      expect(yield* failure(Operators.propose({ ...wanted, acceptedMinor }, as("alice")))).toMatchObject({
        _tag: "OperatorInvalid",
        field: "acceptedMinor"
      })
    expect(yield* Effect.flatMap(Proposals, ({ ofSubject }) => ofSubject(payment.payOrderNo))).toEqual([])
  })
)

it.world(
  "what the machine would refuse cannot be proposed: another order, another amount, a state that nobody can go on from",
  () =>
    Effect.gen(function* () {
      const payment = yield* held
      const wanted = asPaid(payment)
      const refusal = (change: Partial<Operators.Wanted>) =>
        Effect.map(failure(Operators.propose({ ...wanted, ...change }, as("alice"))), (error) =>
          "code" in error ? error.code : error._tag
        )
      expect(yield* refusal({ acceptedMinor: null })).toBe("DEVIATION_OPEN")
      expect(yield* refusal({ state: "HELD" })).toBe("STATE_INVALID")
      expect(yield* refusal({ payOrderNo: (yield* placed({ idempotencyKey: "key-2" })).payOrderNo })).toBe(
        "NOT_ALLOWED"
      )
      expect(yield* refusal({ payOrderNo: freshNo() })).toBe("OrderNotFound")
      expect(yield* refusal({ payOrderNo: OrderNo.refundNo(payment.payOrderNo, 7) })).toBe("OrderNotFound")
    })
)

it.world("of two approvers at the same moment one does it, and the order moves once", () =>
  Effect.gen(function* () {
    const payment = yield* held
    const { id } = yield* Operators.propose(asPaid(payment), as("alice"))
    const names = Array.from({ length: 10 }, (_, at) => `operator-${at}`)
    const all = yield* Effect.forEach(names, (name) => Effect.either(Operators.approve(id, as(name))), {
      concurrency: "unbounded"
    })
    expect(all.filter(Either.isRight).length).toBe(1)
    expect(all.flatMap((one) => (Either.isLeft(one) ? [one.left._tag] : []))).toEqual(Array(9).fill("ProposalEnded"))
    expect((yield* causes(payment.payOrderNo)).filter((cause) => cause === "resolve").length).toBe(1)
  })
)

it.world("of an approval and a rejection at the same moment one holds, and the order agrees with it", () =>
  Effect.gen(function* () {
    const payment = yield* held
    const { id } = yield* Operators.propose(asPaid(payment), as("alice"))
    const [approved, rejected] = yield* Effect.all(
      [Effect.either(Operators.approve(id, as("bob"))), Effect.either(Operators.reject(id, as("carol")))],
      { concurrency: "unbounded" }
    )
    expect(Either.isRight(approved)).not.toBe(Either.isRight(rejected))
    expect((yield* now(payment.payOrderNo)).state).toBe(Either.isRight(approved) ? "SUCCEEDED" : "HELD")
  })
)

it.world(
  "evidence that came between the proposal and its approval counts: the order goes on with all that is known by then",
  () =>
    Effect.gen(function* () {
      const payment = yield* held
      const { id } = yield* Operators.propose(asPaid(payment), as("alice"))
      const all = Evidence.make("refunds", "notification", { captured: null, total: payment.captured, items: [] })
      yield* takeIn(payment.payOrderNo, all)
      expect((yield* now(payment.payOrderNo)).version).toBeGreaterThan(payment.version)
      const { payment: after } = yield* Operators.approve(id, as("bob"))
      expect(after?.state).toBe("REFUNDED")
    })
)

it.world("a proposal that no longer fits what is known is refused, and stays open to be rejected", () =>
  Effect.gen(function* () {
    const { script } = yield* vendor
    const payment = yield* held
    const wanted = { ...asPaid(payment), acceptedMinor: payment.captured }
    const { id } = yield* Operators.propose(wanted, as("alice"))
    yield* Effect.flatMap(Orders, (orders) => {
      const more = { ...payment, captured: payment.captured + 1n }
      const change = aChange(more, payment.version)
      return orders.commit([change])
    })
    yield* script("query", "normal")
    expect(yield* failure(Operators.approve(id, as("bob")))).toMatchObject({ _tag: "Refused", code: "DEVIATION_OPEN" })
    expect(yield* stateOf(id)).toBe("open")
    yield* Operators.reject(id, as("bob"), "Another amount came in.")
    expect(yield* stateOf(id)).toBe("rejected")
    yield* Operators.propose({ ...wanted, acceptedMinor: payment.captured + 1n }, as("alice"))
  })
)

it.world("a proposal waits for its second person for 24 hours, and then makes room for another", () =>
  Effect.gen(function* () {
    const payment = yield* held
    const first = yield* Operators.propose(asPaid(payment), as("alice"))
    expect(yield* failure(Operators.propose(asPaid(payment), as("carol")))).toMatchObject({
      _tag: "ProposalOpen",
      existing: { id: first.id }
    })
    yield* TestClock.adjust(Duration.millis(Operators.proposalLifeMillis - 1))
    expect((yield* Operators.listHeld({ after: null, limit: 10 })).items[0]?.proposal?.id).toBe(first.id)
    yield* TestClock.adjust(Duration.millis(1))
    expect((yield* Operators.listHeld({ after: null, limit: 10 })).items[0]?.proposal).toBe(null)
    expect(yield* failure(Operators.approve(first.id, as("bob")))).toMatchObject({ _tag: "ProposalEnded" })
    expect(yield* stateOf(first.id)).toBe("ended")
    const second = yield* Operators.propose(asPaid(payment), as("carol"))
    yield* Operators.approve(second.id, as("alice"))
  })
)

it.world("a proposal that waits is shown with its order, also where the clock was set back since another one", () =>
  Effect.gen(function* () {
    const payment = yield* held
    yield* TestClock.adjust(Duration.minutes(5))
    const first = yield* Operators.propose(asPaid(payment), as("alice"))
    yield* Operators.reject(first.id, as("bob"))
    yield* TestClock.setTime((yield* Clock.currentTimeMillis) - 300_000)
    const second = yield* Operators.propose(asPaid(payment), as("alice"))
    expect(second.id < first.id).toBe(true)
    expect((yield* Operators.listHeld({ after: null, limit: 10 })).items[0]?.proposal?.id).toBe(second.id)
  })
)

it.world("a proposal for a hold that is over does nothing to the next one", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const payment = yield* held
    const { id } = yield* Operators.propose(asPaid(payment), as("alice"))
    const gone = { ...payment, state: "SUCCEEDED" as const, heldReason: null }
    yield* orders.commit([aChange(gone, payment.version)])
    const again = { ...payment, version: payment.version + 1 }
    yield* orders.commit([aChange(again, again.version)])
    expect((yield* now(payment.payOrderNo)).state).toBe("HELD")
    expect(yield* failure(Operators.approve(id, as("bob")))).toMatchObject({ _tag: "ProposalEnded" })
    expect((yield* now(payment.payOrderNo)).state).toBe("HELD")
    yield* Operators.propose(asPaid(payment), as("alice"))
  })
)

it.world("a proposal can be withdrawn by who made it, and is then over for everyone", () =>
  Effect.gen(function* () {
    const payment = yield* held
    const { id } = yield* Operators.propose(asPaid(payment), as("alice"))
    expect(yield* Operators.reject(id, as("alice"))).toMatchObject({ state: "rejected", decidedBy: "alice" })
    expect(yield* failure(Operators.approve(id, as("bob")))).toMatchObject({ detail: "It was rejected by alice." })
    expect(yield* failure(Operators.reject(id, as("bob")))).toMatchObject({ _tag: "ProposalEnded" })
    expect(yield* failure(Operators.approve("prp_nothing", as("bob")))).toMatchObject({ _tag: "ProposalNotFound" })
  })
)

it.world("an approval that the store could not take is as if it had not been given", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const payment = yield* held
    const { id } = yield* Operators.propose(asPaid(payment), as("alice"))
    const away = { ...orders, commit: () => new StoreUnavailable({ cause: "away" }) }
    expect(yield* failure(Operators.approve(id, as("bob")).pipe(Effect.provideService(Orders, away)))).toMatchObject({
      _tag: "StoreUnavailable"
    })
    expect(yield* stateOf(id)).toBe("open")
    yield* Operators.approve(id, as("carol"))
  })
)

it.world("an approver whose process died before the order moved goes on with it; nobody else does it in his name", () =>
  Effect.gen(function* () {
    const { move } = yield* Proposals
    const payment = yield* held
    const { id } = yield* Operators.propose(asPaid(payment), as("alice"))
    yield* move(id, "open", { state: "approved", decidedBy: "bob", decidedAtMillis: 0, decidedNote: null })
    expect(yield* failure(Operators.approve(id, as("carol")))).toMatchObject({ detail: "It was approved by bob." })
    expect((yield* Operators.approve(id, as("Bob"))).payment?.state).toBe("SUCCEEDED")
    expect(yield* failure(Operators.approve(id, as("bob")))).toMatchObject({ detail: "It was approved by Bob." })
  })
)

/** A payment of 12.34, and a refund of 5.00 of it that is held; `counted` is how the payment counts it. */
const heldRefund = (counted: "open" | "succeeded" | "failed") =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const { payOrderNo } = yield* placed()
    yield* Effect.flatMap(vendor, ({ pay }) => pay(payOrderNo))
    yield* TestClock.adjust(Duration.seconds(5))
    yield* worked
    const payment = yield* now(payOrderNo)
    const refundNo = OrderNo.refundNo(payOrderNo, 1)
    const ownRefunds = [{ refundNo, amountMinor: 500n, state: counted }]
    const state = counted === "succeeded" ? "PARTIALLY_REFUNDED" : payment.state
    const moved = aChange({ ...payment, state, ownRefunds }, payment.version)
    const amount = Money.make(500n, "CNY")
    const asked = { refundNo, payOrderNo, amount, reason: null, createdAtMillis: 0, deadlineMillis: 0 }
    const refund = { ...RefundMachine.make(asked), state: "HELD" as const, heldReason: "VENDOR_ABNORMAL", version: 1 }
    const own = aChange(moved.payment, 0)
    yield* orders.commit([
      moved,
      { ...own, payment: moved.payment, refund, entry: { ...own.entry, payOrderNo: refundNo, state: "HELD" } }
    ])
    return { payOrderNo, refundNo }
  })

const refundAs = (payOrderNo: string, state: "PENDING" | "SUCCEEDED" | "FAILED" | "CLOSED") => ({
  payOrderNo,
  state,
  acceptedMinor: null,
  note: "The vendor's desk sent it back by hand."
})

it.world(
  "two persons let a held refund succeed: it and its payment move in one commit, both told in their histories",
  () =>
    Effect.gen(function* () {
      const { payOrderNo, refundNo } = yield* heldRefund("open")
      expect((yield* Operators.listHeld({ after: null, limit: 10 })).items).toMatchObject([
        { payment: { payOrderNo }, refund: { refundNo }, proposal: null }
      ])
      const { id } = yield* Operators.propose(refundAs(refundNo, "SUCCEEDED"), as("alice"))
      const { payment, refund } = yield* Operators.approve(id, as("bob"))
      expect(refund).toMatchObject({ state: "SUCCEEDED", heldReason: null })
      expect(refund?.refundedAtMillis).toBeGreaterThan(0)
      expect(payment).toMatchObject({ state: "PARTIALLY_REFUNDED", ownRefunds: [{ state: "succeeded" }] })
      expect((yield* causes(refundNo)).at(-1)).toBe("resolve")
      expect((yield* states(payOrderNo)).at(-1)).toBe("PARTIALLY_REFUNDED")
      expect((yield* Operators.listHeld({ after: null, limit: 10 })).items).toEqual([])
    })
)

it.world("a held refund that failed after all frees what it had reserved", () =>
  Effect.gen(function* () {
    const { refundNo } = yield* heldRefund("open")
    const { id } = yield* Operators.propose(refundAs(refundNo, "FAILED"), as("alice"))
    const { payment, refund } = yield* Operators.approve(id, as("bob"))
    expect(refund?.state).toBe("FAILED")
    expect(payment).toMatchObject({ state: "SUCCEEDED", ownRefunds: [{ state: "failed" }] })
  })
)

it.world("what its payment counts as gone back stays so, and what is not reserved is not on its way", () =>
  Effect.gen(function* () {
    const gone = yield* heldRefund("succeeded")
    for (const state of ["FAILED", "PENDING", "CLOSED"] as const)
      expect(yield* failure(Operators.propose(refundAs(gone.refundNo, state), as("alice")))).toMatchObject({
        _tag: "Refused",
        code: "STATE_INVALID"
      })
    expect(
      yield* failure(Operators.propose({ ...refundAs(gone.refundNo, "SUCCEEDED"), acceptedMinor: 500n }, as("alice")))
    ).toMatchObject({ code: "AMOUNT_INVALID" })
  })
)

it.world("a refund that its payment counts as failed is not on its way again, but may have succeeded", () =>
  Effect.gen(function* () {
    const { refundNo } = yield* heldRefund("failed")
    expect(yield* failure(Operators.propose(refundAs(refundNo, "PENDING"), as("alice")))).toMatchObject({
      code: "STATE_INVALID"
    })
    const { id } = yield* Operators.propose(refundAs(refundNo, "SUCCEEDED"), as("alice"))
    expect((yield* Operators.approve(id, as("bob"))).payment?.state).toBe("PARTIALLY_REFUNDED")
  })
)

it.world("what is held is listed page by page, payments and refunds", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* held
    const first = yield* Operators.listHeld({ after: null, limit: 1 })
    expect(first).toMatchObject({ items: [{ payment: { payOrderNo }, refund: null }], next: null })
    const orders = yield* Orders
    const more = [1, 2].map(() => aPayment({ state: "HELD" }))
    for (const payment of more) yield* orders.commit([aChange(payment, 0)])
    const pages: Array<string> = []
    for (let after: string | null = "", pageNo = 0; after !== null && pageNo < 5; pageNo++) {
      const page: { items: ReadonlyArray<Operators.Held>; next: string | null } = yield* Operators.listHeld({
        after,
        limit: 2
      })
      pages.push(...page.items.map(({ payment }) => payment.payOrderNo))
      after = page.next
    }
    expect(pages).toEqual([payOrderNo, ...more.map((payment) => payment.payOrderNo)].sort())
  })
)

it.world("one operator accepts money that came late, with a note; it is refused for any other order", () =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const { payOrderNo } = yield* placed()
    const accepted = Operators.accept({ payOrderNo, note: "The ticket was still free." }, as("alice"))
    expect(yield* failure(accepted)).toMatchObject({ _tag: "Refused", code: "NOT_ALLOWED" })
    const payment = yield* now(payOrderNo)
    const late = { ...payment, state: "LATE_PAID" as const, captured: 1234n, toldDead: true }
    yield* orders.commit([aChange(late, payment.version)])
    expect((yield* accepted).state).toBe("SUCCEEDED")
    const history = yield* orders.history(payOrderNo)
    expect(history.at(-1)).toMatchObject({ cause: "accept", detail: 'By "alice": "The ticket was still free."' })
    expect(yield* failure(Operators.accept({ payOrderNo, note: "" }, as("alice")))).toMatchObject({ field: "note" })
  })
)
