import { expect } from "@effect/vitest"
import { Money, OrderNo } from "@payment-proxy/domain"
import { type AppChange, Apps, Orders, Proposals, StoreUnavailable, Unsettled } from "@payment-proxy/ports"
import { Duration, Effect, Either, Option, Redacted, TestClock } from "effect"
import * as AppKeys from "../src/AppKeys.ts"
import * as Operators from "../src/Operators.ts"
import * as Registry from "../src/Registry.ts"
import { SecondPerson } from "../src/SecondPerson.ts"
import { back, it, paid, refusalOf } from "./harness.ts"

const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) => ({ name, role: "operator" as const })) as [
  { name: string; role: "operator" },
  { name: string; role: "operator" },
  { name: string; role: "operator" }
]
const [ada, ben] = [
  { name: "ada", role: "administrator" as const },
  { name: "ben", role: "administrator" as const }
]

const ruled = Effect.provideService(SecondPerson, {
  refundsAboveMinor: (currency) => (currency === "CNY" ? 500n : null),
  apps: true
})

const cny = (amountMinor: bigint) => Money.make(amountMinor, "CNY")
const refunding = (payOrderNo: string, amountMinor: bigint | null, by = alice, key: string | null = null) =>
  Operators.refund(
    { payOrderNo, amount: amountMinor === null ? null : cny(amountMinor), reason: "A seat was wet.", key },
    by
  ).pipe(ruled)
const typeOf = Effect.map(({ type }: { readonly type: string }) => type)
const proposedBy = (payOrderNo: string, amountMinor: bigint | null) =>
  Effect.flatMap(refunding(payOrderNo, amountMinor), (made) =>
    made.type === "proposed" ? Effect.succeed(made.proposal) : Effect.dieMessage("It was not proposed.")
  )
const refundsOf = (payOrderNo: string) => Effect.flatMap(Orders, (orders) => orders.refundsOf(payOrderNo))
const stateOf = (id: string) =>
  Effect.flatMap(Proposals, ({ byId }) => Effect.map(byId(id), (found) => Option.getOrThrow(found).state))

it.world("a refund up to the limit is one person's; above it, it is proposed, and nothing moves", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    expect(yield* typeOf(refunding(payOrderNo, 500n))).toBe("refunded")
    const proposal = yield* proposedBy(payOrderNo, null)
    expect(proposal).toMatchObject({ subject: payOrderNo, action: { type: "refund", amountMinor: 734n } })
    expect((yield* refundsOf(payOrderNo)).length).toBe(1)
  })
)

it.world("small refunds of one order make a large one: within 24 hours they count together, whoever places them", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    yield* refunding(payOrderNo, 300n)
    expect(yield* typeOf(refunding(payOrderNo, 201n))).toBe("proposed")
    expect(yield* typeOf(refunding(payOrderNo, 200n, bob))).toBe("refunded")
    yield* TestClock.adjust(Duration.hours(24))
    expect(yield* typeOf(refunding(payOrderNo, 500n))).toBe("refunded")
  })
)

it.world("what an app sends back does not count against operators, nor does what two persons stand for", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    yield* back(payOrderNo, 300n)
    const { id } = yield* proposedBy(payOrderNo, 501n)
    yield* Operators.approve(id, bob)
    expect(yield* typeOf(refunding(payOrderNo, 400n))).toBe("refunded")
  })
)

it.world("of two refunds at once that are too much together, one is placed and one is proposed", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const both = yield* Effect.forEach([300n, 301n], (amount) => typeOf(refunding(payOrderNo, amount)), {
      concurrency: "unbounded"
    })
    expect([...both].sort()).toEqual(["proposed", "refunded"])
  })
)

it.world("a currency without a limit, and a rule that is not configured, take one person", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid({ idempotencyKey: "usd", amount: Money.make(900_000n, "USD") })
    const wanted = { payOrderNo, amount: null, reason: "Goodwill." }
    expect(yield* typeOf(ruled(Operators.refund(wanted, alice)))).toBe("refunded")
    const { payOrderNo: other } = yield* paid({ idempotencyKey: "cny" })
    expect(yield* typeOf(Operators.refund({ ...wanted, payOrderNo: other }, alice))).toBe("refunded")
  })
)

