import type { Vitest } from "@effect/vitest"
import { expect, layer } from "@effect/vitest"
import { RefundMachine } from "@payment-proxy/domain"
import {
  type AppChange,
  Orders,
  type Proposal,
  type ProposalAction,
  type ProposalDecision,
  Proposals
} from "@payment-proxy/ports"
import type { Layer } from "effect"
import { Effect, Either, Option } from "effect"
import { aChange, aPayment, epochMillis, fresh, freshNo } from "../Samples.ts"

type It = Vitest.MethodsNonLive<Orders | Proposals>

const aProposal = (overrides: Partial<Proposal> = {}): Proposal => ({
  id: `prp_${freshNo()}`,
  subject: freshNo(),
  version: 3,
  action: { type: "resolve", state: "SUCCEEDED", acceptedMinor: null },
  note: "The bank confirmed it.",
  proposedBy: "alice",
  proposedAtMillis: epochMillis,
  state: "open",
  decidedBy: null,
  decidedAtMillis: null,
  decidedNote: null,
  doneAtMillis: null,
  ...overrides
})

const decided = (state: Proposal["state"], decidedBy: string): ProposalDecision => ({
  state,
  decidedBy,
  decidedAtMillis: epochMillis + 1000,
  decidedNote: "Seen."
})
const reopened: ProposalDecision = { state: "open", decidedBy: null, decidedAtMillis: null, decidedNote: null }

const keeping = (it: It) => {
  it.effect("a proposal comes back as it was added, whatever its note says", () =>
    Effect.gen(function* () {
      const { add, byId } = yield* Proposals
      const proposal = aProposal({
        action: { type: "resolve", state: "SUCCEEDED", acceptedMinor: 123_456_789_012_345_678_901n },
        note: `支付 "quoted" 🧾 ${"x".repeat(480)}`,
        proposedBy: "张".repeat(64)
      })
      yield* add(proposal)
      expect(Option.getOrNull(yield* byId(proposal.id))).toEqual(proposal)
      expect(Option.isNone(yield* byId(fresh("prp")))).toBe(true)
    })
  )

  it.effect("an order's proposals are listed, newest first, and no other's", () =>
    Effect.gen(function* () {
      const { add, move, ofSubject } = yield* Proposals
      const subject = freshNo()
      const [first, second] = [aProposal({ subject }), aProposal({ subject })]
      yield* add(first)
      yield* move(first.id, "open", decided("rejected", "bob"))
      yield* add(second)
      yield* add(aProposal())
      expect(yield* ofSubject(subject)).toEqual([second, { ...first, ...decided("rejected", "bob") }])
      expect(yield* ofSubject(freshNo())).toEqual([])
    })
  )

  it.effect("an order has one open proposal: a second one is answered with the first until that is decided", () =>
    Effect.gen(function* () {
      const { add, move } = yield* Proposals
      const first = aProposal()
      const second = aProposal({ subject: first.subject })
      yield* add(first)
      const refused = yield* Effect.flip(add(second))
      expect(refused._tag === "ProposalOpen" && refused.existing).toEqual(first)
      yield* move(first.id, "open", decided("ended", "bob"))
      yield* add(second)
    })
  )

  it.effect("refunds and changes of apps come back as they were proposed, whatever they are", () =>
    Effect.gen(function* () {
      const { add, byId, ofSubject } = yield* Proposals
      const changes: ReadonlyArray<AppChange> = [
        { type: "addKey" },
        { type: "rotateKey", overlapHours: 0.5 },
        { type: "revokeKey", keyId: "0a1b2c3d4e5f" },
        { type: "addEndpoint", url: "https://shop.example/支付", events: null },
        { type: "addEndpoint", url: "https://shop.example/hooks", events: ["order.*", "refund.succeeded"] },
        { type: "rotateSecret", endpoint: "shop-1" },
        { type: "enable" },
        { type: "setLimits", limits: { createsPerSecond: 10, readsPerSecond: null, streams: 3 } }
      ]
      const actions: ReadonlyArray<ProposalAction> = [
        { type: "refund", amountMinor: 123_456_789_012_345_678_901n, reason: "商品“坏了”" },
        { type: "refund", amountMinor: 1n, reason: null },
        ...changes.map((change): ProposalAction => ({ type: "app", change }))
      ]
      for (const action of actions) {
        const proposal = aProposal({ action, version: 0 })
        yield* add(proposal)
        expect(Option.getOrNull(yield* byId(proposal.id))).toEqual(proposal)
        expect(yield* ofSubject(proposal.subject)).toEqual([proposal])
      }
    })
  )

  it.effect("of each kind a subject has one open proposal, and they are not in each other's way", () =>
    Effect.gen(function* () {
      const { add, move } = yield* Proposals
      const refund: ProposalAction = { type: "refund", amountMinor: 5n, reason: null }
      const resolve = aProposal()
      const first = aProposal({ subject: resolve.subject, action: refund })
      const second = aProposal({ subject: resolve.subject, action: refund })
      yield* add(resolve)
      yield* add(first)
      const refused = yield* Effect.flip(add(second))
      expect(refused._tag === "ProposalOpen" && refused.existing).toEqual(first)
      yield* move(first.id, "open", decided("approved", "bob"))
      yield* add(second)
      expect(yield* move(first.id, "approved", reopened)).toBe(false)
      yield* move(second.id, "open", decided("rejected", "bob"))
      expect(yield* move(first.id, "approved", reopened)).toBe(true)
    })
  )

  it.effect("of twenty proposals for one order at once, one is open", () =>
    Effect.gen(function* () {
      const { add } = yield* Proposals
      const subject = freshNo()
      const all = yield* Effect.forEach(
        Array.from({ length: 20 }, () => aProposal({ subject })),
        (proposal) => Effect.either(add(proposal)),
        { concurrency: "unbounded" }
      )
      expect(all.filter(Either.isRight).length).toBe(1)
    })
  )
}

