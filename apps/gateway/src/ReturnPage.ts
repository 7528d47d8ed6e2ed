import { HttpServerResponse } from "@effect/platform"

const words = {
  en: {
    title: "Back from the payment",
    text: "What became of it is being asked for. You can close this page and go back to the shop."
  },
  zh: { title: "付款页面已返回", text: "正在查询付款结果，您可以关闭此页面并返回商家。" }
} as const

const style =
  "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f4f7fc;color:#16233a;font:18px/1.6 system-ui,sans-serif}main{max-width:26em;padding:2em;text-align:center}"

const headers = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
}

/** Sends a payer on to the app's page, whose address a header takes in ASCII alone; nothing of what he came with goes along. */
export const onward = (url: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ status: 303, headers: { ...headers, location: new URL(url).href } })

/** What a payer sees whose order names no page, in the language that the browser prefers. */
export const page = (accepted: string | undefined): HttpServerResponse.HttpServerResponse => {
  const language = (accepted ?? "").trim().toLowerCase().startsWith("zh") ? "zh" : "en"
  const { title, text } = words[language]
  const html = `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1><p>${text}</p></main></body></html>`
  return HttpServerResponse.text(html, { status: 200, headers, contentType: "text/html; charset=utf-8" })
}
