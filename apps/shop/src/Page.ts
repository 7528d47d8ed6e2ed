import { createHash } from "node:crypto"
import type { Event } from "./Events.ts"

/** A language that the pages speak. */
export type Language = "en" | "zh"

const style = `
:root { color-scheme: light dark; --ink: #1d2530; --soft: #64707f; --line: #dfe4ea; --ground: #f6f7f9; --card: #fff; --mark: #0b6e4f }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #98a4b3; --line: #2c3542; --ground: #12161c; --card: #1a2028; --mark: #5fd0a5 } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem }
h1 { margin: 0; font-size: 1.5rem } p { margin: .25rem 0 1.5rem; color: var(--soft) }
.card { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .7rem 1rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap }
th { color: var(--soft); font-size: .8rem; font-weight: 600 } tbody tr:last-child td { border-bottom: 0 }
td.amount, th.amount { text-align: right } code { font-family: ui-monospace, monospace; font-size: .85em }
.state { color: var(--mark); font-weight: 600 } small { display: block; color: var(--soft); font: .8rem ui-monospace, monospace } .empty { padding: 2rem; margin: 0; text-align: center }
a { color: var(--mark) } .card + p { margin-top: 1.5rem }
`.trim()

const words = {
  en: {
    shop: "Demonstration shop",
    lead: "What the payment proxy has told this shop, newest first. Each event was verified by its signature.",
    empty: "No event yet. Place an order and pay it: its events appear here.",
    headings: ["Order", "State", "Amount", "Version", "Received", "Repeats"],
    refused: (count: number) => `Refused for a wrong signature: ${count}`,
    done: "Thank you",
    doneLead: "You are back from paying. What counts is what the payment platform confirms:",
    waiting: "We are waiting for the confirmation of your payment. This page renews itself.",
    back: "All events"
  },
  zh: {
    shop: "演示商店",
    lead: "支付代理通知本店的事件，最新的在最前；每个事件都已验证签名。",
    empty: "还没有事件。下单并支付后，事件会显示在这里。",
    headings: ["订单号", "状态", "金额", "版本", "收到时间", "重复次数"],
    refused: (count: number) => `因签名错误而拒收：${count}`,
    done: "谢谢惠顾",
    doneLead: "您已从支付页面返回，支付结果以支付平台的确认为准：",
    waiting: "正在等待支付结果确认，本页会自动刷新。",
    back: "全部事件"
  }
} as const

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)

/** The policy that the pages run under: their own style by its hash, and nothing else. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join("; ")

/** The language that an `Accept-Language` header likes best (RFC 9110 §12.5.4); English where it names neither. */
export const languageOf = (header: string | undefined): Language => {
  const quality = (language: Language): number =>
    Math.max(
      0,
      ...(header ?? "")
        .toLowerCase()
        .split(",")
        .slice(0, 20)
        .map((range) => /^\s*([a-z]+)(?:-[a-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/.exec(range))
        .map((found) => (found?.[1] === language ? Number(found[2] ?? 1) : 0))
    )
  return quality("zh") > quality("en") ? "zh" : "en"
}

const page = (language: Language, title: string, body: string): string => `<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body><main>
${body}
</main></body>
</html>
`

const row = (event: Event): string => {
  const amount = event.amount === null ? "" : `${event.amount.value} ${event.amount.currency}`
  const time = escaped(event.receivedAt)
  return `<tr><td><code>${escaped(event.payOrderNo ?? "–")}</code></td>
<td class="state">${escaped(event.state ?? "–")}<small>${escaped(event.type)}</small></td>
<td class="amount">${escaped(amount)}</td><td>${event.version ?? ""}</td>
<td><time datetime="${time}">${time.slice(11, 19)}</time></td><td>${event.duplicates}</td></tr>`
}

const table = (language: Language, events: ReadonlyArray<Event>): string => {
  if (events.length === 0) return `<div class="card"><p class="empty">${words[language].empty}</p></div>`
  const headings = words[language].headings.map(
    (heading, index) => `<th scope="col"${index === 2 ? ' class="amount"' : ""}>${heading}</th>`
  )
  return `<div class="card"><table><thead><tr>${headings.join("")}</tr></thead>
<tbody>
${events.map(row).join("\n")}
</tbody></table></div>`
}

/** The list of events, newest first; it renews itself every 2 s. */
export const events = (language: Language, events: ReadonlyArray<Event>, refused: number): string => {
  const { shop, lead, refused: told } = words[language]
  const warning = refused === 0 ? "" : `\n<p>${told(refused)}</p>`
  return page(language, shop, `<h1>${shop}</h1>\n<p>${lead}</p>${warning}\n${table(language, events)}`)
}

/** Where the payer lands after paying: the order's state as far as it is known, never taken from the address. */
export const done = (language: Language, order: { payOrderNo: string; status: string | null } | null): string => {
  const { done, doneLead, waiting, back } = words[language]
  const state =
    order === null || order.status === null
      ? `<p>${waiting}</p>`
      : `<p>${doneLead}</p>\n<div class="card"><table><tbody><tr><td><code>${escaped(order.payOrderNo)}</code></td><td class="state">${escaped(order.status)}</td></tr></tbody></table></div>`
  return page(language, done, `<h1>${done}</h1>\n${state}\n<p><a href="/">${back}</a></p>`)
}
