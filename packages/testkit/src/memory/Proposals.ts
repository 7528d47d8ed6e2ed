import { type Proposal, type ProposalDecision, ProposalOpen, type ProposalState, Proposals } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import type { Tables } from "./Tables.ts"

const later = (a: Proposal, b: Proposal): number => (a.id < b.id ? 1 : -1)

/** `Proposals` over the tables. */
export const make = (tables: Tables): Proposals["Type"] => {
  const rows = new Map<string, Proposal>()
  const openOf = ({ subject, action }: Proposal) =>
    [...rows.values()].find((row) => row.state === "open" && row.subject === subject && row.action.type === action.type)
  const move = (id: string, from: ProposalState, decision: ProposalDecision): boolean => {
    const row = rows.get(id)
    if (row === undefined || row.state !== from) return false
    if (decision.state === "open" && (openOf(row) ?? row) !== row) return false
    rows.set(id, { ...row, ...decision })
    return true
  }
  const held = () => [
    ...[...tables.orders.values()].flatMap(({ placed: { payment } }) =>
      payment.state === "HELD" ? [payment.payOrderNo as string] : []
    ),
    ...[...tables.refunds.values()].flatMap(({ placed: { refund } }) =>
      refund.state === "HELD" ? [refund.refundNo] : []
    )
  ]
  return Proposals.of({
    add: (proposal) =>
      Effect.suspend(() => {
        const existing = openOf(proposal)
        if (existing !== undefined) return new ProposalOpen({ existing })
        rows.set(proposal.id, proposal)
        return Effect.void
      }),
    byId: (id) => Effect.sync(() => Option.fromNullable(rows.get(id))),
    ofSubject: (subject) => Effect.sync(() => [...rows.values()].filter((row) => row.subject === subject).sort(later)),
    search: ({ state, after, limit }) =>
      Effect.sync(() =>
        [...rows.values()]
          .filter((row) => (row.state === "open") === (state === "open") && (after === null || row.id < after))
          .sort(later)
          .slice(0, limit)
      ),
    done: (id, atMillis) =>
      Effect.sync(() => {
        const row = rows.get(id)
        if (row === undefined || row.state !== "approved") return false
        if ((row.doneAtMillis === null) === (atMillis === null)) return false
        rows.set(id, { ...row, doneAtMillis: atMillis })
        return true
      }),
    move: (id, from, decision) => Effect.sync(() => move(id, from, decision)),
    held: (after, limit) =>
      Effect.sync(() =>
        held()
          .filter((no) => no > (after ?? ""))
          .sort()
          .slice(0, limit)
      )
  })
}
