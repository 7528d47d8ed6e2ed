import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"
import type { AlipayWorld } from "./alipay.ts"
import { beijing, formIn, fresh, isGenuine, openAlipay } from "./alipay.ts"
import { merchantThat } from "./world.ts"

let alipay: AlipayWorld
let merchant: Awaited<ReturnType<typeof merchantThat>>
beforeAll(async () => {
  alipay = await openAlipay()
  merchant = await merchantThat(() => ({ status: 200, body: "success" }))
})
afterEach(() => alipay.faults())
afterAll(async () => {
  await alipay.close()
  alipay.sweep()
  merchant.close()
})

const back = "http://shop.example/back?o=1&p=%E4%BF%9D"
const order = (changes: object = {}) => ({
  out_trade_no: fresh(),
  total_amount: "1234.50",
  subject: "旅行保险",
  product_code: "FAST_INSTANT_TRADE_PAY",
  ...changes
})
const carried = (bizContent: object, more: object = {}) => ({
  timestamp: beijing(),
  notify_url: merchant.url,
  return_url: back,
  bizContent,
  ...more
})
const pageUrl = (biz: object, more: object = {}, method = "alipay.trade.page.pay") =>
  alipay.sdk.pageExecute(method, "GET", carried(biz, more))
const wapUrl = (biz: object) => pageUrl({ ...biz, product_code: "QUICK_WAP_WAY" }, {}, "alipay.trade.wap.pay")
const browse = async (url: string, init: RequestInit = {}) => {
  const response = await fetch(url, { redirect: "follow", ...init })
  return { url: response.url, status: response.status, headers: response.headers, html: await response.text() }
}
const press = (url: string, decision: string) =>
  fetch(url, { method: "POST", body: new URLSearchParams({ decision }), redirect: "manual" })
const gbkOf = async (response: Response) =>
  new TextDecoder("gbk", { fatal: true }).decode(new Uint8Array(await response.arrayBuffer()))

describe("an address for a browser", () => {
  it.each(["key", "certificate"] as const)("in the %s mode opens the trade and leads to the cashier", async (mode) => {
    const sdk = mode === "key" ? alipay.sdk : alipay.certified
    const biz = order()
    const url = sdk.pageExecute("alipay.trade.page.pay", "GET", carried(biz))
    expect((await alipay.query(biz.out_trade_no)).fields["sub_code"]).toBe("ACQ.TRADE_NOT_EXIST")
    const page = await browse(url)
    expect(page.url).toMatch(/\/cashier\/[0-9a-f]{32}$/)
    expect(page.html).toContain("1,234.50")
    expect((await alipay.query(biz.out_trade_no)).fields).toMatchObject({ trade_status: "WAIT_BUYER_PAY" })
    expect((await browse(url)).url).toBe(page.url)
  })

  it("can be a form, too", async () => {
    const biz = order()
    const html = alipay.sdk.pageExecute("alipay.trade.page.pay", "POST", carried(biz))
    const [, action = ""] = /action="([^"]+)"/.exec(html) ?? []
    const inputs = [...html.matchAll(/name="([^"]+)" value="([^"]*)"/g)]
    const body = new URLSearchParams(
      inputs.map(([, name = "", value = ""]) => [name, value.replaceAll("&quot;", '"')] as [string, string])
    )
    const page = await browse(action, { method: "POST", body })
    expect(page.html).toContain(biz.out_trade_no)
  })

  it("of a phone's browser leads there as well, and back to the shop's cart", async () => {
    const biz = order({ quit_url: "https://shop.example/cart?a=1&b=2" })
    const page = await browse(wapUrl(biz))
    const closed = await press(page.url, "refuse")
    expect(await closed.text()).toContain('id="back" href="https://shop.example/cart?a=1&#38;b=2"')
    expect(await alipay.held(biz.out_trade_no)).toMatchObject({ status: "closed" })
  })

  it("that is refused answers a page in GBK with status 200", async () => {
    const biz = order()
    const changed = await fetch(pageUrl(biz).replace("1234.50", "0.01"))
    expect([changed.status, changed.headers.get("content-type")]).toEqual([200, "text/html;charset=GBK"])
    const html = await gbkOf(changed)
    expect(html).toContain("isv.invalid-signature")
    expect(html).toContain("抱歉，您的请求有误")
    expect(html).toContain("旅行保险")
    expect((await alipay.query(biz.out_trade_no)).fields["sub_code"]).toBe("ACQ.TRADE_NOT_EXIST")
  })

  it.each([
    ["that is over", { time_expire: beijing(-1000) }, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"],
    ["without its product", { product_code: "" }, "ACQ.INVALID_PARAMETER"],
    ["of another product", { product_code: "QUICK_WAP_WAY" }, "ACQ.ACCESS_FORBIDDEN"],
    ["with a field of another method", { quit_url: "https://shop.example" }, "ACQ.INVALID_PARAMETER"]
  ])("%s is refused", async (_, changes, code) => {
    expect(await gbkOf(await fetch(pageUrl(order(changes))))).toContain(code)
  })

  it("that was paid is refused, and so is one of the same number and other data", async () => {
    const biz = order()
    const url = pageUrl(biz)
    await browse(url)
    expect(await gbkOf(await fetch(pageUrl({ ...biz, total_amount: "1.00" })))).toContain("ACQ.CONTEXT_INCONSISTENT")
    await alipay.decide(biz.out_trade_no, "pay")
    expect(await gbkOf(await fetch(url))).toContain("ACQ.TRADE_HAS_SUCCESS")
  })

  it("tells a fault in GBK, too", async () => {
    await alipay.faults({ on: "create", fault: "throttle" })
    expect(await gbkOf(await fetch(pageUrl(order())))).toContain("isv.app-call-limited")
  })
})

