import { Options } from "@effect/cli"
import { Order } from "@payment-proxy/api"
import { Payment } from "@payment-proxy/domain"
import { anyOrder, Orders } from "@payment-proxy/ports"
import { Effect, Option } from "effect"
import { leaf, optional } from "../../Leaf.ts"
import * as Shown from "../../Shown.ts"
import { moneyOf } from "./Show.ts"

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
        ...anyOrder,
        app: Option.getOrNull(search.app),
        vendor: Option.getOrNull(search.vendor),
        state: Option.getOrNull(search.status),
        businessNo: Option.getOrNull(search.business),
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

/** How many are listed at most. */
export const limit = Options.integer("limit").pipe(
  Options.withDescription("At most so many, newest first"),
  Options.withDefault(20)
)
const after = optional("after", "Only what is older than this order: the last number of the page before")
const status = Options.choice("status", Payment.State.literals).pipe(
  Options.withDescription("Only orders in this state"),
  Options.optional
)

/** `payment-proxy orders list` */
export const list = leaf(
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
