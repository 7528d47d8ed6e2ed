import { type Currency, Evidence, Money, OrderNo, Payment } from "@payment-proxy/domain"
import { InDoubt } from "@payment-proxy/ports"
import { Either } from "effect"
import * as Codes from "./codes.ts"
import * as Wire from "./wire.ts"

type Read<A> = Either.Either<A, InDoubt>

const doubt = (detail: string): Either.Either<never, InDoubt> => Either.left(new InDoubt({ detail }))

/** What evidence is about and where it comes from; it is over past the order's deadline: then nobody can pay, and all replicas know. */
export interface About {
  readonly payment: Payment.Payment
  readonly merchantId: string
  readonly source: Evidence.Evidence["source"]
  readonly asked: Evidence.Evidence["asked"]
  readonly isOver: boolean
}

/** The gateway does not know the order: nobody has tried to pay it yet. */
export const notFound = ({ source, asked }: About): Evidence.Evidence => Evidence.make("notFound", source, { asked })

/** How a transaction went. */
export const outcome = ({ result, response }: Wire.Transaction): Codes.Outcome =>
  Codes.outcomeOf(result, response?.gatewayCode)

/** An amount of the gateway's, understood; what it should state and does not is in doubt. */
const amountOf = (written: string | undefined, currency: string | undefined): Read<Money.Money> =>
  written === undefined || currency === undefined
    ? doubt("The answer lacks an amount.")
    : Either.mapLeft(Wire.amount(written, currency), (detail) => new InDoubt({ detail }))

/** The order's amounts; what it does not state is null. */
interface Sums {
  readonly amount: Money.Money
  readonly authorized: Money.Money | null
  readonly captured: Money.Money | null
  readonly refunded: Money.Money | null
}

const sumsOf = (order: Wire.Order): Read<Sums> => {
  const optional = (written: string | undefined): Read<Money.Money | null> =>
    written === undefined ? Either.right(null) : amountOf(written, order.currency)
  return Either.all({
    amount: amountOf(order.amount, order.currency),
    authorized: optional(order.totalAuthorizedAmount),
    captured: optional(order.totalCapturedAmount),
    refunded: optional(order.totalRefundedAmount)
  })
}

const minor = (amount: Money.Money | null): bigint => amount?.amountMinor ?? 0n

const isDone = (transaction: Wire.Transaction, ...types: ReadonlyArray<string>): boolean =>
  types.includes(transaction.transaction.type ?? "") && ["done", "part"].includes(outcome(transaction))

const paidAtMillis = (order: Wire.Order): number | null =>
  Wire.time(order.transaction.filter((one) => isDone(one, "PAYMENT", "CAPTURE")).at(-1)?.timeOfRecord)

const refundStates = {
  done: "succeeded",
  part: "succeeded",
  pending: "pending",
  doubt: "pending",
  busy: "failed",
  declined: "failed"
} as const satisfies Record<Codes.Outcome, Evidence.RefundItem["state"]>

const itemOf = (one: Wire.Transaction, currency: string, voided: ReadonlySet<string>): Read<Evidence.RefundItem> => {
  const { id, type, amount } = one.transaction
  const stated = refundStates[outcome(one)]
  if ((one.transaction.currency ?? currency) !== currency) return doubt("A refund is in another currency.")
  return Either.map(amountOf(amount, currency), ({ amountMinor }) => ({
    vendorRefundNo: id,
    ourNo: OrderNo.is(id) ? id : null,
    amountMinor,
    state: voided.has(id) ? "failed" : type === "REFUND_REQUEST" && stated === "succeeded" ? "pending" : stated
  }))
}

/** The refunds in an order's list; none where one was voided and it is not said which: then the total speaks alone. */
const itemsOf = (order: Wire.Order): Read<ReadonlyArray<Evidence.RefundItem>> => {
  const voids = order.transaction.filter((one) => isDone(one, "VOID_REFUND"))
  const voided = new Set(voids.flatMap(({ transaction: { targetTransactionId: target } }) => target ?? []))
  if (voids.some(({ transaction }) => transaction.targetTransactionId === undefined)) return Either.right([])
  const refunds = order.transaction.filter(
    ({ transaction: { type } }) => type === "REFUND" || type === "REFUND_REQUEST"
  )
  return Either.all(refunds.map((one) => itemOf(one, order.currency, voided)))
}

type Common = Pick<Evidence.Evidence, "asked" | "amount" | "transactionNo" | "foreign">

const foreignTo = (
  merchant: string | undefined,
  orderId: string | undefined,
  { payment, merchantId }: About
): Evidence.Evidence["foreign"] => {
  if (merchant !== merchantId) return "MERCHANT_MISMATCH"
  return orderId === payment.merchantOrderNo ? null : "NUMBER_MISMATCH"
}

