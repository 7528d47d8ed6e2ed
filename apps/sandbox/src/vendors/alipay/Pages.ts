import type { Language } from "../../Page.ts"
import { document, escaped, shownAmount } from "../../Page.ts"
import * as Beijing from "./Beijing.ts"
import type { Trade } from "./Book.ts"
import type { Refusal } from "./Refusal.ts"

const words = {
  en: {
    title: "Alipay cashier",
    pay: "Pay now",
    refuse: "Cancel the order",
    payee: "Payee",
    shop: "Sandbox shop",
    order: "Order",
    item: "Item",
    until: "Pay before",
    beijing: "Beijing time",
    total: "Amount due",
    sandbox: "Sandbox: no money moves.",
    back: "Back to the shop",
    gone: "This code or page has expired, or it never was.",
    sorry: "Sorry, this cannot be paid.",
    TRADE_SUCCESS: "Payment successful",
    TRADE_FINISHED: "Payment successful",
    TRADE_CLOSED: "This order is closed. It can no longer be paid.",
    refunded: "This order is refunded."
  },
  zh: {
    title: "支付宝收银台",
    pay: "确认付款",
    refuse: "取消订单",
    payee: "收款方",
    shop: "沙箱商户",
    order: "订单号",
    item: "商品",
    until: "请于此前付款",
    beijing: "北京时间",
    total: "应付金额",
    sandbox: "Sandbox 沙箱环境，不会发生真实扣款。",
    back: "返回商家",
    gone: "二维码或页面已失效。",
    sorry: "抱歉，无法付款。",
    TRADE_SUCCESS: "付款成功",
    TRADE_FINISHED: "付款成功",
    TRADE_CLOSED: "订单已关闭，无法继续付款。",
    refunded: "订单已退款。"
  }
} as const

const style = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:#f4f6f9;color:#1f2329;font:16px/1.6 system-ui,"PingFang SC","Noto Sans SC","WenQuanYi Micro Hei",sans-serif}
header{background:#fff;border-bottom:3px solid #0a5fdc;padding:14px 20px;font-weight:700;color:#0a5fdc;font-size:18px}
header small{color:#626975;font-weight:400;margin-left:10px;padding-left:10px;border-left:1px solid #dcdfe5}
main{width:min(560px,100% - 32px);margin:28px auto;background:#fff;border-radius:10px;box-shadow:0 2px 12px #1a2b4a14;padding:26px}
.due{text-align:center;margin:0;color:#646a76;font-size:16px;font-weight:400}
.amount{text-align:center;margin:0 0 20px;color:#c7430a;font-size:38px;font-weight:700;line-height:1.3}.amount small{font-size:22px;margin-right:4px}
dl{display:grid;grid-template-columns:auto 1fr;gap:8px 18px;margin:0 0 24px;padding:18px 0 0;border-top:1px dashed #dcdfe5}dt{color:#626975}dd{margin:0;text-align:right;overflow-wrap:anywhere}
form{display:grid;gap:12px}
button{font:inherit;border:1px solid #dcdfe5;border-radius:8px;background:#fff;color:#646a76;padding:12px;cursor:pointer}
#pay{background:#0a5fdc;border-color:#0a5fdc;color:#fff;font-size:18px;font-weight:600}
button:focus-visible,a:focus-visible{outline:3px solid #8fbcff;outline-offset:2px}
.state{text-align:center;font-size:20px;font-weight:600;margin:0 0 14px}
.code{text-align:center;color:#626975;overflow-wrap:anywhere}
a.back{display:block;text-align:center;color:#0a5fdc}
footer{text-align:center;color:#626975;font-size:14px;padding:0 16px 24px}
:root{color-scheme:light dark}
@media(prefers-color-scheme:dark){body{background:#111418;color:#e8eaed}header,main{background:#1c2026}header,a.back{color:#6fb0ff}main{box-shadow:none;border:1px solid #343a43}header small,dt,.due,.code,footer{color:#a5acb8}button{background:none;color:#c7cdd6;border-color:#454c57}dl{border-color:#454c57}.amount{color:#ff9a66}#pay{background:#1668dc;border-color:#1668dc}}`

const frame = (language: Language, content: string): string => {
  const say = words[language]
  const body = `<header>Alipay 支付宝<small>${say.title}</small></header><main>${content}</main><footer>${say.sandbox}</footer>`
  return document({ language, title: say.title, style, body })
}

const summary = ({ order, expireMillis, status }: Trade, sellerId: string, language: Language): string => {
  const say = words[language]
  const until =
    status === "WAIT_BUYER_PAY" ? `<dt>${say.until}</dt><dd>${Beijing.text(expireMillis)} (${say.beijing})</dd>` : ""
  return `<h1 class="due">${say.total}</h1><p class="amount"><small>¥</small>${shownAmount(order.amountMinor, "CNY", language)}</p><dl><dt>${say.payee}</dt><dd>${say.shop} (${escaped(sellerId)})</dd><dt>${say.item}</dt><dd>${escaped(order.subject)}</dd><dt>${say.order}</dt><dd>${escaped(order.number)}</dd>${until}</dl>`
}

/** The page on which a payer pays or cancels; `back` is where the shop is. */
export const cashier = (
  trade: Trade,
  parts: { readonly sellerId: string; readonly language: Language; readonly back: string | undefined }
): string => {
  const { language, sellerId, back } = parts
  const say = words[language]
  const top = summary(trade, sellerId, language)
  if (trade.status === "WAIT_BUYER_PAY")
    return frame(
      language,
      `${top}<form method="post" action="?lang=${language}"><button id="pay" name="decision" value="pay">${say.pay}</button><button id="refuse" name="decision" value="refuse">${say.refuse}</button></form>`
    )
  const state = trade.status === "TRADE_CLOSED" && trade.paid !== null ? say.refunded : say[trade.status]
  const link = back === undefined ? "" : `<a class="back" id="back" href="${escaped(back)}">${say.back}</a>`
  return frame(language, `${top}<p class="state" id="state">${state}</p>${link}`)
}

/** The page of a code or cashier that there is not, or no longer. */
export const gone = (language: Language): string =>
  frame(language, `<p class="state" id="state">${words[language].gone}</p>`)

/** The page that a phone shows for what cannot be paid. */
export const sorry = (refusal: Refusal, language: Language): string =>
  frame(
    language,
    `<p class="state" id="state">${words[language].sorry}</p><p class="code">${escaped(refusal.subCode)}<br>${escaped(refusal.message)}</p>`
  )

/** The page that the gateway sends to a browser for what it refuses; to be sent in GBK. */
export const errorPage = (refusal: Refusal): string =>
  `<!doctype html><html lang="zh"><head><meta charset="GBK"><meta name="viewport" content="width=device-width,initial-scale=1"><title>支付宝 - 网上支付</title><style>body{font:16px/1.6 sans-serif;max-width:640px;margin:40px auto;padding:0 16px;color:#333}h1{font-size:22px;color:#d4380d}code{overflow-wrap:anywhere}</style></head><body><h1>抱歉，您的请求有误</h1><p>错误代码 <code id="code">${escaped(refusal.subCode)}</code></p><p>${escaped(refusal.message)}</p><p>Sandbox</p></body></html>`
