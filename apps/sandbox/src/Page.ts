import type { ServerResponse } from "node:http"

/** The languages of the sandbox's pages. */
export type Language = "en" | "zh"

/** The page's language: as the address asks, else as the browser prefers. */
export const languageOf = (asked: string | null, accepted: string | undefined): Language =>
  (asked ?? accepted ?? "").trim().toLowerCase().startsWith("zh") ? "zh" : "en"

/** A text as it may stand in a page, also in a quoted attribute. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)

/** The amount in major units, as the currency is written. */
export const shownAmount = (minor: number, currency: string, language: Language): string => {
  const format = new Intl.NumberFormat(language, { style: "currency", currency, currencyDisplay: "code" })
  const decimals = format.resolvedOptions().maximumFractionDigits ?? 2
  return (minor / 10 ** decimals).toLocaleString(language, { minimumFractionDigits: decimals })
}

/** Answers with a script of the page's own server. */
export const sendScript = (response: ServerResponse, text: string): void => {
  const type = { "content-type": "text/javascript; charset=utf-8", "x-content-type-options": "nosniff" }
  response.writeHead(200, type).end(text)
}

/** A whole page; the title is escaped here, style and body are taken as they are. */
export const document = (parts: {
  readonly language: Language
  readonly title: string
  readonly style: string
  readonly body: string
  /** More for its head, as it is. */
  readonly head?: string
}): string =>
  `<!doctype html><html lang="${parts.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(parts.title)}</title>${parts.head ?? ""}<style>${parts.style}</style></head><body>${parts.body}</body></html>`

/** What a page allows a browser: nothing from elsewhere, no script. */
const contentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

/** Answers with a page that may ask for nothing from elsewhere; scripts of the page's own server run where `script` is true, and may call it. */
export const send = (
  response: ServerResponse,
  status: number,
  html: string,
  { script = false }: { readonly script?: boolean } = {}
): void => {
  response
    .writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": script
        ? `${contentSecurityPolicy}; script-src 'self'; connect-src 'self'`
        : contentSecurityPolicy,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff"
    })
    .end(html)
}
