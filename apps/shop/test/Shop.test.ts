import { randomBytes, randomUUID } from "node:crypto"
import { createServer } from "node:http"
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
  const settings = { host: "127.0.0.1", ports: [0], secret, gateway: null, ...over }
  const shop = await Shop.start(settings, (event) => told.push(event))
  open.push(shop)
  const get = async (path: string, headers: Record<string, string> = {}) => fetch(shop.url + path, { headers })
  return {
    ...shop,
    told,
    get,
    page: async (path = "/", headers: Record<string, string> = {}) => (await get(path, headers)).text(),
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
    for (const text of [order().payOrderNo, "SUCCEEDED", "12.34 CNY"]) assert.include(await shop.page(), text)
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

  it("load nothing from elsewhere and run nothing", async () => {
    const shop = await opened()
    const answer = await shop.get("/")
    assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none'; style-src 'sha256-[^']+'/)
    assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
    const page = await answer.text()
    assert.include(page, '<meta http-equiv="refresh" content="2">')
    assert.notMatch(page, /https?:\/\/|<script|<img|style=/)
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
      assert.include(await shop.page("/", { "accept-language": header }), `<html lang="${language}">`, header)
    assert.include(await shop.page("/done", { "accept-language": "zh" }), "谢谢")
  })

  it("tell the payer who comes back what is known of the order, and believe no address", async () => {
    const shop = await opened()
    assert.include(await shop.page("/done"), "waiting for the confirmation")
    assert.include(await shop.page("/done?payOrderNo=P1&status=SUCCEEDED"), "waiting for the confirmation")
    await deliver(shop.webhooks, { body: bodyOf(order({ payOrderNo: "P1", version: 4 })) })
    await deliver(shop.webhooks, { body: bodyOf(order({ payOrderNo: "P1", version: 2, status: "PENDING" })) })
    assert.include(await shop.page("/done?payOrderNo=P1"), "SUCCEEDED")
    assert.notInclude(await shop.page("/done?payOrderNo=%3Cscript%3E"), "script")
  })

  it("ask the gateway for the order, with the shop's key, where it is configured", async () => {
    const asked: Array<unknown> = []
    const gateway = createServer((request, response) => {
      asked.push([request.url, request.headers.authorization])
      response.end('{"status":"PENDING"}')
    })
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve))
    open.push({ close: async () => void gateway.close() })
    const address = gateway.address()
    const url = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`
    const shop = await opened({ gateway: { url, key: "throwaway" } })
    assert.include(await shop.page("/done?payOrderNo=P1"), "PENDING")
    assert.deepStrictEqual(asked, [["/v1/orders/P1", "Bearer throwaway"]])
  })

  it("answer 404 and 405 where there is nothing, or another method is needed", async () => {
    const shop = await opened()
    assert.strictEqual((await shop.get("/nothing")).status, 404)
    assert.strictEqual((await shop.get("/webhooks")).status, 405)
    assert.strictEqual((await fetch(shop.url, { method: "DELETE" })).headers.get("allow"), "GET, HEAD")
    assert.strictEqual((await fetch(shop.url, { method: "HEAD" })).status, 200)
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
