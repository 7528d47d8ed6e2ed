import type { Language } from "../../Page.ts"
import { document, escaped, shownAmount } from "../../Page.ts"
import type { Order } from "./Book.ts"
import type { Hindrance } from "./Trade.ts"

const words = {
  en: {
    title: "WeChat Pay",
    phone: "Scan",
    phoneLead: "This is the payer's phone. Paste what the code says, as if the camera had read it.",
    phoneCode: "Code",
    phoneGo: "Scan",
    phoneOpen: "Codes that wait to be scanned",
    goods: "Goods",
    order: "Order number",
    method: "Pay with",
    change: "Balance",
    pay: "Pay now",
    refuse: "Cancel",
    back: "Back to the merchant",
    again: "Try again",
    success: "Payment successful",
    refused: "Payment was cancelled. Nothing was paid.",
    paid: "This order is already paid.",
    closed: "This order is closed.",
    expired: "This order has expired and can no longer be paid.",
    bad: "This code or payment link is no longer valid. Ask the merchant for a new one.",
    wrong: "Payment signature verification failed.",
    sandbox: "Sandbox: no money moves."
  },
  zh: {
    title: "微信支付",
    phone: "扫一扫",
    phoneLead: "这是付款人的手机。请粘贴二维码的内容，如同相机已扫描。",
    phoneCode: "二维码内容",
    phoneGo: "扫描",
    phoneOpen: "等待扫描的二维码",
    goods: "商品",
    order: "商户单号",
    method: "付款方式",
    change: "零钱",
    pay: "立即支付",
    refuse: "取消",
    back: "返回商家",
    again: "重新支付",
    success: "支付成功",
    refused: "支付已取消，未扣款。",
    paid: "该订单已支付。",
    closed: "该订单已关闭。",
    expired: "该订单已过期，无法支付。",
    bad: "二维码或支付链接已失效，请向商家重新获取。",
    wrong: "支付验证签名失败",
    sandbox: "沙盒 Sandbox：不会发生真实扣款。"
  }
} as const

/** What a page that is no cashier says. */
export type Word = "bad" | "wrong"

