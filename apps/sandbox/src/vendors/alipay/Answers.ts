import { encode } from "iconv-lite"
import type { Own, Words } from "../Serving.ts"
import type { Reply } from "../Vendor.ts"
import type { Method } from "./Gateway.ts"
import type { Keys } from "./Keys.ts"
import * as Pages from "./Pages.ts"
import { Refusal } from "./Refusal.ts"
import * as Signing from "./Signing.ts"
import * as Yuan from "./Yuan.ts"

/** Members of an answer, in the order in which they are sent. */
export type Fields = { readonly [name: string]: unknown }

/** To whom and how an answer goes. */
export interface Envelope {
  readonly method: Method | undefined
  readonly isCertified: boolean
  readonly keys: Keys
}

const jsonType = { "content-type": "text/html;charset=utf-8" }

const keyOf = (method: Method | undefined): string =>
  method === undefined ? "error_response" : `${method.replaceAll(".", "_")}_response`

/** An object as the vendor writes it: with its slashes escaped. */
const written = (fields: Fields): string => JSON.stringify(fields).replaceAll("/", "\\/")

const signatureOf = (text: string, keys: Keys, own: Own | undefined): string => {
  const key = own === "wrong-signature" ? keys.forgersKey : keys.alipayPrivateKey
  return JSON.stringify(Signing.sign(text, key))
}

/** The JSON of an answer, signed over its object's text as it stands. */
const sealed = ({ method, isCertified, keys }: Envelope, fields: Fields, own: Own | undefined): string => {
  const text = written(fields)
  const sign = own === "unsigned" ? "" : `,"sign":${signatureOf(text, keys, own)}`
  const sn = own === "wrong-serial" ? keys.appCertSn : keys.alipayCertSn
  const serial = isCertified && own !== "unsigned" ? `,"alipay_cert_sn":"${sn}"` : ""
  return `{"${keyOf(method)}":${text}${sign}${serial}}`
}

const amounts = ["total_amount", "refund_amount", "refund_fee", "send_back_fee"]

/** One yuan more than it is. */
const more = (value: unknown): string => Yuan.text((Yuan.minorOf(String(value)) ?? 0) + 100)

const changed = (fields: Fields, change: (name: string, value: unknown) => unknown): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, change(name, value)]))

/** An answer with what a fault wants to be wrong in it. */
const spoiled = (fields: Fields, own: Own | undefined): Fields => {
  switch (own) {
    case "wrong-amount":
      return changed(fields, (name, value) => (amounts.includes(name) ? more(value) : value))
    case "wrong-currency":
      return "total_amount" in fields ? { ...fields, trans_currency: "USD", pay_currency: "USD" } : fields
    case "other-number":
      return changed(fields, (name, value) => (name === "out_trade_no" ? `${String(value)}X` : value))
    case "unknown-status":
      return changed(fields, (name, value) => (/^(trade|refund)_status$/.test(name) ? "UNDER_REVIEW" : value))
    case "unknown-code":
      return { code: "40004", msg: "Business Failed", sub_code: "ACQ.UNHEARD_OF", sub_msg: "未知错误" }
    default:
      return fields
  }
}

/** An answer to a call that was done. */
export const done = (
  envelope: Envelope,
  fields: Fields,
  said: { readonly did: string; readonly numbers: ReadonlyArray<string>; readonly own: Own | undefined }
): Reply => {
  const all = spoiled({ code: "10000", msg: "Success", ...fields }, said.own)
  return { status: 200, headers: jsonType, body: sealed(envelope, all, said.own), did: said.did, numbers: said.numbers }
}

const isOfBrowser = (method: Method | undefined): boolean =>
  method === "alipay.trade.page.pay" || method === "alipay.trade.wap.pay"

/** A refusal as the vendor says it: JSON, and to a payer's browser a page in GBK, with status 200 both. */
export const refused = (
  envelope: Envelope,
  refusal: Refusal,
  numbers: ReadonlyArray<string>,
  own: Own | undefined = undefined
): Reply => {
  const told = { status: 200, did: `refused:${refusal.subCode}`, numbers }
  if (isOfBrowser(envelope.method))
    return {
      ...told,
      headers: { "content-type": "text/html;charset=GBK" },
      body: encode(Pages.errorPage(refusal), "gbk")
    }
  const fields = spoiled(refusal.fields, own)
  const body = refusal.isSigned ? sealed(envelope, fields, own) : `{"${keyOf(envelope.method)}":${written(fields)}}`
  return { ...told, headers: jsonType, body }
}

const billMethod = "alipay.data.dataservice.bill.downloadurl.query"

const unknownOf = (method: Method | undefined) => {
  if (method === "alipay.trade.fastpay.refund.query") return "TRADE_NOT_EXIST"
  return method === billMethod ? "BILL_NOT_EXIST" : "ACQ.TRADE_NOT_EXIST"
}

const declinedOf = (method: Method | undefined) => {
  if (method === "alipay.trade.refund") return "ACQ.TRADE_NOT_ALLOW_REFUND"
  return method === "alipay.trade.close" || method === "alipay.trade.cancel"
    ? "ACQ.REASON_ILLEGAL_STATUS"
    : "ACQ.BEYOND_PAY_RESTRICTION"
}

/** What the vendor says where a fault wants that, of a payment. */
export const refusalOf = (method: Method | undefined, what: Parameters<Words>[0], number: string): Refusal => {
  const about = { about: number }
  if (what === "error") return new Refusal("isp.unknow-error")
  if (what === "not-found") return new Refusal(unknownOf(method), about)
  if (what === "reject") return new Refusal(declinedOf(method), about)
  return new Refusal(method === billMethod ? "SYSTEM_RATE_LIMIT" : "isv.app-call-limited")
}
