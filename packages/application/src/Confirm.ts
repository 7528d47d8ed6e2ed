import type { Payment } from "@payment-proxy/domain"
import { OrderNo, PaymentCommands } from "@payment-proxy/domain"
import type { Claimed } from "@payment-proxy/ports"
import { DueWork, Orders, Vendors } from "@payment-proxy/ports"
import { Clock, Duration, Effect, Option } from "effect"
import { ask } from "./Ask.ts"
import { askToClose } from "./Close.ts"
import { confirmRefund } from "./ConfirmRefund.ts"
import { limitsOf, stillOpen } from "./Decision.ts"
import { expire } from "./Expire.ts"
import * as LatePaid from "./LatePaid.ts"
import { operate } from "./Operate.ts"
import * as Owed from "./Owed.ts"
import { dueIn, isStillOpen, Policies } from "./Policy.ts"
import { submitAgain } from "./Submission.ts"

/** An order that is in doubt even after the vendor was asked is sent again, byte for byte (design §5, In doubt). */
const resolveDoubt = Effect.fnUntraced(function* (asked: Payment.Payment) {
  const { payment, said } = yield* ask(asked)
  const nowMillis = yield* Clock.currentTimeMillis
  const isUnknownThere = payment.state === "SUBMITTING" && said === "notFound"
  const isWithoutNext = payment.state === "PENDING" && payment.next === null && said === "open"
  return (isUnknownThere || isWithoutNext) && nowMillis < payment.expiresAtMillis
    ? { payment: yield* submitAgain(payment), isHeard: true }
    : { payment, isHeard: said !== null }
})

const needOf = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const { authorizationMargin } = yield* Policies
  return PaymentCommands.need(payment, yield* Clock.currentTimeMillis, Duration.toMillis(authorizationMargin))
})

/** Does what an order needs now; answers the order as it then is, whether the vendor said what became of it, and when it is due again, where that is known. */
const satisfy = Effect.fnUntraced(function* (payment: Payment.Payment) {
  switch (yield* needOf(payment)) {
    case "none":
      return { payment, isHeard: true, wait: null }
    case "expire":
      return { payment: yield* expire(payment.payOrderNo), isHeard: false, wait: null }
    case "close":
      return { payment: yield* askToClose(payment), isHeard: false, wait: null }
    case "send":
      return { payment: yield* submitAgain(payment), isHeard: false, wait: null }
    case "operate":
      return payment.operation === null
        ? { payment, isHeard: false, wait: null }
        : { payment: yield* operate(payment, payment.operation), isHeard: false, wait: null }
    case "refund":
      return yield* LatePaid.settle(payment)
    case "query":
      return { ...(yield* resolveDoubt(payment)), wait: null }
  }
})

/** Whether what an order needs now would be done without its vendor being asked first what the order is. */
const isDoneUnasked = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const need = yield* needOf(payment)
  if (need === "operate") return payment.operation?.unknownCalls === 0
  return need === "send" || (need === "refund" && (yield* LatePaid.isKept(payment)))
})

/**
 * As `satisfy`, of an order that owes a query (design §5, late evidence in a cell with a dagger). The query comes before what
 * would be done without one, which follows in the same claim, also where the vendor did not say anything: it is not to lose its
 * turn to the query. Nobody is asked twice.
 */
const satisfyOwing = Effect.fnUntraced(function* (owing: Payment.Payment) {
  if (!(yield* isDoneUnasked(owing))) return yield* satisfy(owing)
  const { payment, said } = yield* ask(owing)
  return (yield* isDoneUnasked(payment)) ? yield* satisfy(payment) : { payment, isHeard: said !== null, wait: null }
})

/** What a claimed order needs; its query is settled with what comes of it, but not by an expiry, which is on disk before the close that asks. */
const worked = Effect.fnUntraced(function* (claimed: Claimed, payment: Payment.Payment) {
  if (!claimed.isQueryOwed || (yield* needOf(payment)) === "expire") return yield* satisfy(payment)
  return yield* satisfyOwing(payment).pipe(Owed.settling(claimed))
})

/** A claimed order, a payment or a refund: does what it needs; where nothing came of it, it is due again later. */
export const confirm = (claimed: Claimed) =>
  OrderNo.paymentOf(claimed.id) === null ? confirmPayment(claimed) : confirmRefund(claimed)

const confirmPayment = Effect.fnUntraced(function* (claimed: Claimed) {
  const orders = yield* Orders
  const due = yield* DueWork
  const policy = yield* Policies
  const found = yield* orders.byNumber(claimed.id)
  if (Option.isNone(found)) return yield* due.done(claimed, "There is no such order.")
  const { payment, isHeard, wait: known } = yield* worked(claimed, found.value)
  if (payment.version !== found.value.version) return true
  const asked = { nowMillis: yield* Clock.currentTimeMillis, tries: claimed.tries + 1, isHeard }
  const limits = limitsOf(yield* Vendors, payment)
  const wait = known ?? dueIn(policy, payment, asked, limits)
  const isOverlong =
    known === null && isStillOpen({ payment, tries: claimed.tries }, { payment, tries: asked.tries }, limits)
  if (isOverlong) yield* stillOpen(payment)
  return yield* wait === null ? due.done(claimed, null) : due.postpone(Owed.settled(claimed), wait, null)
})