describe("the cashier", () => {
  it("pays once, tells the merchant, and leads back with what is signed", async () => {
    const biz = order()
    const page = await browse(pageUrl(biz))
    const paid = await press(page.url, "pay")
    expect(paid.status).toBe(303)
    const url = new URL(paid.headers.get("location") ?? "")
    expect(url.href.startsWith(`${back}&`)).toBe(true)
    const { o, p, ...said } = formIn(url.search)
    expect([o, p]).toEqual(["1", "保"])
    const { appId, sellerId, alipayPublicKey } = alipay.credentials
    expect(said).toMatchObject({
      app_id: appId,
      out_trade_no: biz.out_trade_no,
      total_amount: "1234.50",
      seller_id: sellerId,
      trade_no: expect.stringMatching(/^\d{28}$/),
      method: "alipay.trade.page.pay.return"
    })
    expect([isGenuine(said, alipayPublicKey), alipay.sdk.checkNotifySignV2(said)]).toEqual([true, true])
    await vi.waitFor(() => expect(merchant.got.at(-1)?.body).toContain(biz.out_trade_no))
    const again = await press(page.url, "pay")
    expect([again.status, (await again.text()).includes('id="back"')]).toEqual([200, true])
    expect(await alipay.held(biz.out_trade_no)).toMatchObject({ status: "paid", capturedMinor: 123450 })
  })

  it("shows that it is paid where the shop named no address", async () => {
    const number = fresh()
    const { qr_code = "" } = (await alipay.create(number)).fields
    const page = await browse(qr_code, { headers: { "accept-language": "zh-CN,en" } })
    expect(page.html).toMatch(/id="pay".*确认付款.*id="refuse"/s)
    const paid = await (await press(`${page.url}?lang=en`, "pay")).text()
    expect(paid).toContain('id="state">Payment successful')
    expect(paid).not.toContain('id="back"')
  })

  it("speaks the language that is asked for, names payee, item, time and amount, and allows no script", async () => {
    const biz = order({ subject: "<script>alert('&')".replaceAll("&", "+") })
    const page = await browse(pageUrl(biz))
    expect(page.html).toContain("&#60;script&#62;alert(&#39;+&#39;)")
    expect(page.html).not.toContain("<script")
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
    for (const text of [alipay.credentials.sellerId, biz.out_trade_no, "Pay before", "Sandbox", 'lang="en"'])
      expect(page.html).toContain(text)
    const chinese = (await browse(`${page.url}?lang=zh`)).html
    for (const text of ["收款方", "应付金额", "沙箱", 'lang="zh"']) expect(chinese).toContain(text)
  })

  it("of another key is none", async () => {
    const { gateway } = alipay.credentials
    const page = await browse(gateway.replace("/gateway.do", `/cashier/${"0".repeat(32)}`))
    expect([page.status, page.html.includes('id="pay"')]).toEqual([404, false])
  })

  it("says so where an order is closed or refunded", async () => {
    const biz = order()
    const page = await browse(pageUrl(biz))
    await alipay.decide(biz.out_trade_no, "pay")
    await alipay.decide(biz.out_trade_no, "refund")
    expect((await browse(page.url)).html).toContain("This order is refunded.")
    const closed = order()
    const other = await browse(pageUrl(closed))
    await alipay.decide(closed.out_trade_no, "close")
    expect((await browse(other.url)).html).toContain("This order is closed.")
  })
})

describe("a phone", () => {
  const appOf = (more: object = {}) =>
    alipay.sdk.sdkExecute("alipay.trade.app.pay", {
      ...carried(order({ product_code: "QUICK_MSECURITY_PAY" })),
      ...more
    })
  const play = (string: string) => browse(alipay.credentials.gateway.replace("/gateway.do", `/app?${string}`))

  it("plays an order string, in both modes", async () => {
    const page = await play(appOf())
    expect(page.html).toContain("旅行保险")
    expect((await press(page.url, "pay")).status).toBe(200)
    const certified = alipay.certified.sdkExecute("alipay.trade.app.pay", carried(order({ product_code: "" })))
    expect((await play(certified)).url).toContain("/cashier/")
  })

  it("shows what it cannot pay", async () => {
    const page = await play(appOf().replace("1234.50", "0.01"))
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"])
    expect(page.html).toContain("isv.invalid-signature")
    expect((await play(pageUrl(order()).split("?")[1] ?? "")).html).toContain("isv.invalid-method")
  })

  it("opens a mini program's cashier by the vendor's number", async () => {
    const { buyerOpenId, gateway } = alipay.credentials
    const biz = order({ product_code: "JSAPI_PAY", op_app_id: "2021000000000001", buyer_open_id: buyerOpenId })
    const { trade_no = "" } = (await alipay.call("alipay.trade.create", biz)).fields
    const mini = (tradeNo: string) => browse(gateway.replace("/gateway.do", `/mini?tradeNO=${tradeNo}`))
    expect((await mini(trade_no)).html).toContain('id="pay"')
    expect((await mini("2026")).status).toBe(404)
  })

  it("scans a code that there is", async () => {
    const { gateway } = alipay.credentials
    expect((await browse(gateway.replace("/gateway.do", "/qr/none"))).status).toBe(404)
  })
})