/** Money came: what went back is read from the totals, and refunds that wait for someone are told with them. */
const paidOf = (
  order: Wire.Order,
  { captured, refunded }: Sums,
  about: About,
  common: Common
): Read<Evidence.Evidence> => {
  if (captured === null || refunded === null) return doubt("The order lacks its totals.")
  if (captured.amountMinor === 0n) return doubt("The order is paid, and nothing was captured.")
  if (!Codes.refundStatuses.has(order.status) && refunded.amountMinor === 0n)
    return Either.right(Evidence.make("paid", about.source, { ...common, captured, paidAtMillis: paidAtMillis(order) }))
  return Either.map(itemsOf(order), (items) =>
    Evidence.make("refunds", about.source, { ...common, captured, total: refunded.amountMinor, items })
  )
}

/** Funds are held: where they are less than asked, or more, the amount says so, and the order is held for it. */
const authorizedOf = (
  { amount, authorized, captured }: Sums,
  { payment, source }: About,
  common: Common
): Read<Evidence.Evidence> => {
  if (authorized === null) return doubt("The order lacks its totals.")
  if (minor(captured) > 0n) return doubt("The order is only authorized, and something was captured.")
  return Either.right(
    Evidence.make("authorized", source, {
      ...common,
      amount: Money.equals(amount, payment.amount) ? authorized : amount,
      untilMillis: null
    })
  )
}

const sumOf = (order: Wire.Order, ...types: ReadonlyArray<string>): Read<bigint> =>
  Either.map(
    Either.all(
      order.transaction
        .filter((one) => isDone(one, ...types))
        .map((one) => amountOf(one.transaction.amount, order.currency))
    ),
    (amounts) => amounts.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  )

/** "The initial transaction was voided": of money that was taken all went back, of funds that were held nothing was taken. */
const cancelledOf = (order: Wire.Order, sums: Sums, about: About, common: Common): Read<Evidence.Evidence> =>
  Either.map(sumOf(order, "PAYMENT", "CAPTURE"), (taken): Evidence.Evidence => {
    const amountMinor = Payment.max(minor(sums.captured), taken)
    const currency: Currency.Currency = sums.amount.currency
    if (order.transaction.some((one) => isDone(one, "VOID_PAYMENT", "VOID_CAPTURE")) && amountMinor > 0n)
      return Evidence.make("refunds", about.source, {
        ...common,
        captured: { amountMinor, currency },
        total: amountMinor,
        items: []
      })
    return amountMinor === 0n && order.transaction.some((one) => isDone(one, "VOID_AUTHORIZATION"))
      ? Evidence.make("closed", about.source, common)
      : Evidence.make("known", about.source, { ...common, word: order.status })
  })

/** A dispute of money that is known to have come; what is not known yet is told first, and the dispute the next time. */
const disputedOf = (order: Wire.Order, sums: Sums, about: About, common: Common): Read<Evidence.Evidence> => {
  const { payment, source } = about
  if (payment.captured === 0n || minor(sums.refunded) > Payment.refunded(payment))
    return paidOf(order, sums, about, common)
  const { chargeback } = order
  const isStated = chargeback?.amount !== undefined && (chargeback.currency ?? order.currency) === order.currency
  const stated = isStated ? amountOf(chargeback.amount, order.currency) : Either.right(null)
  return Either.map(stated, (back) =>
    Evidence.make("disputed", source, {
      ...common,
      disputeNo: order.id,
      // An inquiry has charged nothing back yet: all that was taken is at stake.
      disputedMinor: minor(back) > 0n ? minor(back) : Payment.max(minor(sums.captured), payment.captured),
      state: order.status === "CHARGEBACK_PROCESSED" ? "lost" : "open"
    })
  )
}

/**
 * Whether of some attempt to pay nobody knows how it went, or it is still under way. The order's own PENDING is also that of
 * a challenge which the payer walked away from: it counts only where no attempts are listed.
 */
const undecided = (order: Wire.Order): "unknown" | "pending" | null => {
  const attempts = order.transaction.filter(({ transaction: { type } }) => type !== "AUTHENTICATION")
  const isUnknown = ({ result, response }: Wire.Transaction) =>
    result === "UNKNOWN" || response?.gatewayCode === "UNKNOWN"
  if (order.result === "UNKNOWN" || attempts.some(isUnknown)) return "unknown"
  const isPending = order.result === "PENDING" && order.transaction.length === 0
  return isPending || attempts.some((one) => outcome(one) === "pending") ? "pending" : null
}

const lastAttempt = (order: Wire.Order): string =>
  Codes.shown(order.transaction.findLast((one) => outcome(one) === "declined")?.response?.gatewayCode)

/** Nobody has paid: the page may still be open, and the payer may try again on it. */
const unpaidOf = (
  order: Wire.Order,
  sums: Sums,
  meaning: Codes.Meaning,
  about: About,
  common: Common
): Read<Evidence.Evidence> => {
  if (minor(sums.captured) > 0n) return doubt("The order is not paid, and something was captured.")
  if (minor(sums.authorized) > 0n) return doubt("The order is not paid, and something is held.")
  const open = undecided(order)
  if (open === "unknown") return doubt("The outcome of a payment at the acquirer is unknown.")
  if (open === "pending" && about.isOver) return doubt("A payment is pending though nobody can pay any more.")
  return Either.right(
    meaning === "unsuccessful" && about.isOver
      ? Evidence.make("failed", about.source, {
          ...common,
          code: lastAttempt(order),
          detail: "No attempt to pay succeeded while the payer could try."
        })
      : Evidence.make("open", about.source, { ...common, next: null })
  )
}

