import { randomBytes, randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { createClient } from "@payment-proxy/client/promise"
import { Webhook } from "standardwebhooks"
import { afterEach, assert, describe, it } from "vitest"
import type { Event } from "../src/Events.ts"
import type { Settings } from "../src/Settings.ts"
import * as Shop from "../src/Shop.ts"

const secret = `whsec_${randomBytes(32).toString("base64")}`
const open: Array<{ close: () => Promise<void> }> = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((shop) => shop.close()))
})

const opened = async (over: Partial<Settings> = {}) => {
  const told: Array<Event> = []
  const settings = {
    host: "127.0.0.1",
    ports: [0],
    secrets: [secret],
    client: null,
    vendors: ["platform", "paypal"],
    codePage: null,
    console: null,
    ...over
  }
  const shop = await Shop.start(settings, (event) => told.push(event))
  open.push(shop)
  const get = async (path: string, headers: Record<string, string> = {}) => fetch(shop.url + path, { headers })
  return {
    ...shop,
    told,
    get,
    page: async (path = "/webhooks", headers: Record<string, string> = {}) => (await get(path, headers)).text(),
    events: async (query = "") => (await (await get(`/events${query}`)).json()) as ReadonlyArray<Event>
  }
}

const order = (over: object = {}) => ({
  payOrderNo: "01KB0000000000000000000000001",
  status: "SUCCEEDED",
  version: 3,
  amount: { value: "12.34", currency: "CNY" },
  ...over
})

const bodyOf = (data: object, type = "order.succeeded") =>
  JSON.stringify({ type, timestamp: "2026-11-23T08:00:00.000Z", data })

interface Delivery {
  readonly body: string
  readonly id?: string
  readonly signedWith?: string
  readonly signedBody?: string
  readonly at?: Date
}

const deliver = async (url: string, { body, id = randomUUID(), signedWith = secret, signedBody, at }: Delivery) => {
  const time = at ?? new Date()
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": `${Math.floor(time.getTime() / 1000)}`,
    "webhook-signature": new Webhook(signedWith).sign(id, time, signedBody ?? body)
  }
  return (await fetch(url, { method: "POST", headers, body })).status
}