it.world("what the machine refuses is not proposed, nor is what is open already; the same key is one refund", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    expect(yield* refusalOf(refunding(payOrderNo, 1235n))).toBe("AMOUNT_INVALID")
    expect(yield* refusalOf(refunding(OrderNo.refundNo(payOrderNo, 1), 5n))).toBe("OrderNotFound")
    expect(yield* refusalOf(refunding(payOrderNo, 5n, { ...alice, role: "viewer" as never }))).toBe("RoleNeeded")
    yield* proposedBy(payOrderNo, 600n)
    expect(yield* refusalOf(refunding(payOrderNo, 700n, bob))).toBe("ProposalOpen")
    yield* refunding(payOrderNo, 10n, alice, "once")
    yield* refunding(payOrderNo, 10n, alice, "once")
    expect((yield* refundsOf(payOrderNo)).length).toBe(1)
  })
)

it.world("nobody approves his own refund; who does is in its history beside who proposed it", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const { id } = yield* proposedBy(payOrderNo, 600n)
    expect(yield* refusalOf(Operators.approve(id, { ...alice, name: " ALICE " }))).toBe("SecondPersonNeeded")
    expect(yield* refusalOf(Operators.approve(id, { name: "bob", role: "viewer" }))).toBe("RoleNeeded")
    expect((yield* refundsOf(payOrderNo)).length).toBe(0)
    const { refund, proposal } = yield* Operators.approve(id, bob, "I saw it.")
    expect(refund).toMatchObject({ state: "SUCCEEDED", amount: { amountMinor: 600n } })
    expect(proposal).toMatchObject({ state: "approved", decidedBy: "bob" })
    expect(proposal.doneAtMillis).not.toBe(null)
    const [first] = yield* Effect.flatMap(Orders, ({ history }) => history(refund?.refundNo ?? ""))
    expect(first?.detail).toBe(`Proposed by "alice", approved by "bob" (${id}): "A seat was wet." "I saw it."`)
    expect(yield* refusalOf(Operators.approve(id, carol))).toBe("ProposalEnded")
  })
)

it.world("of twenty who approve at once one does, and the money goes back once", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const { id } = yield* proposedBy(payOrderNo, 600n)
    const names = Array.from({ length: 20 }, (_, at) => ({ name: `operator-${at}`, role: "operator" as const }))
    const all = yield* Effect.forEach(names, (by) => Effect.either(Operators.approve(id, by)), {
      concurrency: "unbounded"
    })
    expect(all.filter(Either.isRight).length).toBe(1)
    expect((yield* refundsOf(payOrderNo)).map(({ amount }) => amount.amountMinor)).toEqual([600n])
  })
)

it.world("an approval that was cut off before the refund is gone on with by who approved: there is one refund", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const { id } = yield* proposedBy(payOrderNo, 600n)
    // As a process leaves it that dies between the two.
    yield* Effect.flatMap(Proposals, ({ move }) =>
      move(id, "open", { state: "approved", decidedBy: "bob", decidedAtMillis: 0, decidedNote: null })
    )
    expect(yield* refusalOf(Operators.approve(id, carol))).toBe("ProposalEnded")
    expect((yield* Operators.approve(id, bob)).refund?.state).toBe("SUCCEEDED")
    expect((yield* refundsOf(payOrderNo)).length).toBe(1)
  })
)

