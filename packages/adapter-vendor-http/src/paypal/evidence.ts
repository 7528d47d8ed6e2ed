import type { Currency, Payment, RefundMachine } from "@payment-proxy/domain"
import { Evidence, Money } from "@payment-proxy/domain"
import { Either } from "effect"
import * as Amounts from "./amounts.ts"
import type { PayPalConfig } from "./config.ts"
import type { Authorization, Capture, Order, Refund } from "./wire.ts"

/** Whose answer it is. */
export interface Said {
  readonly source: Evidence.Evidence["source"]
  readonly asked: Evidence.Evidence["asked"]
}

type Stated<A> = Either.Either<A, string>
type Unit = NonNullable<Order["purchase_units"]>[number]

const amountOf = (written: Amounts.Written | undefined): Stated<Money.Money | null> =>
  written === undefined ? Either.right(null) : Amounts.read(written)

/** The end of the year 9999: the last moment that a date of the table can be. */
const lastMillis = 253_402_300_799_999

/** A time of PayPal's (RFC 3339) in milliseconds since the epoch; null where it is none. */
export const timeOf = (text: string | undefined): number | null => {
  const millis = text === undefined ? Number.NaN : Date.parse(text)
  return millis >= 0 && millis <= lastMillis ? millis : null
}

/** The captures that took money, whatever of it went back. */
const takenStatuses = new Set(["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"])
const lostStatuses = new Set(["DECLINED", "FAILED"])

/** What of an order's resources moves money. */
const resourcesOf = ({ purchase_units: units = [] }: Order) => {
  const payments = units[0]?.payments
  return {
    authorizations: payments?.authorizations ?? [],
    captures: payments?.captures ?? [],
    refunds: payments?.refunds ?? []
  }
}

/** The capture that a refund is made of: the last that took money. */
export const captureIdOf = (order: Order): string | null =>
  resourcesOf(order).captures.findLast(({ status }) => takenStatuses.has(status))?.id ?? null

/** Whether the vendor or the merchant has yet to decide on money that the payer gave: nobody can say that it will not come. */
export const isUndecided = (order: Order): boolean => {
  const { captures, authorizations } = resourcesOf(order)
  return (
    [...captures, ...authorizations].some(({ status }) => status === "PENDING") &&
    !captures.some(({ status }) => takenStatuses.has(status))
  )
}

/** The refunds that an order shows. */
export const refundsOf = (order: Order): ReadonlyArray<Refund> => resourcesOf(order).refunds

const numberOf = ({ custom_id, invoice_id }: Pick<Unit, "custom_id" | "invoice_id">): string | undefined =>
  custom_id ?? invoice_id

const foreignTo = (order: Order, payment: Payment.Payment, { merchantId }: PayPalConfig) => {
  const [unit] = order.purchase_units ?? []
  const payee = unit?.payee?.merchant_id
  if (merchantId !== undefined && payee !== undefined && payee !== merchantId) return "MERCHANT_MISMATCH"
  if (payment.transactionNo !== null && payment.transactionNo !== order.id) return "NUMBER_MISMATCH"
  const { captures, authorizations } = resourcesOf(order)
  const numbers = [...(unit === undefined ? [] : [unit]), ...captures, ...authorizations].flatMap(
    (resource) => numberOf(resource) ?? []
  )
  return numbers.every((number) => number === payment.merchantOrderNo) ? null : "NUMBER_MISMATCH"
}

const nextOf = ({ links = [] }: Order) => {
  const link = links.find(({ rel }) => rel === "payer-action") ?? links.find(({ rel }) => rel === "approve")
  return link === undefined || !/^https?:\/\//.test(link.href) ? null : { type: "redirect" as const, url: link.href }
}

type Common = Said & Pick<Evidence.Evidence, "transactionNo" | "amount" | "foreign">

const known = ({ source, ...common }: Common, word: string): Evidence.Evidence =>
  Evidence.make("known", source, { ...common, word: word.slice(0, 64) })

const sumOf = (resources: ReadonlyArray<Pick<Capture, "amount">>): Stated<Money.Money> => {
  const amounts = Either.all(resources.map(({ amount }) => amountOf(amount)))
  if (Either.isLeft(amounts)) return Either.left(amounts.left)
  const [first, ...others] = amounts.right
  if (first === undefined || first === null || others.some((other) => other?.currency !== first.currency))
    return Either.left("A capture states no amount, or several state several currencies.")
  const totalMinor = others.reduce((sum, other) => sum + (other?.amountMinor ?? 0n), first.amountMinor)
  return Either.right(Money.make(totalMinor, first.currency))
}

