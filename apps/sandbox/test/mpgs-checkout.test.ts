import { runInNewContext } from "node:vm"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import { withQuery } from "../src/vendors/mpgs/Checkout.ts"
import { type GatewayMerchant, openGateway } from "./mpgs.ts"
import type { World } from "./world.ts"

let world: World
let gateway: GatewayMerchant
beforeAll(async () => {
  ;({ world, gateway } = await openGateway())
})
afterEach(() => world.faults())
afterAll(async () => {
  await world.close()
  world.sweep()
})

const unescaped = (text: string) => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
const linkIn = (html: string, id: string) => {
  const href = new RegExp(`<a class="button" id="${id}" href="([^"]*)"`).exec(html)?.[1]
  return href === undefined ? undefined : unescaped(href)
}
const isPayable = (html: string) => html.includes('id="pay"')

describe("the checkout's page", () => {
  it("shows the payee, the order and the whole amount, with test cards and no field for a card's number", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id, { amount: "1234.5" })
    const { status, text, headers } = await gateway.page(session)
    expect(status).toBe(200)
    for (const part of ["Example shop", id, "Travel insurance", "1,234.50", 'id="pay"', 'id="refuse"', "Sandbox"])
      expect(text).toContain(part)
    expect(text.match(/type="radio" name="card"/g)).toHaveLength(7)
    expect(text).not.toMatch(/<input(?! type="radio")/)
    expect(text).not.toMatch(/<script|\d{13}/)
    expect(headers.get("content-security-policy")).not.toContain("script-src")
  })

  it.each([
    ["JPY", "1234", "1,234<"],
    ["KWD", "1.5", "1.500<"],
    ["IQD", "1.5", "1.500<"]
  ])("shows %s %s as %s", async (currency, amount, shown) => {
    const { text } = await gateway.page(await gateway.sessionOf(gateway.number(), { currency, amount }))
    expect(text).toContain(`<span id="amount">${shown}/span>`)
  })

  it("speaks Chinese where the address, the merchant or the browser wants it", async () => {
    const session = await gateway.sessionOf(gateway.number())
    expect((await gateway.page(session, "&lang=zh")).text).toContain('<html lang="zh"')
    const theirs = await gateway.sessionOf(gateway.number(), {}, { interaction: { locale: "zh_CN" } })
    expect((await gateway.page(theirs)).text).toContain("支付")
    const response = await fetch(gateway.pageUrl(session), { headers: { "accept-language": "zh-CN,zh;q=0.9" } })
    expect(await response.text()).toContain("测试卡")
    expect((await gateway.page(session)).text).toContain('<html lang="en"')
  })

  it("lets nothing that the merchant says become part of the page", async () => {
    const evil = `"><script>alert('1')</script>`
    const interaction = { merchant: { name: evil }, cancelUrl: `https://shop.example/"><b>` }
    const session = await gateway.sessionOf(`${evil}1`, { description: evil }, { interaction })
    const { text } = await gateway.page(session)
    expect(text).not.toContain("<script")
    expect(text).not.toContain("<b>1")
    expect(text.match(/&#60;script&#62;/g)?.length).toBeGreaterThanOrEqual(3)
    const shop = await gateway.send("GET", `/merchant-demo?session=${encodeURIComponent(evil)}`)
    expect(shop.text).not.toContain("<script>alert")
  })

  it("is not there for a session that is not", async () => {
    const { status, text } = await gateway.page("SESSION0002AAAAAAAAAAAAAAAAAAAA")
    expect([status, isPayable(text)]).toEqual([404, false])
    expect((await gateway.submit("SESSION0002AAAAAAAAAAAAAAAAAAAA", "pay")).status).toBe(404)
  })

  it("takes nothing but the name of a test card", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id)
    expect((await gateway.submit(session, "pay", "5123450000000008")).status).toBe(400)
    expect((await gateway.submit(session, "steal")).status).toBe(400)
    expect((await gateway.order(id)).status).toBe(400)
  })
})

