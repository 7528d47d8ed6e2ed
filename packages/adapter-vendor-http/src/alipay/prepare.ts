import { Money, type Payment, type Words } from "@payment-proxy/domain"
import { type Details, Unfit } from "@payment-proxy/ports"
import { Either } from "effect"
import { type Placed, returnUrl } from "../Vendor.ts"
import type { AlipayConfig } from "./config.ts"
import * as Requests from "./requests.ts"
import * as Stored from "./stored.ts"
import * as Text from "./text.ts"
import * as Time from "./time.ts"

type Faults = Unfit["faults"]

/** The call that each scene is made by (vendors' reference §2d). */
const scenes = {
  QR: Requests.methods.precreate,
  WEB: Requests.methods.page,
  H5: Requests.methods.wap,
  APP: Requests.methods.app,
  MINI_PROGRAM: Requests.methods.create,
  JSAPI: Requests.methods.create
} as const satisfies Record<Words.Source, string>

const minuteMillis = 60_000
const longestMillis = 15 * 24 * 60 * minuteMillis
/** 100 million yuan. */
const mostMinor = 10_000_000_000n

const fault = (pointer: string, code: string, detail: string): Faults => [{ pointer, code, detail }]

const amountFaults = ({ amountMinor, currency }: Money.Money): Faults => {
  if (currency !== "CNY") return fault("/amount/currency", "NOT_SUPPORTED", "Alipay takes CNY here: use CNY.")
  return amountMinor >= 1n && amountMinor <= mostMinor
    ? []
    : fault("/amount/value", "AMOUNT_INVALID", "Alipay takes 0.01 to 100000000.00 yuan.")
}

const payerFaults = ({ source }: Payment.Payment, { payer }: Details): Faults => {
  if (scenes[source] !== Requests.methods.create) return []
  if (payer.buyerId !== undefined)
    return /^2088\d{12}$/.test(payer.buyerId)
      ? []
      : fault(
          "/payer/buyerId",
          "FIELD_INVALID",
          "This is not a user's number of Alipay: 16 digits that begin with 2088."
        )
  if (payer.openId === undefined)
    return fault("/payer/openId", "FIELD_MISSING", "Alipay needs the payer here: give payer.openId or payer.buyerId.")
  return /^[!-~]{1,128}$/.test(payer.openId)
    ? []
    : fault("/payer/openId", "FIELD_INVALID", "This is not an open id: 1 to 128 visible ASCII characters.")
}

const faultsOf = (payment: Payment.Payment, details: Details, { sources }: AlipayConfig): Faults => {
  const lifeMillis = payment.expiresAtMillis - payment.createdAtMillis
  return [
    ...(payment.method === "ALIPAY" ? [] : fault("/method", "NOT_SUPPORTED", "This vendor takes ALIPAY.")),
    ...(sources === undefined || sources.includes(payment.source)
      ? []
      : fault("/source", "NOT_SUPPORTED", `This vendor is set up for ${sources.join(", ")}.`)),
    ...amountFaults(payment.amount),
    ...(payment.capture === "automatic"
      ? []
      : fault("/capture", "NOT_SUPPORTED", "Alipay captures at once: leave capture out.")),
    ...(lifeMillis >= minuteMillis && lifeMillis <= longestMillis
      ? []
      : fault("/expiresIn", "NOT_SUPPORTED", "Alipay's orders live 1 minute to 15 days.")),
    ...payerFaults(payment, details)
  ]
}

/** What only some scenes' orders have. */
const sceneOf = (payment: Payment.Payment, { payer }: Details, config: AlipayConfig & Placed): object => {
  switch (scenes[payment.source]) {
    case Requests.methods.wap:
      return { quit_url: config.quitUrl ?? returnUrl(config, payment) }
    case Requests.methods.create:
      return {
        ...(config.products[payment.source] === "JSAPI_PAY" ? { op_app_id: config.openAppId ?? config.appId } : {}),
        ...(payer.buyerId === undefined ? { buyer_open_id: payer.openId } : { buyer_id: payer.buyerId })
      }
    default:
      return {}
  }
}

const isBrowser = ({ source }: Payment.Payment): boolean => source === "WEB" || source === "H5"

const requestOf = (payment: Payment.Payment, details: Details, config: AlipayConfig & Placed): Requests.Request =>
  Requests.request(
    scenes[payment.source],
    {
      out_trade_no: payment.merchantOrderNo,
      total_amount: Money.format(payment.amount),
      subject: Text.subject(details.description) || payment.merchantOrderNo,
      product_code: config.products[payment.source],
      time_expire: Time.beijing(payment.expiresAtMillis),
      ...sceneOf(payment, details, config)
    },
    config,
    [
      ["notify_url", config.notifyUrl],
      ...(isBrowser(payment) ? [["return_url", returnUrl(config, payment)] as const] : [])
    ]
  )

/** The create of an order, the same text however often it is made; or all that does not fit Alipay. */
export const prepare = (
  payment: Payment.Payment,
  details: Details,
  config: AlipayConfig & Placed
): Either.Either<string, Unfit> => {
  const faults = faultsOf(payment, details, config)
  return faults.length > 0
    ? Either.left(new Unfit({ faults }))
    : Either.right(Stored.write({ ...requestOf(payment, details, config), returnUrl: details.returnUrl }))
}
