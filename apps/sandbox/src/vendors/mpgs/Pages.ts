import type { Language } from "../../Page.ts"
import { document, escaped } from "../../Page.ts"
import type { Session } from "./Book.ts"
import type { Card } from "./Cards.ts"
import * as Cards from "./Cards.ts"
import * as Money from "./Money.ts"

const words = {
  en: {
    title: "Hosted Checkout",
    secure: "Secure payment",
    order: "Order",
    about: "Description",
    card: "Test card",
    cards: "Choose a test card. Numbers of cards are never asked for here.",
    number: "Card number",
    pay: "Pay",
    refuse: "Decline",
    cancel: "Cancel and return to the shop",
    back: "Back to the shop",
    declined: "The payment was declined. You can try again, with another card if you like.",
    unproven: "Your bank could not confirm that it is you. You can try again.",
    bank: "Your bank",
    proof: "Your bank wants to know that it is you who pays",
    confirm: "It is me: confirm",
    deny: "It is not me: refuse",
    paid: "Thank you. Your payment has been taken.",
    authorized: "Thank you. The amount is reserved.",
    processing: "Your payment is being processed.",
    taken: "This order has been paid already.",
    "timed-out": "Your time to pay is over.",
    unknown: "This checkout does not exist, or is no longer known.",
    sandbox: "Sandbox: no money moves."
  },
  zh: {
    title: "收银台",
    secure: "安全支付",
    order: "订单号",
    about: "商品描述",
    card: "测试卡",
    cards: "请选择测试卡。此页面绝不索取真实卡号。",
    number: "卡号",
    pay: "支付",
    refuse: "拒绝付款",
    cancel: "取消并返回商家",
    back: "返回商家",
    declined: "付款被拒绝。您可以重试，或换一张卡。",
    unproven: "银行未能确认您的身份。您可以重试。",
    bank: "发卡银行",
    proof: "银行需要确认是您本人付款",
    confirm: "是我本人，确认",
    deny: "不是我，拒绝",
    paid: "付款成功，谢谢。",
    authorized: "金额已预授权，谢谢。",
    processing: "付款正在处理中。",
    taken: "该订单已付款。",
    "timed-out": "付款时间已过。",
    unknown: "该收银台不存在或已失效。",
    sandbox: "沙盒环境（Sandbox），不会发生真实扣款。"
  }
} as const