const style = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:#ededed;font:17px/1.5 system-ui,"PingFang SC","Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:#191919}
header{background:#ededed;text-align:center;font-weight:600;padding:14px}
main{width:min(440px,100%);margin:0 auto;flex:1;padding:0 16px 24px}
h1{margin:0;font-size:17px;font-weight:600}
.sheet{background:#fff;border-radius:12px;padding:28px 20px;margin-top:8px}
.payee{text-align:center;margin:0;overflow-wrap:anywhere}
.amount{font-size:44px;font-weight:600;text-align:center;margin:4px 0 20px;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:auto 1fr;gap:12px 20px;margin:0;padding:16px 0 0;border-top:1px solid #e8e8e8;font-size:15px}
dt{color:#737373}dd{margin:0;text-align:right;overflow-wrap:anywhere}
form{display:grid;gap:12px;margin-top:24px}
label{display:grid;gap:6px;font-size:15px;color:#595959}
input{font:inherit;padding:12px;border:1px solid #8c8c8c;border-radius:8px;width:100%;color:#191919}
button,.button{font:inherit;font-weight:600;border:0;border-radius:8px;padding:13px;background:#f2f2f2;color:#191919;cursor:pointer;text-align:center;text-decoration:none;display:block}
.main{background:#067a43;color:#fff}
button:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid #1a5fb4;outline-offset:2px}
.state{text-align:center;font-size:20px;font-weight:600;margin:0 0 12px}.good{color:#067a43}
.mark{width:56px;height:56px;border-radius:50%;margin:0 auto 12px;display:grid;place-items:center;font-size:30px;background:#067a43;color:#fff}
.links{list-style:none;margin:0;padding:0}.links a{display:flex;justify-content:space-between;gap:16px;padding:12px 0;border-bottom:1px solid #e8e8e8;color:#191919}
h2{font-size:15px;color:#595959;font-weight:600;margin:24px 0 0}
footer{padding:16px;text-align:center;font-size:13px;color:#595959}
:root{color-scheme:light dark}
@media(prefers-color-scheme:dark){body,header{background:#111;color:#e6e6e6}.sheet{background:#1f1f1f}dl,.links a{border-color:#3a3a3a}dt,label,h2,footer{color:#a6a6a6}input{background:#111;color:#e6e6e6}button,.button{background:#333;color:#e6e6e6}.main{background:#067a43;color:#fff}.good{color:#4cc98a}.links a{color:#e6e6e6}}`

const frame = (language: Language, title: string, content: string): string => {
  const body = `<header><h1>${title}</h1></header><main>${content}</main><footer>${words[language].sandbox}</footer>`
  return document({ language, title, style, body })
}

const amountOf = ({ totalMinor }: Order, language: Language): string => `¥${shownAmount(totalMinor, "CNY", language)}`

const summary = (order: Order, payee: string, language: Language): string => {
  const say = words[language]
  const rows = [
    [say.goods, order.description],
    [say.order, order.number],
    [say.method, say.change]
  ] as const
  const list = rows.map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`).join("")
  return `<p class="payee" id="payee">${escaped(payee)}</p><p class="amount" id="amount">${amountOf(order, language)}</p><dl>${list}</dl>`
}

/** The cashier, on which a payer pays or leaves. */
export const cashier = (order: Order, payee: string, language: Language): string => {
  const say = words[language]
  const buttons = `<button class="main" id="pay" name="decision" value="pay">${say.pay}</button><button id="refuse" name="decision" value="refuse">${say.refuse}</button>`
  return frame(
    language,
    say.title,
    `<div class="sheet">${summary(order, payee, language)}<form method="post">${buttons}</form></div>`
  )
}

const backLink = (backUrl: string | undefined, language: Language): string =>
  backUrl === undefined
    ? ""
    : `<form><a class="button main" id="back" href="${escaped(backUrl)}">${words[language].back}</a></form>`

/** What a payer sees who has paid just now. */
export const success = (order: Order, payee: string, language: Language, backUrl?: string): string => {
  const say = words[language]
  const state = `<div class="mark" aria-hidden="true">✓</div><p class="state good" id="state">${say.success}</p>`
  return frame(
    language,
    say.title,
    `<div class="sheet">${state}${summary(order, payee, language)}${backLink(backUrl, language)}</div>`
  )
}

/** What a payer sees who has left the cashier: the order can still be paid. */
export const refused = (language: Language, againUrl: string, backUrl?: string): string => {
  const say = words[language]
  const again = `<form><a class="button" id="again" href="${escaped(againUrl)}">${say.again}</a></form>`
  return frame(
    language,
    say.title,
    `<div class="sheet"><p class="state" id="state">${say.refused}</p>${again}${backLink(backUrl, language)}</div>`
  )
}

/** What a payer sees of an order that cannot be paid, or where there is none to see. */
export const notice = (what: Hindrance | Word, language: Language, backUrl?: string): string => {
  const say = words[language]
  return frame(
    language,
    say.title,
    `<div class="sheet"><p class="state" id="state">${say[what]}</p>${backLink(backUrl, language)}</div>`
  )
}

/** The phone before it has scanned anything, with the codes that wait. */
export const phone = (codes: ReadonlyArray<{ readonly order: Order; readonly url: string }>, language: Language) => {
  const say = words[language]
  const lang = `<input type="hidden" name="lang" value="${language}">`
  const field = `<label>${say.phoneCode}<input name="code_url" required autocomplete="off" placeholder="weixin://wxpay/bizpayurl?pr=…"></label>`
  const links = codes
    .map(
      ({ order, url }) =>
        `<li><a href="${escaped(url)}"><span>${escaped(order.description)}</span><span>${amountOf(order, language)}</span></a></li>`
    )
    .join("")
  const open = links === "" ? "" : `<h2>${say.phoneOpen}</h2><ul class="links">${links}</ul>`
  return frame(
    language,
    say.phone,
    `<div class="sheet"><p>${say.phoneLead}</p><form action="/scan">${lang}${field}<button class="main">${say.phoneGo}</button></form>${open}</div>`
  )
}
