import { Currency, Money } from "@payment-proxy/domain"
import { Either } from "effect"
import type { Amount, RefundOp, Sources } from "./Sources.ts"
import type { Violation } from "./Violation.ts"
import { found, grouped } from "./Violation.ts"

const keyOf = ({ payOrderNo, idempotencyKey }: { readonly payOrderNo: string; readonly idempotencyKey: string }) =>
  JSON.stringify([payOrderNo, idempotencyKey])

const minorOf = ({ value, currency }: Amount): bigint | undefined =>
  Currency.is(currency)
    ? Either.getOrUndefined(Either.map(Money.parse(value, currency), ({ amountMinor }) => amountMinor))
    : undefined

/** A 4xx that says that nothing was done, and nothing will be under this key. */
const isRefusal = ({ outcome }: RefundOp): boolean =>
  outcome.type === "fail" && outcome.code !== "CONTENDED" && outcome.code !== "IN_FLIGHT"

/** I3 and I14, of refunds: what a client was told of is there as told, one for one key; what it was refused left nothing. */
export const check = ({ refunding = [], dump }: Sources): ReadonlyArray<Violation> => {
  const rows = new Map((dump.refunds ?? []).map((row) => [row.refundNo, row]))
  const kept = refunding.flatMap(({ app, payOrderNo, amount, outcome }) => {
    if (outcome.type !== "ok") return []
    const row = rows.get(outcome.refundNo)
    if (row === undefined) return found(true, "I3", outcome.refundNo, "A client was told of it; it is not there.")
    const isAsTold =
      row.app === app &&
      row.payOrderNo === payOrderNo &&
      row.amountMinor === minorOf(outcome.amount) &&
      (amount === null || row.amountMinor === minorOf(amount))
    return found(!isAsTold, "I3", outcome.refundNo, "It is not the refund that the client asked for.")
  })
  const keys = [...grouped(refunding, keyOf)].flatMap(([key, ops]) => {
    const oks = ops.flatMap(({ outcome }) => (outcome.type === "ok" ? [outcome] : []))
    return [
      ...found(new Set(oks.map(({ refundNo }) => refundNo)).size > 1, "I14", key, "It answered several refunds."),
      ...found(oks.filter(({ status }) => status === 201).length > 1, "I14", key, "It was answered 201 twice.")
    ]
  })
  const asked = [...grouped(refunding, keyOf).values()].filter((ops) => !ops.every(isRefusal))
  const most = grouped(
    asked.flatMap(([op]) => op ?? []),
    ({ payOrderNo }) => payOrderNo
  )
  const there = grouped(
    (dump.refunds ?? []).filter(({ isAsked }) => isAsked),
    ({ payOrderNo }) => payOrderNo
  )
  const refused = [...there].flatMap(([payOrderNo, all]) => {
    const count = most.get(payOrderNo)?.length ?? 0
    return found(all.length > count, "I3", payOrderNo, `${all.length} refunds by clients who may have placed ${count}.`)
  })
  return [...kept, ...keys, ...refused]
}