const style = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;padding:24px 16px;background:#f2f0ed;font:16px/1.5 system-ui,"Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:#24211e}
main{max-width:860px;margin:0 auto;background:#fff;border:1px solid #e0dbd5;border-radius:6px;overflow:hidden}
header{display:flex;justify-content:space-between;gap:16px;padding:18px 24px;background:#24211e;color:#fff}
header h1{margin:0;font-size:18px;overflow-wrap:anywhere}header span{color:#f4b183;white-space:nowrap}
.sides{display:grid;grid-template-columns:2fr 3fr}
aside{padding:24px;background:#faf8f6;border-right:1px solid #e0dbd5}
section{padding:24px}
.amount{margin:0 0 16px;font-size:30px;font-weight:700}.amount small{font-size:16px;color:#6b635b;margin-right:8px}
dl{margin:0;display:grid;gap:2px}dt{color:#6b635b;font-size:14px}dd{margin:0 0 10px;overflow-wrap:anywhere}
.alert{margin:0 0 16px;padding:12px 14px;border-left:4px solid #cf4500;background:#fdf1ea}
.hint{margin:0 0 12px;color:#6b635b;font-size:14px}
fieldset{border:0;margin:0 0 18px;padding:0;display:grid;grid-template-columns:1fr 1fr;gap:10px}
legend{font-weight:600;padding:0 0 6px}
label.card{display:block;position:relative;padding:12px 14px;border:1px solid #cfc8c0;border-radius:8px;cursor:pointer}
label.card input{position:absolute;opacity:0}
label.card:has(input:checked){border-color:#cf4500;box-shadow:inset 0 0 0 1px #cf4500;background:#fff8f4}
label.card:has(input:focus-visible){outline:3px solid #f4b183;outline-offset:2px}
label.card b{display:block}label.card span{color:#6b635b;font:14px ui-monospace,monospace}
.actions{display:grid;gap:10px}
button,a.button{font:inherit;font-weight:600;padding:13px;border:1px solid #cfc8c0;border-radius:24px;background:#fff;color:#24211e;text-align:center;text-decoration:none;cursor:pointer}
#pay{background:#cf4500;border-color:#cf4500;color:#fff;font-size:17px}
button:focus-visible,a:focus-visible{outline:3px solid #f4b183;outline-offset:2px}
.state{font-size:20px;margin:0 0 20px}
a{color:#a33600}
footer{padding:12px 24px;border-top:1px solid #e0dbd5;color:#6b635b;font-size:14px;text-align:center}
:root{color-scheme:light dark}
@media(prefers-color-scheme:dark){body{background:#141210;color:#ece7e1}main{background:#1f1c19;border-color:#443d36}header{background:#0f0d0c}aside{background:#191613;border-color:#443d36}.amount small,dt,.hint,label.card span,footer{color:#b5aca2}.alert{background:#33211a}label.card{border-color:#5a5149}label.card:has(input:checked){background:#33211a}button,a.button{background:none;color:#ece7e1;border-color:#5a5149}a{color:#ffb088}footer{border-color:#443d36}}
@media(max-width:640px){.sides{grid-template-columns:1fr}aside{border-right:0;border-bottom:1px solid #e0dbd5}}
@media(max-width:400px){fieldset{grid-template-columns:1fr}}`

const frame = (language: Language, name: string, content: string): string => {
  const say = words[language]
  const body = `<main><header><h1>${escaped(name)}</h1><span>${say.secure}</span></header>${content}<footer>${say.sandbox}</footer></main>`
  return document({ language, title: say.title, style, body })
}

/** Minor units in major ones, with all decimals and the separators of the language. */
const shownAmount = (minor: number, currency: string, language: Language): string => {
  const decimals = Money.decimalsOf(currency)
  return Money.number(minor, currency).toLocaleString(language, {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals
  })
}

const row = (name: string, value: string | null): string =>
  value === null ? "" : `<dt>${name}</dt><dd>${escaped(value)}</dd>`

const withSummary = ({ order, merchantName }: Session, language: Language, content: string): string => {
  const say = words[language]
  const amount = `<p class="amount"><small>${escaped(order.currency)}</small><span id="amount">${shownAmount(order.amountMinor, order.currency, language)}</span></p>`
  const about = `<dl>${row(say.order, order.id)}${row(say.about, order.description)}</dl>`
  return frame(
    language,
    merchantName,
    `<div class="sides"><aside>${amount}${about}</aside><section>${content}</section></div>`
  )
}

const cardButton = (card: Card, language: Language, isChosen: boolean): string =>
  `<label class="card" id="card-${card.name}"><input type="radio" name="card" value="${card.name}"${isChosen ? " checked" : ""}><b>${card.label[language]}</b><span>${card.scheme} •••• ${card.masked.slice(-4)}</span></label>`

const button = (id: string, text: string): string => `<button id="${id}" name="decision" value="${id}">${text}</button>`

const link = (id: string, url: string | null, text: string): string =>
  url === null ? "" : `<a class="button" id="${id}" href="${escaped(url)}">${text}</a>`

/** The page on which a payer chooses a test card; `back` leads to the shop without a payment after one that failed. */
export const card = (
  session: Session,
  language: Language,
  last: { readonly failed: "declined" | "unproven" | null; readonly back: string | null }
): string => {
  const say = words[language]
  const { amountMinor, currency } = session.order
  const alert = last.failed === null ? "" : `<p class="alert" id="alert" role="alert">${say[last.failed]}</p>`
  const cards = Cards.all.map((one, index) => cardButton(one, language, index === 0)).join("")
  const pay = `${say.pay} ${escaped(currency)} ${shownAmount(amountMinor, currency, language)}`
  const leave = last.failed === null ? "" : link("back", last.back, say.back)
  return withSummary(
    session,
    language,
    `${alert}<form method="post"><fieldset><legend>${say.card}</legend>${cards}</fieldset><p class="hint">${say.cards}</p><div class="actions">${button("pay", pay)}${button("refuse", say.refuse)}${link("cancel", session.cancelUrl, say.cancel)}${leave}</div></form>`
  )
}

/** The page on which a payer's bank asks who they are (3-D Secure). */
export const challenge = (session: Session, language: Language): string => {
  const say = words[language]
  return withSummary(
    session,
    language,
    `<p class="hint">${say.bank}</p><p class="state" id="challenge">${say.proof}</p><form method="post"><div class="actions">${button("pay", say.confirm)}${button("refuse", say.deny)}</div></form>`
  )
}

/** The page of a checkout that is over, with the way back to the shop. */
export const over = (
  session: Session,
  language: Language,
  state: "paid" | "processing" | "taken" | "timed-out",
  back: string | null
): string => {
  const say = words[language]
  const text = state === "paid" && session.operation === "AUTHORIZE" ? say.authorized : say[state]
  return withSummary(
    session,
    language,
    `<p class="state" id="state">${text}</p><div class="actions">${link("back", back, say.back)}</div>`
  )
}

/** The page for a checkout that there is not. */
export const unknown = (language: Language): string =>
  frame(
    language,
    words[language].title,
    `<section><p class="state" id="state">${words[language].unknown}</p></section>`
  )

/** A shop of the sandbox's own, which opens a checkout by the gateway's script. */
export const shop = (sessionId: string, language: Language): string => {
  const say = words[language]
  const content = `<section><p class="state">${escaped(sessionId)}</p><p class="alert" id="error" hidden></p><div class="actions"><button id="pay" type="button" data-session="${escaped(sessionId)}">${say.pay}</button></div></section><script src="/static/checkout/checkout.min.js" data-error="shopError"></script><script src="/merchant-demo.js"></script>`
  return frame(language, "Demo Merchant", content)
}
