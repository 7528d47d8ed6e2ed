import { Evidence, type Payment, type RefundMachine } from "@payment-proxy/domain"
import { InDoubt, Rejected, Throttled } from "@payment-proxy/ports"
import { Either } from "effect"
import type { Answer } from "../Http.ts"
import * as Codes from "./codes.ts"
import * as Envelope from "./envelope.ts"
import * as AlipayEvidence from "./evidence.ts"
import type { Keys } from "./keys.ts"
import { methods } from "./requests.ts"

/** What an answer was read as; a left is about the call alone. */
export type Read<A> = Either.Either<A, Rejected | Throttled | InDoubt>

/** What some errors say of the trade or bill. */
type Meant<A> = { readonly [M in Codes.Meaning]?: A }

const doubt = (detail: string): InDoubt => new InDoubt({ detail })

const failureOf = (meaning: Codes.Meaning, code: string): Rejected | Throttled | InDoubt => {
  switch (meaning) {
    case "refused":
      return new Rejected({ code, detail: `Alipay refused the call (${code}).` })
    case "ours":
      return new Throttled({
        retryAfterMillis: null,
        detail: `Alipay takes no such call from this app now (${code}): look at its keys, contracts and balance.`
      })
    case "throttled":
      return new Throttled({ retryAfterMillis: null, detail: `Alipay asks for patience (${code}).` })
    default:
      return doubt(`Alipay answered ${code}, which decides nothing.`)
  }
}

/** A code as operators are shown it, where it is one and holds no number of anybody. */
const shown = (code: string): string =>
  /^[\w.-]{1,64}$/.test(code) && !/\d{6}/.test(code) ? code : "a code that is none"

/** The answer to a call: its fields where it was taken, `meant` for what errors say of the trade. */
const read = <A>(
  { status, text, askedAtMillis }: Answer,
  call: Codes.Call,
  method: string,
  keys: Keys,
  taken: (field: AlipayEvidence.Field) => Either.Either<A, string>,
  meant: Meant<A> = {}
): Read<A> => {
  if (status === 429)
    return Either.left(new Throttled({ retryAfterMillis: null, detail: "Alipay asks for patience (HTTP 429)." }))
  if (status !== 200) return Either.left(doubt(`Alipay answered HTTP ${status}.`))
  const opened = Envelope.open(text, method, keys, askedAtMillis)
  if (Either.isLeft(opened)) return Either.left(doubt(opened.left))
  const { body, isSigned } = opened.right
  const code = Envelope.textOf(body, "code") ?? ""
  if (code === "10000")
    return Either.mapLeft(
      taken((name) => Envelope.textOf(body, name)),
      doubt
    )
  const sub = Envelope.textOf(body, "sub_code")
  const meaning = Codes.meaningOf(call, code, sub, isSigned)
  const said = meant[meaning]
  return said === undefined ? Either.left(failureOf(meaning, shown(sub ?? code))) : Either.right(said)
}

const askedOf = (order: { readonly version: number }, { askedAtMillis }: Answer) => ({
  version: order.version,
  atMillis: askedAtMillis
})

const isAbout = (field: AlipayEvidence.Field, payment: Payment.Payment): boolean =>
  field("out_trade_no") === payment.merchantOrderNo

const elsewhere = "The answer is not about this order."

/** The answer to a create by `method` that Alipay was called for: precreate's code, or the trade that a mini program opens. */
export const created = (
  answer: Answer,
  payment: Payment.Payment,
  method: string,
  keys: Keys
): Read<Evidence.Evidence> =>
  read(answer, "create", method, keys, (field) => {
    const said = { source: "create", asked: null } as const
    if (!isAbout(field, payment)) return Either.left(elsewhere)
    const tradeNo = field("trade_no")
    if (tradeNo !== undefined && !AlipayEvidence.isNumber(tradeNo)) return Either.left("Alipay's number is not one.")
    if (method === methods.precreate) {
      const content = field("qr_code")
      return content === undefined || content.length > 1024
        ? Either.left("The answer has no code to show.")
        : Either.right(AlipayEvidence.open(said, { type: "qr", content }, tradeNo ?? null))
    }
    return tradeNo === undefined
      ? Either.left("The answer has no trade to open.")
      : Either.right(AlipayEvidence.open(said, { type: "app", parameters: { tradeNO: tradeNo } }, tradeNo))
  })

