import * as Beijing from "./Beijing.ts"
import { Fields } from "./Fields.ts"
import { Refusal, staged } from "./Refusal.ts"

/** The methods that make a trade, or hand out what will. */
export const methods = [
  "alipay.trade.precreate",
  "alipay.trade.page.pay",
  "alipay.trade.wap.pay",
  "alipay.trade.app.pay",
  "alipay.trade.create"
] as const

export type Method = (typeof methods)[number]

/** What a merchant asks to be paid: what becomes a trade when the payer opens it. */
export interface Order {
  readonly method: Method
  /** The merchant's number. */
  readonly number: string
  readonly amountMinor: number
  readonly subject: string
  readonly passback: string | null
  readonly notifyUrl: string | null
  readonly returnUrl: string | null
  readonly quitUrl: string | null
  /** When it can no longer be paid, as asked for; else so long after the payer opened it. */
  readonly expireAtMillis: number | null
  readonly timeoutMillis: number | "end of day"
  /** How long a QR code is good, where that was asked for. */
  readonly codeMillis: number | null
  readonly buyerId: string | null
}

/** What an order is read with. */
export interface Reading {
  readonly biz: { readonly [name: string]: unknown }
  readonly notifyUrl: string | null
  readonly returnUrl: string | null
  readonly nowMillis: number
  readonly sellerId: string
}

const minuteMillis = 60_000
const dayMillis = 86_400_000
const maxAmountMinor = 100_000_000_00

const common = [
  "out_trade_no",
  "total_amount",
  "subject",
  "body",
  "product_code",
  "time_expire",
  "timeout_express",
  "seller_id",
  "goods_detail",
  "extend_params",
  "business_params",
  "store_id",
  "operator_id",
  "terminal_id",
  "enable_pay_channels",
  "disable_pay_channels",
  "merchant_order_no"
]
const browsers = ["passback_params", "ext_user_info", "promo_params", "goods_type", "invoice_info"]

/** What each method knows beside the common fields, the products that it can be contracted for, and how long a payer has. */
const kinds: {
  readonly [M in Method]: {
    readonly fields: ReadonlyArray<string>
    readonly products: ReadonlyArray<string>
    readonly isProductRequired: boolean
    readonly timeoutMillis: number
  }
} = {
  "alipay.trade.precreate": {
    fields: ["qr_code_timeout_express", "discountable_amount", "undiscountable_amount", "passback_params"],
    products: ["FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE", "OFFLINE_PAYMENT"],
    isProductRequired: false,
    timeoutMillis: 3 * 60 * minuteMillis
  },
  "alipay.trade.page.pay": {
    fields: [...browsers, "qr_pay_mode", "qrcode_width", "integration_type", "request_from_url"],
    products: ["FAST_INSTANT_TRADE_PAY"],
    isProductRequired: true,
    timeoutMillis: 15 * dayMillis
  },
  "alipay.trade.wap.pay": {
    fields: [...browsers, "quit_url", "auth_token"],
    products: ["QUICK_WAP_WAY", "QUICK_WAP_PAY"],
    isProductRequired: true,
    timeoutMillis: 15 * dayMillis
  },
  "alipay.trade.app.pay": {
    fields: [...browsers, "specified_channel"],
    products: ["QUICK_MSECURITY_PAY"],
    isProductRequired: false,
    timeoutMillis: 15 * dayMillis
  },
  "alipay.trade.create": {
    fields: ["buyer_id", "buyer_open_id", "op_app_id", "op_buyer_open_id", "discountable_amount", "passback_params"],
    products: ["JSAPI_PAY", "FACE_TO_FACE_PAYMENT"],
    isProductRequired: false,
    timeoutMillis: 3 * 60 * minuteMillis
  }
}

const unitsMillis: { readonly [unit: string]: number } = { m: minuteMillis, h: 60 * minuteMillis, d: dayMillis }