it.world("one that was cut off after the refund, or whose commit is in doubt, is no second refund", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const orders = yield* Orders
    const { id } = yield* proposedBy(payOrderNo, 600n)
    const doubtful = Orders.of({
      ...orders,
      commit: (changes) => Effect.zipRight(orders.commit(changes), new Unsettled({ cause: "nobody answered" }))
    })
    expect(yield* refusalOf(Effect.provideService(Operators.approve(id, bob), Orders, doubtful))).toBe("Unsettled")
    expect(yield* stateOf(id)).toBe("approved")
    const doubted = yield* Effect.flatMap(Proposals, ({ byId }) => Effect.map(byId(id), Option.getOrThrow))
    expect([bob, carol, alice].map((by) => Operators.mayGoOn(doubted, by, 0))).toEqual([true, false, false])
    expect(Operators.mayGoOn(doubted, bob, Operators.endsAtMillis(doubted))).toBe(false)
    const away = Orders.of({ ...orders, byNumber: () => new StoreUnavailable({ cause: "away" }) })
    expect(yield* refusalOf(Effect.provideService(Operators.approve(id, bob), Orders, away))).toBe("StoreUnavailable")
    // The money is on its way: nobody is to reject it.
    expect(yield* refusalOf(Operators.reject(id, carol))).toBe("ProposalEnded")
    const { proposal } = yield* Operators.approve(id, bob)
    expect(Operators.mayGoOn(proposal, bob, 0)).toBe(false)
    expect((yield* refundsOf(payOrderNo)).length).toBe(1)
  })
)

it.world("what could not be done stays open for another try; what no longer fits is refused", () =>
  Effect.gen(function* () {
    const { payOrderNo } = yield* paid()
    const orders = yield* Orders
    const { id } = yield* proposedBy(payOrderNo, 600n)
    const away = Orders.of({ ...orders, commit: () => new StoreUnavailable({ cause: "away" }) })
    expect(yield* refusalOf(Effect.provideService(Operators.approve(id, bob), Orders, away))).toBe("StoreUnavailable")
    expect(yield* stateOf(id)).toBe("open")
    yield* back(payOrderNo, 1000n)
    expect(yield* refusalOf(Operators.approve(id, bob))).toBe("AMOUNT_INVALID")
    expect(yield* stateOf(id)).toBe("open")
    yield* TestClock.adjust(Duration.hours(24))
    expect(yield* refusalOf(Operators.approve(id, bob))).toBe("ProposalEnded")
  })
)

const shopNow = Effect.map(Apps, ({ byId }) => byId("shop")).pipe(Effect.flatten, Effect.map(Option.getOrThrow))
const changing = (change: AppChange, by = ada) => Operators.changeApp("shop", change, "It grows.", by).pipe(ruled)
const limits = { createsPerSecond: 5, readsPerSecond: null, streams: 2 }

it.world("where two persons are asked for, what gives an app more waits for the second; what takes away is done", () =>
  Effect.gen(function* () {
    const made = yield* changing({ type: "setLimits", limits })
    expect(made).toMatchObject({ type: "proposed", proposal: { subject: "shop" } })
    expect((yield* shopNow).limits.createsPerSecond).toBe(null)
    expect(yield* typeOf(changing({ type: "disable" }))).toBe("done")
    expect((yield* shopNow).isDisabled).toBe(true)
    const id = made.type === "proposed" ? made.proposal.id : ""
    expect(yield* refusalOf(Operators.approve(id, ada))).toBe("SecondPersonNeeded")
    expect(yield* refusalOf(Operators.approve(id, bob)), "an operator is not enough").toBe("RoleNeeded")
    expect((yield* Operators.approve(id, ben)).app?.limits).toEqual(limits)
    expect((yield* shopNow).limits).toEqual(limits)
  })
)

it.world("a key that two persons stand for is made when its proposer takes it, and shown once", () =>
  Effect.gen(function* () {
    const made = yield* changing({ type: "addKey" })
    const id = made.type === "proposed" ? made.proposal.id : ""
    expect(yield* refusalOf(Operators.take(id, ada)), "not before").toBe("ProposalEnded")
    const { proposal } = yield* Operators.approve(id, ben)
    expect((yield* AppKeys.list("shop")).length).toBe(0)
    expect([Operators.isToTake(proposal, "Ada"), Operators.isToTake(proposal, "ben")]).toEqual([true, false])
    expect(yield* refusalOf(Operators.take(id, ben))).toBe("NotYours")
    const all = yield* Effect.forEach(Array.from({ length: 10 }), () => Effect.either(Operators.take(id, ada)), {
      concurrency: "unbounded"
    })
    const taken = all.filter(Either.isRight)
    expect(taken.length).toBe(1)
    const keys = yield* AppKeys.list("shop")
    expect(keys.map(({ keyId }) => keyId)).toEqual(taken.map(({ right }) => right.id))
    expect(taken.map(({ right }) => Redacted.value(right.secret).startsWith(`pp_live_${right.id}_`))).toEqual([true])
    expect(yield* refusalOf(Operators.take(id, ada))).toBe("ProposalEnded")
  })
)