describe("the shop's webhook endpoint", () => {
  it("shows a verified event in its list and on its page, and tells of it once", async () => {
    const shop = await opened()
    assert.strictEqual(await deliver(shop.webhooks, { body: bodyOf(order()), id: "evt_1" }), 204)
    const [event] = await shop.events()
    assert.deepInclude(event, {
      id: "evt_1",
      type: "order.succeeded",
      payOrderNo: order().payOrderNo,
      state: "SUCCEEDED",
      version: 3,
      verified: true,
      duplicates: 0
    })
    for (const text of [order().payOrderNo, "SUCCEEDED", "¥12.34", "Signature verified"])
      assert.include(await shop.page(), text)
    assert.deepStrictEqual(
      shop.told.map(({ type, version }) => [type, version]),
      [["order.succeeded", 3]]
    )
  })

  it("verifies the bytes as they came, in any script and spacing", async () => {
    const shop = await opened()
    const body = `{ "type" : "order.succeeded",\n"data": { "payOrderNo":"订单-1", "amount": {"value":"1.00","currency":"€"} } }`
    assert.strictEqual(await deliver(shop.webhooks, { body }), 204)
    assert.include(await shop.page(), "订单-1")
  })

  it("refuses what is forged, altered, stale or unsigned, and shows nothing of it", async () => {
    const shop = await opened()
    const body = bodyOf(order({ payOrderNo: "FORGED" }))
    const another = `whsec_${randomBytes(32).toString("base64")}`
    const stale = new Date(Date.now() - 301_000)
    assert.strictEqual(await deliver(shop.webhooks, { body, signedWith: another }), 401)
    assert.strictEqual(await deliver(shop.webhooks, { body, signedBody: bodyOf(order()) }), 401)
    assert.strictEqual(await deliver(shop.webhooks, { body, at: stale }), 401)
    assert.strictEqual((await fetch(shop.webhooks, { method: "POST", body })).status, 401)
    assert.deepStrictEqual(await shop.events(), [])
    assert.deepStrictEqual(shop.told, [])
    const page = await shop.page()
    assert.notInclude(page, "FORGED")
    assert.include(page, "Refused for a wrong signature: 4")
    assert.lengthOf(page.match(/Signature refused/g) ?? [], 4)
    assert.notInclude(page, "Signature verified")
  })

  it("takes an event that comes again once, and counts the repeats", async () => {
    const shop = await opened()
    const body = bodyOf(order())
    for (const _ of [1, 2, 3]) assert.strictEqual(await deliver(shop.webhooks, { body, id: "evt_1" }), 204)
    const events = await shop.events()
    assert.deepStrictEqual(
      events.map(({ id, duplicates }) => [id, duplicates]),
      [["evt_1", 2]]
    )
    assert.lengthOf(shop.told, 1)
    assert.include(await shop.page(), "came 2 times more: taken once")
  })

  it("marks an event that a newer one of the same thing has overtaken", async () => {
    const shop = await opened()
    for (const [version, over] of [
      [4, {}],
      [3, {}],
      [1, { refundNo: "R1" }],
      [5, {}]
    ] as const)
      await deliver(shop.webhooks, { body: bodyOf(order({ version, ...over })) })
    assert.deepStrictEqual(
      (await shop.events()).map(({ version, isLate }) => [version, isLate]),
      [
        [5, false],
        [1, false],
        [3, true],
        [4, false]
      ]
    )
    assert.lengthOf((await shop.page()).match(/overtaken/g) ?? [], 1)
  })

  it("tells those who look at the page, or at the order, as soon as something arrives", async () => {
    const shop = await opened()
    const looking = async (path: string) => {
      const answer = await shop.get(path)
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
      assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/)
      assert.include((await reader?.read())?.value ?? "", "retry:")
      return async () => (await reader?.read())?.value
    }
    const [all, mine, other] = await Promise.all(["/live", "/live?payOrderNo=P1", "/live?payOrderNo=P2"].map(looking))
    await deliver(shop.webhooks, { body: bodyOf(order({ payOrderNo: "P1" })) })
    assert.deepStrictEqual([await all?.(), await mine?.()], ["event: changed\ndata:\n\n", "event: changed\ndata:\n\n"])
    const fromOther = other?.()
    await deliver(shop.webhooks, { body: bodyOf(order({ payOrderNo: "P2" })) })
    assert.strictEqual(await fromOther, "event: changed\ndata:\n\n")
  })

  it("keeps the last 200 events, newest first, and lists one order's alone", async () => {
    const shop = await opened()
    for (let n = 1; n <= 205; n += 1)
      await deliver(shop.webhooks, { body: bodyOf(order({ payOrderNo: `P${n % 2}`, version: n })), id: `evt_${n}` })
    const versions = (await shop.events()).map(({ version }) => version)
    assert.deepStrictEqual([versions.length, versions[0], versions.at(-1)], [200, 205, 6])
    const ofOne = await shop.events("?payOrderNo=P0")
    assert.lengthOf(ofOne, 100)
    assert.isTrue(ofOne.every(({ payOrderNo }) => payOrderNo === "P0"))
  })

  it("refuses a body over 64 KB and one that is no event", async () => {
    const shop = await opened()
    assert.strictEqual(await deliver(shop.webhooks, { body: "x".repeat(70_000) }), 413)
    for (const body of ["", "no json", "[]", '"text"', "null"])
      assert.strictEqual(await deliver(shop.webhooks, { body }), 400, body)
    assert.deepStrictEqual(await shop.events(), [])
  })

  it("takes a ping that speaks of no order", async () => {
    const shop = await opened()
    assert.strictEqual(await deliver(shop.webhooks, { body: '{"type":"test.ping"}' }), 204)
    assert.deepInclude((await shop.events())[0], { type: "test.ping", payOrderNo: null, version: null, amount: null })
  })
})

