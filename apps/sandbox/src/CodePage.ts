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
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:16px;background:#f3f5f8;font:16px/1.5 system-ui,"Noto Sans SC","WenQuanYi Micro Hei",sans-serif;color:#16233a}
main{width:min(420px,100%);background:#fff;border-radius:16px;box-shadow:0 12px 40px #1b3a6b1f;padding:28px;text-align:center}
h1{margin:0 0 4px;font-size:24px}p{margin:0 0 16px;color:#51607a}
svg{width:min(280px,100%);height:auto;border:1px solid #e3e9f2;border-radius:12px}
a{display:block;margin:20px 0 16px;padding:13px;border-radius:10px;background:#16233a;color:#fff;font-weight:600;text-decoration:none}
a:focus-visible{outline:3px solid #7aa7ff;outline-offset:2px}
code{display:block;font-size:13px;color:#51607a;overflow-wrap:anywhere}
footer{margin-top:16px;font-size:14px;color:#51607a}`

/** Where a phone that scans a code comes to: the code's own address, or WeChat Pay's phone. */
const phoneOf = (content: string, vendors: { readonly [name: string]: string }): string | undefined => {
  if (content.startsWith("weixin://") && vendors["wechatpay"] !== undefined)
    return `${vendors["wechatpay"]}/scan?code_url=${encodeURIComponent(content)}`
  return Object.values(vendors).some((url) => content.startsWith(`${url}/`)) ? content : undefined
}

/** A code as a shop shows it, and the way to a phone that has scanned it. */
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
