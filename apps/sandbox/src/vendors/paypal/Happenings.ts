import type { Authorization, Book, Capture, Dispute, Order, Refund } from "./Book.ts"
import * as Money from "./Money.ts"
import type { Site } from "./Shapes.ts"
import * as Shapes from "./Shapes.ts"
import type { Happening } from "./Telling.ts"

const shown = (minor: number, { currency }: Order): string => {
  const { value, currency_code } = Money.written(minor, currency)
  return `${value} ${currency_code}`
}

/** The payer approved. */
export const approved = (site: Site, order: Order): Happening => ({
  number: order.number,
  type: "CHECKOUT.ORDER.APPROVED",
  resourceType: "checkout-order",
  summary: "A buyer approved an order.",
  resource: Shapes.orderOf(site, order)
})

/** The order is done. */
export const completed = (site: Site, order: Order): Happening => ({
  number: order.number,
  type: "CHECKOUT.ORDER.COMPLETED",
  resourceType: "checkout-order",
  summary: "An order was completed.",
  resource: Shapes.orderOf(site, order)
})

const captureEvents = {
  COMPLETED: "COMPLETED",
  PARTIALLY_REFUNDED: "COMPLETED",
  REFUNDED: "COMPLETED",
  PENDING: "PENDING",
  DECLINED: "DENIED",
  FAILED: "DENIED"
} as const

/** What became of a capture; `name` is the vendor's other name for a denial. */
export const captured = (site: Site, order: Order, capture: Capture, name?: "DECLINED"): Happening => {
  const event = name ?? captureEvents[capture.status]
  return {
    number: order.number,
    type: `PAYMENT.CAPTURE.${event}`,
    resourceType: "capture",
    summary: `A payment of ${shown(capture.amountMinor, order)} is ${event.toLowerCase()}.`,
    resource: Shapes.captureOf(site, order, capture)
  }
}

/** Money went back: the resource is the refund, whose link `up` names the capture. */
export const refunded = (site: Site, order: Order, refund: Refund): Happening => ({
  number: order.number,
  type: refund.kind === "refund" ? "PAYMENT.CAPTURE.REFUNDED" : "PAYMENT.CAPTURE.REVERSED",
  resourceType: "refund",
  summary: `${shown(refund.amountMinor, order)} of a payment went back.`,
  resource: Shapes.refundOf(site, order, refund)
})

/** An authorization was made, or is void. */
export const authorized = (site: Site, order: Order, authorization: Authorization): Happening => ({
  number: order.number,
  type: `PAYMENT.AUTHORIZATION.${authorization.status === "VOIDED" ? "VOIDED" : "CREATED"}`,
  resourceType: "authorization",
  summary: `An authorization of ${shown(authorization.amountMinor, order)} is ${authorization.status.toLowerCase()}.`,
  resource: Shapes.authorizationOf(site, order, authorization)
})

/** A dispute began, goes on, or is over. */
export const disputed = (
  site: Site,
  order: Order,
  dispute: Dispute,
  name: "CREATED" | "UPDATED" | "RESOLVED"
): Happening => ({
  number: order.number,
  type: `CUSTOMER.DISPUTE.${name}`,
  resourceType: "dispute",
  summary: `A dispute about ${shown(dispute.amountMinor, order)} is ${name.toLowerCase()}.`,
  resource: Shapes.disputeOf(site, order, dispute)
})

/** A book as it will be once these are put into it, to tell of it in the same commit. */
export const ahead = (
  site: Site,
  put: {
    readonly captures?: ReadonlyArray<Capture>
    readonly authorizations?: ReadonlyArray<Authorization>
    readonly refunds?: ReadonlyArray<Refund>
  }
): Site => {
  const { book } = site
  const over = <A extends { readonly id: string; readonly orderId: string }>(
    was: ReadonlyArray<A>,
    { id }: Order,
    is: ReadonlyArray<A> = []
  ): ReadonlyArray<A> => {
    const own = is.filter(({ orderId }) => orderId === id)
    return [...was.filter((one) => own.every((other) => other.id !== one.id)), ...own]
  }
  const next: Pick<Book, "authorizationsOf" | "capturesOf" | "refundsOf"> = {
    authorizationsOf: (order) => over(book.authorizationsOf(order), order, put.authorizations),
    capturesOf: (order) => over(book.capturesOf(order), order, put.captures),
    refundsOf: (order) => over(book.refundsOf(order), order, put.refunds)
  }
  return { ...site, book: next }
}
