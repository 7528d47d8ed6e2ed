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

/** Does what an order needs now; answers the order as it then is, whether the vendor said what became of it, and when it is due again, where that is known. */
export const satisfy = Effect.fnUntraced(function* (payment: Payment.Payment) {
  const policy = yield* Policies
  const nowMillis = yield* Clock.currentTimeMillis
  switch (PaymentCommands.need(payment, nowMillis, Duration.toMillis(policy.authorizationMargin))) {
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

/** A claimed order, a payment or a refund: does what it needs; where nothing came of it, it is due again later. */
export const confirm = (claimed: Claimed) =>
  OrderNo.paymentOf(claimed.id) === null ? confirmPayment(claimed) : confirmRefund(claimed)

const confirmPayment = Effect.fnUntraced(function* (claimed: Claimed) {
  const orders = yield* Orders
  const due = yield* DueWork
  const policy = yield* Policies
  const found = yield* orders.byNumber(claimed.id)
  if (Option.isNone(found)) return yield* due.done(claimed, "There is no such order.")
  const { payment, isHeard, wait: known } = yield* satisfy(found.value)
  if (payment.version !== found.value.version) return true
  const asked = { nowMillis: yield* Clock.currentTimeMillis, tries: claimed.tries + 1, isHeard }
  const limits = limitsOf(yield* Vendors, payment)
  const wait = known ?? dueIn(policy, payment, asked, limits)
  const isOverlong =
    known === null && isStillOpen({ payment, tries: claimed.tries }, { payment, tries: asked.tries }, limits)
  if (isOverlong) yield* stillOpen(payment)
  return yield* wait === null ? due.done(claimed, null) : due.postpone(claimed, wait, null)
})
