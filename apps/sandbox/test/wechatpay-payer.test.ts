import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Formatter, Rsa } from "wechatpay-axios-plugin"
import { freshNumber, openWechatPay } from "./wechatpay.ts"
import { merchant } from "./world.ts"

let world: Awaited<ReturnType<typeof openWechatPay>>
let shop: (typeof world)["wechatpay"]
beforeAll(async () => {
  world = await openWechatPay()
  shop = world.wechatpay
})
afterAll(async () => {
  await world.close()
  world.sweep()
})

const urlOf = (path: string, params: Record<string, string>) =>
  `${shop.credentials.url}${path}?${new URLSearchParams(params)}`

const visit = async (url: string, decision?: string) => {
  const response = await fetch(url, {
    method: decision === undefined ? "GET" : "POST",
    headers: { "accept-language": "en" },
    body: decision === undefined ? null : new URLSearchParams({ decision })
  })
  return { status: response.status, headers: response.headers, html: await response.text() }
}

const stateOf = ({ html }: { readonly html: string }) => /id="state">([^<]*)</.exec(html)?.[1]
const isCashier = ({ html }: { readonly html: string }) => html.includes('id="pay"') && html.includes('id="refuse"')
const move = (advanceMillis: number) => world.call("POST", "/_clock", { advanceMillis })
const tradeState = async (number: string) =>
  ((await shop.query(number)).json as { readonly trade_state: string }).trade_state

/** An order with its code. */
const coded = async (changes: object = {}) => {
  const terms = shop.terms(changes)
  const answer = await shop.call("POST", "/v3/pay/transactions/native", terms)
  const { code_url } = answer.json as { readonly code_url: string }
  return { number: terms.out_trade_no, terms, code_url, url: urlOf("/scan", { code_url }) }
}

describe("the phone that scans a code of WeChat Pay", () => {
  it("shows what is to be paid, to whom, and pays it once", async () => {
    const listener = await merchant()
    const { number, url } = await coded({ notify_url: listener.url, amount: { total: 123_456 } })
    const page = await visit(url)
    expect(isCashier(page)).toBe(true)
    for (const text of ["¥1,234.56", number, "旅行保险 Travel insurance", "Sandbox Shop", "Sandbox: no money moves."])
      expect(page.html).toContain(text)
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
    const paid = await visit(url, "pay")
    expect([stateOf(paid), await tradeState(number), listener.got.length]).toEqual(["Payment successful", "SUCCESS", 1])
    const again = await visit(url, "pay")
    expect([stateOf(again), isCashier(again), listener.got.length]).toEqual(["This order is already paid.", false, 1])
    listener.close()
  })

  it("leaves the order open where the payer leaves", async () => {
    const { number, url } = await coded()
    const refused = await visit(url, "refuse")
    expect([stateOf(refused), refused.html.includes('id="again"')]).toEqual([
      "Payment was cancelled. Nothing was paid.",
      true
    ])
    expect(await tradeState(number)).toBe("NOTPAY")
    expect(isCashier(await visit(url))).toBe(true)
  })

  it("speaks Chinese where it is asked to", async () => {
    const { url } = await coded()
    const { html } = await visit(`${url}&lang=zh-CN`)
    expect(html).toContain('<html lang="zh">')
    expect(html).toContain("立即支付")
  })

  it("holds nothing of the merchant's as markup", async () => {
    const { url } = await coded({ description: '<img src=x onerror="alert(1)">\'' })
    for (const html of [(await visit(url)).html, (await visit(shop.credentials.url)).html]) {
      expect(html).not.toContain("<img")
      expect(html).toContain("&#60;img")
    }
  })

  it("knows a code until there is a newer one, two hours are over, or the order is", async () => {
    const first = await coded()
    const second = await shop.call("POST", "/v3/pay/transactions/native", first.terms)
    const newer = urlOf("/scan", second.json as { readonly code_url: string })
    expect([(await visit(first.url)).status, isCashier(await visit(newer))]).toEqual([400, true])
    await move(2 * 3_600_000)
    expect((await visit(newer)).status).toBe(400)
    await move(-2 * 3_600_000)
    await shop.decide(first.number, "close")
    expect(stateOf(await visit(newer))).toBe("This order is closed.")
    const brief = await coded({ time_expire: new Date(Date.now() + 60_000).toISOString() })
    await move(61_000)
    expect(stateOf(await visit(brief.url))).toBe("This order has expired and can no longer be paid.")
    expect(stateOf(await visit(brief.url, "pay"))).toBe("This order has expired and can no longer be paid.")
    await move(-61_000)
  })

  it("has codes that wait on its first page, and a field for one", async () => {
    const { code_url } = await coded({ description: "On the first page" })
    for (const path of ["/", "/phone"]) {
      const { html } = await visit(`${shop.credentials.url}${path}`)
      expect(html).toContain('name="code_url"')
      expect(html).toContain(new URLSearchParams({ code_url }).toString())
      expect(html).toContain("On the first page")
    }
  })

  it.each(["", "https://shop.example/", "weixin://wxpay/bizpayurl?pr=unknownzz"])(
    "does not know a code that is none: %s",
    async (code_url) => expect((await visit(urlOf("/scan", { code_url }))).status).toBe(400)
  )
})

