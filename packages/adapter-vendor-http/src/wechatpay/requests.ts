import { isIP } from "node:net"
import type { Payment, RefundMachine } from "@payment-proxy/domain"
import type { Bill, Details } from "@payment-proxy/ports"
import { Unfit } from "@payment-proxy/ports"
import { Either, Schema } from "effect"
import type { Account } from "./account.ts"
import type { Request } from "./signing.ts"

/** WeChat Pay's ways to pay, by where the payer is (vendors' reference §1d). */
export const scenes = {
  QR: "native",
  WEB: "native",
  JSAPI: "jsapi",
  MINI_PROGRAM: "jsapi",
  H5: "h5",
  APP: "app"
} as const satisfies Record<Payment.Payment["source"], string>

type Fault = Unfit["faults"][number]

const fault = (is: boolean, pointer: string, code: string, detail: string): ReadonlyArray<Fault> =>
  is ? [{ pointer, code, detail }] : []

const maxOpenId = 128

const openIdFaults = (payment: Payment.Payment, openId: string | undefined): ReadonlyArray<Fault> => {
  if (scenes[payment.source] !== "jsapi") return []
  if (openId === undefined)
    return fault(true, "/payer/openId", "FIELD_MISSING", "WeChat Pay needs the payer's open id here: give it a value.")
  const isWrong = openId.length > maxOpenId || !/^[!-~]+$/.test(openId)
  return fault(isWrong, "/payer/openId", "FIELD_INVALID", "This is text of 1 to 128 visible ASCII characters.")
}

const ipFaults = (payment: Payment.Payment, ip: string | undefined): ReadonlyArray<Fault> => {
  if (scenes[payment.source] !== "h5") return []
  if (ip === undefined)
    return fault(true, "/payer/ip", "FIELD_MISSING", "WeChat Pay needs the payer's address here: give it a value.")
  return fault(isIP(ip) === 0, "/payer/ip", "FIELD_INVALID", "This is not an IP address, such as 203.0.113.7.")
}

const faultsOf = (payment: Payment.Payment, { payer }: Details): ReadonlyArray<Fault> => [
  ...fault(payment.method !== "WECHAT_PAY", "/method", "NOT_SUPPORTED", "This vendor takes WECHAT_PAY."),
  ...fault(payment.amount.currency !== "CNY", "/amount/currency", "NOT_SUPPORTED", "This vendor takes CNY."),
  ...fault(
    payment.amount.amountMinor > BigInt(Number.MAX_SAFE_INTEGER),
    "/amount/value",
    "AMOUNT_INVALID",
    "This vendor takes at most 2^53 - 1 minor units."
  ),
  ...fault(payment.amount.amountMinor < 1n, "/amount/value", "AMOUNT_INVALID", "This vendor takes 0.01 or more."),
  ...fault(payment.capture === "manual", "/capture", "NOT_SUPPORTED", "This vendor captures automatically."),
  ...openIdFaults(payment, payer.openId),
  ...ipFaults(payment, payer.ip)
]

/** As many whole characters of a text as fit into `maxBytes` of UTF-8. */
const cut = (text: string, maxBytes: number): string => {
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    end += character.length
  }
  return text.slice(0, end)
}

