import { createHash } from "node:crypto"
import { style } from "./Style.ts"
import type { Language } from "./Wares.ts"
import { words } from "./Words.ts"

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" }

/** Text as it may stand in a page and in its attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)

/** The policy that the pages run under: their own style by its hash, the shop's own script and streams, forms to the shop and these origins, and nothing else. */
export const contentSecurityPolicy = (formOrigins: ReadonlyArray<string> = []): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
    "script-src 'self'",
    "connect-src 'self'",
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

/** What a page is made of; body is HTML. */
export interface Parts {
  readonly language: Language
  readonly title: string
  readonly body: string
  /** Which of the three places of the shop it belongs to. */
  /** Its address below the shop, where it has a query. */
  readonly address?: string
  readonly place?: "policies" | "orders" | "told"
  /** The stream that tells when its parts would say something else; null where it never does. */
  readonly live: string | null
  /** Where operators see the same. */
  readonly console?: string | null
}

const logo = `<svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="16" cy="16" r="14" fill="none" stroke="currentColor" stroke-width="2.5"/><path d="M5 21l7-9 5 6 4-5 6 8" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linejoin="round"/></svg>`

/** Browsers without scripts load a live page again every 5 s. */
const scripts = (live: string | null): string =>
  `${live === null ? "" : '\n<noscript><meta http-equiv="refresh" content="5"></noscript>'}\n<script src="/live.js" defer></script>`

const places = [
  ["policies", "/"],
  ["orders", "/orders"],
  ["told", "/webhooks"]
] as const

/** A whole page. */
export const page = ({ language, title, body, address, place, live, console }: Parts): string => {
  const { nav, shop, demonstration, operators } = words[language]
  const links = places.map(
    ([name, path]) => `<a href="${path}"${name === place ? ' aria-current="page"' : ""}>${nav[name]}</a>`
  )
  const [other, name] = language === "zh" ? ["en", "English"] : ["zh", "中文"]
  const insight = console ? `<a id="console" href="${escaped(console)}">${operators}</a>` : ""
  return `<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">${scripts(live)}
<title>${escaped(title === shop ? title : `${title} · ${shop}`)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body><div class="top"><header><a class="brand" href="/">${logo}${shop}</a><nav>${links.join("")}</nav><a class="tongue" href="${escaped(`${address === undefined ? "?" : `${address}&`}lang=${other}`)}" hreflang="${other}" lang="${other}">${name}</a></header></div>
<main${live === null ? "" : ` data-live="${escaped(live)}"`}>
${body}
</main>
<footer><span>${demonstration}</span>${insight}</footer></body>
</html>
`
}

/** A part of a page that is renewed while somebody looks; content is HTML. */
export const part = (id: string, name: string, content: string, attributes = ""): string =>
  `<div id="${id}" data-part class="${name}"${attributes}>${content}</div>`

/** A table; headings and cells are HTML, and the columns in `figures` have figures. */
export const table = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  figures: ReadonlyArray<number>
) => {
  const name = (index: number) => (figures.includes(index) ? ' class="amount"' : "")
  const head = headings.map((heading, index) => `<th scope="col"${name(index)}>${heading}</th>`).join("")
  const body = rows.map((cells) => `<tr>${cells.map((cell, index) => `<td${name(index)}>${cell}</td>`).join("")}</tr>`)
  return `<table><thead><tr>${head}</tr></thead>\n<tbody>\n${body.join("\n")}\n</tbody></table>`
}

/** Nothing to show, and why. */
export const empty = (why: string): string => `<p class="empty">${escaped(why)}</p>`
