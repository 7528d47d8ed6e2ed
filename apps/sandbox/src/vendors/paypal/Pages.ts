import type { ServerResponse } from "node:http"
import type { Language } from "../../Page.ts"
import { document, escaped, languageOf, send, shownAmount } from "../../Page.ts"
import type { Call } from "../Vendor.ts"
import type { Account } from "./Account.ts"
import type { Order } from "./Book.ts"
import * as Orders from "./Orders.ts"

const words = {
  en: {
    title: "Pay with PayPal",
    pay: "Agree and continue",
    refuse: "Cancel and return to the merchant",
    to: "Payee",
    what: "For",
    invoice: "Invoice",
    from: "Pay with",
    balance: "PayPal balance",
    after: "The merchant takes the money once you are back.",
    sandbox: "PayPal Sandbox: no money moves.",
    back: "Back to the merchant",
    APPROVED: "You have agreed to this payment.",
    COMPLETED: "This payment is done.",
    VOIDED: "This payment is void. It can no longer be agreed to.",
    cancelled: "You have cancelled. You can still come back to this page and agree.",
    none: "There is no such payment.",
    merchant: "Sandbox merchant"
  },
  zh: {
    title: "使用 PayPal 付款",
    pay: "同意并继续",
    refuse: "取消并返回商家",
    to: "收款方",
    what: "用途",
    invoice: "账单号",
    from: "付款方式",
    balance: "PayPal 余额",
    after: "返回商家后，由商家完成扣款。",
    sandbox: "PayPal 沙盒（Sandbox）：不会发生真实扣款。",
    back: "返回商家",
    APPROVED: "您已同意这笔付款。",
    COMPLETED: "这笔付款已完成。",
    VOIDED: "这笔付款已失效，无法再同意。",
    cancelled: "您已取消。仍可回到此页面同意付款。",
    none: "没有这笔付款。",
    merchant: "沙盒商家"
  }
} as const

const style = `
*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:start center;padding:24px 16px;background:#f5f7fa;font:16px/1.5 "Helvetica Neue",Arial,"Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:#001c64}
main{width:min(460px,100%);background:#fff;border:1px solid #d5dae1;border-radius:12px;overflow:hidden}
header{padding:18px 24px;border-bottom:1px solid #e6e9ee;font-size:20px;font-weight:700;color:#003087;display:flex;justify-content:space-between;gap:12px;flex-wrap:wrap}
header h1{margin:0;font-size:20px}header b{font-size:18px;color:#001c64;white-space:nowrap}
section{padding:24px}
dl{display:grid;grid-template-columns:auto 1fr;gap:8px 16px;margin:0 0 20px}dt{color:#545d68}dd{margin:0;text-align:right;overflow-wrap:anywhere}
form{display:grid;gap:12px}
button{font:inherit;font-weight:600;border-radius:24px;padding:13px;cursor:pointer;border:1px solid transparent}
#pay{background:#0070e0;color:#fff;font-size:18px}
#refuse{background:none;color:#0070e0;text-decoration:underline}
button:focus-visible,a:focus-visible{outline:3px solid #80bfff;outline-offset:2px}
.after{color:#545d68;font-size:14px;margin:0 0 16px}.state{text-align:center;font-size:18px;margin:0 0 20px}
a.back{display:block;text-align:center;color:#0070e0;font-weight:600}
footer{padding:12px 24px;background:#faf8f5;color:#545d68;font-size:14px;text-align:center}
:root{color-scheme:light dark}
@media(prefers-color-scheme:dark){body{background:#0c1220;color:#e4e9f3}main{background:#161e30;border-color:#33405a}header,header :is(h1,b){color:#cfe0ff;border-color:#33405a}dt,.after,footer{color:#a8b3c6}footer{background:#121a2a}#refuse,a.back{color:#7db8ff}}`

const frame = (language: Language, amount: string, content: string): string => {
  const say = words[language]
  const head = amount === "" ? "" : `<b class="amount">${amount}</b>`
  const body = `<main><header><h1>PayPal</h1> ${head}</header><section>${content}</section><footer>${say.sandbox}</footer></main>`
  return document({ language, title: say.title, style, body })
}

