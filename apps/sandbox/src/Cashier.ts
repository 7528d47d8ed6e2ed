import type { Language } from "./Page.ts"
import { document, escaped, shownAmount } from "./Page.ts"
import type { Held } from "./Payments.ts"

const words = {
  en: {
    title: "Sandbox Pay",
    secure: "Checkout",
    due: "To pay",
    pay: "Pay now",
    refuse: "Refuse",
    later: "Decide later",
    to: "Payee",
    item: "For",
    order: "Order number",
    number: "Payment number",
    paidAt: "Paid at",
    until: "Pay until",
    left: "Time left",
    sandbox: "This is a sandbox: no money moves.",
    back: "Back to the shop",
    again: "Pay after all",
    refunded: "Of this was refunded:",
    PENDING: ["Not paid yet", "You can still pay: keep this page's address, and come back before the time is over."],
    AUTHORIZED: ["The amount is reserved", "The shop takes it later."],
    SUCCEEDED: ["Paid. Thank you.", "This is your receipt. The shop is told."],
    FAILED: ["The payment was refused", "Nothing was taken."],
    CLOSED: ["This payment is closed", "The shop closed it. It can no longer be paid, and nothing was taken."],
    expired: [
      "This payment has expired",
      "The time to pay is over. Nothing was taken. Go back to the shop and order again."
    ]
  },
  zh: {
    title: "沙盒收银台",
    secure: "收银台",
    due: "应付金额",
    pay: "立即付款",
    refuse: "拒绝付款",
    later: "稍后决定",
    to: "收款方",
    item: "商品",
    order: "商户单号",
    number: "支付单号",
    paidAt: "付款时间",
    until: "请于此前付款",
    left: "剩余时间",
    sandbox: "这是沙盒环境，不会发生真实扣款。",
    back: "返回商家",
    again: "继续付款",
    refunded: "其中已退款：",
    PENDING: ["尚未付款", "仍可付款：请保留此页面地址，并在时间结束前返回。"],
    AUTHORIZED: ["金额已预授权", "商家稍后扣款。"],
    SUCCEEDED: ["付款成功，谢谢。", "这是您的收据，商家会收到通知。"],
    FAILED: ["付款已被拒绝", "未扣款。"],
    CLOSED: ["该订单已关闭", "商家已关闭此订单，无法继续付款，未扣款。"],
    expired: ["该订单已过期", "付款时间已过，未扣款。请返回商家重新下单。"]
  }
} as const

