import { Evidence, Money, Payment, type RefundMachine } from "@payment-proxy/domain"
import { type Difference, DueWork, Orders, Reconciliations, type Settlement } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { Changes } from "../Changes.ts"
import { takeIn } from "../TakeIn.ts"
import { deskRefundNo } from "./Compare.ts"

const page = 200

/** What a bill's line says of a payment that stands otherwise here: late evidence, as nobody asked for it. */
const paidBy = (payment: Payment.Payment, { theirs, transactionNo }: Difference): Evidence.Evidence | null => {
  if (theirs === null) return null
  const { amount, atMillis: paidAtMillis } = theirs
  const isPart = !Money.equals(amount, payment.amount) && amount.amountMinor === Payment.expectedCapture(payment)
  return Evidence.make("paid", "bill", {
    transactionNo,
    paidAtMillis,
    amount: isPart ? null : amount,
    captured: isPart ? amount : null
  })
}

/** What a bill's line says of a refund, as evidence about its payment; of another currency it is none that could be counted. */
const refundedBy = ({ amount }: Payment.Payment, difference: Difference): Evidence.Evidence | null => {
  const { theirs, refundNo } = difference
  const vendorRefundNo = deskRefundNo(difference)
  if (theirs === null || vendorRefundNo === null || theirs.amount.currency !== amount.currency) return null
  const { amountMinor } = theirs.amount
  return Evidence.make("refunds", "bill", {
    captured: null,
    total: null,
    items: [{ vendorRefundNo, ourNo: refundNo, amountMinor, state: "succeeded" }]
  })
}

const open = (action: Difference["action"], note: string | null): Settlement => ({
  status: "open",
  action,
  note,
  resolvedBy: null
})

const resolved = (resolvedBy: string, note: string, action: Difference["action"] = "evidence"): Settlement => ({
  status: "resolved",
  action,
  note,
  resolvedBy
})

/** What became of a difference about a refund of ours whose line was taken in. */
const refundOutcomeOf = (after: RefundMachine.Refund | null, { kind, ours, note }: Difference): Settlement => {
  if (after?.state === "HELD") return open("held", `The refund is held: ${after.heldReason ?? ""}.`)
  return kind === "STATUS" && after?.state === "SUCCEEDED"
    ? resolved("evidence", `The refund was ${ours?.state ?? "-"}, and is SUCCEEDED.`)
    : open("asked", note)
}

/** What became of a difference whose line was taken in. */
const outcomeOf = (after: Payment.Payment, difference: Difference): Settlement => {
  const { kind, of, note } = difference
  if (of === "payment" && after.state === "HELD") return open("held", `The order is held: ${after.heldReason ?? ""}.`)
  if (of === "refund") return resolved("evidence", note ?? "It was taken in.")
  return kind === "STATUS" && after.captured > 0n
    ? resolved("evidence", `The order was ${difference.ours?.state ?? "-"}, and is ${after.state}.`)
    : open("evidence", note)
}

/** Makes an order or refund due, so that the vendor is asked anew. */
const hasten = (no: string | null) =>
  Effect.gen(function* () {
    if (no === null) return
    yield* Effect.flatMap(DueWork, (due) => due.hasten(no))
    yield* Effect.flatMap(Changes, (changes) => changes.nudge("orders"))
  })

/** Takes in what the line says; the machine decides what it comes to. */
const taken = Effect.fnUntraced(function* (difference: Difference) {
  const { vendor, day, id, payOrderNo, refundNo, of } = difference
  const orders = yield* Orders
  const store = yield* Reconciliations
  const payment = yield* orders.byNumber(payOrderNo ?? "")
  if (Option.isNone(payment)) return
  const evidence = of === "payment" ? paidBy(payment.value, difference) : refundedBy(payment.value, difference)
  if (evidence === null) {
    yield* hasten(refundNo ?? payOrderNo)
    yield* store.settle(vendor, day, id, open("asked", "What the bill says of it cannot be counted."))
    return
  }
  const after = yield* takeIn(payment.value.payOrderNo, evidence)
  if (refundNo === null) {
    yield* store.settle(vendor, day, id, outcomeOf(after, difference))
    return
  }
  const outcome = refundOutcomeOf(Option.getOrNull(yield* orders.refund(refundNo)), difference)
  if (outcome.action === "asked") yield* hasten(refundNo)
  yield* store.settle(vendor, day, id, outcome)
})

const act = (difference: Difference) => {
  if (difference.action === "evidence") return taken(difference)
  return difference.action === "asked" ? hasten(difference.refundNo ?? difference.payOrderNo) : Effect.void
}

/** Whether our side says by now what the bill says, or a person decided; null where it still does not. */
const reviewed = Effect.fnUntraced(function* (difference: Difference) {
  const { vendor, day, kind, of, payOrderNo, refundNo, theirs, action } = difference
  const orders = yield* Orders
  if (kind !== "STATUS" && action !== "held") return null
  if (kind === "STATUS" && theirs?.state !== "succeeded") {
    const store = yield* Reconciliations
    const isElsewhere = (yield* store.elsewhere(vendor, [refundNo ?? payOrderNo ?? ""], day)).size > 0
    return isElsewhere ? resolved("bill", "Another day's bill has it as succeeded.", action) : null
  }
  if (of === "refund" && refundNo !== null) {
    const refund = Option.getOrNull(yield* orders.refund(refundNo))
    if (refund === null || refund.state === "HELD") return null
    if (action === "held") return resolved("operator", `The refund was decided: it is ${refund.state}.`, action)
    return refund.state === "SUCCEEDED" && theirs?.state === "succeeded"
      ? resolved("vendor", "The refund was asked about, and succeeded.", action)
      : null
  }
  const payment = Option.getOrNull(yield* orders.byNumber(payOrderNo ?? ""))
  if (payment === null || payment.state === "HELD") return null
  if (action === "held") return resolved("operator", `The order was decided: it is ${payment.state}.`, action)
  return theirs?.state === "succeeded" && payment.captured > 0n
    ? resolved("vendor", `The vendor was asked, and the order is ${payment.state}.`, action)
    : null
})

/** Does something about each difference of a day that is not resolved, page by page. */
const eachOpen = <E, R>(vendor: string, day: string, f: (difference: Difference) => Effect.Effect<void, E, R>) =>
  Effect.gen(function* () {
    const store = yield* Reconciliations
    for (let after: string | null = null; ; ) {
      const some: ReadonlyArray<Difference> = yield* store.differences({
        vendor,
        day,
        statuses: ["open", "awaited"],
        after,
        limit: page
      })
      yield* Effect.forEach(some, f, { discard: true })
      after = some.at(-1)?.id ?? null
      if (some.length < page) return
    }
  })

/** Turns what a run found into evidence and questions: once more for one that was cut off, as the same evidence is a no-op. */
export const settle = (vendor: string, day: string, run: number) =>
  eachOpen(vendor, day, (difference) => (difference.run === run ? act(difference) : Effect.void))

/** Looks whether what was open of a day was decided since. */
export const review = (vendor: string, day: string) =>
  eachOpen(vendor, day, (difference) =>
    Effect.gen(function* () {
      const settlement = yield* reviewed(difference)
      const store = yield* Reconciliations
      if (settlement !== null) yield* store.settle(vendor, day, difference.id, settlement)
    })
  )
