import type { Language } from "./Page.ts"
import { document, escaped } from "./Page.ts"
import * as QrCode from "./QrCode.ts"

const words = {
  en: {
    title: "Scan to pay",
    lead: "What a shop shows its customer. Scan it with the app of the payment platform.",
    scan: "Scan it (play the phone)",
    says: "The code says",
    none: "This code is of no platform that the sandbox plays.",
    sandbox: "Sandbox: no money moves."
  },
  zh: {
    title: "扫码支付",
    lead: "商家向顾客展示的二维码，请使用支付平台的 App 扫描。",
    scan: "扫描（模拟手机）",
    says: "二维码内容",
    none: "沙盒不模拟此二维码所属的平台。",
    sandbox: "沙盒环境，不会发生真实扣款。"
  }
} as const

const style = `
:root{color-scheme:light dark;--ground:#f3f5f8;--card:#fff;--ink:#16233a;--soft:#51607a;--line:#e3e9f2;--main:#16233a;--on:#fff}
@media(prefers-color-scheme:dark){:root{--ground:#0e1420;--card:#172033;--ink:#e6ecf7;--soft:#a4b1c8;--line:#34415a;--main:#8ab0ff;--on:#0c1830}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:var(--ground);font:16px/1.5 system-ui,"Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:var(--ink)}
main{width:min(420px,100%);background:var(--card);border-radius:16px;box-shadow:0 12px 40px #1b3a6b1f;padding:28px;text-align:center}
h1{margin:0 0 4px;font-size:24px}p{margin:0 0 16px;color:var(--soft)}
svg{width:min(280px,100%);height:auto;border:1px solid var(--line);border-radius:12px;background:#fff}
a{display:block;margin:20px 0 16px;padding:13px;border-radius:10px;background:var(--main);color:var(--on);font-weight:600;text-decoration:none}
a:focus-visible{outline:3px solid #7aa7ff;outline-offset:2px}
code{display:block;font-size:13px;color:var(--soft);overflow-wrap:anywhere}
footer{margin-top:16px;font-size:14px;color:var(--soft)}`

/** Where a phone that scans a code comes to: the code's own address, or WeChat Pay's phone. */
const phoneOf = (content: string, vendors: { readonly [name: string]: string }): string | undefined => {
  if (content.startsWith("weixin://") && vendors["wechatpay"] !== undefined)
    return `${vendors["wechatpay"]}/scan?code_url=${encodeURIComponent(content)}`
  return Object.values(vendors).some((url) => content.startsWith(`${url}/`)) ? content : undefined
}

/** A code as a shop shows it, and the way to a phone that has scanned it; `vendors` is where the sandbox plays each platform. */
export const page = async (
  content: string,
  vendors: { readonly [name: string]: string },
  language: Language
): Promise<string> => {
  const say = words[language]
  const phone = phoneOf(content, vendors)
  const scan = phone === undefined ? `<p>${say.none}</p>` : `<a id="scan" href="${escaped(phone)}">${say.scan}</a>`
  const code = await QrCode.svg(content)
  return document({
    language,
    title: say.title,
    style,
    body: `<main><h1>${say.title}</h1><p>${say.lead}</p>${code}${scan}<code>${say.says}: ${escaped(content)}</code><footer>${say.sandbox}</footer></main>`
  })
}
