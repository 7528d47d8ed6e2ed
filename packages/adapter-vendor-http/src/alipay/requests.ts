import type { Payment, RefundMachine } from "@payment-proxy/domain"
import { Money } from "@payment-proxy/domain"
import type { Bill } from "@payment-proxy/ports"
import type { Call } from "../Http.ts"
import type { AlipayConfig } from "./config.ts"
import type { Keys } from "./keys.ts"
import * as Signing from "./signing.ts"
import * as Text from "./text.ts"
import * as Time from "./time.ts"

/** The calls of Alipay that are used (vendors' reference §2d). */
export const methods = {
  precreate: "alipay.trade.precreate",
  page: "alipay.trade.page.pay",
  wap: "alipay.trade.wap.pay",
  app: "alipay.trade.app.pay",
  create: "alipay.trade.create",
  query: "alipay.trade.query",
  close: "alipay.trade.close",
  cancel: "alipay.trade.cancel",
  refund: "alipay.trade.refund",
  queryRefund: "alipay.trade.fastpay.refund.query",
  bill: "alipay.data.dataservice.bill.downloadurl.query"
} as const

/** What is sent, without what is made for each call: its time and its signature. */
export interface Request {
  readonly path: string
  readonly body: string
}

const form = (parameters: Signing.Parameters): string =>
  new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString()

const parametersOf = (encoded: string): Signing.Parameters => [...new URLSearchParams(encoded)]

/** A call of `method` with what it is about; `also` stands beside that, as the addresses of payer and notifications do. */
export const request = (
  method: string,
  about: object,
  config: Pick<AlipayConfig, "appId" | "baseUrl">,
  also: Signing.Parameters = []
): Request => {
  const common: Signing.Parameters = [
    ["method", method],
    ["app_id", config.appId],
    ["format", "JSON"],
    ["charset", "utf-8"],
    ["version", "1.0"],
    ["sign_type", "RSA2"],
    ...also
  ]
  return {
    path: `${new URL(config.baseUrl).pathname}?${form(common)}`,
    body: form([["biz_content", JSON.stringify(about)]])
  }
}

/** The method that a request calls; the empty text where it is none of ours. */
export const methodOf = ({ path }: Request): string =>
  new URLSearchParams(path.slice(path.indexOf("?"))).get("method") ?? ""

/** The time of a call, and in certificate mode the certificates that it is signed by. */
const made = ({ numbers }: Keys, nowMillis: number): Signing.Parameters => [
  ["timestamp", Time.beijing(nowMillis)],
  ...(numbers === null
    ? []
    : ([
        ["app_cert_sn", numbers.appSn],
        ["alipay_root_cert_sn", numbers.rootSn]
      ] as const))
]

/** The parameters of a request, signed as of a time; the signature stands last. */
export const signed = ({ path, body }: Request, keys: Keys, nowMillis: number): Signing.Parameters => {
  const all = [...parametersOf(path.slice(path.indexOf("?") + 1)), ...made(keys, nowMillis), ...parametersOf(body)]
  return [...all, ["sign", Signing.sign(Signing.contentOf(all), keys)]]
}

const target = (asked: Request, keys: Keys, nowMillis: number): string =>
  `${asked.path}&${form(signed(asked, keys, nowMillis).filter(([name]) => isMade(name)))}`

const isMade = (name: string): boolean =>
  name === "timestamp" || name === "sign" || name === "app_cert_sn" || name === "alipay_root_cert_sn"

/** A request as a call that is signed as of a time. */
export const call = (asked: Request, config: AlipayConfig, keys: Keys, nowMillis: number): Call => ({
  method: "POST",
  origin: new URL(config.baseUrl).origin,
  path: target(asked, keys, nowMillis),
  headers: ["content-type", "application/x-www-form-urlencoded;charset=utf-8"],
  body: asked.body
})

/** The address that the payer's browser is sent to with a request that is signed as of a time; nothing is called. */
export const address = (asked: Request, config: AlipayConfig, keys: Keys, nowMillis: number): string =>
  `${new URL(config.baseUrl).origin}${target(asked, keys, nowMillis)}&${asked.body}`

/** The text that an app hands to Alipay's kit: a request that is signed as of a time; nothing is called. */
export const orderString = (asked: Request, keys: Keys, nowMillis: number): string =>
  signed(asked, keys, nowMillis)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")

const trade = ({ merchantOrderNo }: Payment.Payment) => ({ out_trade_no: merchantOrderNo })

/** The question what became of an order. */
export const query = (payment: Payment.Payment, config: AlipayConfig): Request =>
  request(methods.query, trade(payment), config)

/** The wish to close an order. */
export const close = (payment: Payment.Payment, config: AlipayConfig): Request =>
  request(methods.close, trade(payment), config)

/** The wish to undo a trade whatever it is: unpaid it is closed, paid it is refunded. Not how an order is closed. */
export const cancel = (payment: Payment.Payment, config: AlipayConfig): Request =>
  request(methods.cancel, trade(payment), config)

const maxReason = 256

/** A refund: the same bytes under the same number however often. */
export const refund = (
  payment: Payment.Payment,
  { refundNo, amount, reason }: RefundMachine.Refund,
  config: AlipayConfig
): Request => {
  const why = Text.cleaned(reason ?? "", maxReason)
  return request(
    methods.refund,
    {
      ...trade(payment),
      refund_amount: Money.format(amount),
      out_request_no: refundNo,
      ...(why === "" ? {} : { refund_reason: why })
    },
    config
  )
}

/** The question what became of a refund. */
export const queryRefund = (
  payment: Payment.Payment,
  { refundNo }: RefundMachine.Refund,
  config: AlipayConfig
): Request =>
  request(
    methods.queryRefund,
    { ...trade(payment), out_request_no: refundNo, query_options: ["gmt_refund_pay"] },
    config
  )

/** The question where a day's bill can be fetched. */
export const bill = ({ day, of }: Bill, config: AlipayConfig): Request =>
  request(methods.bill, { bill_type: of === "trades" ? "trade" : "signcustomer", bill_date: day }, config)
