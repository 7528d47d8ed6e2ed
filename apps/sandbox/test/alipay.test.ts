import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { AlipayWorld } from "./alipay.ts"
import { beijing, fresh, openAlipay } from "./alipay.ts"
import { onDisk } from "./world.ts"

let alipay: AlipayWorld
beforeAll(async () => {
  alipay = await openAlipay()
})
afterEach(() => alipay.faults())
afterAll(async () => {
  await alipay.close()
  alipay.sweep()
})

const checked = { validateSign: true }
const timed = (bizContent: object, more: object = {}) => ({ timestamp: beijing(), bizContent, ...more })
const subCodeOf = async (answer: ReturnType<AlipayWorld["call"]>) => (await answer).fields["sub_code"]

describe.each(["key", "certificate"] as const)("the public SDK in the %s mode", (mode) => {
  const sdk = () => (mode === "key" ? alipay.sdk : alipay.certified)
  const exec = (method: string, bizContent: object, more: object = {}) =>
    sdk().exec(method, timed(bizContent, more), checked)

  it("asks for a code, and the trade is there when it is scanned", async () => {
    const number = fresh()
    const order = { out_trade_no: number, total_amount: "12.34", subject: "测试 + 100% 保险" }
    const made = await exec("alipay.trade.precreate", order)
    expect(made).toMatchObject({ code: "10000", msg: "Success", out_trade_no: number })
    expect(await exec("alipay.trade.query", { out_trade_no: number })).toEqual({
      code: "40004",
      msg: "Business Failed",
      sub_code: "ACQ.TRADE_NOT_EXIST",
      sub_msg: "交易不存在",
      out_trade_no: number
    })
    expect(await exec("alipay.trade.close", { out_trade_no: number })).toMatchObject({
      sub_code: "ACQ.TRADE_NOT_EXIST"
    })
    await fetch(String(made["qr_code"]))
    expect(await exec("alipay.trade.query", { out_trade_no: number })).toMatchObject({
      code: "10000",
      trade_status: "WAIT_BUYER_PAY",
      total_amount: "12.34",
      buyer_pay_amount: "0.00"
    })
  })

  it("queries, refunds and looks for refunds of a trade that is paid", async () => {
    const number = await alipay.paid()
    const queried = await exec("alipay.trade.query", { out_trade_no: number })
    expect(queried).toMatchObject({ trade_status: "TRADE_SUCCESS", receipt_amount: "12.34", buyer_pay_amount: "12.34" })
    expect(queried["send_pay_date"]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    expect(queried["trade_no"]).toMatch(/^\d{28}$/)
    const refund = { out_trade_no: number, refund_amount: "2.34", out_request_no: "RFX1", refund_reason: "退货" }
    expect(await exec("alipay.trade.refund", refund)).toMatchObject({ fund_change: "Y", refund_fee: "2.34" })
    const asked = { out_trade_no: number, out_request_no: "RFX1", query_options: ["gmt_refund_pay"] }
    expect(await exec("alipay.trade.fastpay.refund.query", asked)).toMatchObject({
      refund_status: "REFUND_SUCCESS",
      refund_amount: "2.34",
      total_amount: "12.34",
      gmt_refund_pay: expect.stringMatching(/^\d{4}-/)
    })
  })

  it("closes a trade that is not paid", async () => {
    const number = fresh()
    await alipay.create(number)
    await alipay.decide(number, "open")
    expect(await exec("alipay.trade.close", { out_trade_no: number })).toMatchObject({
      code: "10000",
      out_trade_no: number
    })
    expect(await alipay.held(number)).toMatchObject({ status: "closed", capturedMinor: 0 })
    expect(await exec("alipay.trade.query", { out_trade_no: number })).toMatchObject({ trade_status: "TRADE_CLOSED" })
    expect(await exec("alipay.trade.close", { out_trade_no: number })).toMatchObject({
      sub_code: "ACQ.REASON_TRADE_STATUS_INVALID"
    })
  })

  it("makes a trade for a mini program", async () => {
    const { buyerId } = alipay.credentials
    const order = {
      out_trade_no: fresh(),
      total_amount: "1",
      subject: "a",
      product_code: "JSAPI_PAY",
      buyer_id: buyerId
    }
    const made = await exec("alipay.trade.create", { ...order, op_app_id: "2021000000000001" })
    expect(made).toMatchObject({ code: "10000", trade_no: expect.stringMatching(/^\d{28}$/) })
    expect(await exec("alipay.trade.query", { trade_no: made["trade_no"] })).toMatchObject({
      out_trade_no: order.out_trade_no,
      total_amount: "1.00",
      trade_status: "WAIT_BUYER_PAY"
    })
  })
})

describe("an answer", () => {
  it("is JSON of the type text/html with status 200, its slashes escaped, signed as it stands", async () => {
    const { status, type, raw, isSigned, key, sn } = await alipay.create(fresh())
    expect([status, type, isSigned, key, sn]).toEqual([
      200,
      "text/html;charset=utf-8",
      true,
      "alipay_trade_precreate_response",
      undefined
    ])
    expect(raw).toContain(String.raw`"qr_code":"http:\/\/`)
  })

  it("names the vendor's certificate in the certificate mode", async () => {
    const { appCertSn, alipayRootCertSn, alipayCertSn } = alipay.certified.config
    const sns = { app_cert_sn: appCertSn ?? "", alipay_root_cert_sn: alipayRootCertSn ?? "" }
    const { sn, isSigned } = await alipay.call("alipay.trade.query", { out_trade_no: "NOBODYS" }, sns)
    expect([sn, isSigned]).toEqual([alipayCertSn, true])
  })

  it("comes to GET, too, and to public parameters in the body", async () => {
    const form = alipay.parameters("alipay.trade.query", { out_trade_no: "NOBODYS" })
    const got = await fetch(`${alipay.credentials.gateway}?${new URLSearchParams(form)}`)
    expect(await got.text()).toContain("ACQ.TRADE_NOT_EXIST")
    expect(await subCodeOf(alipay.post(form))).toBe("ACQ.TRADE_NOT_EXIST")
  })
})

describe("a parameter", () => {
  it("that is empty is not signed, and one that the gateway does not know is", async () => {
    const form = alipay.parameters("alipay.trade.query", { out_trade_no: "NOBODYS" }, { alipay_sdk: "a" })
    expect(await subCodeOf(alipay.post({ ...form, app_auth_token: "" }))).toBe("ACQ.TRADE_NOT_EXIST")
  })
})

describe("the gateway refuses, without a signature,", () => {
  const query = { out_trade_no: "NOBODYS" }
  it.each([
    ["no app", { app_id: "" }, "40001", "isv.missing-app-id"],
    ["another app", { app_id: "2021000000000000" }, "40002", "isv.invalid-app-id"],
    ["no method", { method: "" }, "40001", "isv.missing-method"],
    ["an unknown method", { method: "alipay.trade.guess" }, "40002", "isv.invalid-method"],
    ["an order string", { method: "alipay.trade.app.pay" }, "40002", "isv.invalid-method"],
    ["no kind of signature", { sign_type: "" }, "40001", "isv.missing-signature-type"],
    ["SHA-1", { sign_type: "RSA" }, "40002", "isv.invalid-signature-type"],
    ["no charset", { charset: "" }, "40002", "isv.invalid-charset"],
    ["another charset", { charset: "GBK" }, "40002", "isv.invalid-charset"],
    ["no time", { timestamp: "" }, "40001", "isv.missing-timestamp"],
    ["a time that is written otherwise", { timestamp: "2026-11-23T21:20:35" }, "40002", "isv.invalid-timestamp"],
    ["the time of Greenwich", { timestamp: beijing(-8 * 3_600_000) }, "40002", "isv.invalid-timestamp"],
    ["no version", { version: "" }, "40001", "isv.missing-version"],
    ["another version", { version: "2.0" }, "40002", "isv.invalid-parameter"],
    ["XML", { format: "XML" }, "40002", "isv.invalid-format"],
    ["another's token", { app_auth_token: "throwaway" }, "20001", "aop.invalid-app-auth-token"],
    ["an unknown certificate", { app_cert_sn: "0", alipay_root_cert_sn: "0" }, "40003", "isv.missing-signature-config"],
    ["half of the certificates", { alipay_root_cert_sn: "0" }, "40003", "isv.missing-signature-config"],
    ["no JSON", { biz_content: "out_trade_no=1" }, "40002", "isv.invalid-parameter"],
    ["an address that is none", { notify_url: "shop.example" }, "40002", "isv.invalid-parameter"],
    ["a long address", { notify_url: `http://a/${"b".repeat(248)}` }, "40002", "isv.invalid-parameter"]
  ])("%s", async (_, changes, code, subCode) => {
    const answer = await alipay.call("alipay.trade.query", query, changes as Record<string, string>)
    expect(answer).toMatchObject({ status: 200, sign: undefined, fields: { code, sub_code: subCode } })
    const isKnown = !("method" in changes) || changes.method.endsWith("pay")
    if (!isKnown) expect(answer.key).toBe("error_response")
  })

  it("a root file that is another's", async () => {
    const sns = { app_cert_sn: alipay.certified.config.appCertSn ?? "", alipay_root_cert_sn: "0" }
    expect(await subCodeOf(alipay.call("alipay.trade.query", query, sns))).toBe("isv.invalid-parameter")
  })

  it("what was changed after it was signed, and tells what it checked", async () => {
    const form = alipay.parameters("alipay.trade.query", query)
    const { fields } = await alipay.post({ ...form, biz_content: '{"out_trade_no":"OTHERS"}' })
    expect(fields).toMatchObject({ code: "40002", sub_code: "isv.invalid-signature" })
    expect(fields["sub_msg"]).toContain('biz_content={"out_trade_no":"OTHERS"}&amp;charset=utf-8')
    expect(await subCodeOf(alipay.post({ ...form, alipay_sdk: "unsigned" }))).toBe("isv.invalid-signature")
  })

  it("no signature, a parameter that comes twice, and bytes that are no UTF-8", async () => {
    const { sign, ...form } = alipay.parameters("alipay.trade.query", query)
    expect(sign).toMatch(/^[\w+/]{342}==$/)
    expect(await subCodeOf(alipay.post(form))).toBe("isv.missing-signature")
    expect(await subCodeOf(alipay.post({ ...form, sign: sign ?? "" }, "?version=1.0"))).toBe("isv.invalid-parameter")
    expect(await subCodeOf(alipay.post("app_id=%D6%A7%B8%B6"))).toBe("isv.invalid-charset")
  })

  it("a body that is no form", async () => {
    const headers = { "content-type": "application/json" }
    const response = await fetch(alipay.credentials.gateway, { method: "POST", headers, body: "{}" })
    expect(await response.text()).toContain("isv.invalid-content-type")
  })
})

describe("an order", () => {
  it.each([
    ["without a number", { out_trade_no: "" }, "ACQ.INVALID_PARAMETER"],
    ["with a hyphen in its number", { out_trade_no: "PPX-1" }, "ACQ.INVALID_PARAMETER"],
    ["with a long number", { out_trade_no: "9".repeat(65) }, "ACQ.INVALID_PARAMETER"],
    ["without an amount", { total_amount: "" }, "ACQ.INVALID_PARAMETER"],
    ["of an amount that is no text", { total_amount: 12.34 }, "ACQ.INVALID_PARAMETER"],
    ["of three decimals", { total_amount: "12.340" }, "ACQ.INVALID_PARAMETER"],
    ["of nothing", { total_amount: "0.00" }, "ACQ.INVALID_PARAMETER"],
    ["of too much", { total_amount: "100000000.01" }, "ACQ.TOTAL_FEE_EXCEED"],
    ["without a subject", { subject: "" }, "ACQ.INVALID_PARAMETER"],
    ["with a slash in its subject", { subject: "a/b" }, "ACQ.INVALID_PARAMETER"],
    ["with a long subject", { subject: "保".repeat(257) }, "ACQ.INVALID_PARAMETER"],
    ["with a field that is not known", { currency: "CNY" }, "ACQ.INVALID_PARAMETER"],
    ["for a product of others", { product_code: "QUICK_WAP_WAY" }, "ACQ.ACCESS_FORBIDDEN"],
    ["for another seller", { seller_id: "2088000000000001" }, "ACQ.PARTNER_ERROR"],
    ["whose time is written otherwise", { time_expire: "2026-11-23 21:20" }, "ACQ.INVALID_PARAMETER"],
    ["that is open for half a minute", { timeout_express: "0.5m" }, "ACQ.INVALID_PARAMETER"],
    ["whose passback is not encoded", { passback_params: "a=1&b=2" }, "ACQ.INVALID_PARAMETER"],
    ["whose subject asks for a refusal", { subject: "a [ACQ.SELLER_BEEN_BLOCKED]" }, "ACQ.SELLER_BEEN_BLOCKED"]
  ])("%s is refused, signed", async (_, changes, subCode) => {
    const answer = await alipay.create(fresh(), changes)
    expect(answer).toMatchObject({
      isSigned: true,
      fields: { code: "40004", msg: "Business Failed", sub_code: subCode }
    })
  })

  it("that is over, or so in less than a minute or after more than fifteen days, is refused", async () => {
    const until = (millis: number) => subCodeOf(alipay.create(fresh(), { time_expire: beijing(millis) }))
    expect(await until(-1000)).toBe("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR")
    expect(await until(30_000)).toBe("ACQ.INVALID_PARAMETER")
    expect(await until(16 * 86_400_000)).toBe("ACQ.INVALID_PARAMETER")
    expect(await until(14 * 86_400_000)).toBeUndefined()
  })

  it("for a mini program needs a buyer who is not the seller, and the program", async () => {
    const order = { total_amount: "1.00", subject: "a", product_code: "JSAPI_PAY" }
    const create = (more: object) =>
      subCodeOf(alipay.call("alipay.trade.create", { out_trade_no: fresh(), ...order, ...more }))
    const { sellerId, buyerOpenId } = alipay.credentials
    expect(await create({ op_app_id: "2021000000000001" })).toBe("ACQ.INVALID_PARAMETER")
    expect(await create({ buyer_id: sellerId })).toBe("ACQ.BUYER_SELLER_EQUAL")
    expect(await create({ buyer_open_id: buyerOpenId })).toBe("ACQ.INVALID_PARAMETER")
    expect(await create({ buyer_open_id: buyerOpenId, op_app_id: "2021000000000001" })).toBeUndefined()
  })

  it("that comes again is the same, and with other data another", async () => {
    const number = fresh()
    const first = await alipay.create(number)
    expect((await alipay.create(number)).fields["qr_code"]).toBe(first.fields["qr_code"])
    expect(await subCodeOf(alipay.create(number, { total_amount: "12.35" }))).toBe("ACQ.CONTEXT_INCONSISTENT")
    await alipay.decide(number, "open")
    expect(await subCodeOf(alipay.create(number, { subject: "b" }))).toBe("ACQ.CONTEXT_INCONSISTENT")
    expect(await subCodeOf(alipay.create(number))).toBeUndefined()
    await alipay.decide(number, "pay")
    expect(await subCodeOf(alipay.create(number))).toBe("ACQ.TRADE_HAS_SUCCESS")
  })

  it("for another buyer is refused, and so is one that is closed", async () => {
    const order = { out_trade_no: fresh(), total_amount: "1.00", subject: "a" }
    const create = (buyer_id: string) => alipay.call("alipay.trade.create", { ...order, buyer_id })
    const first = await create("2088000000000001")
    expect((await create("2088000000000001")).fields["trade_no"]).toBe(first.fields["trade_no"])
    expect(await subCodeOf(create("2088000000000002"))).toBe("ACQ.TRADE_BUYER_NOT_MATCH")
    await alipay.decide(order.out_trade_no, "close")
    expect(await subCodeOf(create("2088000000000001"))).toBe("ACQ.TRADE_HAS_CLOSE")
  })
})

describe("a trade", () => {
  it("is found by the vendor's number where both are given", async () => {
    const [one, other] = [await alipay.paid(), await alipay.paid()]
    const { trade_no = "" } = (await alipay.query(one)).fields
    const asked = { out_trade_no: other, trade_no }
    expect((await alipay.call("alipay.trade.query", asked)).fields).toMatchObject({ out_trade_no: one })
    expect(await subCodeOf(alipay.call("alipay.trade.query", {}))).toBe("ACQ.INVALID_PARAMETER")
  })

  it("is closed when its time is over, by the sandbox's clock", async () => {
    const number = fresh()
    await alipay.create(number, { time_expire: beijing(600_000) })
    await alipay.decide(number, "open")
    await alipay.advance(601_000)
    expect(await alipay.held(number)).toMatchObject({ status: "closed" })
    expect((await alipay.query(number)).fields).toMatchObject({ trade_status: "TRADE_CLOSED" })
    expect((await alipay.decide(number, "pay")).status).toBe(409)
    await alipay.advance(-601_000)
  })

  it("is closed after the time that its order gives to the payer", async () => {
    const number = fresh()
    await alipay.create(number, { timeout_express: "5m" })
    await alipay.advance(240_000)
    await alipay.decide(number, "open")
    await alipay.advance(240_000)
    expect(await alipay.held(number)).toMatchObject({ status: "open" })
    await alipay.advance(61_000)
    expect(await alipay.held(number)).toMatchObject({ status: "closed" })
    await alipay.advance(-541_000)
  })

  it("is never made of a code that is over", async () => {
    const number = fresh()
    const { qr_code = "" } = (await alipay.create(number, { time_expire: beijing(600_000) })).fields
    await alipay.advance(601_000)
    expect(await (await fetch(qr_code)).text()).toContain("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR")
    expect((await alipay.decide(number, "open")).status).toBe(409)
    expect(await subCodeOf(alipay.query(number))).toBe("ACQ.TRADE_NOT_EXIST")
    await alipay.advance(-601_000)
  })

  it("is closed by a payer who refuses", async () => {
    const number = fresh()
    await alipay.create(number)
    expect((await alipay.decide(number, "refuse")).json).toMatchObject({ number, status: "closed" })
    expect((await alipay.decide(number, "dance")).json).toMatchObject({ message: expect.stringContaining("refuse") })
    expect((await alipay.decide("NOBODYS", "pay")).status).toBe(404)
  })

  it("that is cancelled is closed or refunded", async () => {
    const [open, paid] = [fresh(), await alipay.paid()]
    await alipay.create(open)
    await alipay.decide(open, "open")
    const cancel = async (number: string) => (await alipay.call("alipay.trade.cancel", { out_trade_no: number })).fields
    expect(await cancel(open)).toMatchObject({ action: "close", retry_flag: "N" })
    expect(await cancel(paid)).toMatchObject({ action: "refund" })
    expect(await cancel(paid)).toMatchObject({ action: "refund" })
    expect(await alipay.held(paid)).toMatchObject({ refunds: [{ amountMinor: 1234 }] })
    const nothing = await cancel("NOBODYS")
    expect([nothing["code"], nothing["action"]]).toEqual(["10000", undefined])
  })

  it("that is over cannot be cancelled", async () => {
    const [late, parted, finished] = [await alipay.paid(), await alipay.paid(), await alipay.paid()]
    const cancel = (number: string) => subCodeOf(alipay.call("alipay.trade.cancel", { out_trade_no: number }))
    await alipay.refund(parted, "1.00", "R1")
    expect(await cancel(parted)).toBe("ACQ.CANCEL_NOT_ALLOWED")
    await alipay.decide(finished, "finish")
    expect(await cancel(finished)).toBe("ACQ.TRADE_HAS_FINISHED")
    await alipay.advance(86_400_000)
    expect(await cancel(late)).toBe("ACQ.TRADE_CANCEL_TIME_OUT")
    await alipay.advance(-86_400_000)
  })
})

describe("the book", () => {
  it("holds what was asked for and what came of it, in minor units", async () => {
    const number = fresh()
    await alipay.create(number)
    const nothing = { vendor: "alipay", number, amountMinor: 1234, currency: "CNY", capturedMinor: 0, refunds: [] }
    expect(await alipay.held(number)).toEqual({ ...nothing, id: null, status: "open" })
    await alipay.decide(number, "pay")
    await alipay.refund(number, "2.34", "R1")
    const refunds = [{ number: "R1", id: "R1", amountMinor: 234, status: "REFUND_SUCCESS" }]
    const id = (await alipay.query(number)).fields["trade_no"]
    expect(await alipay.held(number)).toEqual({ ...nothing, id, status: "paid", capturedMinor: 1234, refunds })
  })

  it("is on disk before the answer leaves, next to the request", async () => {
    const number = fresh()
    await alipay.create(number)
    expect(onDisk(alipay.folder).slice(-2)).toMatchObject([
      { type: "vendor-change", vendor: "alipay", change: { kind: "coded", code: { order: { number } } } },
      { type: "request", path: "/alipay/gateway.do", did: "made a code", status: 200, numbers: [number] }
    ])
  })

  it("and the keys outlive the process", async () => {
    const first = await openAlipay()
    const number = await first.paid()
    const open = fresh()
    const { qr_code = "" } = (await first.create(open)).fields
    await first.refund(number, "2.34", "R1")
    const held = (await first.ledger()).held
    await first.close()
    const second = await openAlipay({ folder: first.folder })
    expect(second.credentials).toEqual(first.credentials)
    expect((await second.ledger()).held).toEqual(held)
    expect((await fetch(qr_code)).status).toBe(200)
    expect((await second.refund(number, "2.34", "R1")).fields).toMatchObject({ fund_change: "N" })
    await second.close()
    second.sweep()
  })
})
