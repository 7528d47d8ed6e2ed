import { generateKeyPairSync } from "node:crypto"
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest"
import type { AlipayWorld, Said } from "./alipay.ts"
import { AlipaySdk, beijing, fresh, openAlipay } from "./alipay.ts"

let alipay: AlipayWorld
let number = ""
beforeAll(async () => {
  alipay = await openAlipay()
  number = await alipay.paid()
  await alipay.refund(number, "2.34", "R1")
})
afterEach(() => alipay.faults())
afterAll(async () => {
  await alipay.close()
  alipay.sweep()
})

const found = () => alipay.call("alipay.trade.fastpay.refund.query", { out_trade_no: number, out_request_no: "R1" })
const bill = () => alipay.call("alipay.data.dataservice.bill.downloadurl.query", { bill_type: "trade", bill_date: "x" })
const close = () => alipay.call("alipay.trade.close", { out_trade_no: number })
const calls: { readonly [on: string]: () => Promise<Said> } = {
  create: () => alipay.create(fresh()),
  query: () => alipay.query(number),
  close,
  refund: () => alipay.refund(number, "1.00", fresh()),
  "query-refund": found,
  bill
}
const said = async (on: string, fault: string, more: object = {}) => {
  await alipay.faults({ on, fault, ...more })
  const answer = await calls[on]?.()
  expect(await alipay.fired()).toEqual([1])
  return answer
}

describe("what a fault wants, in the vendor's words:", () => {
  it.each([
    ["create", "reject", "40004", "ACQ.BEYOND_PAY_RESTRICTION", true],
    ["close", "reject", "40004", "ACQ.REASON_ILLEGAL_STATUS", true],
    ["refund", "reject", "40004", "ACQ.TRADE_NOT_ALLOW_REFUND", true],
    ["query", "not-found", "40004", "ACQ.TRADE_NOT_EXIST", true],
    ["close", "not-found", "40004", "ACQ.TRADE_NOT_EXIST", true],
    ["refund", "not-found", "40004", "ACQ.TRADE_NOT_EXIST", true],
    ["query-refund", "not-found", "40004", "TRADE_NOT_EXIST", true],
    ["bill", "not-found", "40004", "BILL_NOT_EXIST", true],
    ["bill", "throttle", "40004", "SYSTEM_RATE_LIMIT", true],
    ["query", "throttle", "40005", "isv.app-call-limited", false],
    ["refund", "error-before-accept", "20000", "isp.unknow-error", false],
    ["create", "error-after-accept", "20000", "isp.unknow-error", false]
  ])("%s, %s: %s %s, signed: %s", async (on, fault, code, sub_code, isSigned) => {
    expect(await said(on, fault)).toMatchObject({ status: 200, isSigned, fields: { code, sub_code } })
  })

  it("an error after acceptance leaves the code, one before does not", async () => {
    const [after, before] = [fresh(), fresh()]
    await alipay.faults({ on: "create", fault: "error-after-accept", number: after })
    await alipay.create(after)
    await alipay.faults({ on: "create", fault: "error-before-accept", number: before, status: 503 })
    expect((await alipay.create(before)).status).toBe(503)
    expect(await alipay.held(after)).toMatchObject({ status: "open" })
    expect(await alipay.held(before)).toBeUndefined()
  })

  it("a page to a phone that plays an order string", async () => {
    const biz = { out_trade_no: fresh(), total_amount: "1.00", subject: "a" }
    const string = alipay.sdk.sdkExecute("alipay.trade.app.pay", { timestamp: beijing(), bizContent: biz })
    await alipay.faults({ on: "create", fault: "reject", number: biz.out_trade_no })
    const page = await fetch(alipay.credentials.gateway.replace("/gateway.do", `/app?${string}`))
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8")
    expect(await page.text()).toContain("ACQ.BEYOND_PAY_RESTRICTION")
    expect(await alipay.held(biz.out_trade_no)).toBeUndefined()
  })

  it("a fault of a number finds a trade that is asked for by the vendor's", async () => {
    const { trade_no = "" } = (await alipay.query(number)).fields
    await alipay.faults({ on: "query", fault: "not-found", number })
    expect((await alipay.call("alipay.trade.query", { trade_no })).fields["sub_code"]).toBe("ACQ.TRADE_NOT_EXIST")
  })
})

