import * as Database from "./checker/database.ts"
import * as Money from "./checker/money.ts"
import * as Outside from "./checker/outside.ts"
import * as Refunding from "./checker/refunding.ts"
import type { Sources } from "./checker/Sources.ts"
import type { Violation } from "./checker/Violation.ts"

export { isLegal, isLegalOfRefund } from "./checker/database.ts"
export type * from "./checker/Sources.ts"
export type { Invariant, Violation } from "./checker/Violation.ts"

/** What was checked, and all that was found wrong. */
export interface Verdict {
  readonly violations: ReadonlyArray<Violation>
  readonly totals: {
    readonly operations: number
    /** Of these, through proxied routes. */
    readonly proxied: number
    readonly unanswered: number
    readonly told: number
    readonly orders: number
    readonly states: { readonly [state: string]: number }
    readonly vendorRequests: number
    readonly vendorPayments: number
    readonly paid: number
    /** Of ours, without those of the vendor's desk. */
    readonly refunds: number
    readonly refundStates: { readonly [state: string]: number }
    readonly notificationsTaken: number
    readonly webhooks: number
  }
}

const countOf = (words: ReadonlyArray<string>): { readonly [word: string]: number } =>
  Object.fromEntries([...new Set(words)].sort().map((word) => [word, words.filter((other) => other === word).length]))

/** Holds the four witnesses of a run that has come to rest against each other: invariants I1–I10 and I14. */
export const check = (sources: Sources): Verdict => {
  const { client, told, ledger, dump, sink } = sources
  return {
    violations: [
      ...Money.check(sources),
      ...Database.check(sources),
      ...Outside.check(sources),
      ...Refunding.check(sources)
    ],
    totals: {
      operations: client.length,
      proxied: client.filter(({ proxied }) => proxied !== undefined).length,
      unanswered: client.filter(({ outcome }) => outcome.type === "info").length,
      told: told.length,
      orders: dump.orders.length,
      states: countOf(dump.orders.map(({ state }) => state)),
      vendorRequests: ledger.requests.length,
      vendorPayments: ledger.payments.length,
      paid: ledger.payments.filter(({ isPaid }) => isPaid).length,
      refunds: dump.refunds?.length ?? 0,
      refundStates: countOf((dump.refunds ?? []).map(({ state }) => state)),
      notificationsTaken: ledger.notifications.filter(({ isTaken }) => isTaken).length,
      webhooks: sink.length
    }
  }
}
