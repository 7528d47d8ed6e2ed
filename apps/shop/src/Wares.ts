import type { NewOrder } from "@payment-proxy/client/promise"

/** A language that the pages speak. */
export type Language = "en" | "zh"

/** What a thing is called in each language. */
export type Named = { readonly [language in Language]: string }

/** A travel policy that the shop sells; prices are decimal strings in major units, by currency. */
export interface Policy {
  readonly id: string
  readonly name: Named
  readonly days: Named
  readonly covers: { readonly [language in Language]: ReadonlyArray<string> }
  readonly prices: { readonly CNY: string; readonly USD: string }
  /** Its picture: the inside of an SVG of 320 × 120. */
  readonly picture: string
}

/** The three policies on sale. */
export const policies: ReadonlyArray<Policy> = [
  {
    id: "weekend",
    name: { en: "Weekend away", zh: "周末出行" },
    days: { en: "3 days, within the country", zh: "3 天，境内" },
    covers: {
      en: ["Illness and accidents, up to ¥50,000", "Lost luggage, up to ¥2,000"],
      zh: ["疾病与意外，最高 5 万元", "行李丢失，最高 2 千元"]
    },
    prices: { CNY: "12.34", USD: "1.80" },
    picture: `<circle cx="250" cy="36" r="16" fill="currentColor" opacity=".35"/><path d="M0 120l70-70 40 40 50-62 62 62 34-26 64 56z" fill="currentColor" opacity=".28"/><path d="M0 120l110-44 60 24 70-30 80 50z" fill="currentColor" opacity=".6"/>`
  },
  {
    id: "fortnight",
    name: { en: "Two weeks abroad", zh: "两周境外" },
    days: { en: "15 days, worldwide", zh: "15 天，全球" },
    covers: {
      en: ["Hospital and transport home", "Cancelled or late flights", "Lost luggage, up to ¥8,000"],
      zh: ["住院与医疗送返", "航班取消或延误", "行李丢失，最高 8 千元"]
    },
    prices: { CNY: "128.00", USD: "18.50" },
    picture: `<path d="M20 98q140-96 280-40" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="5 6" opacity=".6"/><path d="M186 30l54 18 20-12 10 3-12 16-2 20-9 1-7-18-22-6-4 12-8 1-2-22-20-10z" fill="currentColor" opacity=".75"/><path d="M0 120q160-36 320 0z" fill="currentColor" opacity=".3"/>`
  },
  {
    id: "year",
    name: { en: "All journeys of a year", zh: "全年旅行" },
    days: { en: "365 days, each journey up to 60", zh: "365 天，每次最长 60 天" },
    covers: {
      en: ["Everything of “Two weeks abroad”", "As many journeys as you like", "Your family travels with you"],
      zh: ["含“两周境外”全部保障", "出行次数不限", "家人同行可保"]
    },
    prices: { CNY: "648.00", USD: "92.00" },
    picture: `<g fill="none" stroke="currentColor" stroke-width="3"><circle cx="160" cy="62" r="44" opacity=".8"/><ellipse cx="160" cy="62" rx="20" ry="44" opacity=".55"/><path d="M116 62h88M122 40h76M122 84h76" opacity=".55"/><ellipse cx="160" cy="62" rx="96" ry="26" opacity=".35" transform="rotate(-14 160 62)"/></g><circle cx="250" cy="36" r="6" fill="currentColor"/>`
  }
]

/** The policy with this id. */
export const policyOf = (id: string | null | undefined): Policy | undefined =>
  policies.find((policy) => policy.id === id)

/** A way to pay: the vendor as the gateway's configuration names it, and what the vendor wants to know. */
export interface Way {
  readonly id: string
  readonly name: Named
  /** What happens when the customer pays by it. */
  readonly about: Named
  readonly vendor: string
  readonly method: NewOrder["method"]
  readonly source: NewOrder["source"]
  readonly currency: keyof Policy["prices"]
}

const all: ReadonlyArray<Way> = [
  {
    id: "platform",
    name: { en: "Alipay", zh: "支付宝" },
    about: { en: "The platform shows its cashier; you come back here.", zh: "前往平台收银台，付款后返回本店。" },
    vendor: "platform",
    method: "ALIPAY",
    source: "WEB",
    currency: "CNY"
  },
  {
    id: "platform-code",
    name: { en: "WeChat Pay, by a code to scan", zh: "微信扫码支付" },
    about: { en: "A code appears, which your phone scans.", zh: "显示二维码，用手机扫描。" },
    vendor: "platform",
    method: "WECHAT_PAY",
    source: "QR",
    currency: "CNY"
  },
  {
    id: "wechatpay",
    name: { en: "WeChat Pay", zh: "微信支付" },
    about: { en: "A code appears, which WeChat scans.", zh: "显示二维码，用微信扫描。" },
    vendor: "wechatpay",
    method: "WECHAT_PAY",
    source: "QR",
    currency: "CNY"
  },
  {
    id: "alipay",
    name: { en: "Alipay", zh: "支付宝" },
    about: { en: "Alipay shows its cashier; you come back here.", zh: "前往支付宝收银台，付款后返回本店。" },
    vendor: "alipay",
    method: "ALIPAY",
    source: "WEB",
    currency: "CNY"
  },
  {
    id: "card",
    name: { en: "Card", zh: "银行卡" },
    about: {
      en: "The bank shows its card page, with test cards; it may ask whether it is you.",
      zh: "前往银行的付款页（测试卡），银行可能核实身份。"
    },
    vendor: "mpgs",
    method: "CARD",
    source: "WEB",
    currency: "USD"
  },
  {
    id: "paypal",
    name: { en: "PayPal", zh: "PayPal" },
    about: { en: "You agree at PayPal, and come back here.", zh: "前往 PayPal 确认，然后返回本店。" },
    vendor: "paypal",
    method: "PAYPAL",
    source: "WEB",
    currency: "USD"
  }
]

/** The ways to pay at these vendors. */
export const waysOf = (vendors: ReadonlyArray<string>): ReadonlyArray<Way> =>
  all.filter(({ vendor }) => vendors.includes(vendor))

/** The way by which an order is paid, if the shop offers it. */
export const wayOf = (order: Pick<Way, "vendor"> & { readonly method: string; readonly source: string }) =>
  all.find(
    ({ vendor, method, source }) => vendor === order.vendor && method === order.method && source === order.source
  )