describe("the wallet of WeChat Pay", () => {
  const prepaid = async (scene: "jsapi" | "app", changes: object = {}) => {
    const { appid, mobileAppid, openid } = shop.credentials
    const who = scene === "app" ? { appid: mobileAppid } : { appid, payer: { openid } }
    const terms = shop.terms({ ...who, ...changes })
    const answer = await shop.call("POST", `/v3/pay/transactions/${scene}`, terms)
    const { prepay_id } = answer.json as { readonly prepay_id: string }
    return { number: terms.out_trade_no, prepay_id, appid: terms.appid }
  }
  const timestamp = () => String(Formatter.timestamp())
  const sign = (...lines: ReadonlyArray<string>) =>
    Rsa.sign(Formatter.joinedByLineFeed(...lines), shop.credentials.privateKey)

  const jsapi = (appId: string, prepay_id: string) => {
    const params = { appId, timeStamp: timestamp(), nonceStr: Formatter.nonce(), package: `prepay_id=${prepay_id}` }
    const paySign = sign(params.appId, params.timeStamp, params.nonceStr, params.package)
    return { ...params, signType: "RSA", paySign }
  }

  it("opens for what an official account's page hands over, and pays as the payer", async () => {
    const { number, prepay_id, appid } = await prepaid("jsapi", { payer: { openid: "oPayerOfTests" } })
    const url = urlOf("/wallet", jsapi(appid, prepay_id))
    expect(isCashier(await visit(url))).toBe(true)
    expect(stateOf(await visit(url, "pay"))).toBe("Payment successful")
    expect((await shop.query(number)).json).toMatchObject({ trade_type: "JSAPI", payer: { openid: "oPayerOfTests" } })
  })

  it("opens for what a mini program hands over, which is without its appId", async () => {
    const { appId: _, ...params } = await (async () => {
      const { prepay_id, appid } = await prepaid("jsapi", { appid: shop.credentials.miniProgramAppid })
      return jsapi(appid, prepay_id)
    })()
    expect(isCashier(await visit(urlOf("/wallet", params)))).toBe(true)
  })

  it("opens for what the merchant's app hands over", async () => {
    const { number, prepay_id, appid } = await prepaid("app")
    const [stamp, nonce] = [timestamp(), Formatter.nonce()]
    const params = {
      appid,
      partnerid: shop.credentials.mchid,
      prepayid: prepay_id,
      package: "Sign=WXPay",
      noncestr: nonce,
      timestamp: stamp,
      sign: sign(appid, stamp, nonce, prepay_id)
    }
    expect(stateOf(await visit(urlOf("/wallet", params), "pay"))).toBe("Payment successful")
    expect((await shop.query(number)).json).toMatchObject({ trade_type: "APP" })
    const wrong = { ...params, partnerid: "1900000109" }
    expect(stateOf(await visit(urlOf("/wallet", wrong)))).toBe("Payment signature verification failed.")
  })

  it.each([
    ["another app", { appId: "wx0000000000000000" }],
    ["another time", { timeStamp: "1554208460" }],
    ["another nonce", { nonceStr: "other" }],
    ["another way of signing", { signType: "MD5" }],
    ["no signature", { paySign: "" }]
  ])("does not open for %s than was signed", async (_, changes) => {
    const { number, prepay_id, appid } = await prepaid("jsapi")
    const url = urlOf("/wallet", { ...jsapi(appid, prepay_id), ...changes })
    const refused = await visit(url, "pay")
    expect([refused.status, stateOf(refused)]).toEqual([400, "Payment signature verification failed."])
    expect(await tradeState(number)).toBe("NOTPAY")
  })

  it("does not open for an app that another order is for, or another way to pay", async () => {
    const { prepay_id } = await prepaid("jsapi")
    const other = jsapi(shop.credentials.mobileAppid, prepay_id)
    expect((await visit(urlOf("/wallet", other))).status).toBe(400)
    const app = await prepaid("app")
    expect((await visit(urlOf("/wallet", jsapi(app.appid, app.prepay_id)))).status).toBe(400)
  })
})

describe("the page of WeChat Pay in a phone's browser", () => {
  const opened = async () => {
    const number = freshNumber()
    const scene_info = { payer_client_ip: "203.0.113.5", h5_info: { type: "Wap" } }
    const { json } = await shop.create({ out_trade_no: number, scene_info }, "h5")
    return { number, url: (json as { readonly h5_url: string }).h5_url }
  }
  const back = `&redirect_url=${encodeURIComponent("https://shop.example/done?a=1&b=2")}`

  it("leads back to the merchant after paying, and by a link where the payer leaves", async () => {
    const { number, url } = await opened()
    expect((await visit(url + back, "refuse")).html).toContain('id="back" href="https://shop.example/done?a=1&#38;b=2"')
    const paid = await visit(url + back, "pay")
    expect(paid.headers.get("refresh")).toBe("3;url=https://shop.example/done?a=1&b=2")
    expect(paid.html).toContain('id="back" href="https://shop.example/done?a=1&#38;b=2"')
    expect((await shop.query(number)).json).toMatchObject({ trade_state: "SUCCESS", trade_type: "MWEB" })
  })

  it("leads nowhere that is no address of the web", async () => {
    const { url } = await opened()
    const paid = await visit(`${url}&redirect_url=javascript:alert(1)`, "pay")
    expect([paid.headers.get("refresh"), paid.html.includes("javascript")]).toEqual([null, false])
  })

  it("is there for five minutes", async () => {
    const { url } = await opened()
    await move(5 * 60_000 - 5000)
    expect(isCashier(await visit(url))).toBe(true)
    await move(5000)
    expect((await visit(url, "pay")).status).toBe(400)
    await move(-5 * 60_000)
  })
})
