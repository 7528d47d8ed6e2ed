import { type Admin, Order } from "@payment-proxy/api"
import { type Acting, Operators, OrderNotFound, resolvable } from "@payment-proxy/application"
import { Money, OrderNo, Payment, PaymentCommands, type RefundMachine } from "@payment-proxy/domain"
import {
  type App,
  Apps,
  Deliveries,
  type Delivery,
  type HistoryEntry,
  Insight,
  type OperatorRole,
  Orders,
  Proposals,
  type Vendor,
  Vendors
} from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import * as Heard from "./Heard.ts"
import * as Proposed from "./Proposed.ts"

type Row = typeof Admin.Orders.OrderRow.Type
type Detail = typeof Admin.Orders.OrderDetail.Type
type Action = Detail["allowed"][number]

/** An order as operators see it in a list. */
export const row = (payment: Payment.Payment): Row => ({
  ...Order.fromPayment(payment),
  app: payment.app,
  merchantOrderNo: payment.merchantOrderNo,
  heldReason: payment.heldReason
})

/** A payment by its number, or by that of one of its refunds, of whatever app. */
export const paymentOf = (number: string) =>
  Effect.flatMap(Orders, (orders) => orders.byNumber(OrderNo.paymentOf(number) ?? number)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number }), onSome: Effect.succeed }))
  )

/** What can be done by whom: what the machine allows, the vendor can do, and the role may. */
export const allowed = (
  payment: Payment.Payment,
  refunds: ReadonlyArray<RefundMachine.Refund>,
  vendor: Vendor | null,
  role: OperatorRole
): ReadonlyArray<Action> => {
  if (role === "viewer") return []
  const legal = PaymentCommands.legal(payment)
  const can = vendor?.abilities ?? []
  const holds: { readonly [A in Action]: boolean } = {
    sync: can.includes("query"),
    close: legal.includes("close") && (payment.state === "CREATED" || can.includes("close")),
    capture: legal.includes("capture") && can.includes("capture"),
    refund: legal.includes("refund") && can.includes("refund"),
    accept: legal.includes("accept"),
    resolve: legal.includes("resolve") || refunds.some(({ state }) => state === "HELD")
  }
  return (Object.keys(holds) as Array<Action>).filter((action) => holds[action])
}

const inMajor = (amountMinor: bigint, { amount: { currency } }: Payment.Payment): string | null =>
  amountMinor > 0n ? Money.format(Money.make(amountMinor, currency)) : null

const entry = ({ payOrderNo, version, state, cause, detail, atMillis, hash }: HistoryEntry) => ({
  number: payOrderNo,
  version,
  status: state,
  cause,
  detail,
  at: Order.timeOf(atMillis),
  chained: hash !== null
})

/** What happened to a payment and its refunds, oldest first. */
const historyOf = Effect.fnUntraced(function* (numbers: ReadonlyArray<string>) {
  const orders = yield* Orders
  const entries = (yield* Effect.forEach(numbers, orders.history)).flat()
  return entries.sort((a, b) => a.atMillis - b.atMillis || a.version - b.version)
})

const delivery = (one: Delivery, app: App | null) => ({
  id: one.id,
  eventId: one.eventId,
  type: one.type,
  version: one.version,
  number: one.payOrderNo,
  endpoint: one.endpoint,
  url: app?.endpoints.find(({ id }) => id === one.endpoint)?.url ?? null,
  state: one.state,
  createdAt: Order.timeOf(one.createdAtMillis),
  nextAt: one.dueAtMillis === null ? null : Order.timeOf(one.dueAtMillis),
  body: one.body,
  tries: one.attempts.map(({ atMillis, ...attempt }) => ({ ...attempt, at: Order.timeOf(atMillis) }))
})

const refunded = (refund: RefundMachine.Refund) => ({
  ...Order.fromRefund(refund),
  heldReason: refund.heldReason,
  vendorRefundNo: refund.vendorRefundNo
})

/** All that is known of an order, for an operator. */
export const read = Effect.fnUntraced(function* (number: string, by: Acting) {
  const payment = yield* paymentOf(number)
  const { payOrderNo } = payment
  const refunds = yield* Effect.flatMap(Orders, (orders) => orders.refundsOf(payOrderNo))
  const vendor = Option.getOrNull((yield* Vendors).get(payment.vendor))
  const app = Option.getOrNull(yield* Effect.flatMap(Apps, (apps) => apps.byId(payment.app)))
  const deliveries = yield* Effect.flatMap(Deliveries, (store) => store.ofOrder(payOrderNo))
  const numbers = [payOrderNo, ...refunds.map(({ refundNo }) => refundNo)]
  const proposals = yield* Effect.flatMap(Proposals, (store) => Effect.forEach(numbers, store.ofSubject))
  const held = payment.state === "HELD" ? null : (refunds.find(({ state }) => state === "HELD") ?? null)
  const dueAtMillis = yield* Effect.flatMap(Insight, (insight) => insight.dueAt(numbers))
  const history = yield* historyOf(numbers)
  const aloneMinor = yield* Operators.aloneLeftMinor(payment)
  const canCapture = PaymentCommands.legal(payment).includes("capture")
  return {
    order: row(payment),
    refunds: refunds.map(refunded),
    history: history.map(entry),
    answers: yield* Heard.answers(numbers, history),
    deliveries: deliveries.map((one) => delivery(one, app)),
    proposals: yield* Effect.forEach(proposals.flat(), (one) => Proposed.shown(one, by)),
    allowed: allowed(payment, refunds, vendor, by.role),
    refundable: inMajor(Payment.refundable(payment), payment),
    capturable: canCapture ? inMajor(payment.acceptedMinor ?? payment.authorized, payment) : null,
    refundableAlone: aloneMinor === null ? null : Money.format({ ...payment.amount, amountMinor: aloneMinor }),
    resolvable: resolvable(payment, held),
    dueAt: dueAtMillis === null ? null : Order.timeOf(dueAtMillis)
  } satisfies Detail
})