/** What a query says of the order. */
export const queried = (answer: Answer, payment: Payment.Payment, keys: Keys): Read<Evidence.Evidence> => {
  const said = { source: "query", asked: askedOf(payment, answer) } as const
  return read(
    answer,
    "query",
    methods.query,
    keys,
    (field) => AlipayEvidence.ofTrade(field, payment.merchantOrderNo, said, payment.captured > 0n),
    { notFound: AlipayEvidence.notFound(said) }
  )
}

/** What the answer to a close says: `ask` where only a query tells what the order is. */
export const closed = (answer: Answer, payment: Payment.Payment, keys: Keys): Read<Evidence.Evidence | "ask"> => {
  const said = { source: "close", asked: askedOf(payment, answer) } as const
  return read<Evidence.Evidence | "ask">(
    answer,
    "close",
    methods.close,
    keys,
    (field) =>
      isAbout(field, payment)
        ? Either.right(Evidence.make("closed", "close", { ...said, transactionNo: numberOf(field) }))
        : Either.left(elsewhere),
    { notFound: AlipayEvidence.notFound(said), ask: "ask" }
  )
}

const numberOf = (field: AlipayEvidence.Field): string | null => {
  const number = field("trade_no")
  return number !== undefined && AlipayEvidence.isNumber(number) ? number : null
}

/**
 * What the answer to a cancel says: closed unpaid, refunded because it was paid, or unknown there. For barcode payments whose outcome is
 * unknown; it is not how an order is closed, as it takes paid money back (vendors' reference §2d).
 */
export const cancelled = (answer: Answer, payment: Payment.Payment, keys: Keys): Read<Evidence.Evidence> => {
  const said = { source: "close", asked: askedOf(payment, answer) } as const
  return read<Evidence.Evidence>(
    answer,
    "cancel",
    methods.cancel,
    keys,
    (field) => {
      if (field("retry_flag") === "Y") return Either.left("Alipay asks for the same cancel again.")
      const action = field("action")
      if (action === undefined) return Either.right(AlipayEvidence.notFound(said))
      if (!isAbout(field, payment)) return Either.left(elsewhere)
      const common = { ...said, transactionNo: numberOf(field) }
      if (action === "close") return Either.right(Evidence.make("closed", "close", common))
      const total = payment.amount.amountMinor
      return action === "refund"
        ? Either.right(Evidence.make("refunds", "close", { ...common, captured: null, total, items: [] }))
        : Either.left("The answer says what was done in a word that is not documented.")
    },
    { notFound: AlipayEvidence.notFound(said) }
  )
}

/** What the answer to a refund says: only `fund_change` Y means that this call moved money (vendors' reference §2e). */
export const refunded = (answer: Answer, payment: Payment.Payment, keys: Keys): Read<Evidence.RefundEvidence> =>
  read(answer, "refund", methods.refund, keys, (field) => {
    if (!isAbout(field, payment)) return Either.left(elsewhere)
    return field("fund_change") === "Y"
      ? Either.right(AlipayEvidence.refund("succeeded", { source: "operation", asked: null }))
      : Either.left("This call moved no money: an earlier one may have.")
  })

/** What a query says of a refund; `settlingMillis` is how long Alipay may not yet show what it did. */
export const queriedRefund = (
  answer: Answer,
  payment: Payment.Payment,
  refund: RefundMachine.Refund,
  settlingMillis: number,
  keys: Keys
): Read<Evidence.RefundEvidence> => {
  const said = { source: "query", asked: askedOf(refund, answer) } as const
  const settled = ({ deadlineMillis }: RefundMachine.Refund) => answer.askedAtMillis > deadlineMillis + settlingMillis
  return read(
    answer,
    "queryRefund",
    methods.queryRefund,
    keys,
    (field) => {
      const number = field("out_trade_no")
      return number !== undefined && number !== payment.merchantOrderNo
        ? Either.left(elsewhere)
        : AlipayEvidence.ofRefund(field, said, settled, refund)
    },
    { notFound: AlipayEvidence.refund("notFound", said) }
  )
}

/** Where a bill is to be fetched; null where there is none. */
export const billed = (answer: Answer, keys: Keys): Read<URL | null> =>
  read<URL | null>(
    answer,
    "bill",
    methods.bill,
    keys,
    (field) => {
      const address = field("bill_download_url")
      return address !== undefined && URL.canParse(address)
        ? Either.right(new URL(address))
        : Either.left("The answer has no address of the bill.")
    },
    { nothing: null }
  )
