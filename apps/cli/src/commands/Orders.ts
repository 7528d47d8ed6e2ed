import { Command, Options } from "@effect/cli"
import { Order } from "@payment-proxy/api"
import { OrderNotFound } from "@payment-proxy/application"
import { OrderNo, Payment } from "@payment-proxy/domain"
import { Deliveries, type Delivery, type HistoryEntry, Orders } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { argument, leaf, optional } from "../Leaf.ts"
import * as Shown from "../Shown.ts"

const number = argument("number", "The number of an order or a refund")

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

const moneyOf = ({ value, currency }: { readonly value: string; readonly currency: string }) => `${value} ${currency}`

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
const found = (number: string) =>
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

const paymentShown = (payment: Payment.Payment) =>
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

const refundShown = (refundNo: string) =>
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

const show = leaf(
  "show",
  {
    about: "Shows an order with its refunds, its history and its events; or a refund.",
    example: "orders show 01KB2Y5WM0000000000000000000A",
    config: { number }
  },
  ({ number }) =>
    OrderNo.paymentOf(number) === null ? Effect.flatMap(found(number), paymentShown) : refundShown(number)
)

/** A page of orders, newest first; without an app, of all. */
const listed = (search: {
  readonly app: Option.Option<string>
  readonly vendor: Option.Option<string>
  readonly status: Option.Option<Payment.State>
  readonly business: Option.Option<string>
  readonly after: Option.Option<string>
  readonly limit: number
}) =>
  Effect.map(
    Effect.flatMap(Orders, (orders) =>
      orders.search({
        app: Option.getOrNull(search.app),
        vendor: Option.getOrNull(search.vendor),
        state: Option.getOrNull(search.status),
        businessNo: Option.getOrNull(search.business),
        createdFromMillis: null,
        createdToMillis: null,
        after: Option.getOrNull(search.after),
        limit: search.limit
      })
    ),
    (payments) =>
      Shown.list(
        payments.map((payment) => ({
          ...Order.fromPayment(payment),
          app: payment.app,
          heldReason: payment.heldReason
        })),
        ["NUMBER", "STATUS", "AMOUNT", "APP", "VENDOR", "BUSINESS NUMBER", "CREATED", "HELD"],
        ({ payOrderNo, status, amount, app, vendor, businessNo, createdAt, heldReason }) => [
          payOrderNo,
          status,
          moneyOf(amount),
          app,
          vendor,
          businessNo,
          createdAt,
          heldReason
        ],
        "No such orders."
      )
  )

const limit = Options.integer("limit").pipe(
  Options.withDescription("At most so many, newest first"),
  Options.withDefault(20)
)
const after = optional("after", "Only what is older than this order: the last number of the page before")
const status = Options.choice("status", Payment.State.literals).pipe(
  Options.withDescription("Only orders in this state"),
  Options.optional
)

const list = leaf(
  "list",
  {
    about: "Lists orders, newest first.",
    example: "orders list --app shop --status PENDING",
    config: {
      app: optional("app", "Only this app's"),
      vendor: optional("vendor", "Only this vendor's"),
      status,
      business: optional("business-number", "Only those of this deal"),
      after,
      limit
    }
  },
  listed
)

const held = leaf(
  "held",
  {
    about: "Lists the orders at which automation has stopped, and why.",
    example: "orders held",
    config: { app: optional("app", "Only this app's"), after, limit }
  },
  ({ app, after, limit }) =>
    listed({ app, after, limit, vendor: Option.none(), business: Option.none(), status: Option.some("HELD") })
)

/** `payment-proxy orders …` */
export const orders = Command.make("orders").pipe(
  Command.withDescription("Orders and refunds: what became of them, and what can be done"),
  Command.withSubcommands([show, list, held])
)
