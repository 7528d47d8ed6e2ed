import type { Money } from "@payment-proxy/domain"
import { Orders } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import * as Actor from "./Actor.ts"
import * as Capture from "./Capture.ts"
import * as Close from "./Close.ts"
import { OrderNotFound } from "./Decision.ts"
import * as Operator from "./Operator.ts"
import * as Resend from "./Resend.ts"
import * as Sync from "./Sync.ts"

/** An order that an operator does something with, and why; a null reason: he did not say. */
export interface Because {
  readonly payOrderNo: string
  readonly reason: string | null
}

/** A payment of whatever app, by its number. */
export const paymentOf = (payOrderNo: string) =>
  Effect.flatMap(Orders, (orders) => orders.byNumber(payOrderNo)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number: payOrderNo }), onSome: Effect.succeed }))
  )

/** Asks the vendor as an operator what an order is, as its app may. */
export const sync = Effect.fnUntraced(function* (payOrderNo: string, by: Operator.Acting) {
  yield* Operator.allowed(by, "operator")
  const { app } = yield* paymentOf(payOrderNo)
  return yield* Sync.sync(app, payOrderNo)
})

/** Closes an order as an operator, as its app may: history names him, and why. */
export const close = Effect.fnUntraced(function* ({ payOrderNo, reason }: Because, by: Operator.Acting) {
  const name = yield* Operator.allowed(by, "operator")
  const { app } = yield* paymentOf(payOrderNo)
  return yield* Close.close(app, payOrderNo).pipe(Actor.as(name, reason))
})

/** Takes held funds as an operator, as its app may; a null amount: all. History names him, and why. */
export const capture = Effect.fnUntraced(function* (
  { payOrderNo, amount, reason }: Because & { readonly amount: Money.Money | null },
  by: Operator.Acting
) {
  const name = yield* Operator.allowed(by, "operator")
  const { app } = yield* paymentOf(payOrderNo)
  return yield* Capture.capture(app, payOrderNo, amount).pipe(Actor.as(name, reason))
})

/** Sends an event of whatever app again as an operator; answers to how many endpoints. */
export const resend = Effect.fnUntraced(function* (eventId: string, by: Operator.Acting) {
  yield* Operator.allowed(by, "operator")
  return yield* Resend.resend(null, eventId)
})
