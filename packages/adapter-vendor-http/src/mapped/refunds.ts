import { type Evidence, Money, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { InDoubt, Rejected, type Throttled, Unreachable } from "@payment-proxy/ports"
import { Either } from "effect"
import type { Answer, Call } from "../Http.ts"
import type { Fault } from "../Vendor.ts"
import * as Answers from "./answers.ts"
import * as Body from "./body.ts"
import type { Mapped, MappedConfig } from "./config.ts"
import { amountAt, at, isKeepable, reasonAt, textAt } from "./evidence.ts"
import type { RefundMember, RefundSourceName } from "./fields.ts"
import { filledIn, meaningOf, shownWord } from "./places.ts"
import { addressOf, keyOf } from "./requests.ts"

/** What a mapping says of refunds, whole. */
export type Refunding = Required<Pick<MappedConfig, "refund" | "queryRefund" | "refunds">>

/** What a mapping says of refunds; null where it says nothing, or not all of it. */
export const of = ({ refund, queryRefund, refunds }: MappedConfig): Refunding | null =>
  refund === undefined || queryRefund === undefined || refunds === undefined ? null : { refund, queryRefund, refunds }

const numbersOf = (payment: Payment.Payment, { refundNo, vendorRefundNo }: RefundMachine.Refund) => ({
  payOrderNo: payment.merchantOrderNo,
  transactionNo: payment.transactionNo,
  refundNo,
  vendorRefundNo
})

const taken = (
  from: RefundSourceName,
  payment: Payment.Payment,
  refund: RefundMachine.Refund,
  { notifyUrl }: Mapped
): string | bigint | undefined => {
  switch (from) {
    case "refundNo":
      return refund.refundNo
    case "refundMinor":
      return refund.amount.amountMinor
    case "refundMajor":
      return Money.format(refund.amount)
    case "reason":
      return refund.reason ?? undefined
    case "payOrderNo":
      return payment.merchantOrderNo
    case "transactionNo":
      return payment.transactionNo ?? undefined
    case "amountMinor":
      return payment.amount.amountMinor
    case "amountMajor":
      return Money.format(payment.amount)
    case "currency":
      return refund.amount.currency
    case "notifyUrl":
      return notifyUrl
  }
}

const rejected = (code: string, detail: string): Either.Either<never, Rejected> =>
  Either.left(new Rejected({ code, detail }))

/** A member's value; undefined where it is left out. A number that is not exact, or a word that is missing, is never sent. */
const memberOf = (
  { from, text, words, as }: RefundMember,
  value: string | bigint | undefined,
  isForm: boolean
): Either.Either<unknown, Rejected> => {
  if (from === undefined) return Either.right(text)
  if (words !== undefined) {
    const word = Object.getOwnPropertyDescriptor(words, String(value))?.value
    return word === undefined
      ? rejected("NOT_SUPPORTED", `The mapping has no word of the vendor's for ${value}.`)
      : Either.right(word)
  }
  if (typeof value !== "bigint") return Either.right(value)
  if (as === "text" || isForm) return Either.right(String(value))
  return value > BigInt(Number.MAX_SAFE_INTEGER)
    ? rejected("AMOUNT_INVALID", "This vendor takes at most 2^53 - 1 minor units.")
    : Either.right(Number(value))
}

const unnumbered = (what: string): Either.Either<never, Unreachable> =>
  Either.left(new Unreachable({ detail: `The vendor's own number of the ${what} is not known yet.` }))

/** The request of a refund, the same bytes however often; a left says why there is none, and nothing is sent. */
export const refundCall = (
  payment: Payment.Payment,
  refund: RefundMachine.Refund,
  { refund: { path, method, type, body } }: Refunding,
  config: Mapped
): Either.Either<Call, Rejected | Unreachable> => {
  const isNeeded = Object.values(body).some(({ from }) => from === "transactionNo")
  const filled = filledIn([path], numbersOf(payment, refund))
  if (filled === null || (isNeeded && payment.transactionNo === null)) return unnumbered("payment")
  const entries = Object.entries(body).map(([key, member]) => {
    const value = member.from === undefined ? undefined : taken(member.from, payment, refund, config)
    return Either.map(memberOf(member, value, type === "form"), (written) => [key, written] as const)
  })
  return Either.map(Either.all(entries), (values) => ({
    ...addressOf(config, filled),
    method,
    headers: ["content-type", Body.mediaTypes[type], "idempotency-key", keyOf(refund.refundNo, config)],
    body: Body.write(type, values)
  }))
}

/** The question what became of a refund. */
export const queryCall = (
  payment: Payment.Payment,
  refund: RefundMachine.Refund,
  { queryRefund: { path, also } }: Refunding,
  config: Mapped
): Either.Either<Call, Unreachable> => {
  const filled = filledIn([path, ...also], numbersOf(payment, refund))
  return filled === null
    ? unnumbered("payment")
    : Either.right({ ...addressOf(config, filled), method: "GET", headers: [], body: null })
}

type Said = Pick<Evidence.RefundEvidence, "source" | "asked">

const fromRefund = (
  json: unknown,
  refund: RefundMachine.Refund,
  { refunds }: Refunding,
  config: Mapped,
  said: Said
): Either.Either<Evidence.RefundEvidence, string> => {
  if (at(json, refunds.number) !== refund.refundNo) return Either.left("The answer is about another refund.")
  const word = textAt(json, refunds.status)
  if (word === null) return Either.left("The refund has no status.")
  const kind = meaningOf(refunds.statuses, word)
  if (kind === undefined)
    return Either.left(`The refund's status is ${shownWord(word)}, which the mapping does not have.`)
  const vendorRefundNo = textAt(json, refunds.id)
  if (vendorRefundNo !== null && !isKeepable(vendorRefundNo))
    return Either.left("The vendor's number of the refund is too long.")
  const amount = amountAt(json, refunds, config)
  if (Either.isLeft(amount)) return Either.left("The refund's amount is not understood.")
  const detail = kind === "failed" ? reasonAt(json, refunds.failure) : null
  return Either.right({ ...said, kind, vendorRefundNo, amount: amount.right, detail })
}

/** What an answer says about the refund, or about the call alone; what is not understood is in doubt. */
export const read = (
  answer: Answer,
  refund: RefundMachine.Refund,
  call: "refund" | "queryRefund",
  refunding: Refunding,
  config: Mapped
): Either.Either<Evidence.RefundEvidence, Rejected | Throttled | InDoubt> => {
  const { status, text, askedAtMillis } = answer
  const said: Said =
    call === "refund"
      ? { source: "operation", asked: null }
      : { source: "query", asked: { version: refund.version, atMillis: askedAtMillis } }
  const unheard = Answers.unheardOf(answer)
  if (unheard !== null) return Either.left(unheard)
  const body = Either.getOrUndefined(Answers.json(text))
  const isSuccess = status >= 200 && status < 300
  const pointer = refunding.refunds.refund
  const isNone = status === 404 || (isSuccess && Answers.isEmptyList(body, pointer))
  if (call === "queryRefund" && isNone)
    return Either.right({ ...said, kind: "notFound", vendorRefundNo: null, amount: null, detail: null })
  const stated = isSuccess ? at(body, pointer) : undefined
  return stated === undefined
    ? Either.left(Answers.withoutIt(answer, body, "a refund", config))
    : Either.mapLeft(fromRefund(stated, refund, refunding, config, said), (detail) => new InDoubt({ detail }))
}

const all = ["refund", "queryRefund", "refunds"] as const

const isSaid = (pointer: string | undefined): boolean => pointer !== undefined

/** What of a mapping's refunds does not fit together. */
export const faultsOf = (config: MappedConfig): ReadonlyArray<Fault> => {
  const { refund, queryRefund, refunds, payment } = config
  const isAny = all.some((name) => config[name] !== undefined)
  const paths = [refund?.path, queryRefund?.path, ...(queryRefund?.also ?? [])]
  const isBy = (placeholder: string) => paths.some((path) => path?.includes(`{${placeholder}}`) === true)
  const isMember = Object.values(refund?.body ?? {}).some(({ from }) => from === "transactionNo")
  const checks: ReadonlyArray<readonly [isFault: boolean, at: string, detail: string]> = [
    ...all.map(
      (name) =>
        [
          isAny && config[name] === undefined,
          `/${name}`,
          "Refunds need refund, queryRefund and refunds together: say this, too, or take the others out."
        ] as const
    ),
    [
      payment.transactionNo === undefined && (isBy("transactionNo") || isMember),
      "/payment/transactionNo",
      "A refund needs the vendor's number of the payment: say where it stands."
    ],
    [
      refunds !== undefined && refunds.id === undefined && isBy("vendorRefundNo"),
      "/refunds/id",
      "A refund is asked for by the vendor's number: say where it stands."
    ],
    [
      payment.currency === undefined &&
        [payment.amountMinor, payment.amountMajor, payment.refundedMinor, payment.refundedMajor].some(isSaid),
      "/payment/currency",
      "An amount is one of a currency, and is not compared without it: say where that stands."
    ],
    [
      refunds?.currency === undefined && [refunds?.amountMinor, refunds?.amountMajor].some(isSaid),
      "/refunds/currency",
      "An amount is one of a currency, and is not compared without it: say where that stands."
    ]
  ]
  return checks.flatMap(([isFault, place, detail]) => (isFault ? [{ at: place, detail }] : []))
}