const style = `
:root{color-scheme:light dark;--ink:#16233a;--soft:#52607a;--line:#d3dceb;--card:#fff;--ground:linear-gradient(160deg,#eef3fb,#dfe9f7);--mark:#1455d9;--on:#fff;--foot:#f4f7fc;--good:#0b6b43;--bad:#b3261e}
@media(prefers-color-scheme:dark){:root{--ink:#e6ecf7;--soft:#a4b1c8;--line:#34415a;--card:#172033;--ground:#0e1420;--mark:#8ab0ff;--on:#0c1830;--foot:#121a2a;--good:#6fd6a6;--bad:#ff9d94}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--ground);font:16px/1.5 system-ui,"PingFang SC","Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:var(--ink)}
main{width:min(440px,100%);background:var(--card);border-radius:16px;box-shadow:0 12px 40px #0b1d3f26;overflow:hidden}
header{background:#1455d9;color:#fff;padding:16px 24px;font-weight:600;display:flex;align-items:center;gap:10px}
header svg{width:22px;height:22px}header span{flex:1}header a{color:#fff;font-size:14px;font-weight:400}
section{padding:24px}
.amount{font-size:40px;line-height:1.2;font-weight:700;text-align:center;margin:4px 0 20px;font-variant-numeric:tabular-nums}.amount small{font-size:18px;font-weight:600;margin-right:8px;color:var(--soft)}
dl{display:grid;grid-template-columns:auto minmax(0,1fr);gap:8px 16px;margin:0 0 22px;padding:18px 0 0;border-top:1px solid var(--line)}dt{color:var(--soft)}dd{margin:0;text-align:right;overflow-wrap:anywhere}
dd small{color:var(--soft);display:block}dd.code{font:13px/1.8 ui-monospace,monospace}
.clock{display:flex;justify-content:space-between;gap:12px;padding:10px 14px;margin:0 0 18px;border:1px solid var(--line);border-radius:10px}.clock b{font-variant-numeric:tabular-nums}.clock.short b{color:var(--bad)}
form{display:grid;grid-template-columns:1fr 1fr;gap:10px}
button,.button{font:inherit;font-weight:600;border:1px solid var(--line);border-radius:10px;padding:13px;background:none;color:var(--ink);cursor:pointer;text-align:center;text-decoration:none;display:block}
#pay,.main{background:var(--mark);border-color:var(--mark);color:var(--on);font-size:18px;grid-column:1/-1}
:is(button,a):focus-visible{outline:3px solid var(--mark);outline-offset:2px}header a:focus-visible{outline-color:#fff}
.sign{width:56px;height:56px;border-radius:50%;display:grid;place-items:center;margin:0 auto 10px;font-size:28px;font-weight:700;border:2px solid var(--soft);color:var(--soft)}
.good{border-color:var(--good);color:var(--good)}.bad{border-color:var(--bad);color:var(--bad)}
h1{text-align:center;font-size:21px;margin:0 0 4px}.due{margin:0;color:var(--soft);font-size:16px;font-weight:400}.about{text-align:center;color:var(--soft);margin:0 0 20px}
.button+.button{margin-top:10px}
footer{padding:12px 24px;background:var(--foot);color:var(--soft);font-size:14px;text-align:center}`

/** Counts down to the payment's end, and then asks how it stands; without it the page says until when. */
export const script = `"use strict"
const clock = document.querySelector("[data-left]")
if (clock !== null) {
  const end = performance.now() + Number(clock.dataset.left)
  const count = () => {
    const seconds = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
    const digits = (number) => String(number).padStart(2, "0")
    clock.querySelector("b").textContent = (hours > 0 ? hours + ":" : "") + digits(minutes) + ":" + digits(seconds % 60)
    clock.classList.toggle("short", seconds < 60)
    clock.hidden = false
    if (seconds === 0) location.replace(location.href)
    else setTimeout(count, 250)
  }
  count()
}
const tongue = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang
for (const time of document.querySelectorAll("time"))
  time.textContent = new Date(time.dateTime).toLocaleString(tongue, { dateStyle: "medium", timeStyle: "medium" })
`

/** To whom the page is shown, and when; the payee is the merchant's name. */
export interface Shown {
  readonly language: Language
  readonly payee: string
  readonly nowMillis: number
  /** Whether the payer has just decided to decide later. */
  readonly isLater: boolean
  /** This page in the other language. */
  readonly otherUrl: string
}

const clockSign = `<svg viewBox="0 0 24 24" width="28" height="28"><circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" stroke-width="2"/><path d="M12 7v5l3.5 2" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></svg>`
const lock = `<svg viewBox="0 0 24 24" aria-hidden="true"><rect x="4" y="10" width="16" height="11" rx="2" fill="currentColor"/><path d="M8 10V7a4 4 0 0 1 8 0v3" fill="none" stroke="currentColor" stroke-width="2.5"/></svg>`

const frame = ({ language, otherUrl }: Shown, title: string, content: string): string => {
  const say = words[language]
  const other = language === "zh" ? "en" : "zh"
  const name = other === "zh" ? "中文" : "English"
  const change = `<a href="${escaped(otherUrl)}" lang="${other}" hreflang="${other}">${name}</a>`
  const body = `<main><header>${lock}<span>${say.title}</span>${change}</header><section>${content}</section><footer>${say.sandbox}</footer></main>`
  const head = `<script src="/cashier.js" defer></script>`
  return document({ language, title: `${title} · ${say.title}`, style, body, head })
}