describe("a payer", () => {
  it("pays, and is led back with the success indicator", async () => {
    const id = gateway.number()
    const { body } = await gateway.initiate(id)
    const { id: session, version } = body.session
    const done = await gateway.submit(session, "pay")
    expect([done.status, done.headers.get("location")]).toEqual([303, `/checkout/pay/${session}?checkoutVersion=1.0.0`])
    const { text, headers } = await gateway.page(session)
    const back = new URL(linkIn(text, "back") ?? "")
    expect(`${back.origin}${back.pathname}${back.hash}`).toBe("https://shop.example/return#done")
    expect(Object.fromEntries(back.searchParams)).toEqual({
      order: "7",
      resultIndicator: body.successIndicator,
      sessionVersion: expect.stringMatching(/^[0-9a-f]{10}$/)
    })
    expect(back.searchParams.get("sessionVersion")).not.toBe(version)
    expect(headers.get("refresh")).toBe(`3;url=${back.href}`)
    expect((await gateway.order(id)).body).toMatchObject({ status: "CAPTURED", result: "SUCCESS" })
  })

  it("reserves on the same page where the shop asks for an authorization", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id, {}, { interaction: { operation: "AUTHORIZE" } })
    await gateway.submit(session, "pay", "visa-approved")
    expect((await gateway.order(id)).body).toMatchObject({
      status: "AUTHORIZED",
      transaction: [
        { transaction: { type: "AUTHORIZATION" }, sourceOfFunds: { provided: { card: { brand: "VISA" } } } }
      ]
    })
    expect((await gateway.page(session)).text).toContain("reserved")
  })

  it("is declined and tries again, on the same order", async () => {
    const id = gateway.number()
    const { body } = await gateway.initiate(id)
    const session = body.session.id
    await gateway.submit(session, "refuse")
    await gateway.submit(session, "pay", "mastercard-insufficient-funds")
    const { text } = await gateway.page(session)
    expect([isPayable(text), text.includes('id="alert"')]).toEqual([true, true])
    expect(linkIn(text, "back")).toMatch(/resultIndicator=[0-9a-f]{16}&/)
    expect(text).not.toContain(body.successIndicator)
    expect((await gateway.order(id)).body).toMatchObject({ status: "FAILED", result: "FAILURE" })
    await gateway.submit(session, "pay")
    const after = (await gateway.order(id)).body
    expect(after.status).toBe("CAPTURED")
    expect(
      // biome-ignore lint/suspicious/noExplicitAny: an answer as it came
      after.transaction.map((one: any) => [one.transaction.id, one.result, one.response.gatewayCode])
    ).toEqual([
      ["1", "FAILURE", "DECLINED"],
      ["2", "FAILURE", "INSUFFICIENT_FUNDS"],
      ["3", "SUCCESS", "APPROVED"]
    ])
  })

  it("does not pay twice by sending the form twice", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id)
    await Promise.all([gateway.submit(session, "pay"), gateway.submit(session, "pay")])
    expect((await gateway.order(id)).body.transaction).toHaveLength(1)
  })

  it("waits for an answer that comes later, or was lost", async () => {
    for (const card of ["visa-pending", "visa-unknown"]) {
      const id = gateway.number()
      const { body } = await gateway.initiate(id)
      await gateway.submit(body.session.id, "pay", card)
      const { text } = await gateway.page(body.session.id)
      expect([isPayable(text), text.includes(body.successIndicator)]).toEqual([false, false])
      expect((await gateway.order(id)).body.status).toBe("INITIATED")
      await gateway.advance(31)
      expect((await gateway.order(id)).body.status).toBe("CAPTURED")
      expect((await gateway.page(body.session.id)).text).toContain(body.successIndicator)
    }
  })

  it("can go back to the shop without paying", async () => {
    const session = await gateway.sessionOf(gateway.number())
    expect(linkIn((await gateway.page(session)).text, "cancel")).toBe("https://shop.example/cancel")
  })

  it("sees a receipt where the shop has no return address", async () => {
    const session = await gateway.sessionOf(gateway.number(), {}, { interaction: { returnUrl: undefined } })
    await gateway.submit(session, "pay")
    const { text, headers } = await gateway.page(session)
    expect(text).toContain('id="state"')
    expect([linkIn(text, "back"), headers.get("refresh")]).toEqual([undefined, null])
  })
})

describe("3-D Secure", () => {
  const asked = { authentication: { challengePreference: "REQUEST_CHALLENGE_MANDATE" } }
  const statusOf = async (id: string) => (await gateway.order(id)).body.status

  it("asks a payer who they are before the money is taken, where the merchant wants it", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id, {}, asked)
    await gateway.submit(session, "pay")
    expect((await gateway.page(session)).text).toContain('id="challenge"')
    expect(await statusOf(id)).toBe("AUTHENTICATION_INITIATED")
    await gateway.submit(session, "pay")
    const { body } = await gateway.order(id)
    expect(body.status).toBe("CAPTURED")
    expect(body.transaction).toMatchObject([
      { result: "SUCCESS", transaction: { type: "AUTHENTICATION" } },
      { result: "SUCCESS", transaction: { type: "PAYMENT" } }
    ])
  })

  it("takes no money from one who does not prove it, who may try again", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id)
    await gateway.submit(session, "pay", "mastercard-3ds")
    await gateway.submit(session, "refuse")
    expect(await statusOf(id)).toBe("AUTHENTICATION_UNSUCCESSFUL")
    expect((await gateway.page(session)).text).toContain("could not confirm")
    await gateway.submit(session, "pay")
    expect(await statusOf(id)).toBe("CAPTURED")
  })

  it("is left out where nobody asks for it", async () => {
    const more = { authentication: { challengePreference: "NO_CHALLENGE" } }
    const id = gateway.number()
    await gateway.submit(await gateway.sessionOf(id, {}, more), "pay")
    expect((await gateway.order(id)).body.transaction).toHaveLength(1)
    expect((await gateway.initiate(id, {}, { authentication: { challengePreference: "MAYBE" } })).status).toBe(400)
  })
})