const moving = (it: It) => {
  it.effect("of twenty who decide at once one does, and what he decided stands", () =>
    Effect.gen(function* () {
      const { add, byId, move } = yield* Proposals
      const proposal = aProposal()
      yield* add(proposal)
      const names = Array.from({ length: 20 }, (_, at) => `operator-${at}`)
      const won = yield* Effect.forEach(names, (name) => move(proposal.id, "open", decided("approved", name)), {
        concurrency: "unbounded"
      })
      expect(won.filter(Boolean).length).toBe(1)
      const winner = names[won.indexOf(true)] ?? ""
      expect(Option.getOrNull(yield* byId(proposal.id))).toEqual({ ...proposal, ...decided("approved", winner) })
    })
  )

  it.effect("a proposal moves on from the state that it is in alone", () =>
    Effect.gen(function* () {
      const { add, move } = yield* Proposals
      const proposal = aProposal()
      yield* add(proposal)
      expect(yield* move(proposal.id, "approved", reopened)).toBe(false)
      expect(yield* move(proposal.id, "open", decided("rejected", "bob"))).toBe(true)
      expect(yield* move(proposal.id, "open", decided("approved", "carol"))).toBe(false)
      expect(yield* move(fresh("prp"), "open", decided("approved", "carol"))).toBe(false)
    })
  )

  it.effect("what was approved in vain opens again, unless another is open by then", () =>
    Effect.gen(function* () {
      const { add, byId, move } = yield* Proposals
      const first = aProposal()
      const second = aProposal({ subject: first.subject })
      yield* add(first)
      yield* move(first.id, "open", decided("approved", "bob"))
      expect(yield* move(first.id, "approved", reopened)).toBe(true)
      expect(Option.getOrNull(yield* byId(first.id))).toEqual(first)
      yield* move(first.id, "open", decided("approved", "bob"))
      yield* add(second)
      expect(yield* move(first.id, "approved", reopened)).toBe(false)
      expect(Option.map(yield* byId(first.id), ({ state }) => state)).toEqual(Option.some("approved"))
    })
  )
}

