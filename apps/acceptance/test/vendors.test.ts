import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { executable, launch } from "../src/Browser.ts"
import type { Running } from "../src/Demonstration.ts"
import { root, start, until } from "../src/Demonstration.ts"

interface Next {
  readonly type: string
  readonly url: string
  readonly content: string
  readonly parameters: { readonly [name: string]: string }
}
interface Order {
  readonly payOrderNo: string
  readonly status: string
  readonly next: Next | null
}

/** Where the payer pays: what the app shows or opens, or for what only a phone's app can open, the page by which the sandbox plays it. */
type PayerPage = (next: Next, sandbox: string) => string

const opened: PayerPage = ({ url }) => url
const walletOf: PayerPage = ({ parameters }, sandbox) => `${sandbox}/wallet?${new URLSearchParams(parameters)}`
const shown: PayerPage = ({ content }) => `${running.demo.sandbox}/_qr?content=${encodeURIComponent(content)}`

const ofPayer = { openId: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", buyerId: "2088102177846880", ip: "203.0.113.7" }

/** Every vendor and scene. */
const scenes: ReadonlyArray<
  readonly [vendor: string, source: string, method: string, currency: string, value: string, page: PayerPage]
> = [
  ["wechatpay", "QR", "WECHAT_PAY", "CNY", "12.34", shown],
  ["wechatpay", "WEB", "WECHAT_PAY", "CNY", "12.34", shown],
  ["wechatpay", "JSAPI", "WECHAT_PAY", "CNY", "12.34", walletOf],
  ["wechatpay", "MINI_PROGRAM", "WECHAT_PAY", "CNY", "12.34", walletOf],
  ["wechatpay", "H5", "WECHAT_PAY", "CNY", "12.34", opened],
  ["wechatpay", "APP", "WECHAT_PAY", "CNY", "12.34", walletOf],
  ["alipay", "QR", "ALIPAY", "CNY", "12.34", shown],
  ["alipay", "WEB", "ALIPAY", "CNY", "12.34", opened],
  ["alipay", "H5", "ALIPAY", "CNY", "12.34", opened],
  [
    "alipay",
    "APP",
    "ALIPAY",
    "CNY",
    "12.34",
    ({ parameters }, sandbox) => `${sandbox}/app?${parameters["orderString"]}`
  ],
  [
    "alipay",
    "MINI_PROGRAM",
    "ALIPAY",
    "CNY",
    "12.34",
    ({ parameters }, sandbox) => `${sandbox}/mini?tradeNO=${parameters["tradeNO"]}`
  ],
  ["mpgs", "WEB", "CARD", "USD", "12.34", opened],
  ["mpgs", "H5", "CARD", "KWD", "1.234", opened],
  ["mpgs", "APP", "CARD", "JPY", "1234", opened],
  ["paypal", "WEB", "PAYPAL", "USD", "12.34", opened],
  ["paypal", "H5", "PAYPAL", "JPY", "1234", opened],
  ["paypal", "APP", "PAYPAL", "EUR", "12.34", opened]
]

const path = executable()
/** Where pictures of the pages go, if anywhere. */
const pictures = process.env["PAYMENT_PROXY_PICTURES"]

let running: Running
let browser: Browser
beforeAll(async () => {
  running = await start("all")
  if (path !== undefined) browser = await launch(path)
  if (pictures !== undefined) mkdirSync(join(root, pictures), { recursive: true })
}, 150_000)
afterAll(async () => {
  await browser?.close()
  await running?.end()
}, 60_000)

const call = async (method: string, target: string, body?: object, headers: Record<string, string> = {}) => {
  const response = await fetch(`${running.demo.gateway}${target}`, {
    method,
    headers: { authorization: `Bearer ${running.demo.appKey}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  return { status: response.status, body: (await response.json()) as Order }
}

const place = async (
  vendor: string,
  source: string,
  method: string,
  currency: string,
  value: string
): Promise<Order> => {
  const wanted = {
    vendor,
    amount: { value, currency },
    method,
    source,
    description: "Travel insurance, 3 days",
    payer: ofPayer,
    returnUrl: `${running.demo.shop}/done?payOrderNo={payOrderNo}`
  }
  const answer = await call("POST", "/v1/orders", wanted, { "idempotency-key": `${vendor}-${source}-${currency}` })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

const pictured = async (page: Page, name: string): Promise<void> => {
  if (pictures !== undefined) await page.screenshot({ path: join(root, pictures, `${name.toLowerCase()}.png`) })
}

describe.skipIf(path === undefined && process.env["CI"] !== "true")(
  "in a real browser, a payer pays on the page of",
  () => {
    it.each(scenes)("%s, %s (%s, %s)", { timeout: 60_000 }, async (vendor, source, method, currency, value, pageOf) => {
      const order = await place(vendor, source, method, currency, value)
      const sandbox = running.demo.vendors[vendor] ?? expect.fail(`the sandbox does not play ${vendor}`)
      const isPhone = source !== "WEB"
      const context = await browser.newContext({
        viewport: isPhone ? { width: 390, height: 780 } : { width: 1200, height: 800 },
        locale: "en-GB"
      })
      try {
        const page = await context.newPage()
        await page.goto(pageOf(order.next ?? expect.fail("the payer is shown nothing"), sandbox))
        await page.waitForSelector("#pay, #scan")
        if ((await page.locator("#scan").count()) > 0) {
          await pictured(page, `${vendor}-${source}-code`)
          await page.click("#scan")
          await page.waitForSelector("#pay")
        }
        expect(await page.textContent("body")).toContain(value.replace(/^(\d)(\d{3})$/, "$1,$2"))
        await pictured(page, `${vendor}-${source}`)
        await page.click("#pay")
        const paid = await until(`${vendor} ${source} is paid`, 30_000, async () => {
          const { body } = await call("GET", `/v1/orders/${order.payOrderNo}?wait=5`)
          return body.status === "SUCCEEDED" ? body : undefined
        })
        expect(paid.status).toBe("SUCCEEDED")
        const back = page.locator("#back")
        if ((await back.count()) > 0) await back.first().click()
        if (source === "WEB" || source === "H5") {
          if (vendor !== "wechatpay" || source === "H5")
            await page.waitForURL(`${running.demo.shop}/done?payOrderNo=${order.payOrderNo}`, { timeout: 20_000 })
        }
      } finally {
        await context.close()
      }
    })
  }
)
