import type { Claimed } from "@payment-proxy/ports"
import { DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { Clock, Effect, Option } from "effect"
import { limitsOf } from "./Decision.ts"
import * as Owed from "./Owed.ts"
import { Policies } from "./Policy.ts"
import { ask, sendAgain } from "./RefundCall.ts"
import { type Pair, read, stillOpen } from "./RefundDecision.ts"
import * as RefundDue from "./RefundDue.ts"

/** Whether the vendor can be asked what became of a refund. */
const isAskable = Effect.fnUntraced(function* ({ payment }: Pair) {
  const vendor = Option.getOrUndefined((yield* Vendors).get(payment.vendor))
  return vendor === undefined || vendor.abilities.includes("queryRefund")
})

/** Sends a refund once more, unless a call of it may still be in the air: what it said is on disk, or it said nothing. */
const again = Effect.fnUntraced(function* (pair: Pair) {
  const { unknownCalls, deadlineMillis } = pair.refund
  const isInTheAir = unknownCalls > 0 && (yield* Clock.currentTimeMillis) <= deadlineMillis
  return { ...(isInTheAir ? pair : yield* sendAgain(pair)), isHeard: false }
})

/** Asks what became of a refund, and sends it again where the machine says so, or where it cannot be asked for and its number alone keeps it single. */
const resolveDoubt = Effect.fnUntraced(function* (pair: Pair) {
  const isOpen = pair.refund.state === "SUBMITTING" || pair.refund.state === "PENDING"
  if (!(yield* isAskable(pair))) {
    // What it refused it is not sent once more: what became of the calls before, operators are told to find out.
    if (!isOpen) return { ...pair, isHeard: true }
    return pair.refund.failure === null ? yield* again(pair) : { ...pair, isHeard: false }
  }
  const asked = yield* ask(pair)
  if (asked.resend) return yield* again(asked)
  const isNameless = asked.refund.state === "SUBMITTING" && asked.refund.vendorRefundNo === null
  const isMute = asked.silence === "Rejected" || asked.silence === "Unreachable"
  if (isNameless && isMute && asked.refund.failure === null) return yield* again(asked)
  // One that FAILED here is on its way there: it may yet succeed.
  if (asked.refund.state === "FAILED" && asked.said === "pending") return { ...asked, isHeard: false }
  // Of one that has ended, a vendor that refuses the question will not say more another time.
  return { ...asked, isHeard: asked.said !== null || (!isOpen && asked.silence === "Rejected") }
})

/** Does what a refund needs now; answers it as it then is, and whether the vendor said what became of it. */
const satisfy = (pair: Pair) => {
  switch (pair.refund.state) {
    case "CREATED":
      return Effect.succeed({ ...pair, isHeard: true })
    case "SUBMITTING":
      return pair.refund.unknownCalls === 0 ? again(pair) : resolveDoubt(pair)
    case "PENDING":
    case "SUCCEEDED":
    case "FAILED":
    case "HELD":
      return resolveDoubt(pair)
  }
}

/** As `satisfy`, of a refund that owes a query: it is asked about before it is sent, and then sent in the same claim unless the vendor has it. */
const satisfyOwing = Effect.fnUntraced(function* (owing: Pair) {
  const isSentUnasked = ({ state, unknownCalls }: Pair["refund"]) => state === "SUBMITTING" && unknownCalls === 0
  if (!(isSentUnasked(owing.refund) && (yield* isAskable(owing)))) return yield* satisfy(owing)
  const asked = yield* ask(owing)
  return asked.resend || isSentUnasked(asked.refund) ? yield* again(asked) : { ...asked, isHeard: asked.said !== null }
})

/** A claimed refund: does what it needs; where nothing came of it, it is due again later. */
export const confirmRefund = Effect.fnUntraced(function* (claimed: Claimed) {
  const due = yield* DueWork
  const found = yield* Effect.flatMap(Orders, (orders) => orders.refund(claimed.id))
  if (Option.isNone(found)) return yield* due.done(claimed, "There is no such refund.")
  const pair = yield* read(claimed.id)
  const { payment, refund, isHeard } = yield* claimed.isQueryOwed
    ? satisfyOwing(pair).pipe(Owed.settling(claimed))
    : satisfy(pair)
  if (refund.version !== found.value.version) return true
  const limits = limitsOf(yield* Vendors, payment)
  const tries = claimed.tries + 1
  const asked = { nowMillis: yield* Clock.currentTimeMillis, tries, isHeard }
  const wait = RefundDue.dueIn(yield* Policies, refund, asked, limits)
  if (wait === null) return yield* due.done(claimed, null)
  if (RefundDue.isStillOpen({ refund, tries: claimed.tries }, { refund, tries }, limits))
    yield* stillOpen({ payment, refund })
  return yield* due.postpone(Owed.settled(claimed), wait, null)
})
