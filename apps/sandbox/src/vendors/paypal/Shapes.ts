import type { Authorization, Book, Capture, Dispute, Order, Refund } from "./Book.ts"
import { lives } from "./Book.ts"
import * as Money from "./Money.ts"

/** The merchant's account and the vendor's addresses, as they stand in what the vendor says. */
export interface Site {
  readonly url: string
  readonly book: Pick<Book, "authorizationsOf" | "capturesOf" | "refundsOf">
  readonly merchantId: string
}

/** A time as the vendor writes it: seconds, UTC. */
export const timeOf = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}Z`

const link = (href: string, rel: string, method = "GET") => ({ href, rel, method })
const payee = ({ merchantId }: Site) => ({ email_address: "sb-merchant@business.example.com", merchant_id: merchantId })
const given = <A>(name: string, value: A | null): { readonly [name: string]: A } =>
  value === null ? {} : { [name]: value }
const times = ({
  createdMillis,
  updatedMillis
}: {
  readonly createdMillis: number
  readonly updatedMillis: number
}) => ({
  create_time: timeOf(createdMillis),
  update_time: timeOf(updatedMillis)
})
const reasonOf = (reason: string | null) => (reason === null ? {} : { status_details: { reason } })
const numbersOf = ({
  invoiceId,
  customId
}: {
  readonly invoiceId: string | null
  readonly customId: string | null
}) => ({
  ...given("invoice_id", invoiceId),
  ...given("custom_id", customId)
})

/** The address of the payer's page of an order. */
export const payerPage = ({ url }: Site, { id }: Order): string => `${url}/checkoutnow?token=${id}`

/** The links of an order: the payer's page among them while there is something to approve. */
export const orderLinks = (site: Site, order: Order): ReadonlyArray<object> => {
  const self = `${site.url}/v2/checkout/orders/${order.id}`
  const action = order.intent === "CAPTURE" ? "capture" : "authorize"
  const page = link(payerPage(site, order), order.hasSource ? "payer-action" : "approve")
  const isOpen = order.status === "CREATED" || order.status === "PAYER_ACTION_REQUIRED"
  if (!isOpen && order.status !== "APPROVED") return [link(self, "self")]
  const next = order.hasSource && isOpen ? [] : [link(`${self}/${action}`, action, "POST")]
  return [link(self, "self"), ...(isOpen ? [page] : []), ...next]
}

const payer = ({ payerId }: Order) => ({
  name: { given_name: "John", surname: "Doe" },
  email_address: "sb-payer@personal.example.com",
  payer_id: payerId,
  address: { country_code: "US" }
})

const paymentsOf = (site: Site, order: Order) => {
  const { book } = site
  const refunds = book.refundsOf(order).filter(({ kind }) => kind === "refund")
  const all = {
    authorizations: book.authorizationsOf(order).map((authorization) => authorizationOf(site, order, authorization)),
    captures: book.capturesOf(order).map((capture) => captureOf(site, order, capture)),
    refunds: refunds.map((refund) => refundOf(site, order, refund))
  }
  const some = Object.entries(all).filter(([, list]) => list.length > 0)
  return some.length === 0 ? {} : { payments: Object.fromEntries(some) }
}

/** An order in full. */
export const orderOf = (site: Site, order: Order): object => {
  const isApproved = order.payerId !== null
  const who = isApproved ? { account_status: "VERIFIED", account_id: order.payerId, ...payer(order) } : {}
  return {
    id: order.id,
    intent: order.intent,
    status: order.status,
    ...(order.hasSource || isApproved ? { payment_source: { paypal: who } } : {}),
    purchase_units: [
      {
        reference_id: "default",
        ...order.unit,
        amount: { ...asObject(order.unit["amount"]), ...Money.written(order.amountMinor, order.currency) },
        payee: payee(site),
        ...paymentsOf(site, order)
      }
    ],
    ...(isApproved ? { payer: payer(order) } : {}),
    ...times(order),
    links: orderLinks(site, order)
  }
}

const asObject = (value: unknown): object => (typeof value === "object" && value !== null ? value : {})

/** An authorization in full. */
export const authorizationOf = (site: Site, order: Order, authorization: Authorization): object => {
  const self = `${site.url}/v2/payments/authorizations/${authorization.id}`
  return {
    id: authorization.id,
    status: authorization.status,
    ...reasonOf(authorization.status === "PENDING" ? "PENDING_REVIEW" : null),
    amount: Money.written(authorization.amountMinor, order.currency),
    ...numbersOf(order),
    seller_protection: { status: "NOT_ELIGIBLE" },
    expiration_time: timeOf(authorization.firstMillis + lives.authorization),
    ...times(authorization),
    payee: payee(site),
    supplementary_data: { related_ids: { order_id: order.id } },
    links: [
      link(self, "self"),
      link(`${self}/capture`, "capture", "POST"),
      link(`${self}/void`, "void", "POST"),
      link(`${self}/reauthorize`, "reauthorize", "POST"),
      link(`${site.url}/v2/checkout/orders/${order.id}`, "up")
    ]
  }
}

/** What the vendor keeps of a capture, in minor units. */
export const feeOf = ({ amountMinor }: Capture, { currency }: Order): number =>
  Money.share({ minor: amountMinor, currency }, 3.4, 0.3)

/** A capture in full. */
export const captureOf = (site: Site, order: Order, capture: Capture): object => {
  const { currency } = order
  const self = `${site.url}/v2/payments/captures/${capture.id}`
  const amount = Money.written(capture.amountMinor, currency)
  const fee = feeOf(capture, order)
  const { authorizationId } = capture
  const isTaken = ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"].includes(capture.status)
  const breakdown = {
    gross_amount: amount,
    paypal_fee: Money.written(fee, currency),
    net_amount: Money.written(capture.amountMinor - fee, currency)
  }
  const above =
    authorizationId === null
      ? `${site.url}/v2/checkout/orders/${order.id}`
      : `${site.url}/v2/payments/authorizations/${authorizationId}`
  return {
    id: capture.id,
    status: capture.status,
    ...reasonOf(capture.reason),
    amount,
    final_capture: capture.isFinal,
    ...numbersOf({ customId: order.customId, invoiceId: capture.invoiceId }),
    ...given("note_to_payer", capture.note),
    seller_protection: { status: "NOT_ELIGIBLE" },
    ...(isTaken ? { seller_receivable_breakdown: breakdown } : {}),
    ...times(capture),
    payee: payee(site),
    supplementary_data: { related_ids: { order_id: order.id, ...given("authorization_id", authorizationId) } },
    links: [link(self, "self"), link(`${self}/refund`, "refund", "POST"), link(above, "up")]
  }
}

/** A refund in full; so is told, too, what the vendor took back. */
export const refundOf = (site: Site, order: Order, refund: Refund): object => {
  const { currency } = order
  const isBefore = ({ captureId, status, createdMillis }: Refund) =>
    captureId === refund.captureId && status === "COMPLETED" && createdMillis <= refund.createdMillis
  const total = site.book
    .refundsOf(order)
    .filter(isBefore)
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const amount = Money.written(refund.amountMinor, currency)
  return {
    id: refund.id,
    status: refund.status,
    ...reasonOf(refund.reason),
    amount,
    ...numbersOf(refund),
    ...given("note_to_payer", refund.note),
    seller_payable_breakdown: {
      gross_amount: amount,
      paypal_fee: Money.written(0, currency),
      net_amount: amount,
      total_refunded_amount: Money.written(total, currency)
    },
    ...times(refund),
    payer: payee(site),
    links: [
      link(`${site.url}/v2/payments/refunds/${refund.id}`, "self"),
      link(`${site.url}/v2/payments/captures/${refund.captureId}`, "up")
    ]
  }
}

/** A dispute, as the events about it tell it. */
export const disputeOf = (site: Site, order: Order, dispute: Dispute): object => ({
  dispute_id: dispute.id,
  ...times(dispute),
  disputed_transactions: [
    {
      seller_transaction_id: dispute.captureId,
      ...given("invoice_number", order.invoiceId),
      ...given("custom", order.customId),
      seller: payee(site)
    }
  ],
  reason: "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
  status: dispute.status === "OPEN" ? "WAITING_FOR_SELLER_RESPONSE" : "RESOLVED",
  dispute_amount: Money.written(dispute.amountMinor, order.currency),
  ...(dispute.outcome === null ? {} : { dispute_outcome: { outcome_code: dispute.outcome } }),
  dispute_life_cycle_stage: "INQUIRY",
  dispute_channel: "INTERNAL",
  links: [link(`${site.url}/v1/customer/disputes/${dispute.id}`, "self")]
})