const timeoutOf = (fields: Fields, name: string): number | "end of day" | undefined => {
  const text = fields.text(name, 6, /^([1-9]\d{0,4}[mhd]|1c)$/)
  if (text === undefined || text === "1c") return text === undefined ? undefined : "end of day"
  const millis = Number(text.slice(0, -1)) * (unitsMillis[text.slice(-1)] ?? Number.NaN)
  if (!(millis <= 15 * dayMillis)) throw fields.refusal(`${name} 应在 1m～15d 之间`)
  return millis
}

/** A time that has passed is refused by every method; one that is too near or too far, where it is asked for by a server. */
const expireAt = (fields: Fields, method: Method, about: string, nowMillis: number): number | null => {
  const text = fields.text("time_expire", 32)
  if (text === undefined) return null
  const millis = Beijing.millisOf(text)
  if (millis === undefined) throw fields.refusal("time_expire 格式应为 yyyy-MM-dd HH:mm:ss")
  if (millis <= nowMillis) throw new Refusal("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", { about })
  const isOfServer = method === "alipay.trade.precreate" || method === "alipay.trade.create"
  const isNear = isOfServer && millis < nowMillis + minuteMillis
  if (isNear || millis > nowMillis + 15 * dayMillis) throw fields.refusal("time_expire 应在 1m～15d 之间")
  return millis
}

const checkProduct = (fields: Fields, method: Method, about: string): string | undefined => {
  const { products, isProductRequired } = kinds[method]
  const product = isProductRequired ? fields.required("product_code", 64) : fields.text("product_code", 64)
  if (product === undefined || products.includes(product)) return product
  throw new Refusal("ACQ.ACCESS_FORBIDDEN", { detail: `product_code ${product}`, about })
}

const buyerOf = (fields: Fields, product: string | undefined, about: string, sellerId: string): string => {
  const buyerId = fields.text("buyer_id", 28, /^2088\d{12}$/)
  const openId = fields.text("buyer_open_id", 128, /^[\w-]+$/)
  const buyer = buyerId ?? openId
  if (buyer === undefined) throw fields.refusal("buyer_id 和 buyer_open_id 不能同时为空")
  if (buyer === sellerId) throw new Refusal("ACQ.BUYER_SELLER_EQUAL", { about })
  if (product === "JSAPI_PAY") fields.required("op_app_id", 32, /^\d{16}$/)
  return buyer
}

/** The order that a create asks for; throws a `Refusal`. */
export const read = (method: Method, { biz, notifyUrl, returnUrl, nowMillis, sellerId }: Reading): Order => {
  const fields = new Fields(biz, [...common, ...kinds[method].fields])
  const number = fields.required("out_trade_no", 64, /^\w+$/)
  const amountMinor = fields.amountMinor("total_amount")
  if (amountMinor === 0) throw fields.refusal("total_amount 应不小于 0.01")
  if (amountMinor > maxAmountMinor) throw new Refusal("ACQ.TOTAL_FEE_EXCEED", { about: number })
  const subject = fields.required("subject", 256, /^[^/=&]*$/)
  fields.text("body", 128)
  const asked = staged(subject)
  if (asked !== undefined) throw new Refusal(asked, { about: number })
  const seller = fields.text("seller_id", 28)
  if (seller !== undefined && seller !== sellerId) throw new Refusal("ACQ.PARTNER_ERROR", { about: number })
  const product = checkProduct(fields, method, number)
  const isWeb = method === "alipay.trade.page.pay" || method === "alipay.trade.wap.pay"
  const codeTimeout = timeoutOf(fields, "qr_code_timeout_express")
  return {
    method,
    number,
    amountMinor,
    subject,
    passback: fields.text("passback_params", 512, /^[\w.~%!*'()+-]*$/) ?? null,
    notifyUrl,
    returnUrl: isWeb ? returnUrl : null,
    quitUrl: fields.text("quit_url", 400, /^https?:\/\//) ?? null,
    expireAtMillis: expireAt(fields, method, number, nowMillis),
    timeoutMillis: timeoutOf(fields, "timeout_express") ?? kinds[method].timeoutMillis,
    codeMillis: typeof codeTimeout === "number" ? codeTimeout : null,
    buyerId: method === "alipay.trade.create" ? buyerOf(fields, product, number, sellerId) : null
  }
}