describe("what only the vendor can get wrong:", () => {
  it.each([
    ["query", "wrong-amount", { total_amount: "13.34" }],
    ["query-refund", "wrong-amount", { refund_amount: "3.34", total_amount: "13.34" }],
    ["query", "wrong-currency", { trans_currency: "USD" }],
    ["query", "unknown-status", { trade_status: "UNDER_REVIEW" }],
    ["query-refund", "unknown-status", { refund_status: "UNDER_REVIEW" }],
    ["query", "unknown-code", { code: "40004", sub_code: "ACQ.UNHEARD_OF" }],
    ["create", "unknown-code", { code: "40004", sub_code: "ACQ.UNHEARD_OF" }],
    ["close", "unknown-code", { code: "40004", sub_code: "ACQ.UNHEARD_OF" }]
  ])("%s, %s, signed", async (on, fault, fields) => {
    expect(await said(on, fault)).toMatchObject({ isSigned: true, fields })
  })

  it("another number, signed", async () => {
    expect(await said("query", "other-number")).toMatchObject({
      isSigned: true,
      fields: { out_trade_no: `${number}X` }
    })
  })

  it.each(["query", "close", "refund"])("the signature of %s", async (on) => {
    const wrong = await said(on, "wrong-signature")
    expect([wrong?.isSigned, wrong?.sign?.length]).toEqual([false, 344])
    expect(await said(on, "unsigned")).toMatchObject({ sign: undefined })
  })

  it("the signature, which the public SDK does not take", async () => {
    await alipay.faults({ on: "query", fault: "wrong-signature" })
    const bizContent = { out_trade_no: number }
    const asked = { timestamp: beijing(), bizContent }
    await expect(alipay.sdk.exec("alipay.trade.query", asked, { validateSign: true })).rejects.toThrow("验签失败")
  })

  it("the certificate's serial, in the certificate mode", async () => {
    const { appCertSn = "", alipayRootCertSn = "", alipayCertSn } = alipay.certified.config
    const sns = { app_cert_sn: appCertSn, alipay_root_cert_sn: alipayRootCertSn }
    const query = () => alipay.call("alipay.trade.query", { out_trade_no: number }, sns)
    expect((await query()).sn).toBe(alipayCertSn)
    await alipay.faults({ on: "query", fault: "wrong-serial" })
    expect(await query()).toMatchObject({ isSigned: true, sn: expect.not.stringContaining(alipayCertSn ?? "") })
  })
})

describe("a client with a key of its own", () => {
  it("is refused", async () => {
    const { appId, gateway, alipayPublicKey } = alipay.credentials
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
    const sdk = new AlipaySdk({ appId, gateway, alipayPublicKey, privateKey: pem, keyType: "PKCS8" })
    const asked = { timestamp: beijing(), bizContent: { out_trade_no: number } }
    expect(await sdk.exec("alipay.trade.query", asked)).toMatchObject({
      code: "40002",
      subCode: "isv.invalid-signature"
    })
  })
})

describe("every code of the vendor's lists", () => {
  const codes: { readonly [code: string]: string } = {
    "20000": "isp.unknow-error aop.unknow-error isp.unknown-error",
    "20001": "aop.invalid-app-auth-token",
    "40002": "isv.invalid-signature isv.invalid-app-id isv.invalid-timestamp isv.invalid-charset isv.suspected-attack",
    "40003": "isv.missing-signature-config",
    "40004": `ACQ.SYSTEM_ERROR aop.ACQ.SYSTEM_ERROR AQC.SYSTEM_ERROR ACQ.ACCESS_FORBIDDEN ACQ.PARTNER_ERROR ACQ.INVALID_PARAMETER
      ACQ.TOTAL_FEE_EXCEED ACQ.EXIST_FORBIDDEN_WORD ACQ.BUYER_SELLER_EQUAL ACQ.BEYOND_PAY_RESTRICTION
      ACQ.BEYOND_PER_RECEIPT_RESTRICTION ACQ.MERCHANT_PERM_RECEIPT_DAY_LIMIT ACQ.MERCHANT_STATUS_NOT_NORMAL
      ACQ.SELLER_BEEN_BLOCKED ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR ACQ.BUYER_ENABLE_STATUS_FORBID ACQ.CONTEXT_INCONSISTENT
      ACQ.APPLY_PC_MERCHANT_CODE_ERROR ACQ.TRADE_BUYER_NOT_MATCH ACQ.TRADE_HAS_SUCCESS ACQ.TRADE_HAS_CLOSE ACQ.TRADE_NOT_EXIST
      TRADE_NOT_EXIST ACQ.TRADE_STATUS_ERROR ACQ.REASON_TRADE_STATUS_INVALID ACQ.REASON_ILLEGAL_STATUS ACQ.TRADE_HAS_FINISHED
      ACQ.TRADE_NOT_ALLOW_REFUND ACQ.NOT_ALLOW_PARTIAL_REFUND ACQ.REFUND_AMT_NOT_EQUAL_TOTAL ACQ.REASON_TRADE_REFUND_FEE_ERR
      ACQ.REFUND_FEE_ERROR ACQ.DISCORDANT_REPEAT_REQUEST ACQ.SELLER_BALANCE_NOT_ENOUGH ACQ.REASON_TRADE_BEEN_FREEZEN
      ACQ.REFUNDALLOC_UNAUTH_LIMIT ACQ.TRADE_CANCEL_TIME_OUT ACQ.CANCEL_NOT_ALLOWED NO_BILL_DATA BILL_NOT_EXIST
      INVAILID_ARGUMENTS SYSTEM_RATE_LIMIT USER_RATE_LIMIT`,
    "40005": "isv.app-call-limited isv.method-call-limited",
    "40006": "isv.insufficient-isv-permissions"
  }

  it.each(Object.keys(codes))("of %s comes where a merchant asks to see it", async (code) => {
    for (const sub_code of codes[code]?.split(/\s+/) ?? []) {
      const { fields, isSigned } = await alipay.create(fresh(), { subject: `a [${sub_code}]` })
      expect(fields).toMatchObject({ code, sub_code, sub_msg: expect.stringMatching(/./) })
      expect(isSigned).toBe(code === "40004")
    }
  })
})
