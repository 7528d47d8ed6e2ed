import { type Proposal, type ProposalDecision, ProposalOpen, type ProposalState, Proposals } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import type { Tables } from "./Tables.ts"

const later = (a: Proposal, b: Proposal): number => (a.id < b.id ? 1 : -1)

/** `Proposals` over the tables. */
export const make = (tables: Tables): Proposals["Type"] => {
  const rows = new Map<string, Proposal>()
  const openOf = (payOrderNo: string) =>
    [...rows.values()].find((row) => row.state === "open" && row.payOrderNo === payOrderNo)
  const move = (id: string, from: ProposalState, decision: ProposalDecision): boolean => {
    const row = rows.get(id)
    if (row === undefined || row.state !== from) return false
    if (decision.state === "open" && (openOf(row.payOrderNo) ?? row) !== row) return false
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
        const existing = openOf(proposal.payOrderNo)
        if (existing !== undefined) return new ProposalOpen({ existing })
        rows.set(proposal.id, proposal)
        return Effect.void
      }),
    byId: (id) => Effect.sync(() => Option.fromNullable(rows.get(id))),
    ofOrder: (payOrderNo) =>
      Effect.sync(() => [...rows.values()].filter((row) => row.payOrderNo === payOrderNo).sort(later)),
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