const refundStates: ReadonlyMap<string, Evidence.RefundItem["state"]> = new Map([
  ["PENDING", "pending"],
  ["COMPLETED", "succeeded"],
  ["FAILED", "failed"],
  ["CANCELLED", "failed"]
])

/** A refund as the order lists it. A number that is the payment's own was taken over from it: the refund is not ours. */
const itemOf = (
  { id, status, amount, custom_id }: Refund,
  { merchantOrderNo }: Payment.Payment,
  currency: Currency.Currency
): Stated<Evidence.RefundItem> =>
  Either.flatMap(amountOf(amount), (stated) =>
    stated === null || stated.currency !== currency
      ? Either.left("A refund states no amount, or one in another currency.")
      : Either.right({
          vendorRefundNo: id,
          ourNo: custom_id === undefined || custom_id === merchantOrderNo ? null : custom_id,
          amountMinor: stated.amountMinor,
          // What the vendor has no known word for has not come to its end.
          state: refundStates.get(status) ?? "pending"
        })
  )

/** Money came: by one capture, or by several, in the vendor's own words. */
const taken = (
  captures: ReadonlyArray<Capture>,
  refunds: ReadonlyArray<Refund>,
  payment: Payment.Payment,
  { source, ...common }: Common
): Stated<Evidence.Evidence> =>
  Either.flatMap(sumOf(captures), (captured): Stated<Evidence.Evidence> => {
    const last = captures.at(-1)
    const said = { ...common, ...(last === undefined ? {} : { keep: `capture:${last.id}` }), captured }
    if (refunds.length === 0 && captures.every(({ status }) => status === "COMPLETED"))
      return Either.right(Evidence.make("paid", source, { ...said, paidAtMillis: timeOf(last?.create_time) }))
    const isAll = refunds.length === 0 && captures.every(({ status }) => status === "REFUNDED")
    return Either.map(Either.all(refunds.map((refund) => itemOf(refund, payment, captured.currency))), (items) =>
      Evidence.make("refunds", source, { ...said, total: isAll ? captured.amountMinor : null, items })
    )
  })

const reasonOf = ({ status, status_details }: Authorization): string => (status_details?.reason ?? status).slice(0, 64)

const failed = ({ source, ...common }: Common, resource: Authorization): Evidence.Evidence =>
  Evidence.make("failed", source, {
    ...common,
    code: /^[A-Z][A-Z0-9_]*$/.test(reasonOf(resource)) ? reasonOf(resource) : "DECLINED",
    detail: `The vendor's status is ${/^[A-Z]+$/.test(resource.status) ? resource.status : "not understood"}.`
  })

const authorized = (
  { id, amount, expiration_time }: Authorization,
  { source, ...common }: Common
): Stated<Evidence.Evidence> =>
  Either.map(amountOf(amount), (held) =>
    Evidence.make("authorized", source, {
      ...common,
      amount: held ?? common.amount,
      keep: `authorization:${id}`,
      untilMillis: timeOf(expiration_time)
    })
  )

const endedStatuses = new Set(["VOIDED", "DENIED"])

/** An order whose intent was carried out, and that took no money: by what became of its captures and authorizations, those first that have not ended. */
const completed = (
  captures: ReadonlyArray<Capture>,
  authorizations: ReadonlyArray<Authorization>,
  common: Common
): Evidence.Evidence => {
  const { source, ...said } = common
  const last = authorizations.find(({ status }) => !endedStatuses.has(status)) ?? authorizations.at(-1)
  if (last === undefined) {
    const lost = captures.at(-1)
    return lost === undefined ? known(common, "COMPLETED") : failed(common, lost)
  }
  switch (last.status) {
    case "PENDING":
      return Evidence.make("open", source, { ...said, next: { type: "none" } })
    case "DENIED":
      return failed(common, last)
    case "VOIDED":
      return Evidence.make("closed", source, said)
    default:
      return known(common, `AUTHORIZATION_${last.status}`)
  }
}

