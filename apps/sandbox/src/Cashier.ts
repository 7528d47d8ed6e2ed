import type { Language } from "./Page.ts"
import { document, escaped, shownAmount } from "./Page.ts"
import type { Held } from "./Payments.ts"

const words = {
  en: {
    title: "Sandbox Pay",
    pay: "Pay now",
    refuse: "Refuse",
    later: "Decide later",
    to: "Payee",
    order: "Order",
    until: "Pay until",
    sandbox: "This is a sandbox: no money moves.",
    back: "Back to the shop",
    PENDING: "You can still pay: keep this page's address.",
    AUTHORIZED: "The amount is reserved.",
    SUCCEEDED: "Paid. Thank you.",
    FAILED: "The payment was refused.",
    CLOSED: "This payment is closed. It can no longer be paid."
  },
  zh: {
    title: "沙盒收银台",
    pay: "立即付款",
    refuse: "拒绝付款",
    later: "稍后决定",
    to: "收款方",
    order: "订单",
    until: "请于此前付款",
    sandbox: "这是沙盒环境，不会发生真实扣款。",
    back: "返回商家",
    PENDING: "仍可付款：请保留此页面地址。",
    AUTHORIZED: "金额已预授权。",
    SUCCEEDED: "付款成功，谢谢。",
    FAILED: "付款已被拒绝。",
    CLOSED: "该订单已关闭，无法继续付款。"
  }
} as const

const style = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:linear-gradient(160deg,#eef3fb,#dfe9f7);font:16px/1.5 system-ui,"Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:#16233a}
main{width:min(420px,100%);background:#fff;border-radius:16px;box-shadow:0 12px 40px #1b3a6b22;overflow:hidden}
header{background:#1455d9;color:#fff;padding:18px 24px;font-weight:600}
section{padding:24px}
.amount{font-size:40px;font-weight:700;text-align:center;margin:8px 0 20px}.amount small{font-size:18px;font-weight:600;margin-right:8px;color:#58657d}
dl{display:grid;grid-template-columns:auto 1fr;gap:6px 16px;margin:0 0 24px}dt{color:#58657d}dd{margin:0;text-align:right;overflow-wrap:anywhere}
form{display:grid;gap:10px}
button{font:inherit;font-weight:600;border:1px solid #c9d5e8;border-radius:10px;padding:13px;background:#fff;color:#16233a;cursor:pointer}
#pay{background:#1455d9;border-color:#1455d9;color:#fff;font-size:18px}
button:focus-visible,a:focus-visible{outline:3px solid #7aa7ff;outline-offset:2px}
.state{text-align:center;font-size:19px;margin:0 0 20px}
a.back{display:block;text-align:center;color:#1455d9;font-weight:600}
footer{padding:12px 24px;background:#f4f7fc;color:#58657d;font-size:14px;text-align:center}`

const frame = (language: Language, content: string): string => {
  const say = words[language]
  const body = `<main><header>${say.title}</header><section>${content}</section><footer>${say.sandbox}</footer></main>`
  return document({ language, title: say.title, style, body })
}

const summary = ({ payment }: Held, language: Language): string => {
  const say = words[language]
  const until =
    payment.expires_at === null
      ? ""
      : `<dt>${say.until}</dt><dd>${escaped(payment.expires_at.replace("T", " ").replace(/\.\d+Z$/, " UTC"))}</dd>`
  return `<p class="amount"><small>${escaped(payment.currency)}</small>${shownAmount(payment.amount, payment.currency, language)}</p><dl><dt>${say.to}</dt><dd>${escaped(payment.merchant_id)}</dd><dt>${say.order}</dt><dd>${escaped(payment.subject)}</dd>${until}</dl>`
}

/** The page on which a person pays, refuses or waits. */
export const page = (held: Held, language: Language): string => {
  const say = words[language]
  const { payment, returnUrl } = held
  if (payment.status === "PENDING")
    return frame(
      language,
      `${summary(held, language)}<form method="post"><button id="pay" name="decision" value="pay">${say.pay}</button><button id="refuse" name="decision" value="refuse">${say.refuse}</button><button id="later" name="decision" value="later">${say.later}</button></form>`
    )
  const back = returnUrl === null ? "" : `<a class="back" id="back" href="${escaped(returnUrl)}">${say.back}</a>`
  return frame(language, `${summary(held, language)}<p class="state" id="state">${say[payment.status]}</p>${back}`)
}

/** The page for a person who decided to decide later. */
export const laterPage = (held: Held, language: Language): string => {
  const say = words[language]
  const back =
    held.returnUrl === null ? "" : `<a class="back" id="back" href="${escaped(held.returnUrl)}">${say.back}</a>`
  return frame(language, `${summary(held, language)}<p class="state" id="state">${say.PENDING}</p>${back}`)
}