const doing = (it: It) => {
  it.effect("what was approved is carried out once, of twenty at once, unless that is taken back", () =>
    Effect.gen(function* () {
      const { add, byId, done, move } = yield* Proposals
      const proposal = aProposal()
      yield* add(proposal)
      expect(yield* done(proposal.id, 5)).toBe(false)
      yield* move(proposal.id, "open", decided("approved", "bob"))
      expect(yield* done(proposal.id, null)).toBe(false)
      const all = yield* Effect.forEach(Array.from({ length: 20 }), (_, at) => done(proposal.id, 1000 + at), {
        concurrency: "unbounded"
      })
      expect(all.filter(Boolean).length).toBe(1)
      expect(Option.getOrThrow(yield* byId(proposal.id)).doneAtMillis).toBe(1000 + all.indexOf(true))
      expect(yield* done(proposal.id, null)).toBe(true)
      expect(Option.getOrThrow(yield* byId(proposal.id)).doneAtMillis).toBe(null)
      expect(yield* done(proposal.id, 7)).toBe(true)
      expect(yield* done(fresh("prp"), 7)).toBe(false)
    })
  )
}

const listing = (it: It) => {
  it.effect("open proposals and decided ones are listed apart, newest first, page by page", () =>
    Effect.gen(function* () {
      const { add, move, search } = yield* Proposals
      const made = [aProposal(), aProposal(), aProposal(), aProposal()]
      for (const proposal of made) yield* add(proposal)
      const ids = made.map(({ id }) => id)
      const [, second = "", , last = ""] = ids
      yield* move(second, "open", decided("ended", "bob"))
      yield* move(last, "open", decided("approved", "bob"))
      const found = (state: "open" | "decided", after: string | null, limit: number) =>
        Effect.map(search({ state, after, limit }), (rows) => rows.map(({ id }) => id).filter((id) => ids.includes(id)))
      expect(yield* found("open", null, 1000)).toEqual([ids[2], ids[0]])
      expect(yield* found("decided", null, 1000)).toEqual([last, second])
      expect(yield* found("open", ids[2] ?? null, 1)).toEqual([ids[0]])
      expect(yield* found("decided", last, 1)).toEqual([second])
    })
  )

  it.effect("payments and refunds that are held are found, in order, page by page", () =>
    Effect.gen(function* () {
      const orders = yield* Orders
      const { held } = yield* Proposals
      const before = (yield* held(null, 1000)).at(-1) ?? null
      const [one, other, paid] = [
        aPayment({ state: "HELD" }),
        aPayment({ state: "HELD" }),
        aPayment({ state: "SUCCEEDED" })
      ]
      for (const payment of [one, other, paid]) yield* orders.commit([aChange(payment, 0)])
      const refund = {
        ...RefundMachine.make({
          refundNo: `${paid.payOrderNo}R1`,
          payOrderNo: paid.payOrderNo,
          amount: paid.amount,
          reason: null,
          createdAtMillis: epochMillis,
          deadlineMillis: epochMillis
        }),
        state: "HELD" as const,
        version: 1
      }
      const sample = aChange(paid, 0)
      yield* orders.commit([
        { ...sample, refund, entry: { ...sample.entry, payOrderNo: refund.refundNo, state: "HELD" } }
      ])
      const numbers = [one.payOrderNo, other.payOrderNo, refund.refundNo]
      expect(yield* held(before, 10)).toEqual(numbers)
      expect(yield* held(before, 2)).toEqual(numbers.slice(0, 2))
      expect(yield* held(other.payOrderNo, 10)).toEqual([refund.refundNo])
    })
  )
}

/** What every `Proposals` must do. An adapter's test file is one call of this. */
export const proposalsContract = (name: string, stores: Layer.Layer<Orders | Proposals, unknown>): void =>
  layer(stores)(`Proposals: ${name}`, (it) => {
    keeping(it)
    moving(it)
    doing(it)
    listing(it)
  })
