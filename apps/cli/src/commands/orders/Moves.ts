import { Operators } from "@payment-proxy/application"
import { Money, type Payment } from "@payment-proxy/domain"
import { Effect, Either, Option } from "effect"
import * as Failed from "../../Failed.ts"
import { argument, confirmed, leaf, optional, yes } from "../../Leaf.ts"
import * as Operator from "../../Operator.ts"
import { proposedShown } from "../Proposals.ts"
import { found, moneyOf, paymentShown, refundShown } from "./Show.ts"

const order = argument("number", "The order's number")
const amount = optional("amount", "How much, in the order's currency, like 12.34; all of it unless given")

/** An amount as it is typed, in the currency of the order. */
export const amountIn = (payment: Payment.Payment, text: string) =>
  Either.mapLeft(
    Money.parse(text, payment.amount.currency),
    () =>
      new Failed.Failed({
        exit: Failed.exits.usage,
        code: "AMOUNT_INVALID",
        detail: `${JSON.stringify(text)} is no amount in ${payment.amount.currency}: write it like 12.34.`
      })
  )

const amountOf = (payment: Payment.Payment, text: Option.Option<string>) =>
  Option.match(text, {
    onNone: () => Effect.succeed(null),
    onSome: (typed) => Either.map(amountIn(payment, typed), (money): Money.Money | null => money)
  })

const said = (money: Money.Money | null, all: string): string =>
  money === null ? all : moneyOf({ value: Money.format(money), currency: money.currency })

const after = (payment: Payment.Payment) => paymentShown(payment)

/** `payment-proxy orders sync` */
export const syncCommand = leaf(
  "sync",
  {
    about: "Asks the vendor at once what an order is.",
    example: "orders sync 01KB2Y5WM0000000000000000000A",
    config: { number: order }
  },
  ({ number }) =>
    Effect.flatMap(Operator.typing, (by) => Operators.sync(number, by)).pipe(
      Operator.did("order.sync", number),
      Effect.flatMap(after)
    )
)

/** `payment-proxy orders close` */
export const closeCommand = leaf(
  "close",
  {
    about: "Closes an order that is not paid: the vendor is asked to take no payment any more.",
    example: 'orders close 01KB2Y5WM0000000000000000000A --operator alice --reason "asked for by phone"',
    config: { number: order, operator: Operator.operator, reason: Operator.reason, yes }
  },
  ({ number, operator, reason, yes }) =>
    Effect.gen(function* () {
      yield* found(number)
      const name = yield* Operator.named(operator)
      yield* confirmed(yes, `Close order ${number}?`)
      return yield* Effect.flatMap(
        Operators.close({ payOrderNo: number, reason: Option.getOrNull(reason) }, Operator.acting(name)),
        after
      ).pipe(Operator.by(name, reason, { action: "order.close", subject: number }))
    })
)

/** `payment-proxy orders refund` */
export const refundCommand = leaf(
  "refund",
  {
    about: "Refunds a payment, all that is left or a part of it.",
    example: 'orders refund 01KB2Y5WM0000000000000000000A --amount 5.00 --operator alice --reason "goodwill"',
    config: {
      number: order,
      amount,
      key: optional("key", "A text of your own: with the same one, a command that is given again refunds once"),
      operator: Operator.operator,
      reason: Operator.reason,
      yes
    }
  },
  ({ number, amount, key, operator, reason, yes }) =>
    Effect.gen(function* () {
      const payment = yield* found(number)
      const name = yield* Operator.named(operator)
      const money = yield* amountOf(payment, amount)
      yield* confirmed(yes, `Refund ${said(money, "all that is left")} of order ${number}?`)
      const placed = yield* Operators.refund(
        { payOrderNo: number, amount: money, reason: Option.getOrNull(reason), key: Option.getOrNull(key) },
        Operator.acting(name)
      ).pipe(Operator.by(name, reason, { action: "order.refund", subject: number }, Operators.outcomeOf))
      if (placed.type === "proposed") return proposedShown(placed.proposal)
      return yield* refundShown(placed.refund.refundNo)
    })
)

/** `payment-proxy orders capture` */
export const captureCommand = leaf(
  "capture",
  {
    about: "Takes money that is authorized, all or a part of it; the rest is released.",
    example: "orders capture 01KB2Y5WM0000000000000000000A --amount 10.00 --operator alice",
    config: { number: order, amount, operator: Operator.operator, reason: Operator.reason, yes }
  },
  ({ number, amount, operator, reason, yes }) =>
    Effect.gen(function* () {
      const payment = yield* found(number)
      const name = yield* Operator.named(operator)
      const money = yield* amountOf(payment, amount)
      yield* confirmed(yes, `Take ${said(money, "all that is authorized")} of order ${number}?`)
      return yield* Effect.flatMap(
        Operators.capture(
          { payOrderNo: number, amount: money, reason: Option.getOrNull(reason) },
          Operator.acting(name)
        ),
        after
      ).pipe(Operator.by(name, reason, { action: "order.capture", subject: number }))
    })
)

/** `payment-proxy orders accept` */
export const acceptCommand = leaf(
  "accept",
  {
    about: "Keeps money that came late, in place of its refund.",
    example: 'orders accept 01KB2Y5WM0000000000000000000A --operator alice --note "the policy was written"',
    config: { number: order, operator: Operator.operator, note: Operator.note, yes }
  },
  ({ number, operator, note, yes }) =>
    Effect.gen(function* () {
      const name = yield* Operator.named(operator)
      yield* confirmed(yes, `Keep the money that came late for order ${number}?`)
      return yield* Effect.flatMap(Operators.accept({ payOrderNo: number, note }, Operator.acting(name)), after).pipe(
        Operator.by(name, Option.some(note), { action: "order.accept", subject: number })
      )
    })
)