describe("a checkout's time", () => {
  const interaction = { timeout: 600, timeoutUrl: "https://shop.example/late" }
  const payable = async (session: string) => isPayable((await gateway.page(session)).text)

  it("runs from when it was opened, by the sandbox's clock", async () => {
    const id = gateway.number()
    const session = await gateway.sessionOf(id, {}, { interaction })
    await gateway.advance(3600)
    expect(await payable(session)).toBe(true)
    await gateway.advance(590)
    expect(await payable(session)).toBe(true)
    await gateway.advance(11)
    const { text } = await gateway.page(session)
    expect([isPayable(text), linkIn(text, "back")]).toEqual([false, "https://shop.example/late"])
    await gateway.submit(session, "pay")
    expect((await gateway.order(id)).status).toBe(400)
    expect((await gateway.decide(id, "pay")).status).toBe(409)
    await gateway.advance(-5000)
    expect(await payable(session)).toBe(false)
  })

  it("is half an hour where the merchant does not say, and leads to the cancel address then", async () => {
    const session = await gateway.sessionOf(gateway.number())
    expect(await payable(session)).toBe(true)
    await gateway.advance(1790)
    expect(await payable(session)).toBe(true)
    await gateway.advance(10)
    expect(linkIn((await gateway.page(session)).text, "back")).toBe("https://shop.example/cancel")
  })

  it("ends a day after it was made where nobody opened it", async () => {
    const [early, late] = [await gateway.sessionOf(gateway.number()), await gateway.sessionOf(gateway.number())]
    await gateway.advance(86_390)
    expect(await payable(early)).toBe(true)
    await gateway.advance(11)
    expect(await payable(late)).toBe(false)
  })

  it("makes no difference to what is paid", async () => {
    const id = gateway.number()
    const { body } = await gateway.initiate(id, {}, { interaction })
    await gateway.submit(body.session.id, "pay")
    await gateway.advance(86_400)
    expect((await gateway.page(body.session.id)).text).toContain(body.successIndicator)
  })
})

describe("the browser's script", () => {
  const run = async () => {
    const path = "/static/checkout/checkout.min.js"
    const { status, text, headers } = await gateway.send("GET", path)
    expect([status, headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"])
    const went: Array<string> = []
    const errors: Array<unknown> = []
    const attributes: { readonly [name: string]: string } = { "data-error": "failed" }
    const window: { [name: string]: unknown } = { failed: (error: unknown) => errors.push(error) }
    runInNewContext(text, {
      window,
      URL,
      location: { href: "https://shop.example/", assign: (url: string) => went.push(url) },
      document: {
        currentScript: { src: `${gateway.baseUrl}${path}`, getAttribute: (name: string) => attributes[name] ?? null }
      }
    })
    const checkout = window["Checkout"] as {
      readonly configure: (configuration: object) => void
      readonly showPaymentPage: () => void
    }
    return { checkout, went, errors }
  }

  it("leads from a shop's page to the checkout's", async () => {
    const session = await gateway.sessionOf(gateway.number())
    const { checkout, went, errors } = await run()
    checkout.configure({ session: { id: session } })
    checkout.showPaymentPage()
    expect([went, errors]).toEqual([[gateway.pageUrl(session)], []])
  })

  it("tells the shop what it lacks, and goes nowhere", async () => {
    const { checkout, went, errors } = await run()
    checkout.configure({ session: {} })
    checkout.showPaymentPage()
    expect(went).toEqual([])
    expect(errors).toMatchObject([{ field: "session.id" }, { field: "session.id" }])
  })

  it("can be tried in a shop of the sandbox's own", async () => {
    const session = await gateway.sessionOf(gateway.number())
    const { text, headers } = await gateway.send("GET", `/merchant-demo?session=${session}`)
    expect(text).toContain(`data-session="${session}"`)
    expect([...text.matchAll(/<script src="([^"]+)"/g)].map(([, src]) => src)).toEqual([
      "/static/checkout/checkout.min.js",
      "/merchant-demo.js"
    ])
    expect(headers.get("content-security-policy")).toContain("script-src 'self'")
    expect((await gateway.send("GET", "/merchant-demo.js")).text).toContain("showPaymentPage")
  })
})

describe("an address with more in its query", () => {
  it.each([
    ["https://a.example/r", "https://a.example/r?x=1"],
    ["https://a.example/r?", "https://a.example/r?x=1"],
    ["https://a.example/r?y=%e4+2", "https://a.example/r?y=%e4+2&x=1"],
    ["https://a.example/r?y&#top?z", "https://a.example/r?y&x=1#top?z"],
    ["https://a.example/r#top?z", "https://a.example/r?x=1#top?z"]
  ])("%s becomes %s", (url, expected) => {
    expect(withQuery(url, { x: "1" })).toBe(expected)
  })
})
