import type { NewOrder } from "@payment-proxy/client/promise"

/** A language that the pages speak. */
export type Language = "en" | "zh"

/** What a thing is called in each language. */
export type Named = { readonly [language in Language]: string }

/** A travel policy that the shop sells; prices are decimal strings in major units, by currency. */
export interface Policy {
  readonly id: string
  readonly name: Named
  readonly about: Named
  readonly prices: { readonly CNY: string; readonly USD: string }
}

/** The three policies on sale. */
export const policies: ReadonlyArray<Policy> = [
  {
    id: "weekend",
    name: { en: "Weekend away", zh: "周末出行" },
    about: { en: "3 days. Illness, accident and lost luggage.", zh: "3 天，含疾病、意外与行李丢失。" },
    prices: { CNY: "12.34", USD: "1.80" }
  },
  {
    id: "fortnight",
    name: { en: "Two weeks abroad", zh: "两周境外" },
    about: {
      en: "15 days. With hospital, transport home and cancelled flights.",
      zh: "15 天，另含住院、送返与航班取消。"
    },
    prices: { CNY: "128.00", USD: "18.50" }
  },
  {
    id: "year",
    name: { en: "All journeys of a year", zh: "全年旅行" },
    about: {
      en: "365 days. As many journeys as you like, of up to 60 days each.",
      zh: "365 天，不限次数，每次最长 60 天。"
    },
    prices: { CNY: "648.00", USD: "92.00" }
  }
]

/** A way to pay: the vendor as the gateway's configuration names it, and what the vendor wants to know. */
export interface Way {
  readonly id: string
  readonly name: Named
  readonly vendor: string
  readonly method: NewOrder["method"]
  readonly source: NewOrder["source"]
  readonly currency: keyof Policy["prices"]
}

const all: ReadonlyArray<Way> = [
  {
    id: "platform",
    name: { en: "Alipay (platform)", zh: "支付宝（平台）" },
    vendor: "platform",
    method: "ALIPAY",
    source: "WEB",
    currency: "CNY"
  },
  {
    id: "platform-code",
    name: { en: "A code to scan (platform)", zh: "扫码支付（平台）" },
    vendor: "platform",
    method: "WECHAT_PAY",
    source: "QR",
    currency: "CNY"
  },
  {
    id: "wechatpay",
    name: { en: "WeChat Pay", zh: "微信支付" },
    vendor: "wechatpay",
    method: "WECHAT_PAY",
    source: "QR",
    currency: "CNY"
  },
  {
    id: "alipay",
    name: { en: "Alipay", zh: "支付宝" },
    vendor: "alipay",
    method: "ALIPAY",
    source: "WEB",
    currency: "CNY"
  },
  {
    id: "card",
    name: { en: "Card", zh: "银行卡" },
    vendor: "mpgs",
    method: "CARD",
    source: "WEB",
    currency: "USD"
  },
  {
    id: "paypal",
    name: { en: "PayPal", zh: "PayPal" },
    vendor: "paypal",
    method: "PAYPAL",
    source: "WEB",
    currency: "USD"
  }
]

/** The ways to pay at these vendors. */
export const waysOf = (vendors: ReadonlyArray<string>): ReadonlyArray<Way> =>
  all.filter(({ vendor }) => vendors.includes(vendor))