const timeOf = (time: string): string =>
  `<time datetime="${escaped(time)}">${escaped(time.replace("T", " ").replace(/\.\d+Z$/, " UTC"))}</time>`

const row = (name: string, value: string, kind = ""): string => `<dt>${name}</dt><dd${kind}>${value}</dd>`

const summary = ({ payment }: Held, { language, payee }: Shown): string => {
  const say = words[language]
  const code = ' class="code"'
  const id = payee === payment.merchant_id ? "" : `<small>${escaped(payment.merchant_id)}</small>`
  const amount = `<p class="amount"><small>${escaped(payment.currency)}</small>${shownAmount(payment.amount, payment.currency, language)}</p>`
  const rows = [
    row(say.to, `${escaped(payee)}${id}`),
    row(say.item, escaped(payment.subject)),
    row(say.order, escaped(payment.merchant_payment_no), code),
    payment.status === "PENDING" ? "" : row(say.number, escaped(payment.id), code),
    payment.paid_at === null ? "" : row(say.paidAt, timeOf(payment.paid_at)),
    payment.status !== "PENDING" || payment.expires_at === null ? "" : row(say.until, timeOf(payment.expires_at))
  ]
  return `${amount}<dl>${rows.join("")}</dl>`
}

const clockOf = ({ payment }: Held, { language, nowMillis }: Shown): string => {
  if (payment.expires_at === null) return ""
  const leftMillis = Math.max(1000, Date.parse(payment.expires_at) - nowMillis)
  return `<p class="clock" data-left="${leftMillis}" role="timer" hidden><span>${words[language].left}</span><b></b></p>`
}

const back = ({ returnUrl }: Held, { language }: Shown, kind = "main"): string =>
  returnUrl === null
    ? ""
    : `<a class="button ${kind}" id="back" href="${escaped(returnUrl)}">${words[language].back}</a>`

const signs = {
  PENDING: ["", "…"],
  AUTHORIZED: ["good", "✓"],
  SUCCEEDED: ["good", "✓"],
  FAILED: ["bad", "✕"],
  CLOSED: ["", "–"]
} as const

/** The page on which a person pays, refuses or waits, and afterwards the receipt, or why it can no longer be paid. */
export const page = (held: Held, shown: Shown): string => {
  const { payment } = held
  const say = words[shown.language]
  if (payment.status === "PENDING" && !shown.isLater)
    return frame(
      shown,
      say.secure,
      `<h1 class="due">${say.due}</h1>${summary(held, shown)}${clockOf(held, shown)}<form method="post"><button id="pay" name="decision" value="pay">${say.pay}</button><button id="refuse" name="decision" value="refuse">${say.refuse}</button><button id="later" name="decision" value="later">${say.later}</button></form>`
    )
  const isExpired = payment.status === "CLOSED" && held.isExpired === true
  const [title, about] = isExpired ? say.expired : say[payment.status]
  const [tone, sign] = isExpired ? (["", clockSign] as const) : signs[payment.status]
  const top = `<p class="sign ${tone}" aria-hidden="true">${sign}</p><h1 id="state">${title}</h1><p class="about">${about}</p>`
  const refunded =
    payment.refunded === 0
      ? ""
      : `<p class="about">${say.refunded} ${escaped(payment.currency)} ${shownAmount(payment.refunded, payment.currency, shown.language)}</p>`
  const again = payment.status === "PENDING" ? `<a class="button" id="again" href="">${say.again}</a>` : ""
  const clock = payment.status === "PENDING" ? clockOf(held, shown) : ""
  return frame(shown, title, `${top}${summary(held, shown)}${refunded}${clock}${back(held, shown)}${again}`)
}