it.world("what could not be made is still to be taken, but not after 24 hours", () =>
  Effect.gen(function* () {
    const made = yield* changing({ type: "addKey" })
    const id = made.type === "proposed" ? made.proposal.id : ""
    yield* AppKeys.create("shop")
    const { keyId } = yield* AppKeys.create("shop")
    yield* Operators.approve(id, ben)
    expect(yield* refusalOf(Operators.take(id, ada))).toBe("TooManyKeys")
    yield* AppKeys.revoke(keyId)
    yield* TestClock.adjust(Duration.hours(24))
    expect(yield* refusalOf(Operators.take(id, ada))).toBe("ProposalEnded")
  })
)

it.world("an app is changed by administrators; what is wrong with a change is said before it is proposed", () =>
  Effect.gen(function* () {
    expect(yield* refusalOf(changing({ type: "addKey" }, bob as never))).toBe("RoleNeeded")
    expect(yield* refusalOf(changing({ type: "addEndpoint", url: "ftp://shop.example", events: null }))).toBe(
      "Malformed"
    )
    expect(yield* refusalOf(changing({ type: "startEndpoint", endpoint: "nothing" }))).toBe("EndpointNotFound")
    expect(yield* refusalOf(changing({ type: "setLimits", limits: { ...limits, streams: 0 } }))).toBe("Malformed")
    yield* Registry.create("other", "Another")
    const { keyId } = yield* AppKeys.create("other")
    expect(yield* refusalOf(changing({ type: "revokeKey", keyId })), "another app's key").toBe("KeyNotFound")
    expect((yield* Operators.list({ state: "open", after: null, limit: 10 })).items).toEqual([])
  })
)

it.world("without such a rule every change of an app is done at once, and its secret shown", () =>
  Effect.gen(function* () {
    const change = (wanted: AppChange) => Operators.changeApp("shop", wanted, "It grows.", ada)
    const added = yield* change({ type: "addEndpoint", url: "https://shop.example/more", events: ["order.*"] })
    const shown = added.type === "done" ? added.shown : null
    expect(Redacted.value(shown?.secret ?? Redacted.make(""))).toMatch(/^whsec_/)
    const endpoint = shown?.id ?? ""
    for (const type of ["rotateSecret", "endOldSecret", "stopEndpoint", "startEndpoint", "removeEndpoint"] as const)
      expect(yield* typeOf(change({ type, endpoint })), type).toBe("done")
    for (const type of ["addKey", "disable", "enable"] as const) yield* change({ type })
    yield* change({ type: "rotateKey", overlapHours: 1 })
    expect((yield* AppKeys.list("shop")).length).toBe(2)
    expect((yield* shopNow).endpoints.length).toBe(1)
  })
)

it.world("proposals are listed newest first, page by page, those that are over as ended", () =>
  Effect.gen(function* () {
    const first = yield* paid()
    const second = yield* paid({ idempotencyKey: "key-2", businessNo: "POLICY-2" })
    const one = yield* proposedBy(first.payOrderNo, 600n)
    yield* TestClock.adjust(Duration.hours(12))
    const two = yield* proposedBy(second.payOrderNo, 600n)
    const page = (after: string | null) =>
      Effect.map(Operators.list({ state: "open", after, limit: 1 }), ({ items, next }) => ({
        items: items.map(({ id, state }) => [id, state]),
        next
      }))
    expect(yield* page(null)).toEqual({ items: [[two.id, "open"]], next: two.id })
    yield* TestClock.adjust(Duration.hours(12))
    expect(yield* page(two.id)).toEqual({ items: [[one.id, "ended"]], next: null })
    expect([Operators.mayApprove(two, bob), Operators.mayApprove(two, alice)]).toEqual([true, false])
  })
)
