import { Evidence, Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { Either } from "effect"
import * as Time from "./time.ts"

/** A member of what Alipay says of a trade, from an answer or a notification; undefined where it is missing or empty. */
export type Field = (name: string) => string | undefined

/** Where something was said, and in answer to what. */
export interface Said {
  readonly source: Evidence.Evidence["source"]
  readonly asked: Evidence.Evidence["asked"]
}

/** Yuan as Alipay writes them: `12.3`, `12.30` and `12.300` are one amount. */
export const yuan = (text: string): Either.Either<Money.Money, string> => {
  const [, whole, decimals = ""] = /^(\d{1,16})(?:\.(\d{1,8}))?$/.exec(text) ?? []
  const significant = decimals.replace(/0+$/, "")
  return Either.mapLeft(
    Money.parse(whole === undefined ? "" : significant === "" ? whole : `${whole}.${significant}`, "CNY"),
    () => "The answer's amount is not understood."
  )
}

const maybeYuan = (text: string | undefined): Either.Either<Money.Money | null, string> =>
  text === undefined ? Either.right(null) : yuan(text)

/** Whether a text is a number that Alipay gives: at most 64 visible characters. */
export const isNumber = (text: string): boolean => /^[!-~]{1,64}$/.test(text)

/** Both forms of a moment of payment: of an answer and of a notification. */
const paidAt = (field: Field): number | null => Time.millisOf(field("send_pay_date") ?? field("gmt_payment") ?? "")

/** A closed trade that was paid before has gone back (vendors' reference §2e). */
const hasPaidSigns = (field: Field): boolean =>
  ["send_pay_date", "gmt_payment", "gmt_refund", "refund_fee", "send_back_fee"].some((name) => {
    const value = field(name)
    return value !== undefined && !/^0+(?:\.0+)?$/.test(value)
  })

/** What both an answer and a notification say of any trade. */
const commonOf = (
  field: Field,
  number: string
): Either.Either<Pick<Evidence.Evidence, "transactionNo" | "amount" | "foreign">, string> => {
  const transactionNo = field("trade_no") ?? null
  if (transactionNo !== null && !isNumber(transactionNo)) return Either.left("Alipay's number of the trade is not one.")
  const stated = field("out_trade_no")
  if (stated === undefined) return Either.left("The answer names no order.")
  return Either.map(maybeYuan(field("total_amount")), (amount) => ({
    transactionNo,
    amount,
    foreign: stated === number ? null : ("NUMBER_MISMATCH" as const)
  }))
}

const paid = (
  field: Field,
  common: Said & Pick<Evidence.Evidence, "transactionNo" | "amount" | "foreign">
): Either.Either<Evidence.Evidence, string> => {
  const { source, amount: captured } = common
  if (captured === null) return Either.left("The answer says paid without an amount.")
  return Either.flatMap(maybeYuan(field("refund_fee")), (back): Either.Either<Evidence.Evidence, string> => {
    if (back === null || back.amountMinor === 0n)
      return Either.right(Evidence.make("paid", source, { ...common, captured, paidAtMillis: paidAt(field) }))
    return back.amountMinor > captured.amountMinor
      ? Either.left("The answer says that more went back than was paid.")
      : Either.right(Evidence.make("refunds", source, { ...common, captured, total: back.amountMinor, items: [] }))
  })
}

/** Closed unpaid, or all of it went back; `wasPaid`: as the order is known. */
const closed = (
  field: Field,
  common: Said & Pick<Evidence.Evidence, "transactionNo" | "amount" | "foreign">,
  wasPaid: boolean
): Either.Either<Evidence.Evidence, string> => {
  const { source, amount: captured } = common
  if (!wasPaid && !hasPaidSigns(field)) return Either.right(Evidence.make("closed", source, common))
  return captured === null
    ? Either.left("The answer says closed after it was paid, without an amount.")
    : Either.right(Evidence.make("refunds", source, { ...common, captured, total: captured.amountMinor, items: [] }))
}

/** What Alipay's trade says about the order `number`; a left says why it is not understood. */
export const ofTrade = (
  field: Field,
  number: string,
  said: Said,
  wasPaid: boolean
): Either.Either<Evidence.Evidence, string> => {
  const word = field("trade_status")
  if (word === undefined) return Either.left("The answer has no status.")
  return Either.flatMap(commonOf(field, number), (rest) => {
    const common = { ...said, ...rest }
    switch (word) {
      case "WAIT_BUYER_PAY":
        return Either.right(Evidence.make("open", said.source, { ...common, next: null }))
      case "TRADE_SUCCESS":
      case "TRADE_FINISHED":
        return paid(field, common)
      case "TRADE_CLOSED":
        return closed(field, common, wasPaid)
      default:
        return Either.right(Evidence.make("known", said.source, { ...common, word: word.slice(0, 64).toWellFormed() }))
    }
  })
}

/** The payer has something to do. */
export const open = (said: Said, next: Payment.Facts["next"], transactionNo: string | null): Evidence.Evidence =>
  Evidence.make("open", said.source, { ...said, next, transactionNo })

/** Alipay does not know the trade: nobody has opened it. */
export const notFound = (said: Said): Evidence.Evidence => Evidence.make("notFound", said.source, said)

/** What is said of a refund; Alipay gives refunds no number of its own. */
export const refund = (
  kind: Evidence.RefundEvidence["kind"],
  said: Said,
  amount: Money.Money | null = null
): Evidence.RefundEvidence => ({ kind, ...said, amount, vendorRefundNo: null, detail: null })

/** What a query's answer says about a refund; a left says why it is not understood. */
export const ofRefund = (
  field: Field,
  said: Said,
  settled: (refund: RefundMachine.Refund) => boolean,
  asked: RefundMachine.Refund
): Either.Either<Evidence.RefundEvidence, string> => {
  const number = field("out_request_no")
  if (number !== undefined && number !== asked.refundNo) return Either.left("The answer is about another refund.")
  switch (field("refund_status")) {
    case "REFUND_SUCCESS": {
      const text = field("refund_amount")
      return text === undefined
        ? Either.left("The answer says refunded without an amount.")
        : Either.map(yuan(text), (amount) => refund("succeeded", said, amount))
    }
    case "REFUND_PROCESSING":
      return Either.right(refund("pending", said))
    case "REFUND_FAIL":
      return Either.right({ ...refund("failed", said), detail: "Alipay could not refund it." })
    case undefined:
      // It never came, or failed, or is not to be seen yet: only past the settling time is it sent again (vendors' reference §2e).
      return Either.right(refund(settled(asked) ? "notFound" : "pending", said))
    default:
      return Either.left("The answer has a status of a refund that is not documented.")
  }
}