describe("the shop's pages", () => {
  it("escape what events say", async () => {
    const shop = await opened()
    const evil = `<script>alert("1")</script>'&`
    const data = order({ payOrderNo: evil, status: evil, amount: { value: evil, currency: evil } })
    await deliver(shop.webhooks, { body: bodyOf(data, evil) })
    const page = await shop.page()
    assert.notInclude(page, "<script>")
    assert.include(page, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;")
  })

  it("load nothing from elsewhere, and run the shop's own script alone", async () => {
    const shop = await opened()
    const answer = await shop.get("/webhooks")
    assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'; style-src 'sha256-[^']+'/)
    assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
    const page = await answer.text()
    assert.include(answer.headers.get("content-security-policy") ?? "", "script-src 'self'; connect-src 'self'")
    assert.include(page, '<noscript><meta http-equiv="refresh" content="5"></noscript>')
    assert.deepStrictEqual(page.match(/<script.*/g), ['<script src="/live.js" defer></script>'])
    assert.notMatch(page, /https?:\/\/|<img|style=|onclick/)
    assert.match((await shop.get("/live.js")).headers.get("content-type") ?? "", /^text\/javascript/)
  })

  it("speak the language that the browser likes best", async () => {
    const shop = await opened()
    const languages = [
      ["zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"],
      ["en-GB,en;q=0.9,zh;q=0.8", "en"],
      ["fr, zh;q=0.5", "zh-CN"],
      ["*", "en"],
      ["zh;q=0", "en"]
    ]
    for (const [header = "", language] of languages)
      assert.include(await shop.page("/webhooks", { "accept-language": header }), `<html lang="${language}">`, header)
    assert.include(await shop.page("/done", { "accept-language": "zh" }), "谢谢")
  })

  it("speak the language that was chosen, from then on", async () => {
    const shop = await opened()
    const chosen = await shop.get("/?lang=zh")
    const cookie = (chosen.headers.get("set-cookie") ?? "").split(";")[0] ?? ""
    assert.include(await chosen.text(), '<html lang="zh-CN">')
    assert.include(await shop.page("/webhooks", { cookie }), '<html lang="zh-CN">')
    assert.include(await shop.page("/webhooks?lang=en", { cookie }), '<html lang="en">')
    assert.isNull((await shop.get("/?lang=xx")).headers.get("set-cookie"))
  })

  it("tell the payer who comes back what is known of the order, and believe no address", async () => {
    const shop = await opened()
    assert.include(await shop.page("/done"), "waiting for the confirmation")
    assert.include(await shop.page("/done?payOrderNo=P1&status=SUCCEEDED"), "waiting for the confirmation")
    await deliver(shop.webhooks, { body: bodyOf(order({ payOrderNo: "P1", version: 4 })) })
    await deliver(shop.webhooks, { body: bodyOf(order({ payOrderNo: "P1", version: 2, status: "PENDING" })) })
    assert.include(await shop.page("/done?payOrderNo=P1"), "SUCCEEDED")
    assert.notInclude(await shop.page("/done?payOrderNo=%3Cscript%3E"), "<script>")
  })

  it("answer 404 and 405 where there is nothing, or another method is needed", async () => {
    const shop = await opened()
    assert.strictEqual((await shop.get("/nothing")).status, 404)
    assert.strictEqual((await shop.get("/buy")).status, 405)
    assert.strictEqual((await shop.get("/orders/P1/refund")).status, 405)
    assert.strictEqual((await fetch(shop.url, { method: "DELETE" })).headers.get("allow"), "GET, HEAD")
    assert.strictEqual((await fetch(shop.url, { method: "HEAD" })).status, 200)
  })
})

/** A throwaway key of tests. */
const key = "throwaway"

const whole = (over: object = {}) => ({
  payOrderNo: "P1",
  status: "PENDING",
  inDoubt: false,
  version: 2,
  vendor: "platform",
  businessNo: null,
  amount: { value: "12.34", currency: "CNY" },
  captured: { value: "0.00", currency: "CNY" },
  refunded: { value: "0.00", currency: "CNY" },
  disputed: { value: "0.00", currency: "CNY" },
  method: "ALIPAY",
  source: "WEB",
  transactionNo: null,
  createdAt: "2026-11-23T08:00:00.000Z",
  paidAt: null,
  expiresAt: "2026-11-23T08:15:00.000Z",
  failure: null,
  metadata: {},
  next: { type: "redirect", url: "https://pay.example/cashier?a=1&b=2" },
  ...over
})

const refundOf = (over: object = {}) => ({
  refundNo: "P1R1",
  payOrderNo: "P1",
  status: "SUCCEEDED",
  inDoubt: false,
  version: 3,
  amount: { value: "2.34", currency: "CNY" },
  reason: null,
  createdAt: "2026-11-23T09:00:00.000Z",
  refundedAt: "2026-11-23T09:00:01.000Z",
  failure: null,
  ...over
})

interface Call {
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly bearer: string | undefined
  readonly body: unknown
}

type Reply = readonly [status: number, body: unknown]

/** A gateway that answers what it is told to, and what the shop asked it; watchers wait for `tell`. */
const selling = async (reply: (call: Call) => Reply) => {
  const calls: Array<Call> = []
  const watchers: Array<ServerResponse> = []
  const read = async (request: IncomingMessage) => {
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }
  const gateway = createServer(async (request, response) => {
    if (request.headers.accept === "text/event-stream") {
      watchers.push(response.writeHead(200, { "content-type": "text/event-stream" }))
      response.flushHeaders()
      return
    }
    const text = await read(request)
    const call = {
      method: request.method ?? "",
      path: request.url ?? "",
      key: request.headers["idempotency-key"]?.toString(),
      bearer: request.headers.authorization,
      body: text === "" ? null : (JSON.parse(text) as unknown)
    }
    calls.push(call)
    const [status, body] = reply(call)
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve))
  open.push({
    close: async () => {
      gateway.close()
      gateway.closeAllConnections()
    }
  })
  const address = gateway.address()
  const baseUrl = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`
  const shop = await opened({
    client: createClient({ baseUrl, key }),
    codePage: "http://codes.example/_qr",
    console: "http://operators.example/console"
  })
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(shop.url + path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual", headers })
  const tell = (data: object) => {
    const event = { type: "order.x", timestamp: "2026-11-23T08:00:00.000Z", data }
    for (const watcher of watchers)
      watcher.write(`id: e\ndata: ${JSON.stringify({ ...event, type: "order.succeeded" })}\n\n`)
  }
  return { ...shop, calls, post, tell }
}

const hiddenKey = (page: string): string => /name="key" value="([^"]+)"/.exec(page)?.[1] ?? ""

describe("the shop sells", () => {
  it("a policy: the form's own key places one order, however often it is sent, and the payer goes on to its page", async () => {
    const shop = await selling(() => [201, whole()])
    const shelf = await shop.page("/")
    for (const text of ["Weekend away", "¥12.34", 'href="/checkout?policy=weekend"']) assert.include(shelf, text)
    const page = await shop.page("/checkout?policy=weekend")
    for (const text of ["Weekend away", "PayPal", "US$1.80", 'value="platform" checked']) assert.include(page, text)
    assert.notInclude(page, 'value="alipay"')
    const form = { policy: "weekend", way: "platform", key: hiddenKey(page) }
    for (const _ of [1, 2]) {
      const answer = await shop.post("/buy", form, { "sec-fetch-site": "same-origin" })
      assert.deepStrictEqual([answer.status, answer.headers.get("location")], [303, "/orders/P1"])
    }
    const [first, second] = shop.calls
    assert.deepStrictEqual(first, second)
    assert.deepStrictEqual(first, {
      method: "POST",
      path: "/v1/orders",
      key: form.key,
      bearer: `Bearer ${key}`,
      body: {
        vendor: "platform",
        businessNo: `TRAVEL-${form.key}`,
        amount: { value: "12.34", currency: "CNY" },
        method: "ALIPAY",
        source: "WEB",
        description: "Travel insurance: Weekend away",
        returnUrl: `${shop.url}/done?payOrderNo={payOrderNo}`,
        metadata: { policy: "weekend" }
      }
    })
  })

  it("nothing that is not on the shelf, and nothing by another site's form", async () => {
    const shop = await selling(() => [201, whole()])
    const form = { policy: "weekend", way: "platform", key: "0b5c2c5e-0000-4000-8000-000000000000" }
    for (const wrong of [{ policy: "moon" }, { way: "card" }, { key: "mine" }])
      assert.strictEqual((await shop.post("/buy", { ...form, ...wrong })).status, 404)
    assert.strictEqual((await shop.post("/buy", form, { "sec-fetch-site": "cross-site" })).status, 403)
    assert.strictEqual((await shop.get("/checkout?policy=moon")).status, 404)
    assert.deepStrictEqual(shop.calls, [])
  })

  it("with a page that shows what to do next, of every kind", async () => {
    let order = whole()
    const shop = await selling(({ path }) => [200, path.endsWith("/refunds") ? { items: [], next: null } : order])
    const page = async (payOrderNo: string, next: object | null) => {
      order = whole({ payOrderNo, next })
      const answer = await shop.get(`/orders/${payOrderNo}`)
      return { html: await answer.text(), policy: answer.headers.get("content-security-policy") ?? "" }
    }
    assert.include((await page("P1", whole().next)).html, 'href="https://pay.example/cashier?a=1&amp;b=2"')
    const code = await page("P2", { type: "qr", content: "weixin://x?y" })
    assert.include(code.html, 'href="http://codes.example/_qr?content=weixin%3A%2F%2Fx%3Fy"')
    const form = await page("P3", { type: "form", action: "https://vendor.example/pay", fields: { a: '"><script>' } })
    assert.include(form.html, 'action="https://vendor.example/pay"')
    assert.notInclude(form.html, "<script>")
    assert.include(form.policy, "form-action 'self' https://vendor.example")
    assert.include((await page("P4", { type: "app", parameters: { prepay: "1" } })).html, "prepay")
    const none = await page("P5", null)
    assert.include(none.html, "Cancel the order")
    assert.include(none.policy, "form-action 'self';")
  })

  it("and shows what an order has become as the gateway tells of it, without asking again", async () => {
    const shop = await selling(({ path }) => [200, path.endsWith("/refunds") ? { items: [], next: null } : whole()])
    assert.include(await shop.page("/orders/P1"), "PENDING")
    const reads = () => shop.calls.filter(({ path }) => path === "/v1/orders/P1").length
    const before = reads()
    let page = ""
    while (!page.includes("SUCCEEDED")) {
      shop.tell(whole({ status: "SUCCEEDED", version: 3, next: null }))
      page = await shop.page("/orders/P1")
    }
    assert.include(page, "Paid")
    assert.include(await shop.page("/done?payOrderNo=P1"), "SUCCEEDED")
    assert.strictEqual(reads(), before)
  })

  it("and gives back a part or the rest, once for each form", async () => {
    const order = whole({ status: "PARTIALLY_REFUNDED", next: null, refunded: { value: "2.34", currency: "CNY" } })
    const shop = await selling(({ method, path }) => {
      if (method === "POST") return [201, refundOf()]
      return [200, path.endsWith("/refunds") ? { items: [refundOf()], next: null } : order]
    })
    const page = await shop.page("/orders/P1")
    for (const text of ["P1R1", "Given back", 'value="10.00"', "Cancel the policy: refund ¥10.00"])
      assert.include(page, text)
    const form = hiddenKey(page)
    const part = await shop.post("/orders/P1/refund", { key: form, amount: "1.00", currency: "CNY" })
    assert.deepStrictEqual([part.status, part.headers.get("location")], [303, "/orders/P1"])
    await shop.post("/orders/P1/refund", { key: "rest" })
    const placed = shop.calls.filter(({ method }) => method === "POST")
    assert.deepStrictEqual(
      placed.map(({ path, key, body }) => [path, key, body]),
      [
        ["/v1/orders/P1/refunds", form, { amount: { value: "1.00", currency: "CNY" } }],
        ["/v1/orders/P1/refunds", "rest", {}]
      ]
    )
  })

  it("and asks anew for an order that nobody watches, also after it was refunded or cancelled", async () => {
    let order = whole({ status: "SUCCEEDED", next: null })
    const shop = await selling(({ method, path }) => {
      if (method === "POST") return path.endsWith("/close") ? [200, order] : [201, refundOf({ status: "SUBMITTING" })]
      return [200, path.endsWith("/refunds") ? { items: [], next: null } : order]
    })
    await shop.post("/orders/P1/refund", { key: "rest" })
    await shop.post("/orders/P1/close", {})
    order = whole({ status: "REFUNDED", version: 3, next: null })
    assert.include(await shop.page("/orders/P1"), "REFUNDED")
  })

  it("and says in plain words what became of an order", async () => {
    let order = whole()
    const shop = await selling(({ path }) => [200, path.endsWith("/refunds") ? { items: [], next: null } : order])
    const said = async (over: object) => {
      order = whole({ next: null, payOrderNo: `P${randomUUID()}`, ...over })
      return { page: () => shop.page(`/orders/${order.payOrderNo}`), payOrderNo: order.payOrderNo }
    }
    for (const [over, words] of [
      [{ status: "SUCCEEDED" }, "you are insured"],
      [{ status: "FAILED", failure: { code: "DECLINED", detail: "<no>" } }, "DECLINED: &lt;no&gt;"],
      [{ status: "CLOSED" }, "is closed and can no longer be paid"],
      [{ status: "REFUNDED" }, "went back to you"],
      [{ status: "SUBMITTING", inDoubt: true }, "we ask it again"],
      [{ status: "HELD" }, "a person looks into it"]
    ] as const)
      assert.include(await (await said(over)).page(), words)
    const closed = await said({ status: "CLOSED" })
    const body = bodyOf({ payOrderNo: closed.payOrderNo, status: "CLOSED", version: 4 }, "order.closed")
    await deliver(shop.webhooks, { body: body.replace("08:00:00.000Z", "08:15:00.100Z") })
    assert.include(await closed.page(), "The time to pay is over")
    assert.include(await closed.page(), "order.closed")
  })

  it("and leads operators from the order to their console", async () => {
    const shop = await selling(({ path }) => [200, path.endsWith("/refunds") ? { items: [], next: null } : whole()])
    assert.include(await shop.page("/orders/P1"), 'href="http://operators.example/console/orders/P1"')
    assert.notInclude(await shop.page("/"), "operators.example")
  })

  it("and says why something did not work", async () => {
    const problem = { code: "AMOUNT_INVALID", detail: "10.00 CNY is left: <ask> for less." }
    const shop = await selling(() => [422, problem])
    const answer = await shop.post("/orders/P1/refund", { key: "k", amount: "99.00", currency: "CNY" })
    assert.strictEqual(answer.status, 422)
    const page = await answer.text()
    for (const text of ["AMOUNT_INVALID", "&lt;ask&gt;"]) assert.include(page, text)
  })

  it("and says in a sentence what a wrong refund amount has to be, and leads back to the order", async () => {
    const order = whole({ status: "SUCCEEDED", next: null })
    const shop = await selling(({ path }) => [200, path.endsWith("/refunds") ? { items: [], next: null } : order])
    const input = /<input name="amount"[^>]*>/.exec(await shop.page("/orders/P1"))?.[0] ?? ""
    assert.include(input, 'inputmode="decimal"')
    const pattern = new RegExp(`^(?:${/pattern="([^"]+)"/.exec(input)?.[1]})$`, "v")
    const right = ["1", "0.5", "12.34"]
    const wrong = ["much", "", "1,00", "1.234", "-1", "1e3"]
    assert.deepStrictEqual(
      [...right, ...wrong].filter((value) => pattern.test(value)),
      right
    )
    for (const [language, sentence, back] of [
      ["en", "This amount cannot be refunded. Enter more than nothing", "Back to the order"],
      ["zh", "无法按此金额退款。", "返回订单"]
    ] as const) {
      const form = { key: "k", amount: "much", currency: "CNY" }
      const answer = await shop.post("/orders/P1/refund", form, { "accept-language": language })
      assert.strictEqual(answer.status, 422)
      const page = await answer.text()
      for (const text of [sentence, `<a class="button" href="/orders/P1">${back}</a>`, "BODY_INVALID"])
        assert.include(page, text)
    }
    assert.deepStrictEqual(
      shop.calls.filter(({ method }) => method === "POST"),
      []
    )
  })

  it("and tells the vendor what was bought in the language that the customer read", async () => {
    const shop = await selling(() => [201, whole()])
    const page = await shop.page("/checkout?policy=weekend&lang=zh")
    const language = /name="language" value="([^"]+)"/.exec(page)?.[1] ?? ""
    await shop.post("/buy", { policy: "weekend", way: "platform", language, key: hiddenKey(page) })
    assert.deepInclude(shop.calls[0]?.body, { description: "旅行保险：周末出行" })
  })

  it("and lists and cancels orders", async () => {
    const shop = await selling(({ method, path }) => {
      if (method === "POST") return [202, whole({ status: "CLOSING" })]
      return [200, path.startsWith("/v1/orders?") ? { items: [whole()], next: null } : whole()]
    })
    const page = await shop.page("/orders")
    for (const text of ['href="/orders/P1"', "Waits for the payment", "¥12.34"]) assert.include(page, text)
    assert.strictEqual((await shop.post("/orders/P1/close", {})).status, 303)
    assert.strictEqual(shop.calls.at(-1)?.path, "/v1/orders/P1/close")
  })

  it("nothing where it knows no gateway, and says so", async () => {
    const shop = await opened()
    const page = await shop.page("/")
    assert.include(page, "SHOP_GATEWAY_URL")
    assert.notInclude(page, "<form")
    assert.strictEqual((await shop.get("/orders")).status, 404)
  })
})

describe("the shop's port", () => {
  it("is the first that is free", async () => {
    const first = await opened()
    const taken = Number(new URL(first.url).port)
    const second = await opened({ ports: [taken, 0] })
    assert.notStrictEqual(second.url, first.url)
  })

  it("that is taken is named in the error", async () => {
    const { url } = await opened()
    const taken = Number(new URL(url).port)
    const error = await opened({ ports: [taken] }).catch((error: unknown) => error)
    assert.include(String(error), `${taken}`)
    assert.include(String(error), "SHOP_PORT")
  })
})
