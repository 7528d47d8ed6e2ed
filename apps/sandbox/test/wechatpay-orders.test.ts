import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { errorOf, freshNumber, isSigned, numericOf, openWechatPay } from "./wechatpay.ts"

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

describe("an order of WeChat Pay", () => {
  it.each([
    ["/appid", { appid: undefined }],
    ["/mchid", { mchid: undefined }],
    ["/description", { description: "x".repeat(128) }],
    ["/description", { description: "emoji 😀" }],
    ["/out_trade_no", { out_trade_no: "short" }],
    ["/out_trade_no", { out_trade_no: "x".repeat(33) }],
    ["/out_trade_no", { out_trade_no: "with space" }],
    ["/notify_url", { notify_url: "http://shop.example/notify" }],
    ["/notify_url", { notify_url: "https://shop.example/notify?a=1" }],
    ["/amount", { amount: undefined }],
    ["/amount/total", { amount: { total: 0 } }],
    ["/amount/total", { amount: { total: 1.5 } }],
    ["/amount/total", { amount: { total: "100" } }],
    ["/amount/currency", { amount: { total: 1, currency: "USD" } }],
    ["/time_expire", { time_expire: "2026-11-23T22:00:00" }],
    ["/time_expire", { time_expire: "2026-11-23 22:00:00+08:00" }],
    ["/attach", { attach: "x".repeat(129) }],
    ["/attach", { attach: null }],
    ["/goods_tag", { goods_tag: "x".repeat(33) }],
    ["/support_fapiao", { support_fapiao: "yes" }],
    ["/scene_info/payer_client_ip", { scene_info: {} }]
  ])("is refused where %s is wrong: %o", async (field, changes) => {
    const answer = await shop.create(changes)
    expect([...errorOf(answer), numericOf(answer)]).toEqual([400, "PARAM_ERROR", 268435461])
    expect(answer.json).toMatchObject({ detail: { field, location: "body", issue: expect.any(String) } })
  })

  it.each([
    ["jsapi", "/payer", {}],
    ["jsapi", "/payer/openid", { payer: { openid: "" } }],
    ["h5", "/scene_info", {}],
    ["h5", "/scene_info/h5_info", { scene_info: { payer_client_ip: "203.0.113.5" } }],
    ["h5", "/scene_info/h5_info/type", { scene_info: { payer_client_ip: "203.0.113.5", h5_info: { type: "TV" } } }]
  ])("in scene %s is refused without %s", async (scene, field, changes) => {
    expect((await shop.create(changes, scene)).json).toMatchObject({ code: "PARAM_ERROR", detail: { field } })
  })

  it("is refused of an app that is not bound, and of another merchant", async () => {
    const app = await shop.create({ appid: "wx0000000000000000" })
    expect(errorOf(app)).toEqual([400, "APPID_MCHID_NOT_MATCH"])
    expect(errorOf(await shop.create({ mchid: "1900000109" }))).toEqual([400, "MCH_NOT_EXISTS"])
  })

  it("leads to a prepay_id, or an address for a phone's browser", async () => {
    const { openid, mobileAppid, miniProgramAppid: appid } = shop.credentials
    const prepay = { prepay_id: expect.stringMatching(/^wx\w{1,62}$/) }
    expect((await shop.create({ appid, payer: { openid } }, "jsapi")).json).toEqual(prepay)
    expect((await shop.create({ appid: mobileAppid }, "app")).json).toEqual(prepay)
    const scene_info = { payer_client_ip: "203.0.113.5", h5_info: { type: "Wap" } }
    const h5 = await shop.create({ scene_info }, "h5")
    expect(h5.json).toEqual({ h5_url: expect.stringMatching(/^http:.*\/checkmweb\?prepay_id=wx\w+&package=\d+$/) })
  })

  it("that is asked for again is one order with a fresh code, while it is open and nothing is different", async () => {
    const terms = shop.terms({ attach: "A-1" })
    const again = (changes: object = {}, scene = "native") =>
      shop.call("POST", `/v3/pay/transactions/${scene}`, { ...terms, ...changes })
    const [first, second] = [await again(), await again()]
    expect(first.json).not.toEqual(second.json)
    expect((await world.ledger()).held?.filter(({ number }) => number === terms.out_trade_no).length).toBe(1)
    const other = await again({ description: "Something else" })
    expect([...errorOf(other), numericOf(other)]).toEqual([400, "INVALID_REQUEST", 268498688])
    expect(errorOf(await again({}, "app"))).toEqual([403, "OUT_TRADE_NO_USED"])
    await shop.decide(terms.out_trade_no, "pay")
    const paid = await again()
    expect([...errorOf(paid), numericOf(paid)]).toEqual([400, "ORDER_PAID", 268449538])
  })

  it("that is closed stays so, and one that is paid is not closed", async () => {
    const terms = shop.terms()
    const { out_trade_no, mchid } = terms
    await shop.call("POST", "/v3/pay/transactions/native", terms)
    const close = (number: string, body: object = { mchid }) =>
      shop.call("POST", `/v3/pay/transactions/out-trade-no/${number}/close`, body)
    const closed = await close(out_trade_no)
    expect([closed.status, closed.text]).toEqual([204, ""])
    expect(isSigned(closed, (await world.credentials()).platformCertificates[0]?.certificate ?? "")).toBe(true)
    expect((await close(out_trade_no)).status).toBe(204)
    expect((await shop.query(out_trade_no)).json).toMatchObject({ trade_state: "CLOSED" })
    const again = await shop.call("POST", "/v3/pay/transactions/native", terms)
    expect([...errorOf(again), numericOf(again)]).toEqual([400, "ORDER_CLOSED", 268447914])
    expect((await shop.decide(out_trade_no, "pay")).status).toBe(409)
    expect(errorOf(await close(await shop.paid()))).toEqual([400, "ORDER_PAID"])
    expect(errorOf(await close("NOBODYS-1"))).toEqual([404, "ORDER_NOT_EXIST"])
    expect(errorOf(await close(out_trade_no, {}))).toEqual([400, "PARAM_ERROR"])
  })

  it("is found by either number, by its own merchant", async () => {
    const number = await shop.paid({ attach: "A-1" }, "ODD-|*_1")
    const { json } = await shop.query(number)
    expect(json).toMatchObject({ out_trade_no: number, attach: "A-1", payer: { openid: shop.credentials.openid } })
    const { transaction_id } = json as { readonly transaction_id: string }
    const byTheirs = `/v3/pay/transactions/id/${transaction_id}`
    expect((await shop.call("GET", `${byTheirs}?mchid=${shop.credentials.mchid}`)).json).toEqual(json)
    expect(errorOf(await shop.call("GET", byTheirs))).toEqual([400, "PARAM_ERROR"])
    expect(errorOf(await shop.call("GET", `${byTheirs}?mchid=1`))).toEqual([400, "MCH_NOT_EXISTS"])
    const unknown = await shop.query("NOBODYS-1")
    expect([...errorOf(unknown), numericOf(unknown)]).toEqual([404, "ORDER_NOT_EXIST", 268512771])
  })

  it("is paid with coupons in part, where the payer has some", async () => {
    const terms = shop.terms()
    await shop.call("POST", "/v3/pay/transactions/native", terms)
    await shop.decide(terms.out_trade_no, "pay", { payerTotalMinor: 1200 })
    expect((await shop.query(terms.out_trade_no)).json).toMatchObject({ amount: { total: 1234, payer_total: 1200 } })
    const refund = (await shop.refund(terms.out_trade_no)).json
    expect(refund).toMatchObject({ amount: { refund: 234, payer_refund: 228, discount_refund: 6 } })
  })

  it("is not paid after its last moment, which is a minute away at least, and closed after seven days", async () => {
    const soon = new Date(Date.now() + 1000).toISOString().replace("Z", "+00:00")
    const [number, other] = [freshNumber(), freshNumber()]
    for (const out_trade_no of [number, other]) await shop.create({ out_trade_no, time_expire: soon })
    const move = (advanceMillis: number) => world.call("POST", "/_clock", { advanceMillis })
    await move(30_000)
    expect((await shop.decide(other, "pay")).status).toBe(200)
    await move(40_000)
    expect((await shop.decide(number, "pay")).status).toBe(409)
    expect((await shop.query(number)).json).toMatchObject({ trade_state: "NOTPAY" })
    await move(7 * 86_400_000)
    expect((await shop.query(number)).json).toMatchObject({ trade_state: "CLOSED" })
    expect((await shop.query(other)).json).toMatchObject({ trade_state: "SUCCESS" })
    await move(-7 * 86_400_000 - 70_000)
  })

  it("stays open when a payer looks at it or fails to pay", async () => {
    const number = freshNumber()
    await shop.create({ out_trade_no: number })
    for (const verb of ["open", "refuse"])
      expect((await shop.decide(number, verb)).json).toMatchObject({ trade_state: "NOTPAY" })
    expect((await shop.decide(number, "levitate")).status).toBe(400)
    expect((await shop.decide(number, "close")).json).toMatchObject({ trade_state: "CLOSED" })
    expect((await shop.decide("NOBODYS-1", "pay")).status).toBe(404)
  })
})