/** What WeChat Pay or its bills do not take: control characters, what is outside the basic plane, and backticks. */
const unwanted = /[\p{Cc}\p{Cs}\u{10000}-\u{10FFFF}`]/gu

const cleaned = (text: string, maxBytes: number): string =>
  cut(text.toWellFormed().replace(unwanted, " ").replace(/\s+/g, " ").trim(), maxBytes).trim()

const maxDescriptionBytes = 127
const maxReasonBytes = 80

const beijingMillis = 8 * 3_600_000

/** A moment as RFC 3339 has it in Beijing, in whole seconds. */
const beijing = (millis: number): string => `${new Date(millis + beijingMillis).toISOString().slice(0, 19)}+08:00`

const extrasOf = (payment: Payment.Payment, { payer }: Details): object => {
  switch (scenes[payment.source]) {
    case "jsapi":
      return { payer: { openid: payer.openId } }
    case "h5":
      return { scene_info: { payer_client_ip: payer.ip, h5_info: { type: "Wap" } } }
    default:
      return {}
  }
}

/** A stored create: the request's path and body as they go out, and the app's own page. */
const Prepared = Schema.parseJson(
  Schema.Struct({ path: Schema.String, body: Schema.String, returnUrl: Schema.NullOr(Schema.String) })
)

const readPrepared = Schema.decodeUnknownEither(Prepared)

/** The create of an order, the same text however often it is made; or all that the order misses. */
export const prepare = (payment: Payment.Payment, details: Details, account: Account): Either.Either<string, Unfit> => {
  const faults = faultsOf(payment, details)
  if (faults.length > 0) return Either.left(new Unfit({ faults }))
  const description = cleaned(details.description, maxDescriptionBytes)
  const body = {
    appid: account.appidOf(payment.source),
    mchid: account.mchid,
    description: description === "" ? payment.merchantOrderNo : description,
    out_trade_no: payment.merchantOrderNo,
    time_expire: beijing(payment.expiresAtMillis),
    notify_url: account.placed.notifyUrl,
    amount: { total: Number(payment.amount.amountMinor), currency: payment.amount.currency },
    ...extrasOf(payment, details)
  }
  const path = `/v3/pay/transactions/${scenes[payment.source]}`
  return Either.right(JSON.stringify({ path, body: JSON.stringify(body), returnUrl: details.returnUrl }))
}

/** A stored create as a request. */
export const create = (prepared: string): Either.Either<Request, unknown> =>
  Either.map(readPrepared(prepared), ({ path, body }) => ({ method: "POST", path, body }))

/** The app's own page in a stored create. */
export const onward = (prepared: string): string | null =>
  Either.match(readPrepared(prepared), { onLeft: () => null, onRight: ({ returnUrl }) => returnUrl })

/** A number as a segment of a path: `|` is escaped, `*`, `-` and `_` stay (vendors' reference §1g). */
const segment = (no: string): string => encodeURIComponent(no.toWellFormed())

const orderPath = (payment: Payment.Payment): string =>
  `/v3/pay/transactions/out-trade-no/${segment(payment.merchantOrderNo)}`

/** The question what became of an order. */
export const query = (payment: Payment.Payment, { mchid }: Account): Request => ({
  method: "GET",
  path: `${orderPath(payment)}?mchid=${mchid}`,
  body: null
})

/** The wish to close an order. */
export const close = (payment: Payment.Payment, { mchid }: Account): Request => ({
  method: "POST",
  path: `${orderPath(payment)}/close`,
  body: JSON.stringify({ mchid })
})

/** A refund, the same bytes under the same number however often. */
export const refund = (payment: Payment.Payment, order: RefundMachine.Refund, { placed }: Account): Request => {
  const reason = cleaned(order.reason ?? "", maxReasonBytes)
  return {
    method: "POST",
    path: "/v3/refund/domestic/refunds",
    body: JSON.stringify({
      out_trade_no: payment.merchantOrderNo,
      out_refund_no: order.refundNo,
      ...(reason === "" ? {} : { reason }),
      notify_url: placed.notifyUrl,
      amount: {
        refund: Number(order.amount.amountMinor),
        total: Number(payment.amount.amountMinor),
        currency: payment.amount.currency
      }
    })
  }
}

/** The question what became of a refund. */
export const queryRefund = (order: RefundMachine.Refund): Request => ({
  method: "GET",
  path: `/v3/refund/domestic/refunds/${segment(order.refundNo)}`,
  body: null
})

/** The question where a day's bill is. */
export const bill = ({ day, of }: Bill): Request => ({
  method: "GET",
  path: `/v3/bill/${of === "trades" ? "tradebill" : "fundflowbill"}?bill_date=${encodeURIComponent(day)}&${
    of === "trades" ? "bill_type=ALL" : "account_type=BASIC"
  }&tar_type=GZIP`,
  body: null
})
