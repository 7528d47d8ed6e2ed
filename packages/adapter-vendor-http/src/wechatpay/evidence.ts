import { Currency, Evidence, Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { Either, Schema } from "effect"
import type { Account } from "./account.ts"

const Word = Schema.String.pipe(Schema.nonEmptyString(), Schema.maxLength(4096))
const No = Schema.String.pipe(Schema.maxLength(64), Schema.pattern(/^[!-~]*$/))
const Fen = Schema.Int.pipe(Schema.nonNegative())
const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

/** A transaction as far as it is used (vendors' reference §1d). */
export const Transaction = Schema.Struct({
  mchid: Schema.String,
  appid: Schema.String,
  out_trade_no: No,
  transaction_id: maybe(No),
  trade_state: Word,
  trade_state_desc: maybe(Schema.String),
  success_time: maybe(Schema.String),
  amount: maybe(Schema.Struct({ total: Fen, currency: maybe(Schema.String) }))
})
export type Transaction = typeof Transaction.Type

/** A refund as answers have it. */
export const Refund = Schema.Struct({
  refund_id: No,
  out_refund_no: No,
  out_trade_no: No,
  status: Word,
  amount: Schema.Struct({ refund: Fen, total: Fen, currency: maybe(Schema.String) })
})
export type Refund = typeof Refund.Type

/** A refund as notifications have it: another name for its status, and no currency. */
export const NotifiedRefund = Schema.Struct({
  mchid: Schema.String,
  out_trade_no: No,
  transaction_id: maybe(No),
  out_refund_no: No,
  refund_id: No,
  refund_status: Word,
  amount: Schema.Struct({ refund: Fen, total: Fen })
})
export type NotifiedRefund = typeof NotifiedRefund.Type

/** From where evidence is, and for which question of ours. */
export interface Said {
  readonly source: Evidence.Evidence["source"]
  readonly asked: Evidence.Evidence["asked"]
}

/** A domestic merchant's amounts are in CNY, also where none is said. */
const moneyOf = (fen: number, currency: string | null | undefined): Either.Either<Money.Money, string> => {
  const word = currency ?? "CNY"
  return Currency.is(word)
    ? Either.right(Money.make(BigInt(fen), word))
    : Either.left("The answer's currency is not understood.")
}

const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

const timeOf = (text: string | null | undefined): number | null => {
  const millis = typeof text === "string" && timeForm.test(text) ? Date.parse(text) : Number.NaN
  return millis >= 0 ? millis : null
}

const numberOf = (no: string | null | undefined): string | null => (no === undefined || no === "" ? null : no)

/** What each `trade_state` means (vendors' reference §1e); what is not here is `known`. */
const states: { readonly [word: string]: "open" | "paid" | "refunds" | "closed" | "failed" } = {
  NOTPAY: "open",
  USERPAYING: "open",
  ACCEPT: "open",
  SUCCESS: "paid",
  REFUND: "refunds",
  CLOSED: "closed",
  REVOKED: "closed",
  PAYERROR: "failed"
}

const meaningOf = <A>(table: { readonly [word: string]: A }, word: string): A | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined

const maxReason = 256

const foreignTo = (stated: Transaction, no: string, { mchid, isOurs }: Account): Evidence.Evidence["foreign"] => {
  if (stated.mchid !== mchid || !isOurs(stated.appid)) return "MERCHANT_MISMATCH"
  return stated.out_trade_no === no ? null : "NUMBER_MISMATCH"
}

/** What a transaction says about the order that WeChat Pay knows by `no`; a left says why it is not understood. */
export const fromTransaction = (
  stated: Transaction,
  no: string,
  account: Account,
  { source, asked }: Said
): Either.Either<Evidence.Evidence, string> => {
  const word = stated.trade_state
  const meaning = meaningOf(states, word)
  const { amount } = stated
  const money = amount == null ? Either.right(null) : moneyOf(amount.total, amount.currency)
  if (Either.isLeft(money)) return Either.left(money.left)
  const common = {
    asked,
    amount: money.right,
    transactionNo: numberOf(stated.transaction_id),
    foreign: foreignTo(stated, no, account)
  }
  if ((meaning === "paid" || meaning === "refunds") && money.right === null)
    return Either.left("The answer has no amount.")
  switch (meaning) {
    case "open":
      return Either.right(Evidence.make("open", source, { ...common, next: null }))
    case "paid": {
      const paidAtMillis = timeOf(stated.success_time)
      return Either.right(Evidence.make("paid", source, { ...common, captured: money.right, paidAtMillis }))
    }
    case "refunds":
      // It only says that a refund was asked for: the amounts come from the refunds themselves.
      return Either.right(Evidence.make("refunds", source, { ...common, captured: null, total: null, items: [] }))
    case "closed":
      return Either.right(Evidence.make("closed", source, common))
    case "failed": {
      const detail = [...(stated.trade_state_desc ?? "").toWellFormed()].slice(0, maxReason).join("")
      return Either.right(Evidence.make("failed", source, { ...common, code: "PAYERROR", detail }))
    }
    default:
      return Either.right(Evidence.make("known", source, { ...common, word: word.toWellFormed().slice(0, 64) }))
  }
}

/** What each refund status means; `CLOSE` is in some of WeChat Pay's lists. */
const refundStates: { readonly [word: string]: "succeeded" | "pending" | "abnormal" | "failed" } = {
  SUCCESS: "succeeded",
  PROCESSING: "pending",
  ABNORMAL: "abnormal",
  CLOSED: "failed",
  CLOSE: "failed"
}

const refundDetails = {
  succeeded: null,
  pending: null,
  abnormal: "The bank refused the refund: it has to be settled in the merchant console.",
  failed: "WeChat Pay closed the refund: it takes a new one to try again."
} as const

/** What a refund's answer says about the refund of ours; a left says why it is not understood or not about it. */
export const fromRefund = (
  stated: Refund,
  payment: Payment.Payment,
  order: RefundMachine.Refund,
  { source, asked }: Said
): Either.Either<Evidence.RefundEvidence, string> => {
  const meaning = meaningOf(refundStates, stated.status)
  if (meaning === undefined) return Either.left("The refund has a status that is not known.")
  if (stated.out_refund_no !== order.refundNo || stated.out_trade_no !== payment.merchantOrderNo)
    return Either.left("The answer is about another refund.")
  return Either.map(moneyOf(stated.amount.refund, stated.amount.currency), (amount) => ({
    kind: meaning,
    source,
    asked,
    vendorRefundNo: numberOf(stated.refund_id),
    amount,
    detail: refundDetails[meaning]
  }))
}

const itemStates = { succeeded: "succeeded", pending: "pending", abnormal: "pending", failed: "failed" } as const

/** What a refund's notification says about its payment: one refund; null where its status is not known. */
export const fromNotifiedRefund = (stated: NotifiedRefund): Evidence.Evidence | null => {
  const meaning = meaningOf(refundStates, stated.refund_status)
  const vendorRefundNo = numberOf(stated.refund_id)
  if (meaning === undefined || vendorRefundNo === null) return null
  return Evidence.make("refunds", "notification", {
    transactionNo: numberOf(stated.transaction_id),
    amount: Money.make(BigInt(stated.amount.total), "CNY"),
    captured: null,
    total: null,
    items: [
      {
        vendorRefundNo,
        ourNo: numberOf(stated.out_refund_no),
        amountMinor: BigInt(stated.amount.refund),
        state: itemStates[meaning]
      }
    ]
  })
}