/** By the order's own word, where no money was taken and none is held. */
const byStatus = (order: Order, common: Common): Evidence.Evidence => {
  const { source, ...said } = common
  const { captures, authorizations } = resourcesOf(order)
  switch (order.status) {
    case "CREATED":
    case "SAVED":
    case "PAYER_ACTION_REQUIRED":
      return Evidence.make("open", source, { ...said, next: nextOf(order) })
    case "APPROVED":
      return Evidence.make("approved", source, said)
    case "COMPLETED":
      return completed(captures, authorizations, common)
    default:
      return known(common, order.status)
  }
}

/**
 * What PayPal's order says about ours (vendors' reference §4e): money first, then what is held, then its own word. A left
 * says why it is not understood.
 */
export const fromOrder = (
  order: Order,
  payment: Payment.Payment,
  config: PayPalConfig,
  said: Said
): Stated<Evidence.Evidence> => {
  const units = order.purchase_units ?? []
  if (units.length > 1) return Either.left("The order has more than the one purchase unit that was sent.")
  const amount = amountOf(units[0]?.amount)
  if (Either.isLeft(amount)) return Either.left(amount.left)
  const common = {
    ...said,
    transactionNo: order.id,
    amount: amount.right,
    foreign: foreignTo(order, payment, config)
  } as const
  const { captures, authorizations, refunds } = resourcesOf(order)
  const came = captures.filter(({ status }) => takenStatuses.has(status))
  if (came.length > 0) return taken(came, refunds, payment, common)
  const { source, ...rest } = common
  if (captures.some(({ status }) => status === "PENDING"))
    return Either.right(Evidence.make("open", source, { ...rest, next: { type: "none" } }))
  const strange = captures.find(({ status }) => !lostStatuses.has(status))
  if (strange !== undefined) return Either.right(known(common, `CAPTURE_${strange.status}`))
  if (order.status === "VOIDED") return Either.right(Evidence.make("closed", source, rest))
  const held = authorizations.find(({ status }) => status === "CREATED")
  return held === undefined ? Either.right(byStatus(order, common)) : authorized(held, common)
}

/** The authorization that holds the payer's money; null where none does. */
export const authorizationIdOf = (evidence: Evidence.Evidence): string | null =>
  evidence.kind === "authorized" ? (/^authorization:(.+)$/.exec(evidence.keep ?? "")?.[1] ?? null) : null

/** What the capture of an authorization says; a left says why it is not understood. Null: it was declined. */
export const fromCapture = (
  capture: Capture,
  payment: Payment.Payment,
  said: Said
): Stated<Evidence.Evidence | null> => {
  const number = numberOf(capture)
  const common = {
    ...said,
    transactionNo: payment.transactionNo,
    amount: null,
    foreign: number === undefined || number === payment.merchantOrderNo ? null : "NUMBER_MISMATCH"
  } as const
  const { source, ...rest } = common
  if (takenStatuses.has(capture.status))
    return Either.map(sumOf([capture]), (captured) =>
      Evidence.make("paid", source, {
        ...rest,
        keep: `capture:${capture.id}`,
        captured,
        paidAtMillis: timeOf(capture.create_time)
      })
    )
  if (capture.status === "PENDING") return Either.right(Evidence.make("open", source, { ...rest, next: null }))
  return Either.right(lostStatuses.has(capture.status) ? null : known(common, `CAPTURE_${capture.status}`))
}

/** What PayPal's refund says about ours; a left says why it is not understood. */
export const fromRefund = (
  refund: Refund,
  { refundNo, vendorRefundNo }: RefundMachine.Refund,
  { merchantOrderNo }: Payment.Payment,
  said: Said
): Stated<Evidence.RefundEvidence> => {
  const { id, status, status_details, custom_id = refundNo } = refund
  const isNumbered = vendorRefundNo === null || id === vendorRefundNo
  if (!isNumbered || (custom_id !== refundNo && custom_id !== merchantOrderNo))
    return Either.left("It speaks of another refund.")
  const kind = refundStates.get(status)
  if (kind === undefined) return Either.left("The refund's status is not understood.")
  const reason = status_details?.reason ?? status
  return Either.map(amountOf(refund.amount), (amount) => ({
    ...said,
    kind,
    vendorRefundNo: id,
    amount,
    detail: kind === "failed" && /^[A-Z][A-Z0-9_]{0,63}$/.test(reason) ? reason : null
  }))
}
