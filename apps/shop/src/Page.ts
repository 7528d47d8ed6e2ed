import { createHash } from "node:crypto"
import type { Language } from "./Wares.ts"
import { words } from "./Words.ts"

const style = `
:root { color-scheme: light dark; --ink: #1d2530; --soft: #64707f; --line: #dfe4ea; --ground: #f6f7f9; --card: #fff; --mark: #0b6e4f; --on: #fff }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #98a4b3; --line: #2c3542; --ground: #12161c; --card: #1a2028; --mark: #5fd0a5; --on: #10241c } }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; max-width: 60rem; margin: 0 auto; padding: 1.25rem 1.25rem 0 }
h1 { margin: 0; font-size: 1.5rem } h2 { margin: 2rem 0 .75rem; font-size: 1.1rem } p { margin: .25rem 0 1.5rem; color: var(--soft) }
.card { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .75rem }
.shelf { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem }
.shelf .card, .pay { padding: 1.25rem } .shelf h2 { margin: 0 } .price { margin: 0 0 1rem; color: var(--ink); font-size: 1.25rem; font-weight: 600 }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .7rem 1rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap }
th { color: var(--soft); font-size: .8rem; font-weight: 600 } tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0 }
td.amount, th.amount { text-align: right } code { font-family: ui-monospace, monospace; font-size: .85em; overflow-wrap: anywhere }
.state { color: var(--mark); font-weight: 600 } small { display: block; color: var(--soft); font: .8rem ui-monospace, monospace } .empty { padding: 2rem; margin: 0; text-align: center }
a { color: var(--mark) } .card + p { margin-top: 1.5rem } form { margin: 0 } form + form { margin-top: .75rem }
label { display: block; margin-bottom: .75rem; color: var(--soft); font-size: .85rem }
select, input { display: block; box-sizing: border-box; width: 100%; max-width: 20rem; margin-top: .25rem; padding: .5rem; font: inherit; color: var(--ink); background: var(--ground); border: 1px solid var(--line); border-radius: .4rem }
button, a.button { display: inline-block; padding: .5rem 1.1rem; font: inherit; font-weight: 600; text-decoration: none; color: var(--on); background: var(--mark); border: 1px solid var(--mark); border-radius: .4rem; cursor: pointer }
button.quiet { color: var(--mark); background: transparent }
`.trim()

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

/** Text as it may stand in a page and in its attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)

/** The policy that the pages run under: their own style by its hash, forms to the shop and these origins, and nothing else. */
export const contentSecurityPolicy = (formOrigins: ReadonlyArray<string> = []): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "img-src data:",
    "base-uri 'none'",
    `form-action ${["'self'", ...formOrigins].join(" ")}`,
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

/** What a page is made of. */
export interface Parts {
  readonly language: Language
  readonly title: string
  readonly body: string
  /** Whether it renews itself every 2 s. */
  readonly isLive: boolean
}

/** A whole page. */
export const page = ({ language, title, body, isLive }: Parts): string => {
  const { policies, orders, told } = words[language].nav
  return `<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">${isLive ? '\n<meta http-equiv="refresh" content="2">' : ""}
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body><nav><a href="/">${policies}</a><a href="/orders">${orders}</a><a href="/webhooks">${told}</a></nav><main>
${body}
</main></body>
</html>
`
}

/** A table in a card; headings and cells are HTML, and the column that is `amountAt` has figures. */
export const table = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  amountAt: number
) => {
  const name = (index: number, other = "") => (index === amountAt ? ' class="amount"' : other)
  const head = headings.map((heading, index) => `<th scope="col"${name(index)}>${heading}</th>`).join("")
  const body = rows.map((cells) => `<tr>${cells.map((cell, index) => `<td${name(index)}>${cell}</td>`).join("")}</tr>`)
  return `<div class="card"><table><thead><tr>${head}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody></table></div>`
}

/** Nothing to show, and why. */
export const empty = (why: string): string => `<div class="card"><p class="empty">${escaped(why)}</p></div>`
