import { Either } from "effect"
import * as Answers from "../../src/alipay/answers.ts"
import { methods } from "../../src/alipay/requests.ts"
import { answer, config, keys, ok, payment, refund, signedText } from "./world.ts"

export const order = payment()
export const paidOrder = payment({ captured: 1234n, state: "SUCCEEDED" })
export const settlingMillis = config().settlingMillis
export const number = order.merchantOrderNo
export const trade = {
  ...ok,
  out_trade_no: number,
  trade_no: "2026112322001400001111111111",
  total_amount: "12.34",
  trade_status: "TRADE_SUCCESS",
  send_pay_date: "2026-11-23 21:25:00"
}

export const reads = {
  create: (text: string, of = order) => Answers.created(answer(text), of, methods.precreate, keys()),
  "mini program create": (text: string, of = order) => Answers.created(answer(text), of, methods.create, keys()),
  query: (text: string, of = order) => Answers.queried(answer(text), of, keys()),
  close: (text: string, of = order) => Answers.closed(answer(text), of, keys()),
  cancel: (text: string, of = order) => Answers.cancelled(answer(text), of, keys()),
  refund: (text: string, of = order) => Answers.refunded(answer(text), of, keys()),
  "refund query": (text: string, of = order) =>
    Answers.queriedRefund(answer(text), of, refund(), settlingMillis, keys()),
  bill: (text: string) => Answers.billed(answer(text), keys())
} as const
export type Call = keyof typeof reads

export const methodOf = {
  create: methods.precreate,
  "mini program create": methods.create,
  query: methods.query,
  close: methods.close,
  cancel: methods.cancel,
  refund: methods.refund,
  "refund query": methods.queryRefund,
  bill: methods.bill
} as const

export const saidOf = (read: Either.Either<unknown, { readonly _tag: string }>): unknown =>
  Either.match(read, {
    onLeft: ({ _tag }) => _tag,
    onRight: (said) => (typeof said === "object" && said !== null && "kind" in said ? said.kind : said)
  })

export const said = (call: Call, body: object, of = order) => saidOf(reads[call](signedText(methodOf[call], body), of))