const amountOf = ({ amountMinor, currency }: Order, language: Language): string =>
  `${escaped(currency)} ${shownAmount(amountMinor, currency, language)}`

const summary = (order: Order, language: Language): string => {
  const say = words[language]
  const line = (name: string, value: string | null) =>
    value === null ? "" : `<dt>${name}</dt><dd>${escaped(value)}</dd>`
  const lines = [
    line(say.to, order.brandName ?? say.merchant),
    line(say.what, order.description),
    line(say.invoice, order.invoiceId),
    line(say.from, say.balance)
  ]
  return `<dl>${lines.join("")}</dl>`
}

const backLink = (url: string | null, language: Language): string =>
  url === null ? "" : `<a class="back" id="back" href="${escaped(url)}">${words[language].back}</a>`

/** Where a payer goes after agreeing: the merchant's address with the order's id and the payer's. */
export const returnOf = ({ returnUrl, id, payerId }: Order): string | null =>
  returnUrl === null ? null : withQuery(returnUrl, `token=${id}&PayerID=${payerId ?? ""}`)

/** Where a payer goes who does not agree. */
export const cancelOf = ({ cancelUrl, id }: Order): string | null =>
  cancelUrl === null ? null : withQuery(cancelUrl, `token=${id}`)

const withQuery = (address: string, more: string): string => {
  const url = new URL(address)
  url.search = url.search === "" ? more : `${url.search}&${more}`
  return url.href
}

const state = (text: string): string => `<p class="state" id="state">${text}</p>`

/** The page on which a payer agrees to a payment, or sees how it stands. */
export const page = (order: Order, language: Language): string => {
  const say = words[language]
  const { status } = order
  const what = summary(order, language)
  if (status === "CREATED" || status === "PAYER_ACTION_REQUIRED")
    return frame(
      language,
      amountOf(order, language),
      `${what}<p class="after">${say.after}</p><form method="post"><button id="pay" name="decision" value="pay">${say.pay}</button><button id="refuse" name="decision" value="refuse">${say.refuse}</button></form>`
    )
  const back = status === "VOIDED" ? cancelOf(order) : returnOf(order)
  return frame(language, amountOf(order, language), `${what}${state(say[status])}${backLink(back, language)}`)
}

const cancelledPage = (order: Order, language: Language): string =>
  frame(language, amountOf(order, language), `${summary(order, language)}${state(words[language].cancelled)}`)

/** Serves the payer's page, and what a payer does on it: agreeing moves no money, cancelling leaves the order open. */
export const serve = async (account: Account, call: Call, response: ServerResponse): Promise<void> => {
  const { searchParams } = call.url
  const order = account.book.orders.get(searchParams.get("token") ?? "")
  const asked = searchParams.get("lang") ?? order?.locale ?? null
  const language = languageOf(asked, call.headers["accept-language"])
  const record = (did: string, status: number) =>
    account.kit.record(call, { did, numbers: order === undefined ? [] : [order.number] }, status)
  if (order === undefined) {
    record("no such order", 404)
    return send(response, 404, frame(language, "", state(words[language].none)))
  }
  const decision = call.method === "POST" ? new URLSearchParams(call.body.toString("utf8")).get("decision") : null
  if (decision === null || !Orders.isOpen(order)) {
    record("page", 200)
    return send(response, 200, page(order, language))
  }
  const isPaid = decision === "pay"
  const approving = isPaid ? Orders.approve(account, order) : Promise.resolve(order)
  record(isPaid ? "approved" : "cancelled", 303)
  // The payer is back before the merchant's listener has answered.
  void approving
  const now = account.book.orders.get(order.id) ?? order
  const to = isPaid ? returnOf(now) : cancelOf(now)
  if (to === null) return send(response, 200, isPaid ? page(now, language) : cancelledPage(now, language))
  response.writeHead(303, { location: to, "referrer-policy": "no-referrer", "content-length": "0" }).end()
}