/** What an order says, by its status and totals: never by one of its transactions alone. */
export const fromOrder = (order: Wire.Order, about: About): Read<Evidence.Evidence> =>
  Either.flatMap(sumsOf(order), (sums): Read<Evidence.Evidence> => {
    const common = {
      asked: about.asked,
      amount: sums.amount,
      transactionNo: null,
      foreign: foreignTo(order.merchant, order.id, about)
    }
    const meaning = Codes.statuses.get(order.status)
    switch (meaning) {
      case "open":
      case "unsuccessful":
        return unpaidOf(order, sums, meaning, about, common)
      case "authorized":
        return authorizedOf(sums, about, common)
      case "paid":
        return paidOf(order, sums, about, common)
      case "cancelled":
        return cancelledOf(order, sums, about, common)
      case "disputed":
        return disputedOf(order, sums, about, common)
      default:
        return Either.right(
          Evidence.make("known", about.source, { ...common, word: order.status.replace(/[^\w.-]/g, "?").slice(0, 64) })
        )
    }
  })

/** What to void of an order that is only authorized: the transaction, and the number that the void gets. */
export const voidOf = (order: Wire.Order): { readonly id: string; readonly target: string } | null => {
  const released = order.transaction
    .filter((one) => isDone(one, "VOID_AUTHORIZATION"))
    .map(({ transaction }) => transaction.targetTransactionId)
  const held = order.transaction.filter((one) => isDone(one, "AUTHORIZATION") && !released.includes(one.transaction.id))
  const target = held.length === 1 ? held[0]?.transaction.id : undefined
  if (target === undefined) return null
  const isSpent = (id: string): boolean =>
    order.transaction.some((one) => one.transaction.id === id && ["declined", "busy"].includes(outcome(one)))
  const ids = ["V", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9"].map((end) => `${order.id}${end}`)
  return { id: ids.find((id) => !isSpent(id)) ?? `${order.id}V9`, target }
}

/** A void that was carried out: the held funds are free. */
export const fromVoid = (answer: Wire.Transaction, id: string, about: About): Read<Evidence.Evidence> => {
  const { order, transaction } = answer
  if (transaction.id !== id) return doubt("The answer is about another transaction.")
  if ((order?.status ?? "CANCELLED") !== "CANCELLED")
    return doubt("The void succeeded, and the order is not cancelled.")
  return Either.map(amountOf(order?.amount, order?.currency), (amount) =>
    Evidence.make("closed", about.source, {
      asked: about.asked,
      amount,
      foreign: foreignTo(answer.merchant, order?.id, about)
    })
  )
}

/** A capture that was carried out: what the order has come to. */
export const fromCapture = (answer: Wire.Transaction, no: string, about: About): Read<Evidence.Evidence> => {
  const { order, transaction } = answer
  if (transaction.id !== no || (transaction.type ?? "CAPTURE") !== "CAPTURE")
    return doubt("The answer is about another transaction.")
  const captured = amountOf(
    order?.totalCapturedAmount ?? transaction.amount,
    order?.totalCapturedAmount === undefined ? transaction.currency : order.currency
  )
  const amount = amountOf(order?.amount, order?.currency)
  return Either.flatMap(Either.all({ captured, amount }), (sums) =>
    sums.captured.amountMinor === 0n
      ? doubt("The capture succeeded, and nothing was captured.")
      : Either.right(
          Evidence.make("paid", about.source, {
            ...sums,
            paidAtMillis: Wire.time(answer.timeOfRecord),
            foreign: foreignTo(answer.merchant, order?.id, about)
          })
        )
  )
}

const refundKinds = {
  done: "succeeded",
  part: "abnormal",
  pending: "pending",
  busy: "failed",
  declined: "failed"
} as const satisfies Partial<Record<Codes.Outcome, Evidence.RefundEvidence["kind"]>>

/** What a refund's transaction says; of another merchant's, order or number nothing is learnt. */
export const fromRefund = (answer: Wire.Transaction, refundNo: string, about: About): Read<Evidence.RefundEvidence> => {
  const { order, transaction, response } = answer
  if (foreignTo(answer.merchant, order?.id, about) !== null || transaction.id !== refundNo)
    return doubt("The answer is about another refund.")
  const isRequest = transaction.type === "REFUND_REQUEST"
  if (!isRequest && (transaction.type ?? "REFUND") !== "REFUND") return doubt("The transaction is no refund.")
  const ended = outcome(answer)
  if (ended === "doubt") return doubt("The refund's outcome is unknown.")
  const isWaiting = isRequest || order?.status === "REFUND_REQUESTED"
  const kind = ended === "done" && isWaiting ? "pending" : refundKinds[ended]
  return Either.map(amountOf(transaction.amount, transaction.currency), (amount) => ({
    kind,
    source: about.source,
    asked: about.asked,
    vendorRefundNo: transaction.id,
    amount,
    detail: kind === "failed" || kind === "abnormal" ? `The gateway says ${Codes.shown(response?.gatewayCode)}.` : null
  }))
}
