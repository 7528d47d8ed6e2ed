import { Order } from "@payment-proxy/api"
import { OrderNotFound } from "@payment-proxy/application"
import { OrderNo, Payment } from "@payment-proxy/domain"
import { Deliveries, type Delivery, type HistoryEntry, Orders } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { argument, leaf } from "../../Leaf.ts"
import * as Shown from "../../Shown.ts"

/** The number of an order or a refund, as an argument. */
export const number = argument("number", "The number of an order or a refund")

const deliveryOf = ({ id, eventId, type, version, endpoint, state, tries, dueAtMillis, note }: Delivery) => ({
  id,
  eventId,
  type,
  version,
  endpoint,
  state,
  tries,
  nextTry: dueAtMillis === null ? null : Order.timeOf(dueAtMillis),
  note
})

const entryOf = ({ version, state, cause, detail, atMillis }: HistoryEntry) => ({
  version,
  status: state,
  cause,
  detail,
  at: Order.timeOf(atMillis)
})

/** An amount with its currency. */
export const moneyOf = ({ value, currency }: { readonly value: string; readonly currency: string }) =>
  `${value} ${currency}`

const historyTable = (history: ReadonlyArray<ReturnType<typeof entryOf>>): string =>
  Shown.table(
    ["VERSION", "AT", "STATUS", "CAUSE", "DETAIL"],
    history.map(({ version, at, status, cause, detail }) => [version, at, status, cause, detail])
  )

const deliveriesTable = (deliveries: ReadonlyArray<ReturnType<typeof deliveryOf>>): string =>
  deliveries.length === 0
    ? "No events."
    : Shown.table(
        ["EVENT", "TYPE", "ENDPOINT", "STATE", "TRIES", "NEXT TRY", "NOTE"],
        deliveries.map(({ eventId, type, endpoint, state, tries, nextTry, note }) => [
          eventId,
          type,
          endpoint,
          state,
          tries,
          nextTry,
          note
        ])
      )

/** The payment with this number, whoever's it is. */
export const found = (number: string) =>
  Effect.flatMap(Orders, (orders) => orders.byNumber(number)).pipe(
    Effect.flatMap(Option.match({ onNone: () => new OrderNotFound({ number }), onSome: Effect.succeed }))
  )

/** What only operators see of a payment, beside what its app does. */
const insideOf = (payment: Payment.Payment) => ({
  app: payment.app,
  merchantOrderNo: payment.merchantOrderNo,
  captured: Order.amountOf(payment.captured, payment.amount),
  refundable: Order.amountOf(Payment.refundable(payment), payment.amount),
  heldReason: payment.heldReason,
  contradiction: payment.contradiction?.column ?? null,
  operation: payment.operation === null ? null : `${payment.operation.kind} ${payment.operation.no}`,
  disputes: payment.disputes.map(({ disputeNo, state }) => ({ disputeNo, state }))
})

/** A payment with all that belongs to it. */
export const paymentShown = (payment: Payment.Payment) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const deliveries = yield* Deliveries
    const order = Order.fromPayment(payment)
    const inside = insideOf(payment)
    const refunds = (yield* orders.refundsOf(payment.payOrderNo)).map(Order.fromRefund)
    const history = (yield* orders.history(payment.payOrderNo)).map(entryOf)
    const events = (yield* deliveries.ofOrder(payment.payOrderNo)).map(deliveryOf)
    const head = Shown.fields({
      number: order.payOrderNo,
      status: order.status + (order.inDoubt ? " (in doubt)" : ""),
      app: inside.app,
      vendor: order.vendor,
      "vendor's number": order.transactionNo,
      "business number": order.businessNo,
      amount: moneyOf(order.amount),
      captured: moneyOf(inside.captured),
      refunded: moneyOf(order.refunded),
      created: order.createdAt,
      paid: order.paidAt,
      held: inside.heldReason
    })
    const refundsTable = Shown.table(
      ["REFUND", "STATUS", "AMOUNT", "CREATED", "REASON"],
      refunds.map(({ refundNo, status, amount, createdAt, reason }) => [
        refundNo,
        status,
        moneyOf(amount),
        createdAt,
        reason
      ])
    )
    const parts = [
      head,
      refunds.length === 0 ? "No refunds." : refundsTable,
      historyTable(history),
      deliveriesTable(events)
    ]
    return { json: { order, ...inside, refunds, history, events }, text: parts.join("\n\n") }
  })

/** A refund with its history. */
export const refundShown = (refundNo: string) =>
  Effect.gen(function* () {
    const orders = yield* Orders
    const found = yield* orders.refund(refundNo)
    if (Option.isNone(found)) return yield* new OrderNotFound({ number: refundNo })
    const refund = Order.fromRefund(found.value)
    const history = (yield* orders.history(refundNo)).map(entryOf)
    const { heldReason, vendorRefundNo } = found.value
    const head = Shown.fields({
      number: refund.refundNo,
      status: refund.status,
      order: refund.payOrderNo,
      amount: moneyOf(refund.amount),
      reason: refund.reason,
      "vendor's number": vendorRefundNo,
      held: heldReason
    })
    return { json: { refund, vendorRefundNo, heldReason, history }, text: `${head}\n\n${historyTable(history)}` }
  })

/** `payment-proxy orders show` */
export const show = leaf(
  "show",
  {
    about: "Shows an order with its refunds, its history and its events; or a refund.",
    example: "orders show 01KB2Y5WM0000000000000000000A",
    config: { number }
  },
  ({ number }) =>
    OrderNo.paymentOf(number) === null ? Effect.flatMap(found(number), paymentShown) : refundShown(number)
)
